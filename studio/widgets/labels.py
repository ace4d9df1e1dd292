"""Plain-text labels, collapsible sections, scroll areas, empty states and fact grids."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.icons import IconView, icon


def plain_label(text: str = "", *, role: str = "") -> QLabel:
    """Create a word-wrapped, selectable plain-text label; ``role`` selects a style rule."""
    label = QLabel(text)
    # File names and external messages must not be interpreted as HTML.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label


def set_look(widget: QWidget, name: str, value: str | bool) -> None:  # noqa: FBT001 - a property
    """Set a dynamic property such as ``role`` or ``invalid``, and apply its style rules."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


_Layout = TypeVar("_Layout", bound=QBoxLayout)


def spaced(
    layout: _Layout, spacing: int | None = None, margins: tuple[int, int, int, int] | None = None
) -> _Layout:
    """Set the spacing and the margins of a layout, where given, and return it."""
    if spacing is not None:
        layout.setSpacing(spacing)
    if margins is not None:
        layout.setContentsMargins(*margins)
    return layout


def fit_height(window: QWidget, min_width: int) -> None:
    """Give a window the height of its wrapped labels, to which Qt does not adapt it.

    Args:
        window: has a layout.
        min_width: in pixels; the window keeps a larger one.
    """
    layout = window.layout()
    if layout is not None:
        width = max(window.width(), min_width)
        window.setMinimumHeight(layout.totalHeightForWidth(width))
        window.resize(width, window.minimumHeight())


def fill(
    layout: _Layout, *items: QWidget | QLayout | int | tuple[QWidget | QLayout, int]
) -> _Layout:
    """Append items to a box layout and return it.

    An integer adds a stretch; a pair gives a widget or layout with its stretch factor.
    """
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
            continue
        content, stretch = item if isinstance(item, tuple) else (item, 0)
        if isinstance(content, QLayout):
            layout.addLayout(content, stretch)
        else:
            layout.addWidget(content, stretch)
    return layout


def scrolling(content: QWidget) -> QScrollArea:
    """Wrap a widget in a frameless, resizable scroll area."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area


class Section(QWidget):
    """A collapsible section: clicking the title shows or hides the content."""

    toggled = Signal(bool)

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._header = QToolButton()
        self._header.setText(title)
        self._header.setCheckable(True)
        self._header.setAutoRaise(True)
        self._header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._header.setProperty("role", "section")
        self._header.toggled.connect(self._show)
        fill(spaced(QVBoxLayout(self), margins=(0, 0, 0, 0)), self._header, content)
        self._show(is_open=False)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self._header.isChecked()

    def set_open(self, *, is_open: bool) -> None:
        """Show or hide the content."""
        self._header.setChecked(is_open)

    @Slot(bool)
    def _show(self, is_open: bool) -> None:  # noqa: FBT001 - a Qt slot
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self._header.setArrowType(arrow)
        self._content.setVisible(is_open)
        self.toggled.emit(is_open)


_ICON_SIDE = 40


class EmptyState(QWidget):
    """Placeholder of an empty view: a disabled icon above an explanation."""

    def __init__(self, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label = plain_label(text, role="muted")
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        pale = IconView(icon(icon_name), _ICON_SIDE, mode=QIcon.Mode.Disabled)
        layout = fill(spaced(QVBoxLayout(self), MARGIN), 1)
        layout.addWidget(pale, alignment=Qt.AlignmentFlag.AlignHCenter)
        fill(layout, label, 1)

    def set_text(self, text: str) -> None:
        """Replace the explanation."""
        self._label.setText(text)


class FactGrid(QWidget):
    """A grid with two columns of text."""

    def __init__(
        self,
        role: str,
        parent: QWidget | None = None,
        *,
        is_numeric: bool = False,
        first_width: int = 0,
    ) -> None:
        """Create a grid.

        Args:
            role: style rule of the first column.
            parent: parent widget.
            is_numeric: right-align the first column.
            first_width: minimum width of the first column, to align several grids.
        """
        super().__init__(parent)
        self._role = role
        side = Qt.AlignmentFlag.AlignRight if is_numeric else Qt.AlignmentFlag.AlignLeft
        self._alignment = side | Qt.AlignmentFlag.AlignTop
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(SPACING)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, first_width)

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Replace the rows."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, (name, text) in enumerate(rows):
            label = QLabel(name)
            label.setProperty("role", self._role)
            label.setAlignment(self._alignment)
            self._grid.addWidget(label, number, 0)
            self._grid.addWidget(plain_label(text), number, 1)
        self.setVisible(bool(rows))
