"""Where somebody stands in a run's previews: at a step that holds still, or at the newest."""

from PySide6.QtCore import QCoreApplication, QLocale, QObject, Signal, Slot

from engine.sample.sheet import Sheet
from studio.models.preview_timeline import PreviewTimeline

_MINUTE_S = 60
_HOUR_S = 3600


class StepCursor(QObject):
    """A place in a timeline. At the end it follows new previews; before it, it holds still."""

    moved = Signal()
    """The step, its number or the count of steps has changed."""

    def __init__(self, timeline: PreviewTimeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._held: int | None = None
        self._is_reading = False
        timeline.steps_changed.connect(self._keep_place)

    @property
    def count(self) -> int:
        """Number of previews."""
        return len(self._timeline)

    @property
    def index(self) -> int:
        """Number of the step, from 0; -1 while there is none."""
        if self._held is None:
            return self.count - 1
        return min(self._timeline.place_of(self._held), self.count - 1)

    @property
    def is_live(self) -> bool:
        """Whether it stands at the newest preview and will follow the next."""
        return self._held is None

    def move_to(self, index: int) -> None:
        """Go to a step; beyond the ends, to the first or the newest."""
        last = self.count - 1
        if not self.count or index >= last:
            self._held = None
        else:
            self._held = self._timeline.step_at(max(0, index)).images_seen
        self.moved.emit()

    def move_by(self, steps: int) -> None:
        """Go some steps forward, or backward if negative."""
        self.move_to(self.index + steps)

    def follow(self, other: "StepCursor") -> None:
        """Go where another cursor stands."""
        self.move_to(other.index)

    def sheet(self) -> Sheet | None:
        """Give the pairs of the step; ``None`` if there is none. Damaged ones are passed over."""
        self._is_reading = True
        try:
            while self.count:
                sheet = self._timeline.sheet(self.index)
                if sheet is not None:
                    return sheet
        finally:
            self._is_reading = False
        return None

    @Slot()
    def _keep_place(self) -> None:
        if self._held is not None and self.index == self.count - 1:
            self._held = None
        # A damaged step that drops out while it is being read is no news to whoever reads.
        if not self._is_reading:
            self.moved.emit()


def step_text(images_seen: int, elapsed_s: float) -> str:
    """Say how far a run had come, such as ``12,800 images · 0:24``."""
    # No "%n": its plural forms take 32 bits only, and a long run outgrows them.
    count = QCoreApplication.translate("StepCursor", "{0} images")
    return f"{count.format(QLocale().toString(images_seen))} · {clock_text(elapsed_s)}"


def clock_text(seconds: float) -> str:
    """Write a time as a clock does: ``0:24``, ``12:05``, ``3:07:00``."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // _HOUR_S, whole % _HOUR_S // _MINUTE_S, whole % _MINUTE_S
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
