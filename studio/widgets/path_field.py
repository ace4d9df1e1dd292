"""A field that holds a folder."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.widgets.field import Field
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.labels import ElidedLabel


class PathField(Field):
    """Shows a folder, shortened in the middle, and a button to pick another."""

    folder_picked = Signal(object)

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        """Make the field; ``caption`` heads the folder dialog."""
        row = QWidget()
        super().__init__(row, parent)
        self._caption = caption
        self._label = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._button = QPushButton(self.tr("Change…"))
        self._button.clicked.connect(self._pick)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._button)
        row.setFocusProxy(self._button)

    def text(self) -> str:
        """Give the folder as text."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Show another folder."""
        self._label.set_text(text)

    def _pick(self) -> None:
        pick_folder(self, self._caption, Path(self.text()), self._take)

    def _take(self, folder: Path) -> None:
        self.set_text(str(folder))
        self.folder_picked.emit(folder)
