"""Two images on top of each other, with a divider: one is seen left of it, the other right."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from studio.theme import current_colors

_MIN_SIZE, _PREFERRED = 72, 448
_HANDLE = 7
"""Radius of the handle in pixels."""
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class WipeView(QAbstractSlider):
    """Compares two images; its value is the place of the divider in percent of the width.

    Both images are scaled to the same rectangle, by a whole factor of the first if it is enlarged.
    The divider follows the pointer while a button is pressed, or Shift and the arrow keys. Arrow
    keys alone ask for other images.
    """

    step_requested = Signal(int, int)
    """Carries steps to the right and upwards, of which one is not 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first, self._second = QImage(), QImage()
        self.setRange(0, 100)
        self.setValue(50)
        self.setSingleStep(5)
        self.valueChanged.connect(lambda _percent: self.update())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_MIN_SIZE, _MIN_SIZE)

    @property
    def images(self) -> tuple[QImage, QImage]:
        """The images left and right of the divider, unscaled; null where there is none."""
        return self._first, self._second

    def show_images(self, first: QImage, second: QImage) -> None:
        """Replace both images; the divider stays."""
        self._first, self._second = first, second
        self.update()

    def image_rect(self) -> QRectF:
        """Return the rectangle of the images in logical pixels."""
        image = self._second if self._first.isNull() else self._first
        if image.isNull():
            return QRectF()
        scale = self.devicePixelRatioF()
        room = QRectF(self.rect()).adjusted(_HANDLE, 1, -_HANDLE, -1)
        fitting = min(room.width() * scale / image.width(), room.height() * scale / image.height())
        factor = (int(fitting) if fitting >= 1 else fitting) / scale
        place = QRectF(0, 0, image.width() * factor, image.height() * factor)
        place.moveCenter(room.center())
        # On whole pixels, which the border keeps to.
        place.moveTopLeft(QPointF(place.topLeft().toPoint()))
        return place

    def divider(self) -> float:
        """Return the horizontal place of the divider in logical pixels."""
        place = self.image_rect()
        return place.left() + place.width() * self.value() / 100

    def _move_to(self, x: float) -> None:
        place = self.image_rect()
        if place.width():
            self.setValue(round(100 * (x - place.left()) / place.width()))

    def _paint_image(self, painter: QPainter, image: QImage, part: QRectF) -> None:
        """Paint the part of an image that lies in a rectangle of the widget."""
        place = self.image_rect()
        painter.setClipRect(part)
        if image.isNull():
            painter.fillRect(place, QColor(current_colors().grid))
            return
        is_shrunk = place.width() * self.devicePixelRatioF() < image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=is_shrunk)
        painter.drawImage(place, image)

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(_PREFERRED, _PREFERRED)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint both parts, the divider and its handle."""
        place, x = self.image_rect(), self.divider()
        if place.isEmpty():
            return
        painter = QPainter(self)
        left = QRectF(place.topLeft(), QPointF(x, place.bottom()))
        right = QRectF(QPointF(x, place.top()), place.bottomRight())
        self._paint_image(painter, self._first, left)
        self._paint_image(painter, self._second, right)
        painter.setClipping(False)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        colors = current_colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # White below the colour, so that the line is seen on any picture.
        for color, width in ((QColor(colors.surface), 4), (QColor(colors.accent), 2)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        painter.setPen(QPen(QColor(colors.surface), 2))
        painter.setBrush(QColor(colors.accent))
        painter.drawEllipse(QPointF(x, place.center().y()), _HANDLE, _HANDLE)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colors.accent), 1))
            painter.drawEllipse(QPointF(x, place.center().y()), _HANDLE + 3, _HANDLE + 3)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the divider to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._move_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the divider follow the pointer."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for other images, or move the divider with Shift, Home and End."""
        way = _STEPS.get(Qt.Key(event.key()))
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if way is not None and modifiers == Qt.KeyboardModifier.NoModifier:
            self.step_requested.emit(*way)
        elif way is not None and modifiers == Qt.KeyboardModifier.ShiftModifier and way[0]:
            self.setValue(self.value() + way[0] * self.singleStep())
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()
