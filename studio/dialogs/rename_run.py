"""Asks for another name of a run."""

import os
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from engine.runs.names import is_usable_name
from studio.theme import MARGIN, SPACING
from studio.widgets.labels import plain_label
from studio.widgets.text_field import TextField

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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(SPACING)
        layout.addWidget(plain_label(self.tr("New name of {0}").format(folder.name)))
        layout.addWidget(self.field)
        layout.addWidget(self.buttons)
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
