"""Plain-text labels, collapsible sections, scroll areas, empty states and fact grids."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
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
from studio.widgets.icons import icon


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


def set_look(widget: QWidget, name: str, value: str | bool) -> None:  # noqa: FBT001 - a property
    """Set one, such as ``role`` or ``invalid``, and have the widget drawn by its new rules."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    # Rules that look at a property are only read again when asked.
    widget.style().unpolish(widget)
    widget.style().polish(widget)


_Layout = TypeVar("_Layout", bound=QBoxLayout)


def spaced(
    layout: _Layout, spacing: int, margins: tuple[int, int, int, int] | None = None
) -> _Layout:
    """Set the spacing of a layout and, where given, its margins."""
    layout.setSpacing(spacing)
    if margins is not None:
        layout.setContentsMargins(*margins)
    return layout


def fill(layout: QBoxLayout, *items: QWidget | QLayout) -> None:
    """Append widgets and layouts to a box layout."""
    for item in items:
        if isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)


def scrolling(content: QWidget) -> QScrollArea:
    """Let a small window show a part, where it would otherwise squeeze everything else."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area


class Section(QWidget):
    """A title with an arrow; clicking it shows or hides the content."""

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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        fill(layout, self._header, content)
        self._show(is_open=False)

    @property
    def is_open(self) -> bool:
        """Whether the content shows."""
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
    """A pale icon and one or two sentences that say what will be here, and how to get it."""

    def __init__(self, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = plain_label(text, role="muted")
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        layout = spaced(QVBoxLayout(self), MARGIN)
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


class FactGrid(QWidget):
    """Shows rows of two texts."""

    def __init__(
        self, role: str, parent: QWidget | None = None, *, is_numeric: bool = False
    ) -> None:
        """Make an empty grid.

        Args:
            role: look of the first column.
            parent: Qt's.
            is_numeric: align the first column to the right.
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

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show other facts."""
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
