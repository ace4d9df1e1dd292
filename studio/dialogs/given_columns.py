"""Rows of the save-gallery dialog: for each column of a run, whether it is given or made."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from studio.models.gallery_columns import GalleryColumns, GivenColumn
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField, TextBox, TextField
from studio.widgets.folder_dialog import pick_file, pick_folder

_MAKE, _GIVE = "make", "give"


class GivenColumnRows(QWidget):
    """One row per column: its name, *make* or *give*, and below what is given."""

    changed = Signal()

    def __init__(self, columns: GalleryColumns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._fields: dict[str, TextBox | TextField] = {}
        self._choices: dict[str, ChoiceField] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING)
        self._grid.setVerticalSpacing(SPACING)
        self._grid.setColumnStretch(1, 1)
        # Pairs have directions with names instead.
        self._shown = () if columns.are_pairs else columns.choices
        for number, column in enumerate(self._shown):
            self._add_row(2 * number, column)

    def show_problems(self) -> None:
        """Show the validation error or the hint of each column."""
        for column in self._shown:
            field = self._fields[column.name]
            field.set_problem(column.problem())
            field.set_hint(column.hint())
            self._choices[column.name].set_problem(self._columns.nothing_left())

    def _add_row(self, row: int, column: GivenColumn) -> None:
        choice = self._choices[column.name] = ChoiceField()
        choice.set_choices([(_MAKE, self.tr("Make")), (_GIVE, self.tr("Give"))])
        choice.set_text(_MAKE)
        choice.set_help(self.tr("Whether it is made, or given by you"), column.label)
        label = QLabel(column.label)
        label.setBuddy(choice)
        field = TextBox() if column.kind == TEXT else TextField()
        self._fields[column.name] = field
        field.set_help(_what_to_give(column), self.tr("Given {0}").format(column.label))
        browse = push_button(
            self.tr("Browse…"), lambda: self._browse(column, field), auto_default=False
        )
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(choice, row, 1, 1, 2)
        self._grid.addWidget(field, row + 1, 1)
        self._grid.addWidget(browse, row + 1, 2, Qt.AlignmentFlag.AlignTop)

        def switch(chosen: str) -> None:
            column.is_given = chosen == _GIVE
            field.setVisible(column.is_given)
            browse.setVisible(column.is_given and column.kind != TEXT)
            self.changed.emit()

        def store(text: str) -> None:
            column.text = text
            self.changed.emit()

        choice.text_edited.connect(switch)
        # ``textChanged`` includes paths set by the dialogs.
        edited = field.edit.textChanged if isinstance(field, TextField) else field.text_edited
        edited.connect(store)
        switch(_MAKE)

    def _browse(self, column: GivenColumn, field: TextBox | TextField) -> None:
        start = Path(field.text()).expanduser() if field.text() else Path.home()

        def take(path: Path) -> None:
            field.set_text(str(path))

        if column.kind == TABLE:
            kind = self.tr("Tables (*.csv *.tsv *.jsonl *.json)")
            pick_file(self.window(), _what_to_give(column), start, kind, take)
        else:
            pick_folder(self.window(), _what_to_give(column), start, take)


def _what_to_give(column: GivenColumn) -> str:
    translate = QCoreApplication.translate
    return {
        TEXT: translate("GivenColumnRows", "What to start from, one text a line"),
        IMAGE: translate("GivenColumnRows", "Folder of images"),
        AUDIO: translate("GivenColumnRows", "Folder of sounds"),
        TABLE: translate("GivenColumnRows", "File of rows: CSV or JSON lines"),
    }[column.kind]
