"""What to do with a run that cannot save: its disk is full, or its folder is gone."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QStyle,
    QWidget,
)

from engine.errors import DiskFullError
from studio.errors.wording import explain
from studio.models.trouble_text import size_text
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.labels import plain_label

_WIDTH = 460
_SIGN_SIDE = 32


class SaveFailedDialog(QDialog):
    """Stands beside the window and blocks nothing; whoever opened it closes it.

    The run tries again by itself now and then, so a disk that somebody makes room on needs no
    click at all.
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
        self._calm = plain_label(
            self.tr("The run is paused and nothing is lost. It retries automatically.")
        )
        self.retry = QPushButton(self.tr("Try again"))
        self.retry.setProperty("role", "primary")
        self.folder = QPushButton(self.tr("Choose another folder…"))
        self.discard = QPushButton(self.tr("Stop without saving"))
        self._lay_out()
        self.retry.clicked.connect(self._retry)
        self.folder.clicked.connect(self.folder_requested)
        self.discard.clicked.connect(self.discard_requested)
        self.show_error(error)

    def show_error(self, error: Exception) -> None:
        """Say what keeps the run from saving, and let it be tried again."""
        words = explain(error)
        self._happened.setText(words.happened)
        self._why.setText(self._measured(error) or words.why)
        self.retry.setText(self.tr("Try again"))
        self.retry.setEnabled(True)

    def show_trying(self) -> None:
        """Say that the run tries to save just now."""
        self.retry.setText(self.tr("Trying…"))
        self.retry.setEnabled(False)

    def _measured(self, error: Exception) -> str:
        if not isinstance(error, DiskFullError):
            return ""
        text = self.tr("A checkpoint needs {0}, and {1} are free on the disk that holds {2}.")
        return text.format(size_text(error.needed_bytes), size_text(error.free_bytes), error.folder)

    def _lay_out(self) -> None:
        sign = QLabel()
        warning = QStyle.StandardPixmap.SP_MessageBoxWarning
        size = QSize(_SIGN_SIDE, _SIGN_SIDE)
        sign.setPixmap(self.style().standardIcon(warning).pixmap(size))
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        buttons.addButton(self.discard, role.DestructiveRole)
        buttons.addButton(self.folder, role.ActionRole)
        buttons.addButton(self.retry, role.AcceptRole)
        self.retry.setDefault(True)
        layout = QGridLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, MARGIN)
        layout.setHorizontalSpacing(GAP)
        layout.setVerticalSpacing(SPACING)
        layout.setColumnStretch(1, 1)
        layout.setSizeConstraint(QGridLayout.SizeConstraint.SetFixedSize)
        layout.addWidget(sign, 0, 0, 3, 1, Qt.AlignmentFlag.AlignTop)
        for row, label in enumerate((self._happened, self._why, self._calm)):
            label.setMinimumWidth(_WIDTH)
            layout.addWidget(label, row, 1)
        layout.setRowMinimumHeight(3, SPACING)
        layout.addWidget(buttons, 4, 0, 1, 2)

    @Slot()
    def _retry(self) -> None:
        self.show_trying()
        self.retry_requested.emit()
