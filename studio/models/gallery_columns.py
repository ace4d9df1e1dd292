"""What a gallery is made from: for each column of a run, whether it is given or made."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.facts import ColumnFacts, TableFacts, TextFacts
from engine.sample.prompts import Prompt, check_prompts
from engine.sample.request import numbered_lines
from studio.models.column_text import column_label


class GivenColumn:
    """The choice for one column."""

    def __init__(self, name: str, facts: ColumnFacts) -> None:
        self.name, self.facts = name, facts
        self.is_given = False
        """Whether the user gives it; otherwise it is made."""
        self.text = ""
        """Texts, one per line, of a column of texts; otherwise the path of a file of rows, or of a
        folder of images or sounds."""

    @property
    def kind(self) -> str:
        """Kind of the column."""
        return self.facts.kind

    @property
    def label(self) -> str:
        """Label in the user's language."""
        return column_label(self.name, self.kind)

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
        path = path_of(self.text)
        is_there = path.is_file() if self.kind == TABLE else path.is_dir()
        wanted = {
            IMAGE: translate("GalleryForm", "Choose a folder of images"),
            AUDIO: translate("GivenColumn", "Choose a folder of sounds"),
            TABLE: translate("GivenColumn", "Choose a file of rows: CSV or JSON lines"),
        }
        return "" if self.text.strip() and is_there else wanted[self.kind]

    def source(self) -> Path:
        """Return the file or folder for the engine; texts are written to a temporary file.

        Raises:
            OSError: the texts cannot be written.
        """
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

    def problems(self) -> dict[str, str]:
        """Return the problems by column, in the user's language."""
        nothing = self.nothing_left()
        found = {column.name: nothing or column.problem() for column in self.choices}
        return {name: text for name, text in found.items() if text}

    def nothing_left(self) -> str:
        """Return the problem if no column is left to be made, else an empty text."""
        if not all(column.is_given for column in self.choices):
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


def write_texts(texts: str) -> Path:
    """Write texts to a temporary file for the engine.

    Raises:
        OSError: they cannot be written.
    """
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="diptych-texts-", suffix=".txt", delete=False
    ) as file:
        file.write(texts)
    return Path(file.name)


def path_of(text: str) -> Path:
    """Return the path that was typed."""
    return Path(text.strip()).expanduser()
