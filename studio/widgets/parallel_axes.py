"""Parallel coordinates: a line for each row across one vertical axis for each column.

Dragging along an axis brushes it; rows outside of a brush are faint. Rows within the brushes are
drawn into a pixmap when the brushes change, all rows faintly into another one; only the highlighted
line is drawn at each paint.
Source: Inselberg 1985, "The plane with parallel coordinates", The Visual Computer 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from studio.theme import SPACING, current_colors, mixed

_TOP, _BOTTOM, _SIDE = 40, 18, 76
_BRUSH_WIDTH = 12
_GRIP = 5
"""Pixels around the end of a brush at which it is resized instead of moved."""
_NEAR_PX = 8
_STEP = 0.05
_EDGE = 1e-6
_FAINT_SHARE, _PLAIN_SHARE = 0.18, 0.62
_MIN_SPACE = 64
"""Narrowest distance between two axes; below it the widget asks for more width."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ParallelAxis:
    """One axis with the positions of all rows on it."""

    name: str
    label: str
    positions: Floats
    """[N] from 0 at the bottom to 1; NaN where a row has no value."""
    ticks: tuple[tuple[float, str], ...] = ()
    tip: str = ""


@dataclass(frozen=True, kw_only=True)
class ParallelRow:
    """How a row is drawn."""

    label: str
    color: QColor | None = None
    """None draws it plainly, below those with a colour."""


class ParallelAxes(QWidget):
    """Parallel coordinates with a brush on each axis."""

    brushed = Signal(object)
    """Emitted with the [N] rows within all brushes, or None without any brush."""
    pointed = Signal(int)
    """Emitted with the row under the pointer; -1 if there is none."""
    chosen = Signal(int)
    """Emitted with a row that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes: tuple[ParallelAxis, ...] = ()
        self._rows: tuple[ParallelRow, ...] = ()
        self._brushes: dict[str, tuple[float, float]] = {}
        self._bold = self._under_pointer = -1
        self._current = 0
        """Axis that the keys act on."""
        self._grip: tuple[int, float, tuple[float, float]] | None = None
        """Axis that is being brushed, the fixed end or the offset, and the brush at the press."""
        self._is_moving = False
        self._ground: QPixmap | None = None
        """All rows, faint; drawn when the first brush needs it."""
        self._front: QPixmap | None = None
        self._lines: list[list[QPolygonF]] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Parallel coordinates"))
        self.setAccessibleDescription(
            self.tr(
                "Left and Right choose an axis; Up and Down move the lower end of its brush, with "
                "Shift the upper one; Delete removes it."
            )
        )

    @property
    def brushes(self) -> dict[str, tuple[float, float]]:
        """The brushes by axis, from bottom to top."""
        return dict(self._brushes)

    @property
    def within(self) -> Mask | None:
        """The [N] rows within all brushes; None without any brush."""
        if not self._brushes:
            return None
        inside = np.ones(len(self._rows), dtype=bool)
        for axis in self._axes:
            if axis.name in self._brushes:
                low, high = self._brushes[axis.name]
                with np.errstate(invalid="ignore"):
                    at = axis.positions
                    inside &= (at >= low - _EDGE) & (at <= high + _EDGE)
        return inside

    def show_rows(self, axes: Sequence[ParallelAxis], rows: Sequence[ParallelRow]) -> None:
        """Replace axes and rows; brushes stay on axes of the same name."""
        self._axes, self._rows = tuple(axes), tuple(rows)
        kept = {axis.name for axis in axes}
        self._brushes = {name: b for name, b in self._brushes.items() if name in kept}
        self._current = min(self._current, max(0, len(axes) - 1))
        self._bold = -1
        self.updateGeometry()
        self._draw_again()

    def emphasise(self, row: int) -> None:
        """Draw one row bold; -1 draws none so."""
        if row != self._bold:
            self._bold = row
            self.update()

    def brush(self, name: str, low: float, high: float) -> None:
        """Brush an axis between two positions from 0 to 1."""
        self._brushes[name] = (max(0.0, min(low, high)), min(1.0, max(low, high)))
        self._brush_changed()

    def clear_brushes(self) -> None:
        """Remove all brushes."""
        if self._brushes:
            self._brushes.clear()
            self._brush_changed()

    def axis_x(self, number: int) -> float:
        """Return the horizontal position of an axis in pixels."""
        if len(self._axes) < 2:
            return self.width() / 2
        return _SIDE + number * (self.width() - 2 * _SIDE) / (len(self._axes) - 1)

    def place_y(self, position: float) -> float:
        """Return the vertical position of a position on an axis in pixels."""
        return self.height() - _BOTTOM - position * max(self.height() - _TOP - _BOTTOM, 1)

    def _brush_changed(self) -> None:
        self._front = None
        self.update()
        self.brushed.emit(self.within)

    def _draw_again(self) -> None:
        self._ground = self._front = None
        self.update()

    # Drawing

    def _polylines(self) -> list[list[QPolygonF]]:
        """Return the lines of each row, interrupted where it has no value."""
        if not self._axes:
            return []
        x = [self.axis_x(number) for number in range(len(self._axes))]
        table = np.stack([axis.positions for axis in self._axes], axis=1)
        lines: list[list[QPolygonF]] = []
        for row in table.tolist():
            parts: list[QPolygonF] = [QPolygonF()]
            for left, position in zip(x, row, strict=True):
                if position == position:
                    parts[-1].append(QPointF(left, self.place_y(position)))
                elif parts[-1].size():
                    parts.append(QPolygonF())
            lines.append([part for part in parts if part.size()])
        return lines

    def _pixmap(self) -> tuple[QPixmap, QPainter]:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return pixmap, painter

    def _draw_ground(self) -> QPixmap:
        """Draw all lines faintly."""
        colors = current_colors()
        pixmap, painter = self._pixmap()
        # A third of the time, and in pale lines the steps are not seen.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(_pen(mixed(QColor(colors.muted), QColor(colors.surface), _FAINT_SHARE)))
        for parts in self._lines:
            _draw(painter, parts)
        painter.end()
        return pixmap

    def _draw_front(self) -> QPixmap:
        """Draw the rows within all brushes, those with a colour last, and the axes."""
        colors = current_colors()
        pixmap, painter = self._pixmap()
        inside = self.within
        plain = mixed(QColor(colors.accent), QColor(colors.surface), _PLAIN_SHARE)
        painter.setPen(_pen(plain))
        shown = [n for n in range(len(self._lines)) if inside is None or inside[n]]
        for number in shown:
            if self._rows[number].color is None:
                _draw(painter, self._lines[number])
        for number in shown:
            color = self._rows[number].color
            if color is not None:
                painter.setPen(_pen(color))
                _draw(painter, self._lines[number])
        for number, axis in enumerate(self._axes):
            self._draw_axis(painter, number, axis)
        painter.end()
        return pixmap

    def _draw_axis(self, painter: QPainter, number: int, axis: ParallelAxis) -> None:
        colors, x = current_colors(), self.axis_x(number)
        painter.setPen(_pen(QColor(colors.muted)))
        painter.drawLine(QPointF(x, self.place_y(1.0)), QPointF(x, self.place_y(0.0)))
        metrics = QFontMetricsF(self.font())
        room = self._space() - SPACING
        label = metrics.elidedText(axis.label, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(colors.text))
        head = QRectF(x - room / 2, 4, room, metrics.height())
        painter.drawText(head, Qt.AlignmentFlag.AlignHCenter, label)
        painter.setPen(QColor(colors.muted))
        ground = QColor(colors.surface)
        ground.setAlpha(200)
        for position, text in axis.ticks:
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room - SPACING)
            place = QPointF(x + 5, self.place_y(position) + metrics.ascent() / 2 - 1)
            size = metrics.horizontalAdvance(shown)
            box = QRectF(place.x() - 1, place.y() - metrics.ascent(), size + 2, metrics.height())
            painter.fillRect(box, ground)
            painter.drawText(place, shown)

    def _space(self) -> float:
        return max(self.axis_x(1) - self.axis_x(0), 2.0) if len(self._axes) > 1 else 2.0 * _SIDE

    def _draw_brushes(self, painter: QPainter) -> None:
        color = QColor(current_colors().accent)
        for number, axis in enumerate(self._axes):
            x = self.axis_x(number)
            if axis.name in self._brushes:
                low, high = self._brushes[axis.name]
                top, bottom = self.place_y(high), self.place_y(low)
                color.setAlpha(90)
                painter.setBrush(color)
                color.setAlpha(255)
                painter.setPen(_pen(color))
                half = _BRUSH_WIDTH / 2
                painter.drawRect(QRectF(x - half, top, _BRUSH_WIDTH, max(bottom - top, 2)))
            if number == self._current and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(_pen(self.palette().color(QPalette.ColorRole.Highlight)))
                room = self._space() - SPACING
                painter.drawRoundedRect(QRectF(x - room / 2, 2, room, 20), 4, 4)

    # Finding what is under the pointer

    def _axis_at(self, place: QPointF) -> int | None:
        near = [
            n for n in range(len(self._axes)) if abs(self.axis_x(n) - place.x()) <= _BRUSH_WIDTH
        ]
        is_within = self.place_y(1.0) - _GRIP <= place.y() <= self.place_y(0.0) + _GRIP
        return near[0] if near and is_within else None

    def _position(self, place: QPointF) -> float:
        height = max(self.height() - _TOP - _BOTTOM, 1)
        return float(np.clip((self.height() - _BOTTOM - place.y()) / height, 0.0, 1.0))

    def _row_at(self, place: QPointF) -> int:
        """Return the row whose line is nearest to a place, -1 if none is near."""
        if len(self._axes) < 2 or not self._rows:
            return -1
        space = self._space()
        left = int(np.clip((place.x() - _SIDE) // space, 0, len(self._axes) - 2))
        share = (place.x() - self.axis_x(left)) / space
        if not 0 <= share <= 1:
            return -1
        before, after = self._axes[left].positions, self._axes[left + 1].positions
        heights = self.place_y(0.0) - (before + share * (after - before)) * (
            self.place_y(0.0) - self.place_y(1.0)
        )
        distances = np.abs(heights - place.y())
        inside = self.within
        if inside is not None:
            distances = np.where(inside, distances, np.nan)
        if np.isnan(distances).all():
            return -1
        nearest = int(np.nanargmin(distances))
        return nearest if distances[nearest] <= _NEAR_PX else -1

    def _point_at(self, row: int) -> None:
        if row != self._under_pointer:
            self._under_pointer = row
            self.pointed.emit(row)

    def _drag(self, place: QPointF) -> None:
        if self._grip is None:
            return
        number, fixed, (low, high) = self._grip
        at = self._position(place)
        if self._is_moving:
            shift = float(np.clip(at - fixed, -low, 1.0 - high))
            low, high = low + shift, high + shift
        else:
            low, high = min(fixed, at), max(fixed, at)
        self.brush(self._axes[number].name, low, high)

    def _take_grip(self, number: int, place: QPointF) -> None:
        at = self._position(place)
        brush = self._brushes.get(self._axes[number].name)
        self._is_moving, fixed = False, at
        if brush is not None:
            low, high = brush
            pixels = self.place_y(0.0) - self.place_y(1.0)
            if abs(at - low) * pixels <= _GRIP:
                fixed = high
            elif abs(at - high) * pixels <= _GRIP:
                fixed = low
            elif low < at < high:
                self._is_moving = True
        self._grip = number, fixed, brush or (at, at)

    def _step(self, *, by: float, is_upper: bool) -> None:
        if not self._axes:
            return
        name = self._axes[self._current].name
        low, high = self._brushes.get(name, (0.0, 1.0))
        if is_upper:
            high = float(np.clip(high + by, low, 1.0))
        else:
            low = float(np.clip(low + by, 0.0, high))
        self.brush(name, low, high)

    # Qt's events

    def sizeHint(self) -> QSize:
        """Return a size at which labels can be read."""
        return QSize(2 * _SIDE + _MIN_SPACE * max(len(self._axes) - 1, 1), 180)

    def minimumSizeHint(self) -> QSize:
        """Return the narrowest width at which axes can be told apart."""
        return QSize(2 * _SIDE + _MIN_SPACE * max(len(self._axes) - 1, 1), 120)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the two pixmaps, the highlighted line and the brushes."""
        if self._front is None:
            if self._ground is None:
                self._lines = self._polylines()
            self._front = self._draw_front()
        if self._ground is None and self._brushes:
            self._ground = self._draw_ground()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(current_colors().surface))
        for layer in (self._ground, self._front):
            if layer is not None:
                painter.drawPixmap(0, 0, layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if 0 <= self._bold < len(self._lines):
            color = self._rows[self._bold].color or QColor(current_colors().text)
            pen = QPen(color, 3)
            pen.setCosmetic(True)
            painter.setPen(pen)
            _draw(painter, self._lines[self._bold])
        self._draw_brushes(painter)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the lines for the new size."""
        super().resizeEvent(event)
        self._draw_again()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._draw_again()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a brush on an axis, or choose a row."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        number = self._axis_at(event.position())
        if number is not None:
            self._current = number
            self._take_grip(number, event.position())
        elif (row := self._row_at(event.position())) >= 0:
            self.chosen.emit(row)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Brush the axis that was pressed, or point at a row."""
        if self._grip is not None:
            self._drag(event.position())
            return
        number = self._axis_at(event.position())
        shape = Qt.CursorShape.ArrowCursor if number is None else Qt.CursorShape.SizeVerCursor
        self.setCursor(shape)
        self._point_at(-1 if number is not None else self._row_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a brush; a click without a drag removes it."""
        grip, self._grip = self._grip, None
        if grip is None or event.button() != Qt.MouseButton.LeftButton:
            return
        name = self._axes[grip[0]].name
        low, high = self._brushes.get(name, (0.0, 0.0))
        is_click = (low, high) == grip[2] or high - low < _EDGE
        if is_click and self._brushes.pop(name, None) is not None:
            self._brush_changed()

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing once the pointer is elsewhere."""
        super().leaveEvent(event)
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose an axis and brush it."""
        is_upper = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                step = 1 if event.key() == Qt.Key.Key_Right else -1
                self._current = int(np.clip(self._current + step, 0, max(0, len(self._axes) - 1)))
                self.update()
            case Qt.Key.Key_Up:
                self._step(by=_STEP, is_upper=is_upper)
            case Qt.Key.Key_Down:
                self._step(by=-_STEP, is_upper=is_upper)
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace if self._axes:
                if self._brushes.pop(self._axes[self._current].name, None) is not None:
                    self._brush_changed()
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Show the name of a run, or what an axis means."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = QPointF(event.pos())
            row = self._row_at(place)
            near = [
                n for n in range(len(self._axes)) if abs(self.axis_x(n) - place.x()) < _SIDE / 2
            ]
            text = self._rows[row].label if row >= 0 else ""
            if place.y() < _TOP and near:
                text = f"{self._axes[near[0]].label}\n{self._axes[near[0]].tip}".strip()
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def _pen(color: QColor) -> QPen:
    """Return a thin pen; a wider one would be drawn ten times as slowly."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    return pen


def _draw(painter: QPainter, parts: Sequence[QPolygonF]) -> None:
    for part in parts:
        if part.size() > 1:
            painter.drawPolyline(part)
        else:
            painter.drawEllipse(part.at(0), 2, 2)
