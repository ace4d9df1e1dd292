"""Rows of the save-gallery dialog: for each column of a run, whether it is given or made."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.table_fields import CategoricalField, Field, NumericField
from studio.models.gallery_columns import GalleryColumns, GivenColumn
from studio.models.setting_text import value_text
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField, TextBox, TextField
from studio.widgets.folder_dialog import pick_file, pick_folder
from studio.widgets.labels import plain_label, scrolling

translate = QCoreApplication.translate
_MAKE, _GIVE, _TYPE = "make", "give", "type"


class GivenColumnRows(QWidget):
    """One row per column: its name, *make* or *give*, and below what is given."""

    changed = Signal()

    def __init__(self, columns: GalleryColumns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING)
        self._grid.setVerticalSpacing(SPACING)
        self._grid.setColumnStretch(1, 1)
        # Pairs have directions with names instead.
        shown = () if columns.are_pairs else columns.choices
        self._rows = {column.name: self._add_row(column) for column in shown}

    def show_problems(self) -> None:
        """Show the validation error or the hint of each column."""
        for row in self._rows.values():
            row.show_problems(self._columns.nothing_left())

    def take(self, path: Path, place: QPoint) -> bool:
        """Give the column below the pointer a file or folder, or else the first that it fits.

        Args:
            path: of the file or folder.
            place: of the pointer in this widget.

        Returns:
            False if no column can be given it.
        """
        fitting = [self._rows[column.name] for column in self._columns.fitting(path)]
        below = [row for row in fitting if row.covers(place)]
        for row in (below or fitting)[:1]:
            row.give(path)
        return bool(fitting)

    def _add_row(self, column: GivenColumn) -> "_ColumnRow":
        row = _ColumnRow(column, self)
        number = self._grid.rowCount()
        self._grid.addWidget(row.label, number, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(row.choice, number, 1, 1, 2)
        self._grid.addWidget(row.field, number + 1, 1)
        self._grid.addWidget(row.browse, number + 1, 2, Qt.AlignmentFlag.AlignTop)
        if row.cells is not None:
            self._grid.addWidget(row.cells, number + 2, 1, 1, 2)
        row.switch(_MAKE)
        return row


class _ColumnRow:
    """The widgets of one column, which ``GivenColumnRows`` lays out."""

    def __init__(self, column: GivenColumn, rows: GivenColumnRows) -> None:
        self._column, self._rows = column, rows
        self.choice = ChoiceField()
        choices = [
            (_MAKE, translate("GivenColumnRows", "Make")),
            (_GIVE, translate("GivenColumnRows", "Give")),
        ]
        if column.fields:
            choices.append((_TYPE, translate("GivenColumnRows", "Enter cells, fill in the rest")))
        self.choice.set_choices(choices)
        self.choice.set_help(
            translate("GivenColumnRows", "Whether it is made, or given by you"), column.label
        )
        self.label = QLabel(column.label)
        self.label.setBuddy(self.choice)
        self.field = TextBox() if column.kind == TEXT else TextField()
        self.field.set_help(
            _what_to_give(column), translate("GivenColumnRows", "Given {0}").format(column.label)
        )
        self.browse: QPushButton = push_button(
            translate("GivenColumnRows", "Browse…"), self._browse, auto_default=False
        )
        self.cells = _CellFields(column) if column.fields else None
        if self.cells is not None:
            self.cells.changed.connect(rows.changed)
        self.choice.text_edited.connect(self.switch)
        if isinstance(self.field, TextField):
            # ``textChanged`` includes paths set by the dialogs. Drops are for the whole dialog.
            self.field.edit.textChanged.connect(self._store)
            self.field.edit.setAcceptDrops(False)
            self.field.edit.setPlaceholderText(
                translate("GivenColumnRows", "Drop it here, browse or enter the path")
            )
        else:
            self.field.text_edited.connect(self._store)

    def switch(self, chosen: str) -> None:
        """Choose whether the column is made, given or typed."""
        column = self._column
        self.choice.set_text(chosen)
        column.is_given, column.is_typed = chosen != _MAKE, chosen == _TYPE
        self.field.setVisible(chosen == _GIVE)
        self.browse.setVisible(chosen == _GIVE and column.kind != TEXT)
        if self.cells is not None:
            self.cells.setVisible(chosen == _TYPE)
        self._rows.changed.emit()

    def give(self, path: Path) -> None:
        """Give a file or folder."""
        self.switch(_GIVE)
        self.field.set_text(str(path))

    def covers(self, place: QPoint) -> bool:
        """Whether a place is on the widgets of this column."""
        top, last = self.choice.geometry(), (self.field if self.field.isVisible() else self.choice)
        return top.top() <= place.y() <= last.geometry().bottom()

    def show_problems(self, nothing_left: str) -> None:
        """Show the validation error or the hint; ``nothing_left`` is of all columns."""
        self.field.set_problem(self._column.problem())
        self.field.set_hint(self._column.hint())
        is_typed_wrong = self._column.problem() if self._column.is_typed else ""
        self.choice.set_problem(nothing_left or is_typed_wrong)
        if self.cells is not None:
            self.cells.show_problems()

    def _store(self, text: str) -> None:
        self._column.text = text
        self._rows.changed.emit()

    def _browse(self) -> None:
        start = Path(self.field.text()).expanduser() if self.field.text() else Path.home()

        def take(path: Path) -> None:
            self.field.set_text(str(path))

        window, caption = self._rows.window(), _what_to_give(self._column)
        if self._column.kind == TABLE:
            kind = translate("GivenColumnRows", "Tables (*.csv *.tsv *.jsonl *.json)")
            pick_file(window, caption, start, kind, take)
        else:
            pick_folder(window, caption, start, take)


_MAX_HEIGHT = 180


class _CellFields(QWidget):
    """A field for each cell of a row; those that are left empty are made."""

    changed = Signal()

    def __init__(self, column: GivenColumn) -> None:
        super().__init__()
        self._column = column
        self._fields: dict[str, ChoiceField | TextField] = {}
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, SPACING, 0)
        grid.setHorizontalSpacing(SPACING)
        grid.setColumnStretch(1, 1)
        for number, field in enumerate(column.fields):
            control = self._fields[field.name] = self._control(field)
            label = plain_label(field.name)
            label.setBuddy(control)
            grid.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(control, number, 1)
        area = scrolling(content)
        area.setFixedHeight(min(_MAX_HEIGHT, content.sizeHint().height()))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def show_problems(self) -> None:
        """Show the validation error of each cell."""
        for field in self._column.fields:
            self._fields[field.name].set_problem(self._column.cell_problem(field))

    def _control(self, field: Field) -> ChoiceField | TextField:
        filled_in = self.tr("Filled in")
        if isinstance(field, CategoricalField):
            control = ChoiceField()
            values = sorted(field.values)
            control.set_choices([("", filled_in), *((value, value) for value in values)])
            control.set_text("")
            control.text_edited.connect(lambda text: self._store(field, text))
        else:
            control = TextField()
            control.edit.setPlaceholderText(f"{filled_in} · {_range_of(field)}")
            control.edit.textChanged.connect(lambda text: self._store(field, text))
        control.set_help(self.tr("Leave it empty to have it filled in"), field.name)
        return control

    def _store(self, field: Field, text: str) -> None:
        self._column.cells[field.name] = text
        self.changed.emit()


def _range_of(field: NumericField) -> str:
    """Return the smallest and the largest number in training."""
    ends = [
        value_text(float(f"{value:.4g}")) for value in (field.quantiles[0], field.quantiles[-1])
    ]
    return f"{ends[0]} – {ends[1]}"


def _what_to_give(column: GivenColumn) -> str:
    return {
        TEXT: translate("GivenColumnRows", "What to start from, one text a line"),
        IMAGE: translate("GivenColumnRows", "An image or a folder of images"),
        AUDIO: translate("GivenColumnRows", "A sound or a folder of sounds"),
        TABLE: translate("GivenColumnRows", "File of rows: CSV or JSON lines"),
    }[column.kind]
