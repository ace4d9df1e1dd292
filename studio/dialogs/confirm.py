"""Confirmation dialogs: quitting, discarding, deleting runs, unsaved edits.

All of them are shown with ``open()``, which does not block.
"""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from studio.models.run_state import RunStatus, count_text, duration_text

_Icon = QMessageBox.Icon
_Role = QMessageBox.ButtonRole


class _Question(QMessageBox):
    answered = Signal(object)
    """Emitted once with the answer; closing the dialog is the last answer."""

    def __init__(self, parent: QWidget, icon: QMessageBox.Icon) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIcon(icon)
        self._answers: dict[QAbstractButton, object] = {}
        self.finished.connect(self._on_finished)

    def set_texts(self, title: str, text: str, details: str) -> None:
        """Set title, text and informative text."""
        self.setWindowTitle(title)
        self.setText(text)
        self.setInformativeText(details)

    def add_answers(
        self, *answers: tuple[object, str, QMessageBox.ButtonRole], default: int = 0
    ) -> None:
        """Add a button for each answer; the last one is for Escape."""
        buttons = [self.addButton(text, role) for _answer, text, role in answers]
        self._answers.update(zip(buttons, (answer for answer, *_ in answers), strict=True))
        self.setDefaultButton(buttons[default])
        self.setEscapeButton(buttons[-1])

    def button_for(self, answer: object) -> QAbstractButton:
        """Return the button of ``answer``."""
        return next(button for button, meaning in self._answers.items() if meaning is answer)

    def _on_finished(self) -> None:
        last = list(self._answers.values())[-1]
        self.answered.emit(self._answers.get(self.clickedButton(), last))


class CloseAnswer(Enum):
    """Answer to ``ConfirmQuit``."""

    KEEP_TRAINING = auto()
    SAVE_AND_QUIT = auto()
    CANCEL = auto()


class ConfirmQuit(_Question):
    """Asks what happens to the current run when the window is closed."""

    def __init__(self, parent: QWidget, *, has_tray: bool, is_paused: bool = False) -> None:
        super().__init__(parent, _Icon.Question)
        save = (CloseAnswer.SAVE_AND_QUIT, self.tr("Save and quit"))
        cancel = (CloseAnswer.CANCEL, self.tr("Cancel"), _Role.RejectRole)
        if is_paused:
            self.set_texts(
                self.tr("A run is paused"),
                self.tr("The run is paused. Save it and quit?"),
                self.tr("It can be resumed the next time Diptych starts."),
            )
            self.add_answers((*save, _Role.AcceptRole), cancel)
            return
        in_tray = self.tr(
            "Keep training hides the window in the system tray and quits when the run ends."
        )
        minimised = self.tr("Keep training minimises the window and quits when the run ends.")
        self.set_texts(
            self.tr("Training is under way"),
            self.tr("Training is still under way. What should happen to it?"),
            in_tray if has_tray else minimised,
        )
        keep = (CloseAnswer.KEEP_TRAINING, self.tr("Keep training"), _Role.AcceptRole)
        self.add_answers(keep, (*save, _Role.DestructiveRole), cancel)


class UnsavedAnswer(Enum):
    """Answer to ``UnsavedEdits``."""

    SAVE = auto()
    DISCARD = auto()
    CANCEL = auto()


class UnsavedEdits(_Question):
    """Asks whether the edits of a dataset are saved as a new version."""

    def __init__(self, parent: QWidget, *, name: str, new_name: str, count: int) -> None:
        super().__init__(parent, _Icon.Question)
        self.set_texts(
            self.tr("Unsaved edits"),
            self.tr("%Ln item(s) of {0} were edited. Save them?", "", count).format(name),
            self.tr("They become a new version, {0}; {1} stays as it is.").format(new_name, name),
        )
        self.add_answers(
            (UnsavedAnswer.SAVE, self.tr("Save as new version"), _Role.AcceptRole),
            (UnsavedAnswer.DISCARD, self.tr("Discard"), _Role.DestructiveRole),
            (UnsavedAnswer.CANCEL, self.tr("Cancel"), _Role.RejectRole),
        )


class _Confirmation(_Question):
    confirmed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, _Icon.Warning)
        self.answered.connect(lambda is_confirmed: is_confirmed and self.confirmed.emit())

    def add_buttons(self, confirm: str, cancel: str) -> QAbstractButton:
        """Add both buttons and return the confirming one; Cancel is the default."""
        yes, no = (True, confirm, _Role.DestructiveRole), (False, cancel, _Role.RejectRole)
        self.add_answers(yes, no, default=1)
        return self.button_for(answer=True)


class ConfirmDiscard(_Confirmation):
    """Asks for confirmation before a run is stopped without saving."""

    def __init__(self, parent: QWidget, status: RunStatus) -> None:
        super().__init__(parent)
        lost = self.tr("Training of {0} ({1} images) since the last checkpoint will be lost.")
        if not status.saved_images:
            lost = self.tr("Training of {0} ({1} images) will be lost: nothing was saved yet.")
        loss = lost.format(duration_text(status.unsaved_s), count_text(status.unsaved_images))
        if status.saved_images:
            loss += " " + self.tr("Older checkpoints stay.")
        self.set_texts(self.tr("Stop and discard"), self.tr("Stop without saving?"), loss)
        self.discard = self.add_buttons(self.tr("Stop and discard"), self.tr("Cancel"))


class EmptyTrash(_Confirmation):
    """Asks for confirmation before the trash is emptied."""

    def __init__(self, parent: QWidget, *, count: int, size: str) -> None:
        super().__init__(parent)
        lost = self.tr("{0} become free. Checkpoints and images cannot be brought back.")
        self.set_texts(
            self.tr("Empty trash"),
            self.tr("Delete %Ln run(s) for good?", "", count),
            lost.format(size),
        )
        self.delete = self.add_buttons(self.tr("Delete for good"), self.tr("Cancel"))
