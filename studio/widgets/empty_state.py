"""What a panel shows while it has nothing to show."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.theme import MARGIN
from studio.widgets.icons import icon
from studio.widgets.labels import plain_label

_ICON_SIDE = 40


class EmptyState(QWidget):
    """A pale icon and one or two sentences that say what will be here, and how to get it."""

    def __init__(self, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = plain_label(text, role="muted")
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setSpacing(MARGIN)
        layout.addStretch(1)
        layout.addWidget(_PaleIcon(icon(icon_name)), alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(label)
        layout.addStretch(1)


class _PaleIcon(QWidget):
    # Painted, not a pixmap in a label: so it follows light and dark.
    def __init__(self, picture: QIcon) -> None:
        super().__init__()
        self._picture = picture
        self.setFixedSize(QSize(_ICON_SIDE, _ICON_SIDE))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the icon as if it were disabled."""
        painter = QPainter(self)
        self._picture.paint(painter, self.rect(), Qt.AlignmentFlag.AlignCenter, QIcon.Mode.Disabled)
        painter.end()
