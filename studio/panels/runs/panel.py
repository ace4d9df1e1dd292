"""The runs of the workspace: find one, go on with it, branch it, tidy up."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.runs.listing import ListedRun
from engine.runs.status import Status
from engine.runs.trash import TrashedRun
from studio.dialogs.confirm import EmptyTrash
from studio.dialogs.run_name import RenameRun
from studio.jobs.runs import RunChanged, RunJobs, RunList
from studio.models.run_state import count_text
from studio.panels.runs.bar import Banner, NotesEditor, RunsBar, is_resumable
from studio.panels.runs.queue import QueueView
from studio.panels.runs.table import RunTable
from studio.theme import MARGIN, SPACING
from studio.widgets.labels import EmptyState, spaced

_LOOK_EVERY_MS = 5_000
_TABLE_SHARE, _NOTES_SHARE = 400, 60


class RunsPanel(QWidget):
    """Lists runs; what is done with one is done by jobs, or by whoever listens."""

    open_requested = Signal(object)
    """Carries a run's folder; so do the next three."""
    resume_requested = Signal(object)
    branch_requested = Signal(object)
    queue_again_requested = Signal(object)
    folder_requested = Signal(object)
    command_requested = Signal(object)

    def __init__(self, jobs: RunJobs, workspace: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._workspace = jobs, workspace
        self._is_busy = self._is_silenced = False
        self._waiting = 0
        self._list = RunList(runs=())
        self._interrupted: ListedRun | None = None
        self._trashed: TrashedRun | None = None
        self.bar, self.table, self.notes = RunsBar(), RunTable(), NotesEditor()
        self.queue = QueueView()
        self.interrupted = Banner(self.tr("Resume"), icon_name="warning", is_primary=True)
        self.undo = Banner(self.tr("Undo"))
        self._pages, self._views = QStackedWidget(), QStackedWidget()
        # Other programs train too, and tell nobody.
        self._looking = QTimer(self, interval=_LOOK_EVERY_MS)
        self._looking.timeout.connect(self.refresh)
        self._lay_out()
        self._connect()
        self._show_run()

    @property
    def runs(self) -> RunList:
        """What was found when the folders were last looked at."""
        return self._list

    def set_workspace(self, folder: Path) -> None:
        """List the runs of another workspace."""
        self._workspace = folder
        self._is_silenced = False
        self.undo.say("")
        self.refresh()

    def set_busy(self, is_busy: bool) -> None:  # noqa: FBT001 - one plain fact
        """Note whether this studio trains a run now."""
        self._is_busy = is_busy
        self._show_run()
        self._show_interrupted()

    @Slot()
    def refresh(self) -> None:
        """Look again which runs there are."""
        if not self._jobs.listing.is_running and not self._jobs.is_changing:
            self._jobs.list_runs(self._workspace)

    def show_waiting(self, count: int) -> None:
        """Say how many runs wait in the queue."""
        self._show_counts(count)

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Show the history (0) or the queue (1)."""
        self.bar.show_page(page)
        self._views.setCurrentIndex(page)

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.notes)
        split.setStretchFactor(0, 1)
        split.setSizes([_TABLE_SHARE, _NOTES_SHARE])
        split.setChildrenCollapsible(False)
        empty = self.tr("No runs yet. Every training becomes a run, which is listed here.")
        self._pages.addWidget(EmptyState("runs", empty))
        self._pages.addWidget(EmptyState("runs", self.tr("No run matches the search.")))
        self._pages.addWidget(split)
        history = QWidget()
        inside = spaced(QVBoxLayout(history), SPACING, (0, 0, 0, 0))
        inside.addWidget(self.interrupted)
        inside.addWidget(self._pages, stretch=1)
        inside.addWidget(self.undo)
        self._views.addWidget(history)
        self._views.addWidget(self.queue)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        layout.addWidget(self.bar)
        layout.addWidget(self._views, stretch=1)

    def _connect(self) -> None:
        bar, table, jobs = self.bar, self.table, self._jobs
        bar.page_requested.connect(self.show_page)
        bar.search_changed.connect(self._search)
        for signal, command in (
            (bar.open.clicked, self.open_requested),
            (bar.resume.clicked, self.resume_requested),
            (bar.branch.clicked, self.branch_requested),
            (bar.queue_again.triggered, self.queue_again_requested),
            (bar.show_folder.triggered, self.folder_requested),
            (bar.copy_command.triggered, self.command_requested),
            (table.open_requested, self.open_requested),
        ):
            signal.connect(lambda *_, to=command: self._with_run(lambda r: to.emit(r.folder)))
        bar.star.triggered.connect(lambda: self._with_run(self._star))
        for signal in (bar.rename.triggered, table.rename_requested):
            signal.connect(lambda *_: self._with_run(self._ask_name))
        for signal in (bar.delete.triggered, table.delete_requested):
            signal.connect(lambda *_: self._with_run(self._delete))
        bar.empty_trash.triggered.connect(self._ask_to_empty)
        table.chosen.connect(self._show_run)
        table.star_requested.connect(self._star)
        table.menu_requested.connect(self.bar.menu.popup)
        self.notes.text_edited.connect(jobs.write_text)
        self.interrupted.accepted.connect(self._resume_interrupted)
        self.interrupted.dismissed.connect(self._silence)
        self.undo.accepted.connect(self._undo)
        jobs.listed.connect(self._on_list)
        jobs.changed.connect(self._on_change)
        jobs.failed.connect(self.refresh)

    def _with_run(self, act: Callable[[ListedRun], object]) -> None:
        run = self.table.run
        if run is not None:
            act(run)

    @Slot(object)
    def _star(self, run: ListedRun) -> None:
        self._jobs.star(run.folder, is_starred=not run.is_starred)

    def _ask_name(self, run: ListedRun) -> None:
        if not run.is_held:
            dialog = RenameRun(self, run.folder)
            dialog.name_chosen.connect(lambda name: self._jobs.rename(run.folder, name))
            dialog.open()

    def _delete(self, run: ListedRun) -> None:
        if not run.is_held:
            self.notes.hand_on()
            self._jobs.delete(run.folder)

    @Slot()
    def _ask_to_empty(self) -> None:
        found = self._list
        dialog = EmptyTrash(self, count=found.trashed, size=self._size(found.trash_bytes))
        dialog.confirmed.connect(lambda: self._jobs.empty_trash(self._workspace))
        dialog.open()

    @Slot()
    def _undo(self) -> None:
        self.undo.say("")
        if self._trashed is not None:
            self._jobs.restore(self._trashed)
            self._trashed = None

    @Slot()
    def _resume_interrupted(self) -> None:
        if self._interrupted is not None:
            self.resume_requested.emit(self._interrupted.folder)

    @Slot()
    def _silence(self) -> None:
        self._is_silenced = True

    @Slot(str)
    def _search(self, text: str) -> None:
        self.table.search(text)
        self._show_page()

    @Slot(object)
    def _on_list(self, found: RunList) -> None:
        self._list = found
        self.table.show_runs(found.runs)
        self._show_page()
        self._show_counts()
        self._show_run()
        self._show_interrupted()

    @Slot(object)
    def _on_change(self, event: RunChanged) -> None:
        if isinstance(event.result, TrashedRun):
            self._trashed = event.result
            self.undo.say(self.tr("{0} was moved to the trash.").format(event.result.name))
        elif self._trashed is not None and not self._trashed.place.exists():
            self._trashed = None
            self.undo.say("")
        self.refresh()

    @Slot()
    def _show_run(self) -> None:
        run = self.table.run
        self.bar.show_run(run, is_busy=self._is_busy)
        self.notes.show_run(run)

    def _show_page(self) -> None:
        listed = len(self.table.history.runs)
        self._pages.setCurrentIndex((2 if self.table.shown_count else 1) if listed else 0)

    def _show_counts(self, waiting: int | None = None) -> None:
        if waiting is not None:
            self._waiting = waiting
        self.bar.show_counts(
            waiting=self._waiting,
            trashed=self._list.trashed,
            trash_size=self._size(self._list.trash_bytes),
        )

    def _show_interrupted(self) -> None:
        """Offer to go on with the latest run that a crash has ended."""
        left = [run for run in self._list.runs if run.status is Status.INTERRUPTED]
        usable = [run for run in left if is_resumable(run)]
        self._interrupted = usable[0] if usable else None
        if self._interrupted is None or self._is_busy or self._is_silenced:
            self.interrupted.say("")
            return
        text = self.tr("{0} was interrupted after {1} images. Nothing up to its last checkpoint "
            "is lost.")  # fmt: skip
        run = self._interrupted
        self.interrupted.say(text.format(run.name, count_text(run.images_seen)))

    def _size(self, size: int) -> str:
        return self.locale().formattedDataSize(size, 1)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the disk when somebody looks at the panel."""
        super().showEvent(event)
        self.refresh()
        self._looking.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let the disk be while nobody looks."""
        super().hideEvent(event)
        self._looking.stop()
