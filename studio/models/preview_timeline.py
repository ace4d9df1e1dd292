"""All previews of one run, oldest first, and the few sheets that are held in memory.

A long run leaves thousands of previews. Only their paths are kept; sheets are read from disk when
somebody looks at them.
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

CACHE_BYTES = 8_000_000
"""Pixels held in memory: about 10 sheets of 64 emoji, or 40 of 64 digits. More would still grow in
the second hour of a run."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewStep:
    """Where one preview lies and how far its run had come."""

    images_seen: int
    path: Path


class PreviewTimeline(QObject):
    """The previews of a run under way or of one that is read from disk."""

    steps_changed = Signal()

    def __init__(self, parent: QObject | None = None, *, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        self._steps: list[PreviewStep] = []
        self._sheets = _SheetCache(cache_bytes)

    @property
    def cached_bytes(self) -> int:
        """Pixels held in memory at the moment."""
        return self._sheets.used_bytes

    def __len__(self) -> int:
        return len(self._steps)

    def step_at(self, index: int) -> PreviewStep:
        """Give one preview.

        Raises:
            IndexError: there is none at ``index``.
        """
        return self._steps[index]

    def place_of(self, images_seen: int) -> int:
        """Give the number of the first preview that is at least this far."""
        return bisect_left(self._steps, images_seen, key=lambda step: step.images_seen)

    def clear(self) -> None:
        """Forget everything; a new run begins."""
        self._steps.clear()
        self._sheets.clear()
        self.steps_changed.emit()

    def open_run(self, folder: Path) -> None:
        """Take the previews that a run has left on disk, in place of those known before."""
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
        """Take a new preview; one from another run takes the place of all before it."""
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
        """Give the pairs of one preview; ``None``, and one preview fewer, if it is damaged."""
        step = self._steps[index]
        sheet = self._sheets.get(step.path)
        if sheet is not None:
            return sheet
        try:
            sheet = read_sheet(step.path)
        except SheetCorruptError as error:
            _log.warning("A preview is passed over: %s", error)
            self._steps.remove(step)
            self.steps_changed.emit()
            return None
        self._sheets.put(step.path, sheet)
        return sheet


class _SheetCache:
    """Sheets by path; the one that was not looked at for longest goes first."""

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
        # The newest stays even if it alone is over the limit: somebody is looking at it.
        while self.used_bytes > self._limit_bytes and len(self._sheets) > 1:
            _, oldest = self._sheets.popitem(last=False)
            self.used_bytes -= oldest.images.nbytes

    def clear(self) -> None:
        self._sheets.clear()
        self.used_bytes = 0


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
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
