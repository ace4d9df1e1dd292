"""A window that stepped back comes to the front again."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def bring_back(window: QWidget) -> None:
    """Show a window in front of all others, hidden or minimised as it may be."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
