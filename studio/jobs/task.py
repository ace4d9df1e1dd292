"""Jobs that run one request at a time and cancel the previous one."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from engine.errors import EngineError, StoppedError
from engine.events import Outcome
from studio.jobs.thread import JobThread

Tell = Callable[[object], None]
Job = Callable[[Tell, RunControl], Any]
"""Does the job and gives its result; is handed what tells of its progress, and its control."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TaskEnded:
    """The last event of every request."""

    outcome: Outcome
    result: Any = None
    """Set when the outcome is ``FINISHED``."""
    error: Exception | None = None
    """Set when the outcome is ``FAILED``."""


class CancellingJob(QObject):
    """Runs one request at a time; a newer one stops the older, whose result is dropped."""

    progressed = Signal(object)
    ended = Signal(object)
    """Carries a ``TaskEnded`` that answers the newest request."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._control = RunControl()
        self._next: Job | None = None
        self._is_dropped = self._is_cancelled = False
        self._thread = JobThread(TaskEnded, self)
        self._thread.event_emitted.connect(self._on_event)

    @property
    def is_running(self) -> bool:
        """Whether a request is under way that somebody still waits for."""
        return self._next is not None or (self._thread.is_running and not self._is_dropped)

    def request(self, job: Job) -> None:
        """Run ``job`` in a thread as soon as the one before it has ended."""
        self._next = job
        if self._thread.is_running:
            self._drop()
        else:
            self._start()

    def cancel(self) -> None:
        """Ask the request to end; ``ended`` then says ``STOPPED``, unless nothing runs."""
        self._next = None
        self._is_cancelled = self._thread.is_running
        self._control.request_stop()

    def forget(self) -> None:
        """Ask the request to end, and never hear of it again."""
        self._next = None
        if self._thread.is_running:
            self._drop()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended; for quitting only. Whether it did in time."""
        return self._thread.wait(timeout_ms)

    def _drop(self) -> None:
        self._is_dropped = True
        # Straight to the control: a queued slot would wait until the thread is free again.
        self._control.request_stop()

    def _start(self) -> None:
        job, self._next = self._next, None
        if job is None:
            return
        self._is_dropped = self._is_cancelled = False
        control = self._control = RunControl()

        def work(tell: Tell) -> None:
            try:
                result = job(tell, control)
            except StoppedError:
                tell(TaskEnded(outcome=Outcome.STOPPED))
            except (EngineError, OSError) as error:
                # The user's files or choices; the page that asked says what is wrong.
                _log.info("%s: %s", type(error).__name__, error)
                tell(TaskEnded(outcome=Outcome.FAILED, error=error))
            else:
                tell(TaskEnded(outcome=Outcome.FINISHED, result=result))

        self._thread.start(
            work,
            ending=lambda error: TaskEnded(outcome=Outcome.FAILED, error=error),
            name=self._name,
        )

    @Slot(object)
    def _on_event(self, event: object) -> None:
        if not isinstance(event, TaskEnded):
            if not self._is_dropped:
                self.progressed.emit(event)
        elif self._next is not None:
            self._start()
        elif self._is_cancelled:
            # Even if it was finished in the meantime: it may answer an older question.
            self.ended.emit(TaskEnded(outcome=Outcome.STOPPED))
        elif not self._is_dropped:
            self.ended.emit(event)


TaskWork = Callable[[Callable[[int, int], None], RunControl], object]
"""Does the task; is handed where to report how far it came, and what may ask it to stop."""
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True)
class TaskProgressed:
    """How far a task came."""

    done: int
    total: int


class Task(CancellingJob):
    """One kind of shorter work that says how far it came; at most one at a time."""

    def start(self, work: TaskWork) -> None:
        """Begin; what is under way is stopped, and nobody hears of it again."""
        self.request(lambda tell, control: work(_throttled(tell), control))


def _throttled(emit: Tell) -> Callable[[int, int], None]:
    latest = 0.0

    def report(done: int, total: int) -> None:
        nonlocal latest
        now = time.monotonic()
        if now - latest >= _REPORT_EVERY_S or done == total:
            latest = now
            emit(TaskProgressed(done=done, total=total))

    return report
