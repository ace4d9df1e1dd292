"""Links plots, gallery and quality of the shown run by a moment, which the user chooses in any."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.events import CheckpointSaved, RolledBack, RunEvent, RunResumed
from engine.runs.branching import BranchStart
from engine.runs.event_reader import read_incidents
from engine.runs.folder import RunFolder, images_in_name
from studio.jobs.runs import BranchChoices, RunJobs
from studio.models.moment import CheckpointChoice, nearest_start
from studio.models.run_marks import RunMarks
from studio.models.run_state import count_text
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView


class TimelineController(QObject):
    """Shows the chosen moment in all panels, and offers to branch from there or to play with it.

    Also fills the plots with marks of what happened during the run.
    """

    branch_requested = Signal(object)
    """Carries a ``BranchStart``."""
    checkpoint_play_requested = Signal(object)
    """Carries a ``CheckpointChoice``."""

    def __init__(self, window: MainWindow, jobs: RunJobs, view: RunView) -> None:
        super().__init__(window)
        self._window, self._jobs, self._view = window, jobs, view
        self._marks = RunMarks()
        self._start: BranchStart | None = None
        self.moment: float | None = None
        """Images seen at the chosen moment; None if there is none."""
        self._shown_texts: tuple[str, ...] = ()
        panels = (window.losses, window.quality)
        for panel in panels:
            panel.moment_chosen.connect(self.choose)
            panel.moment_bar.branch_requested.connect(self._request_branch)
            panel.moment_bar.play_requested.connect(self._request_play)
            panel.moment_bar.clear_requested.connect(self.clear)
        window.gallery.step_chosen.connect(self._on_step)
        view.run_shown.connect(self._on_run)
        view.reported.connect(self._on_event)
        jobs.starts_found.connect(self._on_starts)

    @Slot(float)
    def choose(self, images_seen: float) -> None:
        """Show a moment in the gallery, in the quality panel and as a line in the plots."""
        sheet = self._window.gallery.show_moment(images_seen)
        self._show(images_seen, sheet)

    @Slot()
    def clear(self) -> None:
        """Remove the line, and follow the newest previews and evaluations again."""
        self._window.gallery.show_moment(None)
        self._show(None, None)

    @Slot(object)
    def _on_step(self, images_seen: int | None) -> None:
        self._show(images_seen, images_seen)

    def _show(self, images_seen: float | None, sheet: int | None) -> None:
        self.moment, self._start = images_seen, None
        self._window.losses.board.plot.marks.show_moment(images_seen)
        evaluation = self._window.quality.show_moment(images_seen)
        texts: list[str] = []
        if images_seen is not None:
            texts.append(self.tr("{0} images").format(count_text(int(images_seen))))
            if sheet is not None:
                texts.append(self.tr("pairs at {0}").format(count_text(sheet)))
            if evaluation is not None:
                texts.append(self.tr("evaluation at {0}").format(count_text(evaluation)))
        self._shown_texts = tuple(texts)
        self._describe()
        if images_seen is not None and self._view.folder is not None:
            self._jobs.find_starts(self._view.folder)

    def _describe(self) -> None:
        texts, checkpoint = [*self._shown_texts], ""
        if self._start is not None:
            images = count_text(self._start.images_seen)
            texts.append(self.tr("checkpoint at {0}").format(images))
            checkpoint = self.tr("{0}, {1} images").format(self._start.checkpoint.name, images)
        for panel in (self._window.losses, self._window.quality):
            panel.moment_bar.show_moment("  ·  ".join(texts), checkpoint)

    @Slot(object)
    def _on_starts(self, found: BranchChoices) -> None:
        if self.moment is not None and found.source == self._view.folder:
            self._start = nearest_start(found.starts, self.moment)
            self._describe()

    @Slot()
    def _request_branch(self) -> None:
        if self._start is not None:
            self.branch_requested.emit(self._start)

    @Slot()
    def _request_play(self) -> None:
        if self._start is not None:
            self.checkpoint_play_requested.emit(
                CheckpointChoice(
                    folder=self._start.source,
                    checkpoint=self._start.checkpoint,
                    images_seen=self._start.images_seen,
                )
            )

    @Slot(object)
    def _on_run(self, folder: Path) -> None:
        self._marks = RunMarks(list(read_incidents(RunFolder(folder).log_file)))
        self._list_checkpoints(folder)
        self._show_marks()
        self._show(None, None)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        is_new = self._marks.add(event)
        if isinstance(event, CheckpointSaved | RolledBack):
            # Older ones may be gone.
            self._list_checkpoints(self._view.folder)
            is_new = True
        if isinstance(event, RunResumed | RolledBack) and (self.moment or 0) > event.images_seen:
            self.clear()
        if is_new:
            self._show_marks()

    def _list_checkpoints(self, folder: Path | None) -> None:
        paths = RunFolder(folder).checkpoint_paths() if folder is not None else []
        self._marks.checkpoints = tuple(images_in_name(path) for path in paths)

    def _show_marks(self) -> None:
        marks = self._marks.marks()
        for panel in (self._window.losses, self._window.quality):
            panel.board.set_marks(marks)
