"""Runs one job in a ``QThread`` and delivers its events through a bounded queue."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

MAX_PENDING = 256
"""Maximum number of undelivered events; the worker waits for room before adding another."""
MAX_COALESCED = 8
"""Maximum number of undelivered events of a coalesced type: two seconds of loss reports."""
BACKPRESSURE_TIMEOUT_S = 1.0
"""Maximum wait of the worker for room: an unresponsive window slows a run but never stops it."""


class EventQueue:
    """A bounded queue between a worker and the GUI thread.

    Of coalesced event types only the newest few are kept. Events of other types are never
    dropped; a worker that adds more of them than the receiver takes is slowed down.
    """

    def __init__(self, coalesced: tuple[type, ...] = ()) -> None:
        """Create a queue; ``coalesced`` are the event types of which only the newest matter."""
        self._coalesced = coalesced
        self._events: deque[object] = deque()
        self._counts: Counter[type] = Counter()
        self._has_room = threading.Condition()
        self._is_open = True
        self._is_noticed = True

    def __len__(self) -> int:
        """Return the number of waiting events."""
        return len(self._events)

    def put(self, event: object) -> bool:
        """Add an event; called in the worker thread.

        Returns:
            Whether the receiver has to be notified.
        """
        with self._has_room:
            kind = type(event)
            if isinstance(event, self._coalesced) and self._counts[kind] >= MAX_COALESCED:
                oldest = next(i for i, other in enumerate(self._events) if type(other) is kind)
                del self._events[oldest]
                self._counts[kind] -= 1
            if self._is_open and len(self._events) >= MAX_PENDING:
                self._has_room.wait(BACKPRESSURE_TIMEOUT_S)
            self._events.append(event)
            self._counts[kind] += 1
            is_news, self._is_noticed = self._is_noticed, False
        return is_news

    def get(self) -> object | None:
        """Return the oldest event, or ``None`` if the queue is empty; called in the GUI thread."""
        with self._has_room:
            if not self._events:
                return None
            event = self._events.popleft()
            self._counts[type(event)] -= 1
            self._has_room.notify()
        return event

    def arm_notification(self) -> bool:
        """Request a notification for the next event; returns whether the queue is empty."""
        with self._has_room:
            self._is_noticed = not self._events
        return self._is_noticed

    def unbound(self) -> None:
        """Disable backpressure, because the receiver is about to wait for the worker."""
        with self._has_room:
            self._is_open = False
            self._has_room.notify_all()


_log = logging.getLogger(__name__)

TURN_S = 0.01
"""Maximum time for delivering events before control returns to the event loop."""
PAUSE_MS = 20
"""Pause between two deliveries; events that arrive meanwhile are delivered together."""

Work = Callable[[Callable[[object], None]], None]
"""Takes the function that emits events."""
Ending = Callable[[Exception], object]
"""Creates the last event of a failed job."""


class JobThread(QObject):
    """Runs one job at a time and emits its events in the GUI thread.

    The last event is emitted after the thread has ended, so that its receiver can start the next
    job; a job that fails without a last event is given one. Delivery is limited in time and
    memory, so the window stays responsive however many events a job emits.
    """

    event_emitted = Signal(object)

    def __init__(
        self,
        last: type,
        parent: QObject | None = None,
        *,
        coalesced: tuple[type, ...] = (),
        pause_ms: int = PAUSE_MS,
    ) -> None:
        """Create the runner.

        Args:
            last: class of a job's last event.
            parent: the owner.
            coalesced: event types of which only the newest matter.
            pause_ms: pause between two deliveries.
        """
        super().__init__(parent)
        self._last, self._coalesced = last, coalesced
        self._thread: QThread | None = None
        self._worker: _Worker | None = None
        self._turn = QTimer(self, singleShot=True, interval=pause_ms)
        self._turn.setTimerType(Qt.TimerType.PreciseTimer)
        self._turn.timeout.connect(self._pass_on)

    @property
    def is_running(self) -> bool:
        """Whether a job is running; false once its last event is emitted."""
        return self._thread is not None

    def start(self, work: Work, *, ending: Ending, name: str) -> None:
        """Run ``work`` in a new thread.

        Args:
            work: the job.
            ending: creates the last event of a failed job.
            name: of the thread.

        Raises:
            RuntimeError: the previous job has not ended.
        """
        if self._thread is not None:
            raise RuntimeError(f"A {name} job is already under way")
        thread = QThread()
        thread.setObjectName(name)
        worker = _Worker(work, self._last, ending, EventQueue(self._coalesced))
        worker.moveToThread(thread)
        thread.started.connect(worker.run)
        worker.event_waits.connect(self._pass_on)
        # Direct, because a queued ``quit`` would never arrive while the GUI thread waits.
        worker.finished.connect(thread.quit, Qt.ConnectionType.DirectConnection)
        thread.finished.connect(self._finish)
        self._thread, self._worker = thread, worker
        thread.start()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        if self._thread is None or self._worker is None:
            return True
        self._worker.queue.unbound()
        return self._thread.wait(timeout_ms)

    @property
    def waiting_count(self) -> int:
        """Number of undelivered events."""
        return len(self._worker.queue) if self._worker else 0

    @Slot()
    def _pass_on(self) -> None:
        """Deliver waiting events for a short time; the rest after the event loop has run."""
        worker = self._worker
        if worker is None or worker.queue.arm_notification():
            return
        self._turn.start()
        ends_at = time.monotonic() + TURN_S
        while time.monotonic() < ends_at and (event := worker.queue.get()) is not None:
            self.event_emitted.emit(event)

    @Slot()
    def _finish(self) -> None:
        thread, worker = self._thread, self._worker
        if thread is None or worker is None:
            return
        # Returns at once, because the thread has finished.
        thread.wait()
        while (event := worker.queue.get()) is not None:
            self.event_emitted.emit(event)
        self._turn.stop()
        self._thread = self._worker = None
        self.event_emitted.emit(worker.last_event)


class _Worker(QObject):
    """Lives in the job's thread and catches every exception."""

    event_waits = Signal()
    finished = Signal()

    def __init__(self, work: Work, last: type, ending: Ending, queue: EventQueue) -> None:
        super().__init__()
        self.queue = queue
        self._work = work
        self._last = last
        self._ending = ending
        self.last_event: object = None

    @Slot()
    def run(self) -> None:
        """Run the job; never raises."""
        try:
            self._work(self._pass_on)
        except BaseException as error:  # noqa: BLE001 - the wall: nothing may leave this thread
            _log.error("A job failed", exc_info=error)
            if self.last_event is None:
                is_plain = isinstance(error, Exception)
                self.last_event = self._ending(error if is_plain else RuntimeError(repr(error)))
        if self.last_event is None:
            self.last_event = self._ending(RuntimeError("The job returned without its last event"))
        self.finished.emit()

    def _pass_on(self, event: object) -> None:
        if isinstance(event, self._last):
            self.last_event = event
        elif self.queue.put(event):
            self.event_waits.emit()
