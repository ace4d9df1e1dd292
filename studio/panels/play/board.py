"""The board: pictures of several scenes side by side, dragged through the noise."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from studio.theme import current_colors
from studio.widgets.icons import icon
from studio.widgets.thumbnail_grid import wrapped_lines

_PADDING, _RADIUS, _MARK = 5, 6, 20
_MAX_LINES = 3
_WORTH = 0.85
"""Part of the possible size that pictures with sharp pixels must reach."""
_ALT = Qt.KeyboardModifier.AltModifier
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, kw_only=True)
class BoardMarks:
    """What is marked on the tiles."""

    chosen: int = 0
    locked: frozenset[int] = frozenset()
    has_sounds: bool = False
    playing: int = -1
    """Tile whose sound is playing, -1 for none."""
    sound_problem: str = ""
    """Why sounds cannot be played; empty if they can."""


@dataclass(frozen=True, kw_only=True)
class DragMoved:
    """A drag on the board, in logical pixels from where it began."""

    x: float
    y: float


class Board(QWidget):
    """Paints the tiles as large as whole factors allow; a drag anywhere moves through the noise."""

    tile_chosen = Signal(int)
    sound_requested = Signal(int)
    lock_requested = Signal(int)
    menu_requested = Signal(QPoint)
    drag_began = Signal()
    drag_moved = Signal(object)
    """Carries a ``DragMoved``."""
    drag_ended = Signal()
    nudge_requested = Signal(object)
    """Carries a ``DragMoved`` of one step by Alt and an arrow key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: list[QImage] = [QImage()]
        self._captions: list[str] = [""]
        self._marks = BoardMarks()
        self._stage: tuple[QImage, str] | None = None
        self._columns, self._cell = 1, QSizeF(64, 64)
        self._picture, self._lines = QSizeF(32, 32), 1
        self._fitted = (0, 0, 0)
        """What the tiles have been fitted to."""
        self._places: dict[int, QRectF] = {}
        """Rectangles of the pictures by tile, as far as they have been asked for."""
        self._ground = QPixmap()
        """What is below the pictures; null if it is to be painted again."""
        self._pressed: QPointF | None = None
        self._is_dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(self.tr("Board of drawn items"))

    @property
    def captions(self) -> Sequence[str]:
        """Captions of the tiles."""
        return tuple(self._captions)

    def picture(self, tile: int) -> QImage:
        """Return the picture of a tile; a null image if it has not been drawn."""
        return self._pictures[tile]

    def set_count(self, count: int) -> None:
        """Set the number of tiles; those that stay keep their pictures."""
        if count != len(self._pictures):
            missing = count - len(self._pictures)
            self._pictures = [*self._pictures[:count], *[QImage()] * missing]
            self._captions = [*self._captions[:count], *[""] * missing]
            self._fit()

    def show_tiles(self, drawn: Mapping[int, tuple[QImage, str]]) -> None:
        """Show new pictures and captions of some tiles."""
        is_other = self._stage is not None
        for tile, (picture, caption) in drawn.items():
            if tile < len(self._pictures):
                is_other |= caption != self._captions[tile]
                is_other |= picture.size() != self._pictures[tile].size()
                self._pictures[tile], self._captions[tile] = picture, caption
                self.update(self._picture_rect(tile).toAlignedRect())
        if is_other:
            if self._shape() != self._fitted:
                self._fit()
            self.setAccessibleDescription(self._captions[self._marks.chosen])
            self._repaint()

    def clear(self) -> None:
        """Forget all pictures."""
        self._pictures = [QImage()] * len(self._pictures)
        self._captions = [""] * len(self._captions)
        self._stage, self._lines = None, 1
        self._repaint()

    def set_marks(self, marks: BoardMarks) -> None:
        """Set what is marked."""
        if marks != self._marks:
            self._marks = marks
            last = len(self._captions) - 1
            self.setAccessibleDescription(self._captions[min(marks.chosen, last)])
            self._repaint()

    def show_stage(self, picture: QImage, caption: str) -> None:
        """Show one large picture instead of the tiles, until ``leave_stage``."""
        self._stage = (picture, caption)
        self.update()

    def leave_stage(self) -> None:
        """Show the tiles again."""
        if self._stage is not None:
            self._stage = None
            self.update()

    def _repaint(self) -> None:
        """Paint everything again, because more than pictures has changed."""
        self._places.clear()
        self._ground = QPixmap()
        self.update()

    def _shape(self) -> tuple[int, int, int]:
        """Return what the size of the tiles depends on: width, height, lines of captions."""
        first = next((one for one in self._pictures if not one.isNull()), QImage())
        width, font = round(self._cell.width()) - _PADDING, self.font().toString()
        lines = (len(wrapped_lines(text, font, width, _MAX_LINES)) for text in self._captions)
        # Lines never become fewer, so that tiles keep their size while texts change.
        self._lines = max(self._lines, *lines)
        return first.width(), first.height(), self._lines

    def _fit(self) -> None:
        """Find the number of columns with the largest pictures."""
        self._fitted = width, height, lines = self._shape()
        if not width:
            width = height = 32
        caption = self._caption_height(lines) + _PADDING
        count, best = len(self._pictures), -1.0
        for columns in range(1, count + 1):
            rows = math.ceil(count / columns)
            cell = QSizeF(self.width() / columns, self.height() / rows)
            factor = min((cell.width() - 2 * _PADDING) / width, (cell.height() - caption) / height)
            if factor > best:
                best, self._columns, self._cell = factor, columns, cell
        self._picture = QSizeF(width, height) * self._whole(max(best, 0.25))
        self._repaint()

    def _whole(self, factor: float) -> float:
        """Return the factor, by whole device pixels unless too much space were lost."""
        scale = self.devicePixelRatioF()
        whole = int(factor * scale) / scale
        return whole if whole >= _WORTH * factor else factor

    def cell_rect(self, tile: int) -> QRectF:
        """Return the rectangle of a tile with its caption."""
        height = self._picture.height() + _PADDING + self._caption_height(self._lines)
        cell = QRectF(QPointF(0, 0), QSizeF(self._cell.width(), min(height, self._cell.height())))
        rows = math.ceil(len(self._pictures) / self._columns)
        top = (self.height() - rows * cell.height()) / 2
        row, column = divmod(tile, self._columns)
        cell.moveTopLeft(QPointF(column * cell.width(), max(top, 0.0) + row * cell.height()))
        return cell

    def _caption_height(self, lines: int) -> float:
        return lines * QFontMetrics(self.font()).lineSpacing() + _PADDING + 2

    def _picture_rect(self, tile: int) -> QRectF:
        place = self._places.get(tile)
        if place is None:
            cell = self.cell_rect(tile)
            left = cell.left() + (cell.width() - self._picture.width()) / 2
            corner = QPointF(round(left), round(cell.top() + _PADDING))
            place = self._places[tile] = QRectF(corner, self._picture)
        return place

    def _tile_at(self, place: QPointF) -> int:
        tiles = range(len(self._pictures))
        return next((tile for tile in tiles if self.cell_rect(tile).contains(place)), -1)

    def _sound_mark(self, tile: int) -> QRectF:
        corner = self._picture_rect(tile).topRight()
        return QRectF(corner.x() - _MARK - 3, corner.y() + 3, _MARK, _MARK)

    def _tip_at(self, place: QPointF) -> tuple[str, QRectF]:
        """Return what a tooltip says at a place, and where it says so."""
        tile = -1 if self._stage is not None else self._tile_at(place)
        if tile < 0:
            return "", QRectF()
        mark = self._sound_mark(tile)
        if self._marks.has_sounds and mark.contains(place):
            play = self.tr("Play the sound or stop it (Space)")
            return self._marks.sound_problem or play, mark
        return self._captions[tile], self.cell_rect(tile)

    def _lock_mark(self, tile: int) -> QRectF:
        corner = self._picture_rect(tile).topLeft()
        return QRectF(corner.x() + 3, corner.y() + 3, _MARK, _MARK)

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(560, 320)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stage or the tiles."""
        painter = QPainter(self)
        if self._stage is not None:
            painter.fillRect(self.rect(), self.palette().window())
            self._paint_stage(painter, *self._stage)
        else:
            self._paint_tiles(painter, event.region())
        painter.end()

    def _paint_stage(self, painter: QPainter, picture: QImage, caption: str) -> None:
        line = QFontMetrics(self.font()).lineSpacing()
        space = self.height() - line - 3 * _PADDING
        fitting = min(self.width() / picture.width(), space / picture.height())
        size = QSizeF(picture.size()) * self._whole(max(fitting, 0.25))
        left, top = (self.width() - size.width()) / 2, (space - size.height()) / 2 + _PADDING
        place = QRectF(QPointF(round(left), round(top)), size)
        self._paint_frame(painter, place)
        self._paint_picture(painter, place, picture)
        self._paint_caption(painter, QRectF(0, place.bottom(), self.width(), 0), caption)

    def _paint_tiles(self, painter: QPainter, region: QRegion) -> None:
        """Paint what is in a region: a drag changes the pictures of some tiles and nothing else."""
        scale = self.devicePixelRatioF()
        if self._ground.isNull() or self._ground.devicePixelRatio() != scale:
            self._ground = self._painted_ground(scale)
        painter.drawPixmap(0, 0, self._ground)
        for tile, picture in enumerate(self._pictures):
            place = self._picture_rect(tile)
            if region.intersects(place.toAlignedRect()):
                self._paint_picture(painter, place, picture)
        for tile in range(len(self._pictures)) if self._marks.has_sounds else self._marks.locked:
            self._paint_marks(painter, tile)

    def _painted_ground(self, scale: float) -> QPixmap:
        """Paint frames and captions of all tiles."""
        ground = QPixmap(self.size() * scale)
        ground.setDevicePixelRatio(scale)
        painter = QPainter(ground)
        painter.setFont(self.font())
        painter.fillRect(self.rect(), self.palette().window())
        for tile, caption in enumerate(self._captions):
            place, cell = self._picture_rect(tile), self.cell_rect(tile)
            if tile == self._marks.chosen and len(self._pictures) > 1:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(current_colors().accent), 2))
                painter.drawRoundedRect(place.adjusted(-4, -4, 4, 4), _RADIUS, _RADIUS)
            self._paint_frame(painter, place)
            below = QRectF(cell.left(), place.bottom(), cell.width(), 0)
            self._paint_caption(painter, below, caption)
        painter.end()
        return ground

    def _paint_marks(self, painter: QPainter, tile: int) -> None:
        if tile in self._marks.locked:
            self._paint_mark(painter, self._lock_mark(tile), "lock", is_lit=True)
        if self._marks.has_sounds:
            is_playing = tile == self._marks.playing
            place = self._sound_mark(tile)
            mode = QIcon.Mode.Disabled if self._marks.sound_problem else QIcon.Mode.Normal
            self._paint_mark(painter, place, "sound", is_lit=is_playing, mode=mode)

    def _paint_frame(self, painter: QPainter, place: QRectF) -> None:
        """Paint what is around a picture, and what is there before it has been drawn."""
        colors = current_colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillRect(place, QColor(colors.grid))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))

    def _paint_picture(self, painter: QPainter, place: QRectF, picture: QImage) -> None:
        if not picture.isNull():
            factor = place.width() * self.devicePixelRatioF() / picture.width()
            is_whole = abs(factor - round(factor)) < 0.01 and factor > 0.99
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=not is_whole)
            painter.drawImage(place, picture)

    def _paint_caption(self, painter: QPainter, below: QRectF, caption: str) -> None:
        metrics = QFontMetrics(self.font())
        width = round(below.width()) - _PADDING
        painter.setPen(QColor(current_colors().text))
        baseline = below.top() + _PADDING + 1 + metrics.ascent()
        for line in wrapped_lines(caption, self.font().toString(), width, _MAX_LINES):
            indent = (below.width() - metrics.horizontalAdvance(line)) / 2
            painter.drawText(QPointF(below.left() + indent, baseline), line)
            baseline += metrics.lineSpacing()

    def _paint_mark(
        self,
        painter: QPainter,
        place: QRectF,
        name: str,
        *,
        is_lit: bool,
        mode: QIcon.Mode = QIcon.Mode.Normal,
    ) -> None:
        colors = current_colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.setBrush(QColor(colors.accent if is_lit else colors.surface))
        painter.drawEllipse(place)
        inner = place.adjusted(3, 3, -3, -3).toRect()
        picture = icon(name, "on_accent" if is_lit else "")
        picture.paint(painter, inner, Qt.AlignmentFlag.AlignCenter, mode)

    def changeEvent(self, event: QEvent) -> None:
        """Paint in other colours or another font."""
        super().changeEvent(event)
        self._repaint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles into the new size."""
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile; a drag may begin."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        tile = self._tile_at(event.position())
        has_mark = tile >= 0 and self._marks.has_sounds and self._stage is None
        if has_mark and self._sound_mark(tile).contains(event.position()):
            self.sound_requested.emit(tile)
            return
        if tile >= 0:
            self.tile_chosen.emit(tile)
        self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit ``drag_moved`` once the pointer has left the place of the press."""
        if self._pressed is None:
            return
        way = event.position() - self._pressed
        if not self._is_dragging:
            if way.manhattanLength() < QApplication.startDragDistance() // 2:
                return
            self._is_dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.drag_began.emit()
        self.drag_moved.emit(DragMoved(x=way.x(), y=way.y()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the drag."""
        self._pressed = None
        if self._is_dragging:
            self._is_dragging = False
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.drag_ended.emit()

    def event(self, event: QEvent) -> bool:
        """Show tooltips; keep keys that move through the noise from becoming shortcuts."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text, place = self._tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self, place.toRect())
            return True
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if isinstance(event, QKeyEvent) and is_override and event.key() in _STEPS:
            event.setAccepted(bool(event.modifiers() & _ALT))
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose a tile, with Alt they move through the noise; Space plays, L locks."""
        key, chosen = event.key(), self._marks.chosen
        if key in _STEPS:
            x, y = _STEPS[Qt.Key(key)]
            if event.modifiers() & _ALT:
                self.nudge_requested.emit(DragMoved(x=x, y=y))
                return
            tile = chosen + x + y * self._columns
            if 0 <= tile < len(self._pictures):
                self.tile_chosen.emit(tile)
        elif key == Qt.Key.Key_Space and self._marks.has_sounds:
            self.sound_requested.emit(chosen)
        elif key == Qt.Key.Key_L and not event.modifiers():
            self.lock_requested.emit(chosen)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Choose the tile and emit ``menu_requested``."""
        place = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place = self._picture_rect(self._marks.chosen).center().toPoint()
        elif (tile := self._tile_at(QPointF(place))) >= 0:
            self.tile_chosen.emit(tile)
        self.menu_requested.emit(self.mapToGlobal(place))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Repaint the mark of the chosen tile."""
        super().focusInEvent(event)
        self.update()
