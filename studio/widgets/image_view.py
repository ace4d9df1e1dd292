"""A widget that shows one image."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

_MIN_SIZE = 192
_PREFERRED = 448


class ImageView(QWidget):
    """Shows an image scaled to fit, enlarged only by whole factors of device pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        """The unscaled image."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_MIN_SIZE, _MIN_SIZE)

    def set_image(self, image: QImage) -> None:
        """Replace the image."""
        self.image = image
        self.update()

    def image_rect(self) -> QRectF:
        """Return the rectangle of the image in logical pixels."""
        scale = self.devicePixelRatioF()
        width, height = self.image.width(), self.image.height()
        if not (width and height):
            return QRectF()
        fitting = min(self.width() * scale / width, self.height() * scale / height)
        factor = (int(fitting) if fitting >= 1 else fitting) / scale
        place = QRectF(0, 0, width * factor, height * factor)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(_PREFERRED, _PREFERRED)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the image and a border."""
        if self.image.isNull():
            return
        place = self.image_rect()
        painter = QPainter(self)
        is_shrunk = place.width() * self.devicePixelRatioF() < self.image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=is_shrunk)
        painter.drawImage(place, self.image)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(place.adjusted(0, 0, -1, -1))
        painter.end()
