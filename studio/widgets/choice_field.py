"""A field that offers a few choices."""

from collections.abc import Iterable

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from studio.widgets.field import Field


class ChoiceField(Field):
    """A combo box whose content is the chosen item's key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._box = _CalmComboBox()
        super().__init__(self._box, parent)
        self._box.activated.connect(self._tell)

    def set_choices(self, choices: Iterable[tuple[str, str]]) -> None:
        """Offer pairs of key and text; a pair with an empty text draws a line."""
        kept = self.text()
        self._box.clear()
        for key, text in choices:
            if text:
                self._box.addItem(text, key)
            else:
                self._box.insertSeparator(self._box.count())
        self.set_text(kept)

    def text(self) -> str:
        """Give the chosen key."""
        return str(self._box.currentData() or "")

    def set_text(self, text: str) -> None:
        """Choose a key; one that is not offered leaves nothing chosen."""
        self._box.setCurrentIndex(self._box.findData(text))

    def _tell(self) -> None:
        self.text_edited.emit(self.text())


class _CalmComboBox(QComboBox):
    """Leaves the wheel to the panel around it: scrolling must not change a setting."""

    def __init__(self) -> None:
        super().__init__()
        # A long item must not widen the whole panel.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Pass the wheel on."""
        event.ignore()
