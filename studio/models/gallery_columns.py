"""What a gallery is made from: for each column of a run, whether it is given or made."""

import json
import tempfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from engine.data.audio_headers import AUDIO_SUFFIXES
from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.facts import ColumnFacts, TableFacts, TextFacts
from engine.data.image_files import SUFFIXES as IMAGE_SUFFIXES
from engine.data.table_codec import check_cells
from engine.data.table_fields import Field
from engine.errors import CellsInvalidError
from engine.sample.prompts import Prompt, check_prompts
from engine.sample.request import numbered_lines
from studio.models.column_text import column_label

_TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")
_MAX_LISTED = 1_000


class GivenColumn:
    """The choice for one column."""

    def __init__(self, name: str, facts: ColumnFacts) -> None:
        self.name, self.facts = name, facts
        self.is_given = False
        """Whether the user gives it; otherwise it is made."""
        self.text = ""
        """Texts, one per line, of a column of texts; otherwise the path of a file of rows, of an
        image or a sound, or of a folder of them."""
        self.is_typed = False
        """Whether cells of a table are typed in, of which the rest is filled in."""
        self.cells: dict[str, str] = {}
        """The typed cells by field; empty texts are filled in."""

    @property
    def kind(self) -> str:
        """Kind of the column."""
        return self.facts.kind

    @property
    def label(self) -> str:
        """Label in the user's language."""
        return column_label(self.name, self.kind)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Fields of a table; none for other kinds."""
        return self.facts.fields if isinstance(self.facts, TableFacts) else ()

    @property
    def typed_cells(self) -> dict[str, str]:
        """The cells that are not left to be filled in."""
        return {name: text for name, text in self.cells.items() if text.strip()}

    @property
    def leaves_something(self) -> bool:
        """Whether the column, or a cell of it, is left to be made."""
        return not self.is_given or (self.is_typed and len(self.typed_cells) < len(self.fields))

    def hint(self) -> str:
        """Return what can be given, in the user's language."""
        translate = QCoreApplication.translate
        match self.facts:
            case TextFacts():
                return self.notes()
            case TableFacts(fields=fields):
                names = QLocale().createSeparatedList([field.name for field in fields])
                return translate("GivenColumn", "Fields: {0}").format(names)
            case _:
                return ""

    def notes(self) -> str:
        """Return what the run cannot make of single texts, one line each; empty if nothing."""
        return "\n".join(filter(None, map(prompt_note, self._prompts())))

    def problem(self) -> str:
        """Return why the column cannot be given; empty if it can, or is made."""
        if not self.is_given:
            return ""
        translate = QCoreApplication.translate
        if self.kind == TEXT:
            prompts = self._prompts()
            if not prompts:
                return translate("GalleryForm", "Write at least one text")
            return "" if any(not prompt.unknown for prompt in prompts) else self.notes()
        if self.is_typed:
            nothing = translate("GivenColumn", "Enter at least one cell")
            return "" if self.typed_cells else nothing
        path = path_of(self.text)
        is_there = path.is_file() if self.kind == TABLE else path.exists()
        wanted = {
            IMAGE: translate("GalleryForm", "Choose an image or a folder of images"),
            AUDIO: translate("GivenColumn", "Choose a sound or a folder of sounds"),
            TABLE: translate("GivenColumn", "Choose a file of rows: CSV or JSON lines"),
        }
        return "" if self.text.strip() and is_there else wanted[self.kind]

    def cell_problem(self, field: Field) -> str:
        """Return why a typed cell cannot be given; empty if it can, or is left to be made."""
        text = self.typed_cells.get(field.name)
        try:
            check_cells((field,), {} if text is None else {field.name: text})
        except CellsInvalidError:
            return QCoreApplication.translate("GivenColumn", "Enter a number")
        return ""

    @property
    def is_valid(self) -> bool:
        """Whether the column can be given, or is made."""
        are_cells_valid = not any(map(self.cell_problem, self.fields)) or not self.is_typed
        return not self.is_given or (are_cells_valid and not self.problem())

    def source(self) -> Path:
        """Return the file or folder for the engine; texts and cells are written to temporary files.

        Raises:
            OSError: they cannot be written.
        """
        if self.is_typed:
            return write_texts(json.dumps(self.typed_cells), suffix=".jsonl")
        return write_texts(self.text) if self.kind == TEXT else path_of(self.text)

    def _prompts(self) -> list[Prompt]:
        if not isinstance(self.facts, TextFacts):
            return []
        return check_prompts(numbered_lines(self.text), self.facts)


class GalleryColumns:
    """The choices for all columns of a run."""

    def __init__(self, columns: Mapping[str, ColumnFacts]) -> None:
        self.choices = tuple(GivenColumn(name, facts) for name, facts in columns.items())

    @property
    def are_pairs(self) -> bool:
        """Whether items are an image and a text, for which there are directions with names."""
        return sorted(column.kind for column in self.choices) in ([], [IMAGE, TEXT])

    @property
    def has_given(self) -> bool:
        """Whether a column is given."""
        return any(column.is_given for column in self.choices)

    @property
    def are_valid(self) -> bool:
        """Whether a gallery can be made."""
        return not self.nothing_left() and all(column.is_valid for column in self.choices)

    def fitting(self, path: Path) -> tuple[GivenColumn, ...]:
        """Return the columns that a file or folder can give; those that are not given come first.

        Texts are typed, not read from files.
        """
        kind = kind_of_file(path)
        found = (column for column in self.choices if column.kind == kind)
        return tuple(sorted(found, key=lambda column: column.is_given))

    def nothing_left(self) -> str:
        """Return the problem if no column is left to be made, else an empty text."""
        if any(column.leaves_something for column in self.choices):
            return ""
        return QCoreApplication.translate("GivenColumn", "Leave at least one to be made")

    def given(self) -> dict[str, Path]:
        """Return the file or folder of each given column.

        Raises:
            OSError: texts cannot be written to a temporary file.
        """
        return {column.name: column.source() for column in self.choices if column.is_given}

    def made(self) -> tuple[str, ...]:
        """Return the names of the columns to make."""
        return tuple(column.name for column in self.choices if not column.is_given)


def kind_of_file(path: Path) -> str:
    """Return the kind of column that a file or a folder of files can give; empty if none can."""
    kinds = {
        **dict.fromkeys(IMAGE_SUFFIXES, IMAGE),
        **dict.fromkeys(AUDIO_SUFFIXES, AUDIO),
        **dict.fromkeys(_TABLE_SUFFIXES, TABLE),
    }
    if not path.is_dir():
        return kinds.get(path.suffix.lower(), "")
    try:
        found = [kinds.get(file.suffix.lower()) for file in islice(path.iterdir(), _MAX_LISTED)]
    except OSError:
        return ""
    return next((kind for kind in (IMAGE, AUDIO) if kind in found), "")


def prompt_note(prompt: Prompt) -> str:
    """Return what the run cannot make of a text, in the user's language; empty if nothing."""
    translate = QCoreApplication.translate
    if prompt.unknown:
        refused = translate("GalleryForm", "Line {0} is not drawn; the run does not know: {1}")
        return refused.format(prompt.line, ", ".join(prompt.unknown))
    if not prompt.drawn_as:
        return ""
    cut = translate("GalleryForm", "Line {0} is too long for the run and is drawn as “{1}”")
    return cut.format(prompt.line, prompt.drawn_as)


def write_texts(texts: str, *, suffix: str = ".txt") -> Path:
    """Write texts to a temporary file for the engine.

    Raises:
        OSError: they cannot be written.
    """
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="diptych-texts-", suffix=suffix, delete=False
    ) as file:
        file.write(texts)
    return Path(file.name)


def path_of(text: str) -> Path:
    """Return the path that was typed."""
    return Path(text.strip()).expanduser()
