"""A part of a form that folds away under its title."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget


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
        layout.addWidget(self._header)
        layout.addWidget(content)
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
