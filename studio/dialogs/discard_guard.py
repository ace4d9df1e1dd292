"""Asks once before what a run learnt since its last checkpoint is thrown away."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from studio.models.run_status import RunStatus, count_text, duration_text


class DiscardGuard(QMessageBox):
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
