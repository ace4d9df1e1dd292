"""Confirmation dialogs: quitting, discarding, deleting runs, unsaved edits."""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QPushButton, QWidget

from studio.models.run_state import RunStatus, count_text, duration_text


class CloseAnswer(Enum):
    """What the user wants."""

    KEEP_TRAINING = auto()
    SAVE_AND_QUIT = auto()
    CANCEL = auto()


class ConfirmQuit(QMessageBox):
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


class ConfirmDiscard(QMessageBox):
    """Shown with ``open()``, which does not block; ``confirmed`` follows a yes."""

    confirmed = Signal()

    def __init__(self, parent: QWidget, status: RunStatus) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle(self.tr("Stop and discard"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Stop without saving?"))
        self.setInformativeText(self._loss(status))
        role = QMessageBox.ButtonRole
        self.discard: QAbstractButton = self.addButton(
            self.tr("Stop and discard"), role.DestructiveRole
        )
        cancel = self.addButton(self.tr("Cancel"), role.RejectRole)
        self.setDefaultButton(cancel)
        self.setEscapeButton(cancel)
        self.finished.connect(self._tell)

    def _loss(self, status: RunStatus) -> str:
        lost = self.tr("Training of {0} ({1} images) since the last checkpoint will be lost.")
        if not status.saved_images:
            lost = self.tr("Training of {0} ({1} images) will be lost: nothing was saved yet.")
        text = lost.format(duration_text(status.unsaved_s), count_text(status.unsaved_images))
        if not status.saved_images:
            return text
        calm = self.tr("Older checkpoints stay.")
        return f"{text} {calm}"

    def _tell(self) -> None:
        if self.clickedButton() is self.discard:
            self.confirmed.emit()


class EmptyTrash(QMessageBox):
    """Shown with ``open()``, which does not block."""

    confirmed = Signal()

    def __init__(self, parent: QWidget, *, count: int, size: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle(self.tr("Empty trash"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Delete %Ln run(s) for good?", "", count))
        lost = self.tr("{0} become free. Checkpoints and images cannot be brought back.")
        self.setInformativeText(lost.format(size))
        role = QMessageBox.ButtonRole
        self.delete: QPushButton = self.addButton(self.tr("Delete for good"), role.DestructiveRole)
        cancel = self.addButton(self.tr("Cancel"), role.RejectRole)
        self.setDefaultButton(cancel)
        self.setEscapeButton(cancel)
        self.finished.connect(self._tell)

    def _tell(self) -> None:
        if self.clickedButton() is self.delete:
            self.confirmed.emit()


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
