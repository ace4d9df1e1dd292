"""Item model of the pairs of a preview, and conversion of pixels to ``QImage``."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from engine.events import ImageArray
from engine.runs.tile_marks import Marks
from engine.sample.preview_sheet import Sheet
from studio.widgets.thumbnail_grid import SOUND_ROLE, STAR_ROLE, SoundMark

_ROOT = QModelIndex()
_Role = Qt.ItemDataRole


class TileModel(QAbstractListModel):
    """One row per pair. ``DecorationRole`` returns a ``QImage`` at its original size."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self.texts: tuple[str, ...] = ()
        self._has_sounds = False
        self._playing: int = -1
        """Row of the tile whose sound is playing, -1 for none."""
        self._problem: str = ""
        """Why sounds cannot be played."""
        self._marks: Marks = {}

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show the pairs of another preview, or none.

        If the number of pairs is unchanged, the rows are updated in place, which keeps
        selection, scroll position and focus.
        """
        images = [qimage_of(image) for image in sheet.images] if sheet else []
        texts = sheet.texts if sheet else ()
        if len(images) != len(self._images):
            self.beginResetModel()
            self._images, self.texts = images, texts
            self.endResetModel()
        elif images:
            self._images, self.texts = images, texts
            self.dataChanged.emit(self.index(0), self.index(len(images) - 1))

    def show_sounds(self, *, has_sounds: bool, playing: int = -1, problem: str = "") -> None:
        """Set what the sound marks show.

        Args:
            has_sounds: whether the tiles have sounds.
            playing: row of the tile whose sound is playing, -1 for none.
            problem: why sounds cannot be played; empty if they can.
        """
        now = (has_sounds, playing, problem)
        if now == (self._has_sounds, self._playing, self._problem):
            return
        self._has_sounds, self._playing, self._problem = now
        if self._images:
            self.dataChanged.emit(self.index(0), self.index(len(self._images) - 1))

    def show_marks(self, marks: Marks) -> None:
        """Set stars and tags."""
        self._marks = marks
        if self._images:
            self.dataChanged.emit(self.index(0), self.index(len(self._images) - 1))

    def _mark(self, row: int) -> SoundMark | None:
        if not self._has_sounds:
            return None
        if self._problem:
            return SoundMark.UNAVAILABLE
        return SoundMark.PLAYING if row == self._playing else SoundMark.IDLE

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of pairs."""
        return 0 if parent.isValid() else len(self._images)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = _Role.DisplayRole
    ) -> Any:
        """Return the data of a pair for a role."""
        if not index.isValid():
            return None
        if role == _Role.DisplayRole:
            return self.texts[index.row()]
        if role == _Role.ToolTipRole:
            return self._tool_tip(index.row())
        if role == SOUND_ROLE:
            return self._mark(index.row())
        if role == STAR_ROLE:
            return index.row() in self._marks and self._marks[index.row()].is_starred
        if role == _Role.DecorationRole:
            return self._images[index.row()]
        if role == _Role.AccessibleTextRole:
            return self._spoken(index.row())
        return None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Return the flags of a pair, which can be dragged."""
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def _spoken(self, row: int) -> str:
        mark = self._marks.get(row)
        is_starred = mark is not None and mark.is_starred
        spoken = self.tr("Pair {0}, starred: {1}") if is_starred else self.tr("Pair {0}: {1}")
        return spoken.format(row + 1, self.texts[row])

    def _tool_tip(self, row: int) -> str:
        lines = [self.texts[row]]
        if row in self._marks and self._marks[row].tags:
            lines.append(self.tr("Tags: {0}").format(", ".join(self._marks[row].tags)))
        if self._has_sounds:
            lines.append(self._problem or self.tr("Space plays the sound"))
        return "\n".join(lines).strip()


def qimage_of(pixels: ImageArray) -> QImage:
    """Copy [H, W, 3] pixels into an image in a format that Qt draws fast."""
    height, width, _ = pixels.shape
    rows = memoryview(pixels.tobytes())
    view = QImage(rows, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


_FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGBA8888,
}


def image_of(pixels: npt.NDArray[np.uint8]) -> QImage:
    """Copy [H, W], [H, W, 1], [H, W, 3] or [H, W, 4] pixels into an image."""
    block = pixels[:, :, None] if pixels.ndim == 2 else pixels
    height, width, channels = block.shape
    rows = np.ascontiguousarray(block).tobytes()
    view = QImage(rows, width, height, channels * width, _FORMATS[channels])
    kind = QImage.Format.Format_ARGB32 if channels == 4 else QImage.Format.Format_RGB32
    return view.convertToFormat(kind)
