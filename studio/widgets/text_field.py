"""A field to type into; takes every key, for what is wrong is said and never swallowed."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from studio.widgets.field import Field

_UNIT_MARGIN = 8


class TextField(Field):
    """One line of text."""

    def __init__(self, parent: QWidget | None = None, *, unit: str = "") -> None:
        self._edit = _UnitEdit(unit)
        super().__init__(self._edit, parent)
        self._edit.textEdited.connect(self.text_edited)

    @property
    def edit(self) -> QLineEdit:
        """The line itself."""
        return self._edit

    def text(self) -> str:
        """Give the content."""
        return self._edit.text()

    def set_text(self, text: str) -> None:
        """Show other content; keeps the cursor when nothing changes."""
        if text != self._edit.text():
            self._edit.setText(text)
            self._edit.setCursorPosition(0)


class _UnitEdit(QLineEdit):
    """A line edit with a unit at its right end."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = QLabel(unit, self)
        self._unit.setProperty("role", "muted")
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the unit at the right end, and the text clear of it."""
        super().resizeEvent(event)
        size = self._unit.sizeHint()
        self._unit.setGeometry(
            self.width() - size.width() - _UNIT_MARGIN,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        self.setTextMargins(0, 0, size.width() + 2 if self._unit.text() else 0, 0)
