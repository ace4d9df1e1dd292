"""Small buttons that show an icon and nothing else."""

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QToolButton

from studio.widgets.icons import icon


def icon_button(name: str, tip: str, key: str = "") -> QToolButton:
    """Make a flat button that repeats while it is held down.

    Args:
        name: of the icon.
        tip: what the button does; also what a screen reader says.
        key: shortcut, such as ``Alt+Left``; the tip names it.
    """
    button = QToolButton()
    button.setAutoRaise(True)
    button.setAutoRepeat(True)
    button.setIcon(icon(name))
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    if key:
        shortcut = QKeySequence(key)
        button.setShortcut(shortcut)
        native = shortcut.toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{tip} ({native})")
    return button
