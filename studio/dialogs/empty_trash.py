"""Asks before runs are deleted for good."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget


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
        lost = self.tr("{0} become free. Checkpoints and pictures cannot be brought back.")
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
