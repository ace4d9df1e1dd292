"""Split buttons, icon buttons and page buttons."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from studio.widgets.icons import icon
from studio.widgets.labels import spaced


class SplitButton(QWidget):
    """Looks like one button; a click takes the first way, the arrow lists them all."""

    clicked = Signal()

    def __init__(self, others: str, parent: QWidget | None = None) -> None:
        """Say what the arrow is for, to whoever cannot see it."""
        super().__init__(parent)
        self.main = QPushButton()
        self.main.setProperty("split", "left")
        self.main.clicked.connect(self.clicked)
        self.arrow = QToolButton()
        self.arrow.setProperty("split", "right")
        self.arrow.setAccessibleName(others)
        self.arrow.setToolTip(others)
        self.arrow.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.arrow)
        self.arrow.setMenu(self._menu)
        layout = spaced(QHBoxLayout(self), 0, (0, 0, 0, 0))
        layout.addWidget(self.main, stretch=1)
        layout.addWidget(self.arrow)
        self.setFocusProxy(self.main)

    @property
    def menu(self) -> QMenu:
        """What the arrow opens."""
        return self._menu

    def add(self, text: str) -> QAction:
        """Add a way of doing it."""
        return self._menu.addAction(text)

    def show_text(self, text: str, icon: QIcon) -> None:
        """Say what a click does now."""
        self.main.setText(text)
        self.main.setIcon(icon)

    def set_enabled(self, *, main: bool, arrow: bool) -> None:
        """Let either half be pressed, or not."""
        self.main.setEnabled(main)
        self.arrow.setEnabled(arrow)


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


def add_page_buttons(layout: QBoxLayout, pages: QButtonGroup, texts: Iterable[str]) -> None:
    """Make the buttons, numbered from 0 in their group; the first is pressed."""
    for page, text in enumerate(texts):
        button = QToolButton()
        button.setText(text)
        button.setProperty("role", "view")
        button.setCheckable(True)
        button.setChecked(page == 0)
        pages.addButton(button, page)
        layout.addWidget(button)
