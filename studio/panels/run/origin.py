"""The line above the form that says where a branch begins."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from engine.runs.branch_start import BranchStart
from studio.models.run_status import count_text
from studio.theme import SPACING
from studio.widgets.labels import plain_label


class OriginLine(QFrame):
    """Hidden while the next run begins at its beginning."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._text = plain_label()
        self.cancel = QPushButton(self.tr("Cancel branch"))
        self.cancel.setProperty("role", "small")
        self.cancel.setToolTip(self.tr("Begin at the beginning; the settings stay"))
        self.cancel.clicked.connect(self.cancel_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING, SPACING, SPACING)
        layout.setSpacing(SPACING)
        layout.addWidget(self._text)
        layout.addWidget(self.cancel)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_branch(self, start: BranchStart | None) -> None:
        """Say where the next run begins."""
        self.setVisible(start is not None)
        if start is not None:
            text = self.tr("A branch of {0}, from {1} after {2} images.")
            images = count_text(start.images_seen)
            self._text.setText(text.format(start.source.name, start.checkpoint.name, images))
