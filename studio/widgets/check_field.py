"""A field that is on or off."""

from PySide6.QtWidgets import QCheckBox, QWidget

from studio.widgets.field import Field


class CheckField(Field):
    """A check box; its texts are ``True`` and ``False``, as settings write them."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        self._box = QCheckBox(text)
        super().__init__(self._box, parent)
        self._box.clicked.connect(lambda: self.text_edited.emit(self.text()))

    def text(self) -> str:
        """Give the content."""
        return str(self._box.isChecked())

    def set_text(self, text: str) -> None:
        """Show other content."""
        self._box.setChecked(text == "True")
