"""Connects the Runs panel and the run queue to their jobs."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from engine.config.changes import settings_at
from engine.config.run import RunConfig
from engine.errors import EngineError
from engine.events import Outcome, RunEnded, RunEvent
from engine.runs.branching import BranchStart
from engine.runs.command import quoted, repeating_arguments
from engine.runs.folder import RunFolder
from engine.runs.trash import TrashedRun
from studio.dialogs.run_name import BranchRun
from studio.errors.reporter import ErrorReporter
from studio.errors.wording import explain
from studio.jobs.runs import BranchChoices, RunChanged, RunJobs
from studio.jobs.training import TrainingJob
from studio.models.run_form import RunPlan
from studio.models.run_queue import FILE_NAME, QueueState, RunQueue
from studio.widgets.folder_dialog import show_folder
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView


class QueueRunner(QObject):
    """Starts queued runs one after the other.

    A failed run is marked and the next one started, unless the queue is set to stop on failure.
    When the user stops a run, the queue pauses, and the run is resumed when the queue starts
    again.

    Args:
        training: the training job.
        file: of the queue.
        parent: the owner.
    """

    start_requested = Signal(object)
    """Carries the ``RunPlan`` of a run to start."""
    resume_requested = Signal(object)
    """Carries the ``RunConfig`` of a run to resume."""
    changed = Signal()
    failed = Signal(object)
    """Carries the error: the queue cannot be saved."""

    def __init__(self, training: TrainingJob, file: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._training = training
        self.is_active = False
        """Whether waiting runs are started in turn."""
        self.queue = RunQueue(file)
        # A child timer is destroyed with the runner; a free one would call a deleted object.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._start_next)
        training.event_emitted.connect(self._on_event)

    def use_file(self, file: Path) -> None:
        """Load the queue of another workspace, paused."""
        self.is_active = False
        self.queue = RunQueue(file)
        self.changed.emit()

    @Slot(object)
    def add(self, plan: RunPlan) -> None:
        """Append a run."""
        self._note(lambda: self.queue.add(plan))

    @Slot(object)
    def add_all(self, plans: tuple[RunPlan, ...]) -> None:
        """Append several runs."""
        self._note(lambda: self.queue.add_all(plans))

    @Slot(int)
    def remove(self, place: int) -> None:
        """Remove a run unless it is running."""
        if self.queue[place].state is not QueueState.RUNNING:
            self._note(lambda: self.queue.remove(place))

    @Slot(int, int)
    def move(self, place: int, to: int) -> None:
        """Move a run to another place."""
        self._note(lambda: self.queue.move(place, to))

    @Slot(int)
    def retry(self, place: int) -> None:
        """Queue a failed run again."""
        self._note(lambda: self.queue.change(place, QueueState.WAITING))
        self._start_soon()

    @Slot(bool)
    def choose_stops(self, stops: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Set whether a failed run holds up the others."""
        self._note(lambda: self.queue.set_stops_on_failure(stops=stops))

    @Slot()
    def start(self) -> None:
        """Start the queue, now or when the active run has ended."""
        self.is_active = True
        _log.info("The queue of %d run(s) starts", self.queue.due_count)
        self._start_next()

    @Slot()
    def pause(self) -> None:
        """Pause the queue; the active run continues."""
        if self.is_active:
            _log.info("The queue pauses")
        self.is_active = False
        self.changed.emit()

    def refuse(self, error: Exception) -> None:
        """Mark a queued run as failed because it could not be started."""
        place = self.queue.running()
        if place is not None and not self._training.is_running:
            self._fail(place, error)
            self._start_soon()

    def _start_soon(self) -> None:
        # Deferred, so that all receivers handle the end of a run before the next one starts.
        self._soon.start()

    @Slot()
    def _start_next(self) -> None:
        is_free = not self._training.is_running and self.queue.running() is None
        place = self.queue.next_due()
        if not self.is_active or not is_free:
            self.changed.emit()
            return
        if place is None:
            self.pause()
            return
        self._note(lambda: self._begin(place))

    def _begin(self, place: int) -> None:
        run = self.queue[place]
        config = run.plan.config
        was_begun = RunFolder(config.run).config_file.is_file()
        if run.state is QueueState.INTERRUPTED and was_begun:
            self.queue.change(place, QueueState.RUNNING)
            self.resume_requested.emit(config)
            return
        self.queue.replace_plan(place, self.queue.with_free_name(run.plan, but=place))
        self.queue.change(place, QueueState.RUNNING)
        self.start_requested.emit(self.queue[place].plan)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case RunEnded():
                place = self.queue.running()
                if place is not None:
                    self._settle(place, event)
                self._start_soon()
            case _:
                pass

    def _settle(self, place: int, event: RunEnded) -> None:
        if event.outcome is Outcome.FAILED:
            self._fail(place, event.error or RuntimeError())
            return
        if event.outcome is Outcome.STOPPED:
            self._note(lambda: self.queue.change(place, QueueState.INTERRUPTED))
            self.pause()
        else:
            self._note(lambda: self.queue.remove(place))

    def _fail(self, place: int, error: Exception) -> None:
        words = explain(error)
        reason = " ".join(part for part in (words.happened, words.why) if part)
        self._note(lambda: self.queue.change(place, QueueState.FAILED, reason))
        if self.queue.stops_on_failure:
            self.pause()

    def _note(self, change: Callable[[], object]) -> None:
        try:
            change()
        except (EngineError, OSError) as error:
            self.is_active = False
            self.failed.emit(error)
        self.changed.emit()


MAX_WAIT_MS = 20_000
_MESSAGE_MS = 10_000
_log = logging.getLogger(__name__)


class RunsController(QObject):
    """Handles the requests of the Runs panel and the queue."""

    def __init__(
        self,
        window: MainWindow,
        training: TrainingJob,
        jobs: RunJobs,
        runner: QueueRunner,
        view: RunView,
        reporter: ErrorReporter,
        workspace: Callable[[], Path],
    ) -> None:
        super().__init__(window)
        self._window, self._training, self._jobs = window, training, jobs
        self._view, self._reporter, self._workspace = view, reporter, workspace
        self.runner = runner
        self._connect_panel()
        self._connect_queue()
        self._show_busy()

    @Slot(object)
    def start(self, plan: RunPlan) -> None:
        """Start a run; for a branch, copy its checkpoint first."""
        if plan.branch is None:
            self._training.start(plan.config, plan.starter)
        elif not self._jobs.branching.is_running:
            self._window.statusBar().showMessage(
                self.tr("Copying the checkpoint of {0}…").format(plan.branch.source.name),
                _MESSAGE_MS,
            )
            self._jobs.branch(plan.branch, plan.config)

    @Slot()
    def use_workspace(self) -> None:
        """Show the runs and the queue of another workspace."""
        self._window.runs.set_workspace(self._workspace())
        self.runner.use_file(self._workspace() / FILE_NAME)

    def leave(self) -> None:
        """Save pending notes before another window takes over; runs and queue go on."""
        self._window.runs.notes.commit()

    @Slot()
    def shut_down(self) -> None:
        """Stop all work before the window closes."""
        self.runner.pause()
        self._window.runs.notes.commit()
        self._jobs.cancel()
        if not self._jobs.wait(MAX_WAIT_MS):
            _log.warning("Work on the runs did not end in time")

    def _connect_panel(self) -> None:
        panel, jobs, training = self._window.runs, self._jobs, self._training
        panel.open_requested.connect(self._view.open_chosen)
        panel.resume_requested.connect(self.resume)
        panel.branch_requested.connect(jobs.find_choices)
        panel.queue_again_requested.connect(self._queue_again)
        panel.folder_requested.connect(show_folder)
        panel.command_requested.connect(self._copy_command)
        jobs.choices_found.connect(self._ask_branch)
        jobs.changed.connect(self._on_change)
        jobs.failed.connect(self._reporter.report)
        jobs.branch_failed.connect(self.runner.refuse)
        training.run_started.connect(self._show_busy)
        training.event_emitted.connect(self._on_event)

    def _connect_queue(self) -> None:
        view, runner = self._window.runs.queue, self.runner
        self._window.run.queue_requested.connect(self._add)
        self._window.run.sweep_requested.connect(self._add_all)
        view.start_requested.connect(runner.start)
        view.pause_requested.connect(runner.pause)
        view.remove_requested.connect(runner.remove)
        view.retry_requested.connect(runner.retry)
        view.move_requested.connect(runner.move)
        view.stops_chosen.connect(runner.choose_stops)
        runner.start_requested.connect(self.start)
        runner.resume_requested.connect(self._go_on)
        runner.changed.connect(self._show_queue)
        runner.failed.connect(self._reporter.report)

    @Slot(object)
    def resume(self, folder: Path) -> None:
        """Resume a run, or report why that is not possible."""
        if self._training.is_running:
            return
        try:
            config = RunFolder(folder).read_config().with_values(run=folder)
        except EngineError as error:
            self._reporter.report(error)
        else:
            self._go_on(config)

    @Slot(object)
    def _go_on(self, config: RunConfig) -> None:
        self._training.start(config, resumes=True)

    @Slot(object)
    def _add(self, plan: RunPlan) -> None:
        self.runner.add(plan)
        self._window.show_runs()
        self._window.runs.show_page(1)

    @Slot(object)
    def _add_all(self, plans: tuple[RunPlan, ...]) -> None:
        self.runner.add_all(plans)
        self._window.show_runs()
        self._window.runs.show_page(1)

    @Slot(object)
    def _queue_again(self, folder: Path) -> None:
        try:
            config = RunFolder(folder).read_config().with_values(run=folder)
        except EngineError as error:
            self._reporter.report(error)
        else:
            self.runner.add(RunPlan(config=config, starter=""))
            queue = self.runner.queue
            name = queue[len(queue) - 1].name if len(queue) else ""
            self._say(self.tr("{0} waits in the queue.").format(name))

    @Slot(object)
    def _copy_command(self, folder: Path) -> None:
        try:
            line = quoted(repeating_arguments(folder))
        except EngineError as error:
            self._reporter.report(error)
        else:
            QGuiApplication.clipboard().setText(line)
            self._say(self.tr("Copied: {0}").format(line))

    @Slot(object)
    def _ask_branch(self, choices: BranchChoices) -> None:
        dialog = BranchRun(self._window, choices)
        dialog.start_chosen.connect(self.begin_branch)
        dialog.open()

    @Slot(object)
    def begin_branch(self, start: BranchStart) -> None:
        """Fill the form with a branch that has the settings of its run at the checkpoint."""
        try:
            config = settings_at(RunFolder(start.source).read_config(), start.images_seen)
        except EngineError as error:
            self._reporter.report(error)
        else:
            self._window.run.begin_branch(start, config)
            self._window.show_docks()

    @Slot(object)
    def _on_change(self, event: RunChanged) -> None:
        result = event.result
        if isinstance(result, RunConfig):
            if not self._training.is_running:
                self._go_on(result)
        elif event.folder == self._view.folder and isinstance(result, TrashedRun):
            self._window.set_can_save(False)
            self._window.run.show_resumable(None)
        elif event.folder == self._view.folder != result and isinstance(result, Path):
            self._view.open_or_report(result)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case RunEnded():
                self._show_busy()
            case _:
                pass

    @Slot()
    def _show_busy(self) -> None:
        self._window.runs.set_busy(self._training.is_running)
        if self._window.runs.isVisible():
            self._window.runs.refresh()
        self._show_queue()

    @Slot()
    def _show_queue(self) -> None:
        runner, panel = self.runner, self._window.runs
        panel.queue.show_queue(
            list(runner.queue),
            is_active=runner.is_active,
            stops_on_failure=runner.queue.stops_on_failure,
        )
        panel.show_waiting(runner.queue.due_count)
        active = self._training.folder if self._training.is_running else None
        names = {run.name for run in runner.queue} | ({active.name} if active else set())
        self._window.run.show_taken(frozenset(names))

    def _say(self, text: str) -> None:
        self._window.statusBar().showMessage(text, _MESSAGE_MS)
