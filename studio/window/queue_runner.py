"""Starts the runs of the queue, one after another."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.config.run import RunConfig
from engine.errors import EngineError
from engine.events import Outcome, RunEnded
from engine.runs.folder import RunFolder
from studio.errors.wording import explain
from studio.jobs.training import TrainingJob
from studio.models.run_form import RunPlan
from studio.models.run_queue import QueueState, RunQueue

Start = Callable[[RunPlan], None]
Resume = Callable[[RunConfig], None]
_log = logging.getLogger(__name__)


class QueueRunner(QObject):
    """Never starts a run while another is under way.

    A run that fails is marked and the next one is started, unless the user wants the queue to stop
    there. A run that the user stops pauses the queue: who stops a run wants the machine. It goes
    on where it was left when the queue starts again.

    Args:
        training: the job; its ends are what the queue waits for.
        start: starts a run from its plan.
        resume: goes on with a run.
        file: of the queue.
    """

    changed = Signal()
    failed = Signal(object)
    """Carries the error: the queue cannot be noted."""

    def __init__(
        self, training: TrainingJob, start: Start, resume: Resume, file: Path, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._training, self._start, self._resume = training, start, resume
        self._is_active = False
        self.queue = RunQueue(file)
        # A timer of its own ends with the runner; a free one would call what is gone.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._start_next)
        training.run_ended.connect(self._take_end)

    @property
    def is_active(self) -> bool:
        """Whether runs are started when their turn comes."""
        return self._is_active

    def use_file(self, file: Path) -> None:
        """Take the queue of another workspace; it does not start by itself."""
        self._is_active = False
        self.queue = RunQueue(file)
        self.changed.emit()

    @Slot(object)
    def add(self, plan: RunPlan) -> None:
        """Have a run wait its turn."""
        self._note(lambda: self.queue.add(plan))

    @Slot(int)
    def remove(self, place: int) -> None:
        """Take a run out, unless it is under way."""
        if self.queue[place].state is not QueueState.RUNNING:
            self._note(lambda: self.queue.remove(place))

    @Slot(int, int)
    def move(self, place: int, to: int) -> None:
        """Give a run another place."""
        self._note(lambda: self.queue.move(place, to))

    @Slot(int)
    def retry(self, place: int) -> None:
        """Let a run that failed have its turn again."""
        self._note(lambda: self.queue.change(place, QueueState.WAITING))
        self._start_soon()

    @Slot(bool)
    def choose_stops(self, stops: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Let a run that fails hold up the others, or not."""
        self._note(lambda: self.queue.set_stops_on_failure(stops=stops))

    @Slot()
    def start(self) -> None:
        """Start the runs, now or when the one under way has ended."""
        self._is_active = True
        _log.info("The queue of %d run(s) starts", self.queue.due_count)
        self._start_next()

    @Slot()
    def pause(self) -> None:
        """Start no other run."""
        if self._is_active:
            _log.info("The queue pauses")
        self._is_active = False
        self.changed.emit()

    def refuse(self, error: Exception) -> None:
        """Mark the run that was to be started: it could not be."""
        place = self.queue.running()
        if place is not None and not self._training.is_running:
            self._fail(place, error)
            self._start_soon()

    def _start_soon(self) -> None:
        # Whoever else hears of an end must have heard of it before the next run begins.
        self._soon.start()

    @Slot()
    def _start_next(self) -> None:
        is_free = not self._training.is_running and self.queue.running() is None
        place = self.queue.next_due()
        if not self._is_active or not is_free:
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
            self._resume(config)
            return
        self.queue.replace_plan(place, self.queue.with_free_name(run.plan, but=place))
        self.queue.change(place, QueueState.RUNNING)
        self._start(self.queue[place].plan)

    @Slot(object)
    def _take_end(self, event: RunEnded) -> None:
        place = self.queue.running()
        if place is not None:
            self._settle(place, event)
        self._start_soon()

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
            self._is_active = False
            self.failed.emit(error)
        self.changed.emit()
