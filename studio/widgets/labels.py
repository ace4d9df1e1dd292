"""Labels that show text as it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def plain_label(text: str = "", *, role: str = "") -> QLabel:
    """Make a wrapped, selectable label; ``role`` picks a style rule of the theme."""
    label = QLabel(text)
    # File names and messages from outside must never be taken for HTML.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label
