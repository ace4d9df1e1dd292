"""An icon on its own, crisp at every scale, in the colours of the moment."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget


class IconView(QWidget):
    """Painted, not a pixmap in a label: so it follows light and dark."""

    def __init__(self, picture: QIcon, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self.setFixedSize(QSize(side, side))

    def show_icon(self, picture: QIcon) -> None:
        """Show another icon."""
        self._picture = picture
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the icon."""
        painter = QPainter(self)
        self._picture.paint(painter, self.rect(), Qt.AlignmentFlag.AlignCenter)
        painter.end()
