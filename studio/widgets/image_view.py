"""One image, as large as its place allows."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

_SMALLEST = 192
_PREFERRED = 448


class ImageView(QWidget):
    """Enlarges by whole factors of device pixels, so that small pictures stay crisp."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_SMALLEST, _SMALLEST)

    @property
    def image(self) -> QImage:
        """The image at its own size."""
        return self._picture

    def set_image(self, image: QImage) -> None:
        """Show another image."""
        self._picture = image
        self.update()

    def image_rect(self) -> QRectF:
        """Give the place that the image takes, in logical pixels."""
        scale = self.devicePixelRatioF()
        width, height = self._picture.width(), self._picture.height()
        if not (width and height):
            return QRectF()
        fitting = min(self.width() * scale / width, self.height() * scale / height)
        factor = (int(fitting) if fitting >= 1 else fitting) / scale
        place = QRectF(0, 0, width * factor, height * factor)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def sizeHint(self) -> QSize:
        """Ask for room in which small pictures are easy to judge."""
        return QSize(_PREFERRED, _PREFERRED)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the image and a thin edge."""
        if self._picture.isNull():
            return
        place = self.image_rect()
        painter = QPainter(self)
        is_shrunk = place.width() * self.devicePixelRatioF() < self._picture.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=is_shrunk)
        painter.drawImage(place, self._picture)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(place.adjusted(0, 0, -1, -1))
        painter.end()
