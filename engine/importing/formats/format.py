"""What a format is: a habit of keeping images and texts together, recognised and read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from engine.importing.accounts import Accounts
from engine.importing.candidate import Candidate, ImageRef, Pixels
from engine.importing.tree import Entry, Tree


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the names alone tell of a source."""

    entries: tuple[Entry, ...]
    """All files, in the tree's order."""
    suffixes: Mapping[str, int]
    """How many files there are of each suffix, lower case with its dot."""

    def of(self, *suffixes: str) -> list[Entry]:
        """Give the files of some suffixes (``.jpg``), in order."""
        return [e for e in self.entries if PurePosixPath(e.path).suffix.lower() in suffixes]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a source is to be read; which fields matter is the format's affair. Hashable, JSON-able.

    An empty field leaves the choice to the format.
    """

    format: str
    """Name of the format."""
    table: str = ""
    """Entry that holds the table or the annotations."""
    image_column: str = ""
    text_columns: tuple[str, ...] = ()
    """Columns, keys or metadata fields that hold texts; several give several captions."""
    label_column: str = ""
    """A column that makes groups, such as a class."""
    encoding: str = ""
    """Of the texts; empty detects it."""
    words: tuple[tuple[str, str], ...] = ()
    """What labels, numbers or folder names mean in words: (``3``, ``three``)."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A format's offer to read a source."""

    reading: Reading
    confidence: float
    """0 to 1; the source is read as the highest unless the user says otherwise."""
    images: int
    """Image files or rows that it would look at, as far as known without opening them all."""
    columns: tuple[str, ...] = ()
    """What ``image_column``, ``text_columns`` and ``label_column`` may be."""
    tables: tuple[str, ...] = ()
    """What ``table`` may be."""


class Format(Protocol):
    """Recognises and reads one habit. Instances hold no state of a source."""

    @property
    def name(self) -> str:
        """Key in the table of formats, such as ``sidecar``."""
        ...

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read a source; quick, opens at most a few small files.

        Never raises for what the source holds: a table that is none is no proposal.
        """
        ...

    def scan(
        self, tree: Tree, overview: Overview, reading: Reading, accounts: Accounts
    ) -> Iterator[Candidate]:
        """Find the items, always in the same order, streaming.

        Every file of ``overview`` ends up used or skipped in ``accounts``; so does every row that
        makes no item (``skip_item``). Images without a text and texts without an image are given
        out too: the build decides about them. Images are not opened.

        Raises:
            ConfigError: the reading names what is not there.
            SourceUnreadableError: the table that everything hangs on cannot be read.
        """
        ...

    def load(self, tree: Tree, image: ImageRef) -> bytes | Pixels:
        """Read an image's file content, or its pixels where the format has no files.

        May be called from several threads at once.

        Raises:
            EntryError: it cannot be read; says why.
        """
        ...
