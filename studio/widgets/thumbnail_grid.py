"""A grid of thumbnails with captions, and the delegate that paints them."""

from functools import lru_cache

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

NARROWEST = 76
"""Logical pixels that a text needs to be legible, however small its picture is."""
PADDING = 6
"""Pixels around the picture and under the text."""
_RADIUS = 6
_KEPT_TEXTS = 4096
_Index = QModelIndex | QPersistentModelIndex


class TileDelegate(QStyledItemDelegate):
    """Nearest-neighbour scaling; the text in as many lines as the grid gives it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.side = 32.0
        """Side of an image in logical pixels."""
        self.cell = QSize(64, 64)
        """Size of a tile with its text and its margins."""
        self.text_lines = 1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint ground, picture and text."""
        painter.save()
        self._paint_ground(painter, option)
        left = option.rect.left() + (option.rect.width() - self.side) / 2
        picture = QRectF(left, option.rect.top() + PADDING, self.side, self.side)
        self._paint_picture(painter, picture, option, index)
        self._paint_text(painter, picture.bottom() + PADDING, option, index)
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """Every tile is as large as the grid says."""
        return self.cell

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        ground = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        is_marked = bool(option.state & QStyle.StateFlag.State_MouseOver)
        has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_marked:
            painter.setBrush(option.palette.color(QPalette.ColorRole.Window))
            painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
        if has_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(ground, _RADIUS, _RADIUS)

    def _paint_picture(
        self, painter: QPainter, place: QRectF, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        painter.drawImage(place, index.data(Qt.ItemDataRole.DecorationRole))
        # Without a line, an image on white would have no edge on a white ground.
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))

    def _paint_text(
        self, painter: QPainter, top: float, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.setFont(option.font)
        metrics = QFontMetrics(option.font)
        width = option.rect.width() - PADDING
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        baseline = top + metrics.ascent()
        for line in wrapped_lines(text, option.font.toString(), width, self.text_lines):
            indent = (option.rect.width() - metrics.horizontalAdvance(line)) / 2
            painter.drawText(QPointF(option.rect.left() + indent, baseline), line)
            baseline += metrics.lineSpacing()


@lru_cache(maxsize=_KEPT_TEXTS)
def wrapped_lines(text: str, font_name: str, width: int, most: int) -> tuple[str, ...]:
    """Break a text into lines; the last is cut short with an ellipsis if the text goes on.

    Args:
        text: one paragraph.
        font_name: ``QFont.toString()`` of the font.
        width: logical pixels of a line.
        most: number of lines.
    """
    font = QFont()
    font.fromString(font_name)
    metrics = QFontMetrics(font)
    rest, lines = text.strip(), []
    while rest and len(lines) < most - 1:
        length = _line_length(rest, font, width)
        lines.append(rest[:length].rstrip())
        rest = rest[length:].lstrip()
    if rest:
        lines.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width))
    return tuple(lines)


def _line_length(text: str, font: QFont, width: int) -> int:
    """Count the characters that fit into the first line."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text, font)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(width)
    layout.endLayout()
    # Qt counts UTF-16 units, of which characters such as emoji take two.
    return len(text.encode("utf-16-le")[: 2 * line.textLength()].decode("utf-16-le"))


_NOTCH = 120
"""Angle of one notch of a wheel, in eighths of a degree."""


class WheelSteps:
    """Counts notches; a touchpad sends many small turns, which add up to one."""

    def __init__(self) -> None:
        self._turned = 0

    def take(self, event: QWheelEvent) -> int:
        """Give the notches that a turn completes, up or down; mostly none."""
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        return notches


LARGEST_ZOOM = 8
_OPENING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class ThumbnailGrid(QListView):
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
        self._notches = WheelSteps()
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
            tile_side: side of an image in its own pixels.
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
