"""Grid of thumbnails with captions, and its delegate."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QIcon,
    QKeyEvent,
    QMouseEvent,
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

from studio.theme import mixed
from studio.widgets.icons import icon

NARROWEST = 76
"""Minimum width of a caption, in logical pixels."""
PADDING = 6
"""Pixels around the picture and below the text."""
_RADIUS = 6
_KEPT_TEXTS = 4096
_Index = QModelIndex | QPersistentModelIndex

SOUND_ROLE = Qt.ItemDataRole.UserRole + 1
"""Role of the ``SoundMark`` of a tile; None if it has no sound."""
STAR_ROLE = Qt.ItemDataRole.UserRole + 20
"""Role of whether a tile is starred."""
_SELECTED_SHARE = 0.22
"""Of the highlight in the ground of a selected tile."""
_MARK_SIDE = 20
_MARK_OUTSIDE = 4
"""Pixels of a mark beyond the corner of the picture."""


class SoundMark(StrEnum):
    """How the mark of a tile with a sound is painted."""

    IDLE = "idle"
    PLAYING = "playing"
    UNAVAILABLE = "unavailable"
    """Nothing can be played."""


class TileDelegate(QStyledItemDelegate):
    """Paints a picture with nearest-neighbour scaling, and its caption below."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picture = QSizeF(32, 32)
        """Size of a picture in logical pixels."""
        self.cell = QSize(64, 64)
        """Size of a tile including text and margins, in logical pixels."""
        self.text_lines = 1

    def fit(self, view: QWidget, *, zoom: int, tile: QSize) -> None:
        """Set ``picture`` and the minimum ``cell``; a picture is scaled by whole device pixels.

        Args:
            view: the view, for its font and device pixel ratio.
            zoom: scale factor.
            tile: size of a picture in its own pixels.
        """
        scale = view.devicePixelRatioF()
        self.picture = QSizeF(tile) * (max(1, round(zoom * scale)) / scale)
        shown, line = self.picture.toSize(), QFontMetrics(view.font()).lineSpacing()
        width = max(shown.width(), NARROWEST) + 2 * PADDING
        self.cell = QSize(width, shown.height() + 3 * PADDING + self.text_lines * line)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint background, picture and text."""
        painter.save()
        self._paint_background(painter, option)
        picture = self._picture_in(option.rect)
        self._paint_picture(painter, picture, option, index)
        self._paint_mark(painter, option, index)
        self._paint_star(painter, option, index)
        self._paint_text(painter, picture.bottom() + PADDING, option, index)
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """Return ``cell``, the same for all tiles."""
        return self.cell

    def mark_in(self, tile: QRect) -> QRectF:
        """Return the rectangle of the sound mark of a tile."""
        corner = self._picture_in(tile).topRight() + QPointF(_MARK_OUTSIDE, -_MARK_OUTSIDE)
        return QRectF(corner - QPointF(_MARK_SIDE, 0), QSizeF(_MARK_SIDE, _MARK_SIDE))

    def _picture_in(self, tile: QRect) -> QRectF:
        left = tile.left() + (tile.width() - self.picture.width()) / 2
        return QRectF(QPointF(left, tile.top() + PADDING), self.picture)

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        ground = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(option.palette.color(QPalette.ColorRole.Window))
            painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(ground, _RADIUS, _RADIUS)

    def _paint_picture(
        self, painter: QPainter, place: QRectF, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        painter.drawImage(place, index.data(Qt.ItemDataRole.DecorationRole))
        # The border separates a white picture from a white background.
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))

    def _paint_mark(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        mark = index.data(SOUND_ROLE)
        if mark is None:
            return
        place, palette = self.mark_in(option.rect), option.palette
        is_playing = mark == SoundMark.PLAYING
        role = QPalette.ColorRole
        ground = role.Highlight if is_playing else role.Base
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(palette.color(ground))
        painter.drawEllipse(place)
        mode = QIcon.Mode.Disabled if mark == SoundMark.UNAVAILABLE else QIcon.Mode.Normal
        picture = icon("sound", "on_accent" if is_playing else "")
        inner = place.adjusted(3, 3, -3, -3).toRect()
        picture.paint(painter, inner, Qt.AlignmentFlag.AlignCenter, mode)

    def _paint_star(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        if not index.data(STAR_ROLE):
            return
        corner = self._picture_in(option.rect).topLeft() - QPointF(_MARK_OUTSIDE, _MARK_OUTSIDE)
        place = QRectF(corner, QSizeF(_MARK_SIDE, _MARK_SIDE))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(option.palette.color(QPalette.ColorRole.Base))
        painter.drawEllipse(place)
        icon("starred").paint(painter, place.adjusted(3, 3, -3, -3).toRect())

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
    """Wrap a text into at most ``most`` lines; the last one is elided.

    Args:
        text: one paragraph.
        font_name: ``QFont.toString()`` of the font.
        width: width of a line in logical pixels.
        most: maximum number of lines.
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
    """Return the number of characters that fit into the first line."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text, font)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(width)
    layout.endLayout()
    # Qt counts UTF-16 units; characters such as emoji have two.
    return len(text.encode("utf-16-le")[: 2 * line.textLength()].decode("utf-16-le"))


_NOTCH = 120
"""Angle of a wheel notch in eighths of a degree."""


class ZoomWheel:
    """Converts wheel events with Ctrl held down to zoom steps."""

    def __init__(self) -> None:
        self._turned = 0

    def steps(self, event: QWheelEvent) -> int | None:
        """Return the completed notches and accept the event; None without Ctrl.

        A touchpad sends fractions of a notch, which are summed up.
        """
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return None
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        event.accept()
        return notches


def set_up_tiles(view: QAbstractItemView, delegate: TileDelegate) -> None:
    """Apply the settings common to all grids of tiles."""
    view.setItemDelegate(delegate)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setMouseTracking(True)


class SelectableTileDelegate(TileDelegate):
    """Paints selected tiles on a tinted background."""

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        if not option.state & QStyle.StateFlag.State_Selected:
            super()._paint_background(painter, option)
            return
        role = QPalette.ColorRole
        highlight, base = option.palette.color(role.Highlight), option.palette.color(role.Base)
        has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
        ground = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(highlight, 2 if has_focus else 1))
        painter.setBrush(mixed(highlight, base, _SELECTED_SHARE))
        painter.drawRoundedRect(ground, _RADIUS, _RADIUS)


MAX_ZOOM = 8
_ADDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_OPENING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class ThumbnailGrid(QListView):
    """A ``QListView`` of pictures with captions, in columns spread over the width.

    A click opens a tile; with Ctrl or Shift it changes the selection. The model returns a
    ``QImage`` for ``DecorationRole`` and the caption for ``DisplayRole``.
    """

    tile_opened = Signal(int)
    """Emitted with the row of a tile that was clicked or opened with Enter."""
    play_requested = Signal(int)
    """Emitted with the row of a tile whose sound is to be played: its mark was clicked, or Space
    was pressed."""
    zoom_requested = Signal(int)
    """Emitted with the change of the zoom factor."""
    drag_requested = Signal()
    """Emitted when the selected tiles are dragged."""
    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zoom = 1
        self._tile = QSize()
        self._is_on_mark = False
        """Whether the mouse is being released on a sound mark."""
        self._is_adding = False
        """Whether Ctrl or Shift was held down when the mouse was pressed."""
        self._wheel = ZoomWheel()
        self._delegate = SelectableTileDelegate(self)
        set_up_tiles(self, self._delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        # After ``setMovement``, which turns dragging off.
        self.setDragEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self._on_clicked)

    def set_tiles(self, *, zoom: int, tile: QSize, text_lines: int) -> None:
        """Set the size of the tiles.

        Args:
            zoom: scale factor from 1 to ``MAX_ZOOM``.
            tile: size of a picture in its own pixels.
            text_lines: maximum number of lines of a caption.
        """
        self._zoom, self._tile = zoom, tile
        self._delegate.text_lines = text_lines
        self._spread()

    @property
    def text_width(self) -> int:
        """Minimum width of a line of text in logical pixels."""
        return max(round(self._delegate.picture.width()), NARROWEST)

    def _spread(self) -> None:
        self._delegate.fit(self, zoom=self._zoom, tile=self._tile)
        cell = self._delegate.cell
        # The width of the scroll bar is always reserved, so that its appearance moves no tiles.
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        width = self.width() - bar - 2
        columns = max(1, width // cell.width())
        cell.setWidth(max(cell.width(), width // columns))
        if cell != self.gridSize():
            self.setGridSize(cell)

    def selected_rows(self) -> tuple[int, ...]:
        """Return the selected rows in their order; the current one if none is selected."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        current = self.currentIndex()
        return tuple(rows) or ((current.row(),) if current.isValid() else ())

    def select_rows(self, rows: Iterable[int]) -> None:
        """Select rows; the first becomes the current one."""
        wanted = list(rows)
        selection = QItemSelection()
        for row in wanted:
            index = self.model().index(row, 0)
            selection.select(index, index)
        kind = QItemSelectionModel.SelectionFlag
        if wanted:
            first = self.model().index(wanted[0], 0)
            self.selectionModel().setCurrentIndex(first, kind.NoUpdate)
            self.scrollTo(first)
        self.selectionModel().select(selection, kind.ClearAndSelect)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if self._is_on_mark or not self._is_adding:
            self._open(index)

    def _open(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if index.isValid() and self._is_on_mark:
            self.play_requested.emit(index.row())
        elif index.isValid():
            self.tile_opened.emit(index.row())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the columns over the new width."""
        self._spread()
        super().resizeEvent(event)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Emit ``selection_changed``."""
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Emit ``drag_requested``: the model knows no files."""
        self.drag_requested.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember whether the click changes the selection."""
        self._is_adding = bool(event.modifiers() & _ADDING)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current tile with Enter or Space; Space plays its sound if it has one.

        Escape clears the selection. Ctrl and Space select the current tile.
        """
        index = self.currentIndex()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        if event.key() == Qt.Key.Key_Escape and self.selectedIndexes():
            self.clearSelection()
            return
        if event.key() == Qt.Key.Key_Space and index.data(SOUND_ROLE) is not None:
            self.play_requested.emit(index.row())
            return
        if event.key() in _OPENING_KEYS:
            self._open(index)
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit ``play_requested`` instead of ``tile_opened`` on a sound mark."""
        index = self.indexAt(event.position().toPoint())
        mark = self._delegate.mark_in(self.visualRect(index))
        has_sound = index.isValid() and index.data(SOUND_ROLE) is not None
        self._is_on_mark = has_sound and mark.contains(event.position())
        super().mouseReleaseEvent(event)
        self._is_on_mark = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom if Ctrl is held down, otherwise scroll."""
        steps = self._wheel.steps(event)
        if steps is None:
            super().wheelEvent(event)
        elif steps:
            self.zoom_requested.emit(steps)
