"""All previews of one run, oldest first, with a cache of decoded sheets.

A long run has thousands of previews; only their paths are kept, and sheets are read on demand.
"""

import logging
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, QObject, Signal, Slot

from engine.errors import SheetCorruptError
from engine.events import PreviewReady
from engine.runs.folder import RunFolder
from engine.sample.preview_sheet import Sheet, read_sheet
from engine.sample.preview_sounds import sounds_beside

CACHE_BYTES = 8_000_000
"""Maximum size of cached pixels: about 10 sheets of 64 emoji or 40 of 64 digits."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewStep:
    """Path of a preview and its images seen."""

    images_seen: int
    path: Path


class PreviewTimeline(QObject):
    """The previews of an active run or of a run on disk."""

    steps_changed = Signal()

    def __init__(self, parent: QObject | None = None, *, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        self._steps: list[PreviewStep] = []
        self._sheets = _SheetCache(cache_bytes)
        self.is_growing = False
        """Whether the run trains, so that new previews may come."""

    def set_growing(self, is_growing: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set ``is_growing``."""
        if is_growing != self.is_growing:
            self.is_growing = is_growing
            self.steps_changed.emit()

    @property
    def cached_bytes(self) -> int:
        """Size of the cached pixels."""
        return self._sheets.used_bytes

    def __len__(self) -> int:
        return len(self._steps)

    def step_at(self, index: int) -> PreviewStep:
        """Return one preview.

        Raises:
            IndexError: ``index`` is out of range.
        """
        return self._steps[index]

    def sounds_at(self, index: int) -> dict[str, Path]:
        """Return the files with the clips of a preview by column, as far as they still exist.

        Raises:
            IndexError: ``index`` is out of range.
        """
        return sounds_beside(self._steps[index].path)

    def place_of(self, images_seen: int) -> int:
        """Return the index of the first preview with at least this many images seen."""
        return bisect_left(self._steps, images_seen, key=lambda step: step.images_seen)

    def clear(self) -> None:
        """Remove all previews."""
        self._steps.clear()
        self._sheets.clear()
        self.steps_changed.emit()

    def open_run(self, folder: Path) -> None:
        """Replace the previews by those of a run on disk."""
        self._sheets.clear()
        self._steps.clear()
        for path in RunFolder(folder).preview_files():
            number = path.stem.removeprefix("preview-")
            if number.isdecimal():
                self._steps.append(PreviewStep(images_seen=int(number), path=path))
            else:
                _log.warning("Skipping a preview whose name has no number: %s", path)
        self.steps_changed.emit()

    def add(self, event: PreviewReady) -> None:
        """Add a preview; one of another run replaces all previous ones."""
        if self._steps and self._steps[-1].path.parent != event.path.parent:
            self._steps.clear()
            self._sheets.clear()
        step = PreviewStep(images_seen=event.images_seen, path=event.path)
        place = self.place_of(step.images_seen)
        is_known = place < len(self._steps) and self._steps[place].images_seen == step.images_seen
        self._steps[place : place + is_known] = [step]
        sheet = Sheet(
            images=event.images,
            texts=event.texts,
            images_seen=event.images_seen,
            elapsed_s=event.elapsed_s,
        )
        self._sheets.put(event.path, sheet)
        self.steps_changed.emit()

    def sheet(self, index: int) -> Sheet | None:
        """Return the sheet of a preview; a damaged preview is removed and ``None`` returned."""
        step = self._steps[index]
        sheet = self._sheets.get(step.path)
        if sheet is not None:
            return sheet
        try:
            sheet = read_sheet(step.path)
        except SheetCorruptError as error:
            _log.warning("Skipping a damaged preview: %s", error)
            self._steps.remove(step)
            self.steps_changed.emit()
            return None
        self._sheets.put(step.path, sheet)
        return sheet


class _SheetCache:
    """LRU cache of sheets by path."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._sheets: OrderedDict[Path, Sheet] = OrderedDict()
        self.used_bytes = 0

    def get(self, path: Path) -> Sheet | None:
        if path in self._sheets:
            self._sheets.move_to_end(path)
        return self._sheets.get(path)

    def put(self, path: Path, sheet: Sheet) -> None:
        replaced = self._sheets.pop(path, None)
        self.used_bytes += sheet.images.nbytes - (replaced.images.nbytes if replaced else 0)
        self._sheets[path] = sheet
        # The newest sheet is kept even above the limit, because it is being shown.
        while self.used_bytes > self._limit_bytes and len(self._sheets) > 1:
            _, oldest = self._sheets.popitem(last=False)
            self.used_bytes -= oldest.images.nbytes

    def clear(self) -> None:
        self._sheets.clear()
        self.used_bytes = 0


class StepCursor(QObject):
    """A position in a timeline; at the end it follows new previews."""

    moved = Signal()
    """The step, its index or the number of steps has changed."""

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
        """Index of the step; -1 if there is none."""
        if self._held is None:
            return self.count - 1
        return min(self._timeline.place_of(self._held), self.count - 1)

    @property
    def is_live(self) -> bool:
        """Whether the cursor is at the newest preview and follows new ones."""
        return self._held is None

    def move_to(self, index: int) -> None:
        """Move to a step, clamped to the first and the newest."""
        last = self.count - 1
        if not self.count or index >= last:
            self._held = None
        else:
            self._held = self._timeline.step_at(max(0, index)).images_seen
        self.moved.emit()

    def hold_at(self, index: int) -> None:
        """Move to a step, clamped to the first and the newest, and follow no new ones."""
        place = min(max(0, index), self.count - 1)
        self._held = self._timeline.step_at(place).images_seen
        self.moved.emit()

    def move_by(self, steps: int) -> None:
        """Move by a number of steps; negative numbers go back."""
        self.move_to(self.index + steps)

    def follow(self, other: "StepCursor") -> None:
        """Move to the position of another cursor."""
        self.move_to(other.index)

    def sheet(self) -> Sheet | None:
        """Return the sheet of the step, skipping damaged ones; ``None`` if there is none."""
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
        # Steps removed while reading are not reported: the reader already skips them.
        if not self._is_reading:
            self.moved.emit()


def step_text(images_seen: int, elapsed_s: float) -> str:
    """Return the position of a step, such as ``12,800 images · 0:24``."""
    # No "%n": its plural forms are limited to 32 bits, which a long run exceeds.
    count = QCoreApplication.translate("StepCursor", "{0} images")
    return f"{count.format(QLocale().toString(images_seen))} · {clock_text(elapsed_s)}"


def clock_text(seconds: float) -> str:
    """Format a duration like a clock: ``0:24``, ``12:05``, ``3:07:00``."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
