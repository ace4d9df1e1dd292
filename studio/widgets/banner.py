"""A line that says something and offers to act on it."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from studio.theme import SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

_ICON = QSize(18, 18)


class Banner(QFrame):
    """A text with a button, which can be dismissed; hidden while the text is empty.

    Args:
        action: text of the button.
        icon_name: name of the icon before the text; none if empty.
        is_primary: whether the button is highlighted.
    """

    accepted = Signal()
    dismissed = Signal()

    def __init__(self, action: str, *, icon_name: str = "", is_primary: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._icon = QIcon(icon(icon_name)) if icon_name else None
        self._picture = QLabel()
        self._text = plain_label()
        self.button = push_button(action, self.accepted, role="primary" if is_primary else "")
        close = icon_button("close", self.tr("Hide this line"))
        close.setAutoRepeat(False)
        close.clicked.connect(self.hide)
        close.clicked.connect(self.dismissed)
        half = SPACING // 2
        layout = spaced(QHBoxLayout(self), SPACING, (SPACING, half, half, half))
        if self._icon is not None:
            layout.addWidget(self._picture)
        fill(layout, (self._text, 1), self.button, close)
        self.hide()

    @property
    def text(self) -> str:
        """The text; empty while hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str) -> None:
        """Show a text; an empty text hides the banner."""
        self._text.setText(text)
        if self._icon is not None:
            self._picture.setPixmap(self._icon.pixmap(_ICON, self.devicePixelRatioF()))
        self.setVisible(bool(text))
