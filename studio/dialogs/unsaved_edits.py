"""Asks what to do with the edits of a dataset before they would be lost."""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget


class UnsavedAnswer(Enum):
    """What the user wants."""

    SAVE = auto()
    DISCARD = auto()
    CANCEL = auto()


class UnsavedEdits(QMessageBox):
    """Shown with ``open()``, which does not block; exactly one ``answered`` follows."""

    answered = Signal(object)

    def __init__(self, parent: QWidget, *, name: str, new_name: str, count: int) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle(self.tr("Unsaved edits"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("%Ln item(s) of {0} were edited. Save them?", "", count).format(name))
        self.setInformativeText(
            self.tr("They become a new version, {0}; {1} stays as it is.").format(new_name, name)
        )
        role = QMessageBox.ButtonRole
        save = self.addButton(self.tr("Save as new version"), role.AcceptRole)
        discard = self.addButton(self.tr("Discard"), role.DestructiveRole)
        cancel = self.addButton(self.tr("Cancel"), role.RejectRole)
        self._answers: dict[QAbstractButton, UnsavedAnswer] = {
            save: UnsavedAnswer.SAVE,
            discard: UnsavedAnswer.DISCARD,
            cancel: UnsavedAnswer.CANCEL,
        }
        self.setDefaultButton(save)
        self.setEscapeButton(cancel)
        self.finished.connect(self._tell)

    def button_for(self, answer: UnsavedAnswer) -> QAbstractButton:
        """Give the button that gives ``answer``."""
        return next(button for button, meaning in self._answers.items() if meaning is answer)

    def _tell(self) -> None:
        self.answered.emit(self._answers.get(self.clickedButton(), UnsavedAnswer.CANCEL))
