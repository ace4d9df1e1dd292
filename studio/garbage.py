"""Collects cyclic garbage in the GUI thread alone.

Python collects in whichever thread allocates the most, which is the one that trains. If the garbage
has Qt objects, their destructors then run there: one that holds a lock of Qt and waits for the GIL
deadlocks with the GUI thread, which holds the GIL and waits for the lock; a widget may crash.
"""

import gc
import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine import garbage

EVERY_MS = 500
PATIENCE_S = 2.0
"""Time that another thread waits for a collection; a GUI thread that waits for it cannot answer."""


class GarbageCollector(QObject):
    """Replaces Python's automatic collection while it is started; belongs to the GUI thread."""

    _requested = Signal(object)
    """Carries the event to set after a collection."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._own_thread = threading.get_ident()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect_due)
        self._requested.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Collect in this thread from now on."""
        gc.disable()
        garbage.collect_with(self.collect)
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect automatically again, in any thread."""
        self._timer.stop()
        garbage.collect_with(gc.collect)
        gc.enable()

    def collect(self) -> None:
        """Collect everything; another thread waits for the GUI thread to do so."""
        if threading.get_ident() == self._own_thread:
            gc.collect()
            return
        done = threading.Event()
        self._requested.emit(done)
        done.wait(PATIENCE_S)

    @Slot(object)
    def _answer(self, done: threading.Event) -> None:
        gc.collect()
        done.set()

    @Slot()
    def _collect_due(self) -> None:
        """Collect the generations that Python would have collected by now."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (n, most) in enumerate(counts) if n > most > 0]
        if due:
            gc.collect(due[-1])
