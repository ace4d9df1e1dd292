"""A field for several lines of text."""

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.widgets.field import Field

_HEIGHT = 92


class TextBox(Field):
    """A few lines to type into."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._edit = QPlainTextEdit()
        self._edit.setProperty("role", "field")
        self._edit.setTabChangesFocus(True)
        self._edit.setFixedHeight(_HEIGHT)
        super().__init__(self._edit, parent)
        self._edit.textChanged.connect(lambda: self.text_edited.emit(self.text()))

    def text(self) -> str:
        """Give the content."""
        return self._edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Show other content; keeps the cursor when nothing changes."""
        if text != self.text():
            self._edit.setPlainText(text)
