"""Dialogs to rename a run and to branch from one of its checkpoints."""

import os
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from engine.runs.branching import BranchStart
from engine.runs.metadata import is_usable_name
from studio.jobs.runs import BranchChoices
from studio.models.run_state import count_text, duration_text
from studio.theme import MARGIN, SPACING
from studio.widgets.fields import ChoiceField, Field, TextField
from studio.widgets.labels import fill, plain_label, spaced


class _FieldDialog(QDialog):
    def __init__(self, parent: QWidget, width: int) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(width)

    def add_fields(self, text: str, field: Field, ok: str, cancel: str) -> QPushButton:
        """Lay out text, field and buttons; return the accepting button."""
        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        button = self.buttons.addButton(ok, role.AcceptRole)
        self.buttons.addButton(cancel, role.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        fill(layout, plain_label(text), field, self.buttons)
        return button


class RenameRun(_FieldDialog):
    """Dialog to rename a run; ``open()`` does not block."""

    name_chosen = Signal(str)
    """Emitted with a valid name that is not in use."""

    def __init__(self, parent: QWidget, folder: Path) -> None:
        super().__init__(parent, 380)
        self.setWindowTitle(self.tr("Rename run"))
        self._folder = folder
        self.field = TextField()
        self.field.set_text(folder.name)
        self.field.set_help(self.tr("The run's folder is renamed"), self.tr("Name"))
        self.field.text_edited.connect(self._check)
        text = self.tr("New name of {0}").format(folder.name)
        self.ok = self.add_fields(text, self.field, self.tr("Rename"), self.tr("Cancel"))
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
        self.ok.setEnabled(name != self._folder.name and not problem)

    def accept(self) -> None:
        """Emit ``name_chosen`` and close, if the name is valid."""
        if self.ok.isEnabled():
            self.name_chosen.emit(self.field.text())
            super().accept()


class BranchRun(_FieldDialog):
    """Dialog to choose the checkpoint that a branch starts from; ``open()`` does not block."""

    start_chosen = Signal(object)
    """Emitted with a ``BranchStart``."""

    def __init__(self, parent: QWidget, choices: BranchChoices) -> None:
        super().__init__(parent, 440)
        self.setWindowTitle(self.tr("Branch run"))
        self._starts = {start.checkpoint.name: start for start in choices.starts}
        self.field = ChoiceField()
        self.field.set_choices((name, self._text(s)) for name, s in self._starts.items())
        self.field.set_text(next(iter(self._starts), ""))
        self.field.set_help(self.tr("Where the branch begins"), self.tr("Checkpoint"))
        text = self.tr("{0} has no checkpoint that can be used.")
        if choices.starts:
            text = self.tr(
                "A new run begins at a checkpoint of {0}, which stays as it is. Its settings then "
                "stand in the Run panel, to be changed before you start."
            )
        text = text.format(choices.source.name)
        self.ok = self.add_fields(text, self.field, self.tr("Choose settings"), self.tr("Cancel"))
        self.ok.setEnabled(bool(self._starts))

    def accept(self) -> None:
        """Emit ``start_chosen`` and close, if a checkpoint is selected."""
        start = self._starts.get(self.field.text())
        if start is not None:
            self.start_chosen.emit(start)
            super().accept()

    def _text(self, start: BranchStart) -> str:
        images, time = count_text(start.images_seen), duration_text(start.elapsed_s)
        name = start.checkpoint.name
        if name.startswith("best-"):
            best = self.tr("Best {0}: {1} images, {2}")
            return best.format(name.removeprefix("best-"), images, time)
        return self.tr("{0} images, {1}").format(images, time)
