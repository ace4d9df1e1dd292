"""Asks what to do with a run when the window is closed."""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget


class CloseAnswer(Enum):
    """What the user wants."""

    KEEP_TRAINING = auto()
    SAVE_AND_QUIT = auto()
    CANCEL = auto()


class CloseGuard(QMessageBox):
    """Shown with ``open()``, which does not block; exactly one ``answered`` follows."""

    answered = Signal(object)

    def __init__(self, parent: QWidget, *, has_tray: bool, is_paused: bool = False) -> None:
        """Say whether there is a tray to hide in, and whether the run stands still anyway."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self._answers: dict[QAbstractButton, CloseAnswer] = {}
        if is_paused:
            self._ask_about_paused()
        else:
            self._ask_about_training(has_tray=has_tray)
        cancel = self.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        self._answers[cancel] = CloseAnswer.CANCEL
        self.setEscapeButton(cancel)
        self.finished.connect(self._tell)

    def _ask_about_training(self, *, has_tray: bool) -> None:
        self.setWindowTitle(self.tr("Training is under way"))
        self.setText(self.tr("Training is still under way. What should happen to it?"))
        if has_tray:
            hint = self.tr(
                "Keep training hides the window in the system tray and quits when the run ends."
            )
        else:
            hint = self.tr("Keep training minimises the window and quits when the run ends.")
        self.setInformativeText(hint)
        role = QMessageBox.ButtonRole
        keep = self.addButton(self.tr("Keep training"), role.AcceptRole)
        save = self.addButton(self.tr("Save and quit"), role.DestructiveRole)
        self._answers |= {keep: CloseAnswer.KEEP_TRAINING, save: CloseAnswer.SAVE_AND_QUIT}
        self.setDefaultButton(keep)

    def _ask_about_paused(self) -> None:
        self.setWindowTitle(self.tr("A run is paused"))
        self.setText(self.tr("The run is paused. Save it and quit?"))
        self.setInformativeText(self.tr("It can be resumed the next time Diptych starts."))
        save = self.addButton(self.tr("Save and quit"), QMessageBox.ButtonRole.AcceptRole)
        self._answers[save] = CloseAnswer.SAVE_AND_QUIT
        self.setDefaultButton(save)

    def button_for(self, answer: CloseAnswer) -> QAbstractButton:
        """Give the button that gives ``answer``."""
        return next(button for button, meaning in self._answers.items() if meaning is answer)

    def _tell(self) -> None:
        self.answered.emit(self._answers.get(self.clickedButton(), CloseAnswer.CANCEL))
