"""One kind of shorter work, done in a thread; a newer request takes the place of an older one."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from engine.errors import EngineError, StoppedError
from engine.events import Outcome
from studio.jobs.thread import JobThread

TaskWork = Callable[[Callable[[int, int], None], RunControl], object]
"""Does the task; is handed where to report how far it came, and what may ask it to stop."""
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True)
class TaskProgressed:
    """How far a task came."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class TaskEnded:
    """The last event of a task."""

    outcome: Outcome
    result: object = None
    """What the work returned, if it finished."""
    error: Exception | None = None


class Task(QObject):
    """At most one at a time; its events in the GUI thread."""

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._control = RunControl()
        self._next: TaskWork | None = None
        self._thread = JobThread(TaskEnded, self)
        self._thread.event_emitted.connect(self._take)

    @property
    def is_running(self) -> bool:
        """Whether a task is under way."""
        return self._thread.is_running

    def start(self, work: TaskWork) -> None:
        """Begin; what is under way is stopped, and nobody hears of it again."""
        if self._thread.is_running:
            self._control.request_stop()
            self._next = work
            return
        control = self._control = RunControl()

        def guarded(emit: Callable[[object], None]) -> None:
            emit(_outcome_of(work, _throttled(emit), control))

        self._thread.start(guarded, ending=_failure, name=self._name)

    def cancel(self) -> None:
        """Ask the task to end; whatever waits behind it is forgotten."""
        self._next = None
        self._control.request_stop()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended; for quitting only. Whether it did in time."""
        return self._thread.wait(timeout_ms)

    @Slot(object)
    def _take(self, event: object) -> None:
        has_ended = isinstance(event, TaskEnded)
        if self._next is None:
            (self.ended if has_ended else self.progressed).emit(event)
        elif has_ended:
            work, self._next = self._next, None
            self.start(work)


def _outcome_of(
    work: TaskWork, report: Callable[[int, int], None], control: RunControl
) -> TaskEnded:
    """Do the work; what the engine can explain is an outcome, anything else is for the wall."""
    try:
        return TaskEnded(outcome=Outcome.FINISHED, result=work(report, control))
    except StoppedError:
        return TaskEnded(outcome=Outcome.STOPPED)
    except EngineError as error:
        return _failure(error)


def _failure(error: Exception) -> TaskEnded:
    return TaskEnded(outcome=Outcome.FAILED, error=error)


def _throttled(emit: Callable[[object], None]) -> Callable[[int, int], None]:
    latest = 0.0

    def report(done: int, total: int) -> None:
        nonlocal latest
        now = time.monotonic()
        if now - latest >= _REPORT_EVERY_S or done == total:
            latest = now
            emit(TaskProgressed(done=done, total=total))

    return report
