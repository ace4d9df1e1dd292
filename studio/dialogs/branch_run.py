"""Asks at which checkpoint of a run a branch begins."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from engine.runs.branch_start import BranchStart
from studio.jobs.runs import BranchChoices
from studio.models.run_status import count_text, duration_text
from studio.theme import MARGIN, SPACING
from studio.widgets.choice_field import ChoiceField
from studio.widgets.labels import plain_label

_WIDTH = 440


class BranchRun(QDialog):
    """Shown with ``open()``; the settings are then changed in the form of the Run panel."""

    start_chosen = Signal(object)
    """Carries a ``BranchStart``."""

    def __init__(self, parent: QWidget, choices: BranchChoices) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Branch run"))
        self.setMinimumWidth(_WIDTH)
        self._starts = {start.checkpoint.name: start for start in choices.starts}
        self.field = ChoiceField()
        self.field.set_choices((name, self._text(s)) for name, s in self._starts.items())
        self.field.set_text(next(iter(self._starts), ""))
        self.field.set_help(self.tr("Where the branch begins"), self.tr("Checkpoint"))
        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.ok = self.buttons.addButton(self.tr("Choose settings"), role.AcceptRole)
        self.buttons.addButton(self.tr("Cancel"), role.RejectRole)
        self.ok.setEnabled(bool(self._starts))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(SPACING)
        layout.addWidget(plain_label(self._explanation(choices)))
        layout.addWidget(self.field)
        layout.addWidget(self.buttons)

    def accept(self) -> None:
        """Hand the choice on."""
        start = self._starts.get(self.field.text())
        if start is not None:
            self.start_chosen.emit(start)
            super().accept()

    def _explanation(self, choices: BranchChoices) -> str:
        if not choices.starts:
            return self.tr("{0} has no checkpoint that can be used.").format(choices.source.name)
        return self.tr(
            "A new run begins at a checkpoint of {0}, which stays as it is. Its settings then "
            "stand in the Run panel, to be changed before you start."
        ).format(choices.source.name)

    def _text(self, start: BranchStart) -> str:
        images, time = count_text(start.images_seen), duration_text(start.elapsed_s)
        name = start.checkpoint.name
        if name.startswith("best-"):
            best = self.tr("Best {0}: {1} images, {2}")
            return best.format(name.removeprefix("best-"), images, time)
        return self.tr("{0} images, {1}").format(images, time)
