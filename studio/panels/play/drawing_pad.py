"""A small pad to draw a picture on, in the size and the channels of a run's column."""

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.sample.scene import GivenPicture
from studio.theme import SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, spaced

_SCALE = 8
"""Pixels of the pad for a pixel of the picture: strokes are drawn fine and averaged."""
_COLORS = ("#000000", "#e5484d", "#f2b661", "#46a758", "#3e7bfa", "#ffffff")
_GREYS = ("#ffffff", "#9a9a9a", "#000000")
_SHOWN = 168


class DrawingCanvas(QWidget):
    """Takes strokes of the mouse or a pen."""

    drawn = Signal(object)
    """Carries the ``GivenPicture``, after each movement."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape, self._channels = QSize(32, 32), 1
        self._image = QImage()
        self._last: QPointF | None = None
        self._shown: GivenPicture | None = None
        """The picture that is on the pad, as it is given."""
        self.color, self._pen_pixels = QColor("white"), 2.5
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_SHOWN)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("Drawing pad"))
        self.clear()

    def set_shape(self, shape: QSize, channels: int) -> None:
        """Set the size of the picture in its pixels, and its channels; clears the pad."""
        self._shape, self._channels = shape, channels
        self.clear()

    def clear(self) -> None:
        """Fill the pad with the ground: black for grey pictures, white for colours."""
        self._image = QImage(self._shape * _SCALE, QImage.Format.Format_RGB32)
        self._image.fill(QColor("black" if self._channels == 1 else "white"))
        self._shown = None
        self.update()

    def show_picture(self, picture: GivenPicture | None) -> None:
        """Put a given picture on the pad, to draw on it; None clears the pad."""
        if picture == self._shown:
            return
        if picture is None:
            self.clear()
            return
        self._shown = picture
        shown = QImage.fromData(picture.png).scaled(self._image.size())
        self._image = shown.convertToFormat(QImage.Format.Format_RGB32)
        self.update()

    def set_pen_width(self, halves: int) -> None:
        """Set the width of the pen, in half pixels of a picture that is 32 pixels wide."""
        self._pen_pixels = halves / 2 * self._shape.width() / 32

    def stroke(self, start: QPointF, end: QPointF) -> None:
        """Draw a line; coordinates are in pixels of the picture."""
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        width = self._pen_pixels * _SCALE
        painter.setPen(QPen(self.color, width, Qt.PenStyle.SolidLine, cap, join))
        painter.drawLine(start * _SCALE, end * _SCALE + QPointF(0.01, 0))
        painter.end()
        self.update()
        self._shown = self.picture()
        self.drawn.emit(self._shown)

    def picture(self) -> GivenPicture:
        """Return the picture, encoded as PNG."""
        mode = Qt.TransformationMode.SmoothTransformation
        small = self._image.scaled(self._shape, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        kind = (
            QImage.Format.Format_Grayscale8 if self._channels == 1 else QImage.Format.Format_RGB888
        )
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        small.convertToFormat(kind).save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType] - the stub knows no format as str
        return GivenPicture(png=bytes(buffer.data().data()))

    def _place(self) -> QRectF:
        factor = min(self.width() / self._image.width(), (self.height() - 2) / self._image.height())
        place = QRectF(0, 0, self._image.width() * factor, self._image.height() * factor)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def _to_pixels(self, point: QPointF) -> QPointF:
        place = self._place()
        way = point - place.topLeft()
        x = way.x() / place.width() * self._shape.width()
        return QPointF(x, way.y() / place.height() * self._shape.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pad."""
        painter, place = QPainter(self), self._place()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._image)
        painter.setPen(QPen(QColor(current_colors().border), 1))
        painter.drawRect(place)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._last = self._to_pixels(event.position())
            self.stroke(self._last, self._last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Continue the stroke."""
        if self._last is not None:
            now = self._to_pixels(event.position())
            self.stroke(self._last, now)
            self._last = now

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the stroke."""
        self._last = None


class DrawingPad(QWidget):
    """The canvas with its colours, the width of the pen, and a button that clears it."""

    drawn = Signal(object)
    """Carries the ``GivenPicture``, after each movement."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = DrawingCanvas()
        self.canvas.drawn.connect(self.drawn)
        self._colors = QButtonGroup(self)
        self._palette = spaced(QHBoxLayout(), 2)
        self._swatches: list[QToolButton] = []
        for number, color in enumerate(dict.fromkeys((*_GREYS, *_COLORS))):
            swatch = QToolButton()
            swatch.setCheckable(True)
            swatch.setProperty("color", color)
            swatch.setFixedSize(20, 20)
            swatch.setStyleSheet(
                f"QToolButton {{ background: {color}; border: 1px solid #888; border-radius: 4px }}"
                " QToolButton:checked { border: 2px solid #3e7bfa; }"
            )
            swatch.setAccessibleName(self.tr("Draw in {0}").format(color))
            swatch.setToolTip(swatch.accessibleName())
            self._colors.addButton(swatch, number)
            self._palette.addWidget(swatch)
            self._swatches.append(swatch)
        self._colors.buttonClicked.connect(self._on_color)
        self._width = QSlider(Qt.Orientation.Horizontal)
        self._width.setRange(2, 16)
        self._width.setValue(5)
        self._width.setMaximumWidth(70)
        self._width.setAccessibleName(self.tr("Width of the pen"))
        self._width.setToolTip(self._width.accessibleName())
        self._width.valueChanged.connect(self.canvas.set_pen_width)
        clear = push_button(self.tr("Clear"), self.canvas.clear, role="small")
        clear.setToolTip(self.tr("Clear the pad"))
        fill(self._palette, 1, QLabel(), self._width, clear)
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, self.canvas, self._palette)
        self.set_shape(QSize(32, 32), 1)

    def set_shape(self, shape: QSize, channels: int) -> None:
        """Set the size of the picture in its pixels, and its channels; clears the pad."""
        offered = _GREYS if channels == 1 else _COLORS
        for swatch in self._swatches:
            swatch.setVisible(swatch.property("color") in offered)
        first = next(one for one in self._swatches if one.property("color") == offered[0])
        first.setChecked(True)
        self.canvas.set_shape(shape, channels)
        self.canvas.color = QColor(offered[0])
        self.canvas.set_pen_width(self._width.value())

    @Slot(object)
    def _on_color(self, swatch: QToolButton) -> None:
        self.canvas.color = QColor(str(swatch.property("color")))
