"""Runs panel: history and queue of the runs in the workspace."""

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
from studio.panels.runs.bar import NotesEditor, RunsBar, is_resumable
from studio.panels.runs.queue import QueueView
from studio.panels.runs.table import RunTable
from studio.theme import MARGIN, SPACING
from studio.widgets.banner import Banner
from studio.widgets.labels import EmptyState, fill, spaced

_LOOK_EVERY_MS = 5_000
_TABLE_SHARE, _NOTES_SHARE = 400, 60


class RunsPanel(QWidget):
    """Table of runs with notes, and the queue."""

    open_requested = Signal(object)
    """Emitted with the folder of a run, like the other requests."""
    resume_requested = Signal(object)
    branch_requested = Signal(object)
    queue_again_requested = Signal(object)
    settings_requested = Signal(object)
    compare_requested = Signal(object)
    """Emitted with the folders of the selected runs; there may be none."""
    folder_requested = Signal(object)
    command_requested = Signal(object)
    export_requested = Signal(object)

    def __init__(self, jobs: RunJobs, workspace: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._workspace = jobs, workspace
        self._is_busy = self._is_silenced = False
        self._waiting = 0
        self.runs = RunList(runs=())
        """Result of the last listing."""
        self._interrupted: ListedRun | None = None
        self._trashed: TrashedRun | None = None
        self.bar, self.table, self.notes = RunsBar(), RunTable(), NotesEditor()
        self.queue = QueueView()
        self.interrupted = Banner(self.tr("Resume"), icon_name="warning", is_primary=True)
        self.undo = Banner(self.tr("Undo"))
        self._pages, self._views = QStackedWidget(), QStackedWidget()
        # Polls, since other programs may train in the same workspace.
        self._looking = QTimer(self, interval=_LOOK_EVERY_MS)
        self._looking.timeout.connect(self.refresh)
        self._lay_out()
        self._connect()
        self._show_run()

    def set_workspace(self, folder: Path) -> None:
        """List the runs of another workspace."""
        self._workspace = folder
        self._is_silenced = False
        self.undo.say("")
        self.refresh()

    def set_busy(self, is_busy: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set whether a run is active."""
        self._is_busy = is_busy
        self._show_run()
        self._show_interrupted()

    @Slot()
    def refresh(self) -> None:
        """Update the list of runs from disk."""
        if not self._jobs.listing.is_running and not self._jobs.is_changing:
            self._jobs.list_runs(self._workspace)

    def show_waiting(self, count: int) -> None:
        """Set the number of queued runs."""
        self._waiting = count
        self._show_counts()

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
        fill(inside, self.interrupted, (self._pages, 1), self.undo)
        self._views.addWidget(history)
        self._views.addWidget(self.queue)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, self.bar, (self._views, 1))

    def _connect(self) -> None:
        bar, table, jobs = self.bar, self.table, self._jobs
        bar.page_requested.connect(self.show_page)
        bar.search_changed.connect(self._search)
        for signal, command in (
            (bar.open.clicked, self.open_requested),
            (bar.resume.clicked, self.resume_requested),
            (bar.branch.clicked, self.branch_requested),
            (bar.queue_again.triggered, self.queue_again_requested),
            (bar.settings.triggered, self.settings_requested),
            (bar.show_folder.triggered, self.folder_requested),
            (bar.copy_command.triggered, self.command_requested),
            (bar.export.triggered, self.export_requested),
            (table.open_requested, self.open_requested),
        ):
            signal.connect(lambda *_, to=command: self._with_run(lambda r: to.emit(r.folder)))
        bar.compare.clicked.connect(self.compare)
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

    @Slot()
    def compare(self) -> None:
        """Request to compare the selected runs."""
        self.compare_requested.emit(tuple(run.folder for run in self.table.selected))

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
            self.notes.commit()
            self._jobs.delete(run.folder)

    @Slot()
    def _ask_to_empty(self) -> None:
        found = self.runs
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
        self.runs = found
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
        self.bar.compare.setEnabled(bool(self.table.selected))
        self.notes.show_run(run)

    def _show_page(self) -> None:
        listed = len(self.table.history.runs)
        self._pages.setCurrentIndex((2 if self.table.shown_count else 1) if listed else 0)

    def _show_counts(self) -> None:
        self.bar.show_counts(
            waiting=self._waiting,
            trashed=self.runs.trashed,
            trash_size=self._size(self.runs.trash_bytes),
        )

    def _show_interrupted(self) -> None:
        """Show the banner of the latest interrupted run."""
        left = (run for run in self.runs.runs if run.status is Status.INTERRUPTED)
        run = self._interrupted = next(filter(is_resumable, left), None)
        if run is None or self._is_busy or self._is_silenced:
            self.interrupted.say("")
            return
        text = self.tr("{0} was interrupted after {1} images. Nothing up to its last checkpoint "
            "is lost.")  # fmt: skip
        self.interrupted.say(text.format(run.name, count_text(run.images_seen)))

    def _size(self, size: int) -> str:
        return self.locale().formattedDataSize(size, 1)

    def showEvent(self, event: QShowEvent) -> None:
        """Update the list and start polling."""
        super().showEvent(event)
        self.refresh()
        self._looking.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop polling."""
        super().hideEvent(event)
        self._looking.stop()
