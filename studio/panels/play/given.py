"""What is given of an item besides the prompt: pictures, sounds, further texts and cells."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts, TextFacts
from engine.data.table_codec import Cells, check_cells
from engine.data.table_fields import CategoricalField, Field
from engine.errors import CellsInvalidError
from engine.sample.scene import Given, GivenCells, GivenPicture, GivenSound
from studio.models.column_text import column_label
from studio.panels.play.drawing_pad import DrawingPad
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, set_look, spaced


@dataclass(frozen=True, kw_only=True)
class HeardSound:
    """A given sound that is to be heard."""

    column: str
    sound: GivenSound
    rate: int
    """Samples per second."""


class GivenColumns(QWidget):
    """One block per column that the prompt does not cover."""

    given_changed = Signal(object)
    """Carries a pair: name of a column, and its value or None."""
    file_requested = Signal(str)
    """Carries the name of a column for which a file is to be chosen."""
    sound_requested = Signal(object)
    """Carries the ``HeardSound`` to play or to stop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blocks: dict[str, _Block] = {}
        self._layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))

    def set_columns(
        self, columns: Mapping[str, ColumnFacts], image_size: int, *, prompted: str
    ) -> None:
        """Set the columns of another run.

        Args:
            columns: facts by name.
            image_size: longer side of the run's pictures.
            prompted: column of the prompt box, which has no block.
        """
        for block in self._blocks.values():
            block.hide()
            block.deleteLater()
        self._blocks.clear()
        for name, facts in columns.items():
            block = self._make(name, facts, image_size)
            if block is None or name == prompted:
                continue
            block.given.connect(lambda value, n=name: self.given_changed.emit((n, value)))
            block.file_requested.connect(lambda n=name: self.file_requested.emit(n))
            if isinstance(block, _SoundBlock):
                block.heard.connect(self.sound_requested)
            self._blocks[name] = block
            self._layout.addWidget(block)

    def show_given(self, given: Mapping[str, Given]) -> None:
        """Show what is given of each column."""
        for name, block in self._blocks.items():
            block.show_given(given.get(name))

    def show_cells(self, cells: Mapping[str, Cells], tile: int) -> None:
        """Show the generated cells of a tile where none are given."""
        for name, rows in cells.items():
            block = self._blocks.get(name)
            if isinstance(block, _CellBlock):
                block.show_made(dict(zip(rows.fields, rows.rows[tile], strict=True)))

    def _make(self, name: str, facts: ColumnFacts, image_size: int) -> "_Block | None":
        label = column_label(name, facts.kind)
        match facts:
            case ImageFacts():
                return _PictureBlock(label, facts, image_size)
            case AudioFacts():
                return _SoundBlock(label, name, facts.rate)
            case TableFacts():
                return _CellBlock(label, facts)
            case TextFacts():
                return _TextBlock(label)


class _Block(QWidget):
    """The title of a column with a button that leaves it open."""

    given = Signal(object)
    file_requested = Signal()

    def __init__(self, label: str) -> None:
        super().__init__()
        self._state = plain_label(role="muted")
        self._open = push_button(self.tr("Leave open"), lambda: self.given.emit(None), role="small")
        self._open.setToolTip(self.tr("Generate {0} instead of giving it").format(label))
        head = spaced(QHBoxLayout(), SPACING)
        fill(head, (plain_label(label, role="heading"), 1), self._state, self._open)
        self.body = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        self.body.addLayout(head)
        self._open.hide()
        self._state.setText(self.tr("generated"))

    def show_given(self, value: Given | None) -> None:
        """Show a given value, or that there is none."""
        self._open.setVisible(value is not None)
        self._state.setText("" if value is not None else self.tr("generated"))
        self._state.setVisible(value is None)

    def _file_button(self, text: str) -> QPushButton:
        return push_button(text, self.file_requested, icon_name="open", role="small")


class _PictureBlock(_Block):
    def __init__(self, label: str, facts: ImageFacts, image_size: int) -> None:
        super().__init__(label)
        shape = facts.aspect.scaled(image_size)
        self._pad = DrawingPad()
        self._pad.set_shape(QSize(shape.width, shape.height), facts.channels)
        self._pad.drawn.connect(self.given)
        hint = plain_label(
            self.tr("Draw here, drop a picture, or paste one on the board (Ctrl+V)."), role="muted"
        )
        row = fill(spaced(QHBoxLayout(), SPACING), (hint, 1), self._file_button(self.tr("Open…")))
        fill(self.body, self._pad, row)

    def show_given(self, value: Given | None) -> None:
        super().show_given(value)
        self._pad.canvas.show_picture(value if isinstance(value, GivenPicture) else None)


class _SoundBlock(_Block):
    heard = Signal(object)
    """Carries the ``HeardSound`` to play or to stop."""

    def __init__(self, label: str, column: str, rate: int) -> None:
        super().__init__(label)
        self._column, self._rate = column, rate
        self._sound: GivenSound | None = None
        self._hint = plain_label(role="muted")
        self._play = push_button(self.tr("Play"), self._on_play, icon_name="sound", role="small")
        self._play.setAccessibleName(self.tr("Play or stop the given sound: {0}").format(label))
        self._play.setToolTip(self._play.accessibleName())
        row = fill(spaced(QHBoxLayout(), SPACING), (self._hint, 1), self._play)
        fill(self.body, fill(row, self._file_button(self.tr("Open…"))))
        self.show_given(None)

    def show_given(self, value: Given | None) -> None:
        super().show_given(value)
        self._sound = value if isinstance(value, GivenSound) else None
        self._play.setVisible(self._sound is not None)
        text = self.tr("Drop a sound to give it.")
        if self._sound is not None:
            seconds = len(self._sound.samples) / 2 / self._rate
            text = self.tr("{0} s").format(self.locale().toString(seconds, "f", 1))
        self._hint.setText(text)

    @Slot()
    def _on_play(self) -> None:
        if self._sound is not None:
            self.heard.emit(HeardSound(column=self._column, sound=self._sound, rate=self._rate))


class _TextBlock(_Block):
    def __init__(self, label: str) -> None:
        super().__init__(label)
        self._edit = QLineEdit()
        self._edit.setAccessibleName(label)
        self._edit.setPlaceholderText(self.tr("Leave it empty to have it generated"))
        self._edit.textEdited.connect(lambda text: self.given.emit(text.strip() or None))
        self.body.addWidget(self._edit)

    def show_given(self, value: Given | None) -> None:
        super().show_given(value)
        if not self._edit.hasFocus():
            self._edit.setText(value if isinstance(value, str) else "")


class _CellBlock(_Block):
    """A field for each cell; those that are left empty are generated and shown as placeholders."""

    def __init__(self, label: str, facts: TableFacts) -> None:
        super().__init__(label)
        self._fields = {field.name: field for field in facts.fields}
        self._edits: dict[str, QLineEdit | QComboBox] = {}
        self._names: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING)
        grid.setVerticalSpacing(SPACING // 2)
        grid.setColumnStretch(1, 1)
        for number, field in enumerate(facts.fields):
            control = self._edits[field.name] = self._control(field)
            name = self._names[field.name] = plain_label(field.name)
            name.setBuddy(control)
            grid.addWidget(name, number, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(control, number, 1)
        self.body.addLayout(grid)

    def show_given(self, value: Given | None) -> None:
        super().show_given(value)
        cells = dict(value.cells) if isinstance(value, GivenCells) else {}
        for name, control in self._edits.items():
            set_look(self._names[name], "role", "heading" if name in cells else "")
            text = str(cells.get(name, ""))
            if isinstance(control, QComboBox):
                control.setCurrentIndex(max(0, control.findData(text)))
            elif not control.hasFocus() and control.text().strip() != text:
                control.setText(text)

    def show_made(self, cells: Mapping[str, object]) -> None:
        """Show generated cells."""
        for name, control in self._edits.items():
            cell = cells.get(name)
            text = f"{cell:.4g}" if isinstance(cell, float) else str("–" if cell is None else cell)
            if isinstance(control, QComboBox):
                control.setItemText(0, text)
            else:
                control.setPlaceholderText(text)

    def _control(self, field: Field) -> QLineEdit | QComboBox:
        if isinstance(field, CategoricalField):
            control = QComboBox()
            control.addItem("", "")
            for value in sorted(field.values):
                control.addItem(value, value)
            control.activated.connect(self._on_edited)
        else:
            control = QLineEdit()
            control.textEdited.connect(self._on_edited)
        control.setAccessibleName(field.name)
        control.setToolTip(self.tr("Leave it empty to have it generated"))
        return control

    @Slot()
    def _on_edited(self) -> None:
        cells: dict[str, str] = {}
        for name, control in self._edits.items():
            text = str(control.currentData()) if isinstance(control, QComboBox) else control.text()
            try:
                check_cells((self._fields[name],), {name: text} if text.strip() else {})
            except CellsInvalidError:
                set_look(control, "invalid", value=True)
                continue
            set_look(control, "invalid", value=False)
            if text.strip():
                cells[name] = text.strip()
        self.given.emit(GivenCells(cells=cells) if cells else None)
