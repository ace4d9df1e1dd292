"""One long job in a thread of its own: the only code that starts and stops a ``QThread``."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

_log = logging.getLogger(__name__)

Work = Callable[[Callable[[object], None]], None]
"""Does the job; is handed the function that emits its events."""
Ending = Callable[[Exception], object]
"""Makes the last event of a job that failed."""


class JobThread(QObject):
    """Runs one job at a time and passes its events on in the GUI thread.

    The last event is held back until the thread has ended: whoever sees it may start the next job
    at once, and a job that dies without a last event is given one.
    """

    event_emitted = Signal(object)

    def __init__(self, last: type, parent: QObject | None = None) -> None:
        """Name the class of a job's last event."""
        super().__init__(parent)
        self._last = last
        self._thread: QThread | None = None
        self._worker: _Worker | None = None

    @property
    def is_running(self) -> bool:
        """Whether a job is under way; false from the moment its last event is passed on."""
        return self._thread is not None

    def start(self, work: Work, *, ending: Ending, name: str) -> None:
        """Run ``work`` in a new thread.

        Args:
            work: the job.
            ending: makes the last event of a job that failed.
            name: what to call the thread.

        Raises:
            RuntimeError: the previous job has not ended.
        """
        if self._thread is not None:
            raise RuntimeError(f"A {name} job is already under way")
        thread = QThread()
        thread.setObjectName(name)
        worker = _Worker(work, self._last, ending)
        worker.moveToThread(thread)
        thread.started.connect(worker.run)
        worker.event_emitted.connect(self.event_emitted)
        # Direct: queued to the GUI thread, ``quit`` would never come while that thread waits.
        worker.finished.connect(thread.quit, Qt.ConnectionType.DirectConnection)
        thread.finished.connect(self._finish)
        self._thread, self._worker = thread, worker
        thread.start()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended; for quitting only. Whether it did in time."""
        return self._thread is None or self._thread.wait(timeout_ms)

    @Slot()
    def _finish(self) -> None:
        thread, worker = self._thread, self._worker
        if thread is None or worker is None:
            return
        # Returns at once: ``finished`` is the last thing a thread does.
        thread.wait()
        self._thread = self._worker = None
        self.event_emitted.emit(worker.last_event)


class _Worker(QObject):
    """Lives in the job's thread; the wall that no exception passes."""

    event_emitted = Signal(object)
    finished = Signal()

    def __init__(self, work: Work, last: type, ending: Ending) -> None:
        super().__init__()
        self._work = work
        self._last = last
        self._ending = ending
        self.last_event: object = None

    @Slot()
    def run(self) -> None:
        """Do the work, whatever happens."""
        try:
            self._work(self._pass_on)
        except BaseException as error:  # noqa: BLE001 - the wall: nothing may leave this thread
            self._take_failure(error)
        if self.last_event is None:
            self.last_event = self._ending(RuntimeError("The job returned without its last event"))
        self.finished.emit()

    def _pass_on(self, event: object) -> None:
        if isinstance(event, self._last):
            self.last_event = event
        else:
            self.event_emitted.emit(event)

    def _take_failure(self, error: BaseException) -> None:
        _log.error("A job failed", exc_info=error)
        if self.last_event is None:
            is_plain = isinstance(error, Exception)
            self.last_event = self._ending(error if is_plain else RuntimeError(repr(error)))
