"""Noise: a pad that moves through it, dice, variations, truncation and favourites."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from studio.models.play_view import TILE_COUNTS, PlayState
from studio.panels.play.board import DragMoved
from studio.theme import SPACING, current_colors
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.labels import fill, plain_label, spaced

PLANE_SIDE = 5
"""Pictures along each side of the pad."""
VARIATIONS = (0.1, 0.3, 0.6)
_KEY_STEP = 0.05
_HANDLE = 6.0
_PAD = 148
"""Side of the pad in pixels."""
_PERCENT = 100
_LOWEST = 5


def plane_places() -> list[tuple[float, float]]:
    """Return the places of the pad that its pictures show, row by row."""
    ends = [2 * number / (PLANE_SIDE - 1) - 1 for number in range(PLANE_SIDE)]
    return [(x, y) for y in ends for x in ends]


class NoisePad(QWidget):
    """A square that stands for a plane through the noise, with pictures of what is where."""

    drag_began = Signal()
    moved = Signal(object)
    """Carries a ``DragMoved`` with the new place; both coordinates are from -1 to 1."""
    drag_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = (0.0, 0.0)
        self._pictures: list[QImage] = []
        self._ground = QPixmap()
        """What is below the handle; null if it is to be painted again."""
        self._ground_key: tuple[object, ...] = ()
        self._is_dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_PAD, _PAD)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("Place in the noise"))
        self.setToolTip(
            self.tr(
                "A plane through the noise around the chosen item. Drag, or use the arrow keys, to "
                "move all items that are not locked."
            )
        )

    def show_place(self, x: float, y: float) -> None:
        """Move the handle without a signal."""
        if (x, y) != self._place:
            self.update(self._handle_area())
            self._place = (x, y)
            self.update(self._handle_area())

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """Show the pictures of ``plane_places``, or none."""
        self._pictures = list(pictures)
        self._ground = QPixmap()
        self.update()

    def _handle(self) -> QPointF:
        square = self._square()
        reach = square.width() / 2 * (1 - 1 / PLANE_SIDE)
        return square.center() + QPointF(self._place[0] * reach, self._place[1] * reach)

    def _handle_area(self) -> QRect:
        side = 2 * (_HANDLE + 3)
        area = QRectF(0, 0, side, side)
        area.moveCenter(self._handle())
        return area.toAlignedRect()

    def _square(self) -> QRectF:
        side = min(self.width(), self.height()) - 2
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(self.rect()).center())
        return square

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint pictures and handle."""
        colors, scale = current_colors(), self.devicePixelRatioF()
        key = (self.hasFocus(), colors, scale, self.size())
        if self._ground.isNull() or key != self._ground_key:
            self._ground, self._ground_key = self._painted_ground(scale), key
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._ground)
        painter.setPen(QPen(QColor(colors.surface), 4))
        painter.drawEllipse(self._handle(), _HANDLE, _HANDLE)
        painter.setPen(QPen(QColor(colors.accent), 2))
        painter.drawEllipse(self._handle(), _HANDLE, _HANDLE)
        painter.end()

    def _painted_ground(self, scale: float) -> QPixmap:
        """Paint the pictures and the frame."""
        colors, square = current_colors(), self._square()
        ground = QPixmap(self.size() * scale)
        ground.setDevicePixelRatio(scale)
        ground.fill(Qt.GlobalColor.transparent)
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QPainterPath()
        frame.addRoundedRect(square, 6, 6)
        painter.save()
        painter.setClipPath(frame)
        painter.fillPath(frame, QColor(colors.surface))
        side = square.width() / PLANE_SIDE
        for number, picture in enumerate(self._pictures):
            row, column = divmod(number, PLANE_SIDE)
            corner = square.topLeft() + QPointF(column * side, row * side)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(_fitted(picture, QRectF(corner.x(), corner.y(), side, side)), picture)
        painter.restore()
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(frame)
        painter.end()
        return ground

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._is_dragging = True
            self.drag_began.emit()
            self._go_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle."""
        if self._is_dragging:
            self._go_to(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the drag."""
        if self._is_dragging:
            self._is_dragging = False
            self.drag_ended.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the handle with the arrow keys."""
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if event.key() not in steps:
            super().keyPressEvent(event)
            return
        x, y = steps[Qt.Key(event.key())]
        self._emit(self._place[0] + x * _KEY_STEP, self._place[1] + y * _KEY_STEP)

    def _go_to(self, point: QPointF) -> None:
        square = self._square()
        way = point - square.center()
        reach = square.width() / 2 * (1 - 1 / PLANE_SIDE)
        self._emit(way.x() / reach, way.y() / reach)

    def _emit(self, x: float, y: float) -> None:
        self.moved.emit(DragMoved(x=max(-1.0, min(1.0, x)), y=max(-1.0, min(1.0, y))))


def _fitted(picture: QImage, place: QRectF) -> QRectF:
    """Return the largest rectangle of a picture's shape in a place."""
    factor = min(place.width() / picture.width(), place.height() / picture.height())
    found = QRectF(0, 0, picture.width() * factor, picture.height() * factor)
    found.moveCenter(place.center())
    return found


class NoiseControls(QWidget):
    """The pad, variations and truncation."""

    variation_requested = Signal(float)
    recentre_requested = Signal()
    truncation_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pad = NoisePad()
        more = plain_label(self.tr("More like the chosen one, changed by"), role="muted")
        column = fill(spaced(QVBoxLayout(), SPACING // 2), more)
        for amount in VARIATIONS:
            text = f"{round(amount * _PERCENT)} %"
            tip = self.tr("Replace the other items that are not locked by variations of this one")
            button = push_button(
                text, lambda _c, a=amount: self.variation_requested.emit(a), role="small", tip=tip
            )
            button.setAccessibleName(self.tr("More like this by {0}").format(text))
            column.addWidget(button)
        self._recentre = push_button(
            self.tr("New plane here"),
            self.recentre_requested,
            role="small",
            tip=self.tr("Make this place the middle of a new plane"),
        )
        fill(column, 1, self._recentre)
        row = fill(spaced(QHBoxLayout(), SPACING), self.pad, (column, 1))
        self._truncation = QSlider(Qt.Orientation.Horizontal)
        self._truncation.setRange(_LOWEST, _PERCENT)
        self._truncation.setPageStep(10)
        self._truncation.setAccessibleName(self.tr("Truncation"))
        self._truncation.valueChanged.connect(self._on_truncation)
        self._value = QLabel()
        self._value.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        name = QLabel(self.tr("Truncation"))
        name.setProperty("role", "muted")
        name.setBuddy(self._truncation)
        tip = self.tr("Share of the noise: less gives more typical items that vary less")
        for widget in (name, self._truncation, self._value):
            widget.setToolTip(tip)
        last = fill(spaced(QHBoxLayout(), SPACING), name, (self._truncation, 1), self._value)
        fill(spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0)), row, last)

    def show_state(self, state: PlayState) -> None:
        """Show the place of the pad and the truncation, without signals."""
        self.pad.show_place(*state.pad)
        self._recentre.setEnabled(math.hypot(*state.pad) > 0)
        with QSignalBlocker(self._truncation):
            self._truncation.setValue(round(state.truncation * _PERCENT))
        self._value.setText(f"{self._truncation.value()} %")

    @Slot(int)
    def _on_truncation(self, percent: int) -> None:
        self._value.setText(f"{percent} %")
        self.truncation_changed.emit(percent / _PERCENT)


class BoardBar(QWidget):
    """New noise, and the number of tiles."""

    roll_requested = Signal()
    count_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = self.tr("Draw new noise for all items that are not locked")
        roll = icon_button("dice", tip, "Ctrl+Return")
        roll.setAutoRepeat(False)
        roll.clicked.connect(self.roll_requested)
        self._counts = QComboBox()
        for count in TILE_COUNTS:
            self._counts.addItem(self.locale().toString(count), count)
        self._counts.setAccessibleName(self.tr("Number of items"))
        self._counts.setToolTip(self.tr("Number of items on the board"))
        self._counts.activated.connect(self._on_count)
        fill(spaced(QHBoxLayout(self), SPACING // 2, (0, 0, 0, 0)), self._counts, roll)

    def show_state(self, state: PlayState) -> None:
        """Show the number of tiles, without signals."""
        self._counts.setCurrentIndex(self._counts.findData(len(state.tiles)))

    @Slot()
    def _on_count(self) -> None:
        self.count_chosen.emit(int(self._counts.currentData()))
