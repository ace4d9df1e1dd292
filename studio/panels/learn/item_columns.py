"""Grids of items side by side, one for each origin, with a heading each."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QModelIndex, QSize, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.events import ImageArray
from engine.sample.preview_sheet import Sheet
from studio.models.thumbnails import TileModel
from studio.theme import SPACING
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.thumbnail_grid import ThumbnailGrid, wrapped_lines

_MAX_LINES = 3
_WIDEST_TILE = 80
"""Pixels of a tile, as far as whole zoom factors allow."""


class ItemGrid(QWidget):
    """A heading above tiles."""

    item_chosen = Signal(int)
    """Emitted with the row of a tile that becomes the current one."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = plain_label(role="heading")
        self._model = TileModel(self)
        self.grid = ThumbnailGrid()
        self.grid.setModel(self._model)
        self.grid.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.grid.selectionModel().currentChanged.connect(self._on_current)
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, self._title, (self.grid, 1))
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Set the heading, which is the accessible name of the tiles as well."""
        self._title.setText(title)
        self.grid.setAccessibleName(title)

    def show_tiles(self, images: ImageArray, texts: Sequence[str]) -> None:
        """Show tiles [N, H, W, 3] with N captions."""
        height, width = images.shape[1:3]
        zoom = max(1, min(3, _WIDEST_TILE // max(width, height)))
        tile = QSize(width, height)
        self.grid.set_tiles(zoom=zoom, tile=tile, text_lines=1)
        font, room = self.grid.font().toString(), self.grid.text_width
        lines = max((len(wrapped_lines(t, font, room, _MAX_LINES)) for t in texts), default=1)
        self.grid.set_tiles(zoom=zoom, tile=tile, text_lines=max(lines, 1))
        sheet = Sheet(images=images, texts=tuple(texts), images_seen=0, elapsed_s=0.0)
        self._model.show_sheet(sheet)

    @Slot(QModelIndex)
    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.item_chosen.emit(index.row())


def side_by_side(pictures: Sequence[ImageArray]) -> ImageArray:
    """Join pictures [H, W, 3] of any heights from left to right, on grey where one is lower."""
    height = max(picture.shape[0] for picture in pictures)
    padded = [
        np.pad(p, ((0, height - p.shape[0]), (0, 0), (0, 0)), constant_values=127) for p in pictures
    ]
    return np.concatenate(padded, axis=1)
