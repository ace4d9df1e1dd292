"""Dialogs to rename a run and to branch from one of its checkpoints."""

import os
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from engine.runs.branching import BranchStart
from engine.runs.metadata import is_usable_name
from studio.jobs.runs import BranchChoices
from studio.models.run_state import count_text, duration_text
from studio.theme import MARGIN, SPACING
from studio.widgets.fields import ChoiceField, TextField
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH = 380


class RenameRun(QDialog):
    """Shown with ``open()``; ``name_chosen`` follows only for a name that is free."""

    name_chosen = Signal(str)

    def __init__(self, parent: QWidget, folder: Path) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Rename run"))
        self.setMinimumWidth(_WIDTH)
        self._folder = folder
        self.field = TextField()
        self.field.set_text(folder.name)
        self.field.set_help(self.tr("The run's folder is renamed"), self.tr("Name"))
        self.field.text_edited.connect(self._check)
        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.ok = self.buttons.addButton(self.tr("Rename"), role.AcceptRole)
        self.buttons.addButton(self.tr("Cancel"), role.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        layout.addWidget(plain_label(self.tr("New name of {0}").format(folder.name)))
        fill(layout, self.field, self.buttons)
        self._check()
        self.field.setFocus()

    @Slot()
    def _check(self) -> None:
        name, problem = self.field.text(), ""
        if not is_usable_name(name):
            problem = self.tr("This cannot be the name of a folder")
        elif name != self._folder.name and os.path.lexists(self._folder.with_name(name)):
            problem = self.tr("A run of this name exists already")
        self.field.set_problem(problem)
        is_new = name != self._folder.name
        self.ok.setEnabled(is_new and not problem)

    def accept(self) -> None:
        """Hand the name on."""
        if self.ok.isEnabled():
            self.name_chosen.emit(self.field.text())
            super().accept()


_BRANCH_WIDTH = 440


class BranchRun(QDialog):
    """Shown with ``open()``; the settings are then changed in the form of the Run panel."""

    start_chosen = Signal(object)
    """Carries a ``BranchStart``."""

    def __init__(self, parent: QWidget, choices: BranchChoices) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Branch run"))
        self.setMinimumWidth(_BRANCH_WIDTH)
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
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        layout.addWidget(plain_label(self._explanation(choices)))
        fill(layout, self.field, self.buttons)

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
