"""Push buttons, split buttons, icon buttons and page buttons."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QAction, QFont, QFontMetrics, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from studio.widgets.icons import icon
from studio.widgets.labels import fill, spaced


def push_button(
    text: str,
    clicked: Callable[..., object] | SignalInstance | None = None,
    *,
    icon_name: str = "",
    tip: str = "",
    role: str = "",
    auto_default: bool = True,
) -> QPushButton:
    """Create a push button.

    Args:
        text: label of the button.
        clicked: slot or signal connected to ``clicked``.
        icon_name: argument of ``icon``.
        tip: tooltip.
        role: style rule of the theme; the icon of a ``primary`` button is tinted to match.
        auto_default: whether Enter presses the focused button of a dialog.
    """
    button = QPushButton(text)
    if clicked is not None:
        button.clicked.connect(clicked)
    if icon_name:
        button.setIcon(icon(icon_name, "on_accent" if role == "primary" else ""))
    if role:
        button.setProperty("role", role)
    if not auto_default:
        button.setAutoDefault(False)
    button.setToolTip(tip)
    return button


class SplitButton(QWidget):
    """A push button with an attached menu button that lists all variants of its action."""

    clicked = Signal()

    def __init__(self, others: str, parent: QWidget | None = None) -> None:
        """Create the button; ``others`` is the accessible name of the menu button."""
        super().__init__(parent)
        self.main = QPushButton()
        self.main.setProperty("split", "left")
        self.main.clicked.connect(self.clicked)
        self.arrow = QToolButton()
        self.arrow.setProperty("split", "right")
        self.arrow.setAccessibleName(others)
        self.arrow.setToolTip(others)
        self.arrow.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.arrow)
        self.arrow.setMenu(self.menu)
        fill(spaced(QHBoxLayout(self), 0, (0, 0, 0, 0)), (self.main, 1), self.arrow)
        self.setFocusProxy(self.main)

    def add(self, text: str) -> QAction:
        """Add an action to the menu."""
        return self.menu.addAction(text)

    def show_text(self, text: str, icon: QIcon) -> None:
        """Set text and icon of the main button."""
        self.main.setText(text)
        self.main.setIcon(icon)

    def set_enabled(self, *, main: bool, arrow: bool) -> None:
        """Enable or disable the two buttons."""
        self.main.setEnabled(main)
        self.arrow.setEnabled(arrow)


def icon_button(name: str, tip: str, key: str = "") -> QToolButton:
    """Create a flat, auto-repeating button.

    Args:
        name: name of the icon.
        tip: tooltip and accessible name.
        key: shortcut, such as ``Alt+Left``; appended to the tooltip.
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


_PAGE_PADDING = 22


def add_page_buttons(layout: QLayout, pages: QButtonGroup, texts: Iterable[str]) -> None:
    """Add checkable buttons with ids from 0 to layout and group; the first is checked."""
    for page, text in enumerate(texts):
        button = QToolButton()
        button.setText(text)
        button.setProperty("role", "view")
        button.setCheckable(True)
        button.setChecked(page == 0)
        # The theme draws the checked one in bold.
        bold = QFont(button.font())
        bold.setBold(True)
        button.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(text) + _PAGE_PADDING)
        pages.addButton(button, page)
        layout.addWidget(button)
