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
"""Takes a progress callback and a control; returns the result."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TaskEnded:
    """Last event of a request."""

    outcome: Outcome
    result: Any = None
    """Set if the outcome is ``FINISHED``."""
    error: Exception | None = None
    """Set if the outcome is ``FAILED``."""


class CancellingJob(QObject):
    """Runs one request at a time; a newer request cancels the older one and drops its result.

    Args:
        name: of the thread.
        parent: the owner.
        finishes: finish the request under way and emit its result before taking the newest; the
            requests between them are dropped. For previews, which would otherwise show nothing
            while requests come faster than they are answered.
    """

    progressed = Signal(object)
    ended = Signal(object)
    """Carries the ``TaskEnded`` of the newest request or, with ``finishes``, of each finished
    one."""

    def __init__(self, name: str, parent: QObject | None = None, *, finishes: bool = False) -> None:
        super().__init__(parent)
        self._name, self._finishes = name, finishes
        self._control = RunControl()
        self._next: Job | None = None
        self._is_dropped = self._is_cancelled = False
        self._thread = JobThread(TaskEnded, self)
        self._thread.event_emitted.connect(self._on_event)

    @property
    def is_running(self) -> bool:
        """Whether a request is running that has not been dropped."""
        return self._next is not None or (self._thread.is_running and not self._is_dropped)

    def request(self, job: Job) -> None:
        """Run ``job`` in a thread once the previous one has ended."""
        self._next = job
        if not self._thread.is_running:
            self._start()
        elif not self._finishes:
            self._drop()

    def cancel(self) -> None:
        """Cancel the request; ``ended`` then carries ``STOPPED``, if something was running."""
        self._next = None
        self._is_cancelled = self._thread.is_running
        self._control.request_stop()

    def forget(self) -> None:
        """Cancel the request and drop its result."""
        self._next = None
        if self._thread.is_running:
            self._drop()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        return self._thread.wait(timeout_ms)

    def _drop(self) -> None:
        self._is_dropped = True
        # Called directly: a queued slot would wait until the thread is free again.
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
                # Caused by the user's files or choices; the page that made the request shows it.
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
            if self._finishes and not (self._is_dropped or self._is_cancelled):
                self.ended.emit(event)
            self._start()
        elif self._is_cancelled:
            # Even if it finished in the meantime: the result may belong to an older request.
            self.ended.emit(TaskEnded(outcome=Outcome.STOPPED))
        elif not self._is_dropped:
            self.ended.emit(event)


TaskWork = Callable[[Callable[[int, int], None], RunControl], object]
"""Takes a progress callback (done, total) and a control; returns the result."""
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True)
class TaskProgressed:
    """Progress of a task."""

    done: int
    total: int


class Task(CancellingJob):
    """A ``CancellingJob`` that reports its progress as ``TaskProgressed``."""

    def start(self, work: TaskWork) -> None:
        """Start a task; a running one is cancelled and its result dropped."""
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
