"""A line that says one thing and offers one thing to do about it."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from studio.theme import SPACING
from studio.widgets.icon_button import icon_button
from studio.widgets.icons import icon
from studio.widgets.labels import plain_label

_ICON = QSize(18, 18)


class OfferLine(QFrame):
    """Hidden until there is something to say.

    Args:
        action: what the button says.
        icon_name: of the icon before the text; none if empty.
        is_primary: the button is what the user most likely wants.
    """

    accepted = Signal()
    dismissed = Signal()

    def __init__(self, action: str, *, icon_name: str = "", is_primary: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._icon = QIcon(icon(icon_name)) if icon_name else None
        self._picture = QLabel()
        self._text = plain_label()
        self.button = QPushButton(action)
        self.button.setProperty("role", "primary" if is_primary else "")
        self.button.clicked.connect(self.accepted)
        close = icon_button("close", self.tr("Hide this line"))
        close.setAutoRepeat(False)
        close.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING // 2, SPACING // 2)
        layout.setSpacing(SPACING)
        if self._icon is not None:
            layout.addWidget(self._picture)
        layout.addWidget(self._text, stretch=1)
        layout.addWidget(self.button)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str) -> None:
        """Say something; an empty text hides the line."""
        self._text.setText(text)
        if self._icon is not None:
            self._picture.setPixmap(self._icon.pixmap(_ICON, self.devicePixelRatioF()))
        self.setVisible(bool(text))

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()
