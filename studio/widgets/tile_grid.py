"""A grid of small pictures, each with its text under it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QWidget

from studio.widgets.notches import Notches
from studio.widgets.tile_delegate import NARROWEST, PADDING, TileDelegate

LARGEST_ZOOM = 8
_OPENING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class TileGrid(QListView):
    """Pictures scaled by a whole factor; columns spread over the width.

    Expects a model whose ``DecorationRole`` gives a ``QImage`` and whose ``DisplayRole`` gives the
    text.
    """

    tile_opened = Signal(int)
    """A click, or Enter, on a tile."""
    zoom_requested = Signal(int)
    """By so many factors, up or down: Ctrl and the wheel, or a pinch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zoom = 1
        self._tile_side = 0
        self._notches = Notches()
        self._delegate = TileDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self._open)

    def set_tiles(self, *, zoom: int, tile_side: int, text_lines: int) -> None:
        """Lay the grid out.

        Args:
            zoom: whole factor, 1 to ``LARGEST_ZOOM``.
            tile_side: side of a picture in its own pixels.
            text_lines: lines that a text may take.
        """
        self._zoom, self._tile_side = zoom, tile_side
        self._delegate.text_lines = text_lines
        self._spread()

    @property
    def text_width(self) -> int:
        """Logical pixels that a line of text may take in the narrowest layout."""
        return max(round(self._side()), NARROWEST)

    def _side(self) -> float:
        # A whole factor of device pixels, whatever the scale of the screen: every pixel of the
        # picture stays equally large.
        scale = self.devicePixelRatioF()
        return self._tile_side * max(1, round(self._zoom * scale)) / scale

    def _spread(self) -> None:
        side = self._side()
        self._delegate.side = side
        line = QFontMetrics(self.font()).lineSpacing()
        cell = self.text_width + 2 * PADDING
        height = round(side) + 3 * PADDING + self._delegate.text_lines * line
        # The scroll bar's room is always left free, so that its coming does not move the tiles.
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        width = self.width() - bar - 2
        columns = max(1, width // cell)
        size = QSize(max(cell, width // columns), height)
        if size != self.gridSize():
            self._delegate.cell = size
            self.setGridSize(size)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if index.isValid():
            self.tile_opened.emit(index.row())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the columns over the new width."""
        self._spread()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open a tile from the keyboard."""
        if event.key() in _OPENING_KEYS:
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl held down; scroll without."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        notches = self._notches.take(event)
        if notches:
            self.zoom_requested.emit(notches)
        event.accept()
