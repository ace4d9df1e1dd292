"""Dialog for a run that cannot save its checkpoint."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from engine.errors import DiskFullError
from studio.dialogs.error import warning_layout
from studio.errors.wording import explain
from studio.models.trouble_text import size_text
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.labels import plain_label

_WIDTH = 460


class SaveFailedDialog(QDialog):
    """A non-modal dialog, closed by its owner once the run has saved.

    The run also retries automatically, so no click is needed once the disk has room.
    """

    retry_requested = Signal()
    folder_requested = Signal()
    discard_requested = Signal()

    def __init__(self, parent: QWidget, error: Exception) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("The run cannot save"))
        self.setModal(False)
        self._happened = plain_label(role="heading")
        self._why = plain_label(role="muted")
        calm = plain_label(
            self.tr("The run is paused and nothing is lost. It retries automatically.")
        )
        self.retry = push_button(self.tr("Try again"), self._retry, role="primary")
        self.retry.setDefault(True)
        self.folder = push_button(self.tr("Choose another folder…"), self.folder_requested)
        self.discard = push_button(self.tr("Stop without saving"), self.discard_requested)
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        buttons.addButton(self.discard, role.DestructiveRole)
        buttons.addButton(self.folder, role.ActionRole)
        buttons.addButton(self.retry, role.AcceptRole)
        layout = warning_layout(self, (self._happened, self._why, calm), _WIDTH)
        layout.setRowMinimumHeight(3, SPACING)
        layout.addWidget(buttons, 4, 0, 1, 2)
        self.show_error(error)

    def show_error(self, error: Exception) -> None:
        """Show the error and enable Try again."""
        words = explain(error)
        self._happened.setText(words.happened)
        why = words.why
        if isinstance(error, DiskFullError):
            text = self.tr("A checkpoint needs {0}, and {1} are free on the disk that holds {2}.")
            needed, free = size_text(error.needed_bytes), size_text(error.free_bytes)
            why = text.format(needed, free, error.folder)
        self._why.setText(why)
        self.retry.setText(self.tr("Try again"))
        self.retry.setEnabled(True)

    def show_trying(self) -> None:
        """Show that the run is trying to save."""
        self.retry.setText(self.tr("Trying…"))
        self.retry.setEnabled(False)

    @Slot()
    def _retry(self) -> None:
        self.show_trying()
        self.retry_requested.emit()
