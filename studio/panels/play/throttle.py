"""Limits how often a drag changes the board: of many moves, the newest one counts."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Slot

ALONE_MS = 12
"""Least time between two changes while nothing trains: as often as a display shows them."""
BESIDE_TRAINING_MS = 55
"""The same beside a run that trains in this process. A frame costs training about the time that it
takes to compute and paint."""


class Throttle(QObject):
    """Applies the newest of many changes, at most one in each interval.

    A change is applied at once after a rest; one that comes too early waits for the end of the
    interval, and is dropped if a newer one comes first.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: tuple[str, Callable[[], None]] | None = None
        self._timer = QTimer(self, singleShot=True, interval=ALONE_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.flush)

    def set_training(self, *, is_training: bool) -> None:
        """Set whether a run trains in this process."""
        self._timer.setInterval(BESIDE_TRAINING_MS if is_training else ALONE_MS)

    def apply(self, kind: str, change: Callable[[], None]) -> None:
        """Apply a change now, or at the end of the interval.

        Args:
            kind: a newer change of this kind replaces one that waits.
            change: what to do.
        """
        if self._waiting is not None and self._waiting[0] != kind:
            self.flush()
        self._waiting = (kind, change)
        if not self._timer.isActive():
            self.flush()

    @Slot()
    def flush(self) -> None:
        """Apply the change that waits, if there is one."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._timer.start()
            waiting[1]()
