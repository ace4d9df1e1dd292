"""Reads CSV, TSV and their kin row by row, and survives what people do to them."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.importing.formats.column_names import is_column_name
from engine.importing.formats.image_names import is_image
from engine.importing.formats.streams import Line
from engine.importing.limits import LIMITS

SEPARATORS = ",\t;|"
_MOST_LINES = 200
"""Of one row: beyond, a quotation mark was forgotten."""

# The module's own bound is global and too small for images within tables.
csv.field_size_limit(LIMITS.row_bytes)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of cells."""

    cells: tuple[str, ...]
    problem: str
    """Why there are no cells; empty if there are."""
    raw: str
    offset: int
    """Of its first byte in the file; -1 where it is not known."""


class _TooLongError(Exception):
    """A row goes on and on."""


class _Feed:
    """Feeds lines to the csv module, and takes back those that it should not have read."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._waiting: deque[Line] = deque()
        self._size = 0
        self.fed: list[Line] = []
        self.is_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.fed) >= _MOST_LINES or self._size > LIMITS.row_bytes:
            raise _TooLongError
        line = self._waiting.popleft() if self._waiting else next(self._lines, None)
        if line is None:
            self.is_ended = True
            raise StopIteration
        self.fed.append(line)
        self._size += len(line.text)
        return line.text

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self.fed, self._size = [], 0

    def take_back(self) -> None:
        """Keep the first line of the row, and read the others again as rows of their own."""
        self._waiting.extendleft(reversed(self.fed[1:]))
        del self.fed[1:]
        self.is_ended = False


def records(lines: Iterator[Line], separator: str) -> Iterator[Record]:
    """Give the rows of a table; blank ones are left out.

    A row whose quotation mark never closes costs that one line: the lines below are rows again.
    """
    feed = _Feed(lines)
    while True:
        feed.start_row()
        cells, problem = _next_row(feed, separator)
        if not feed.fed:
            return
        if problem or any(cell.strip() for cell in cells):
            raw = "".join(line.text for line in feed.fed)
            yield Record(tuple(cells), problem, raw, feed.fed[0].offset)


def _next_row(feed: _Feed, separator: str) -> tuple[Sequence[str], str]:
    try:
        # A reader holds no state between rows, and after an error only a new one is sound.
        cells = next(csv.reader(feed, delimiter=separator, skipinitialspace=True), ())
    except (csv.Error, _TooLongError) as error:
        feed.take_back()
        return (), str(error) or "a quotation mark is not closed"
    # The module asks for another line only within quotation marks.
    if feed.is_ended and len(feed.fed) > 1:
        feed.take_back()
        return (), "a quotation mark is not closed"
    return cells, ""


def sniff_separator(lines: Sequence[Line]) -> str:
    """Find what separates the cells; empty if nothing makes a table of these lines."""
    best, most = "", 0.0
    for separator in SEPARATORS:
        widths = [len(r.cells) for r in records(iter(lines), separator) if not r.problem]
        if not widths or widths[0] < 2:
            continue
        # Texts hold commas of their own, so rows may be wider than the first, but rarely narrower.
        fitting = sum(width == widths[0] for width in widths) / len(widths)
        if fitting > most:
            best, most = separator, fitting
    return best if most >= 0.5 else ""


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns."""
    first = [cell.strip() for cell in rows[0]]
    if any(is_image(cell) for cell in first):
        return False
    if any(is_column_name(cell) for cell in first):
        return True
    below = [cell for row in rows[1:] for cell in row]
    return bool(below) and any(is_image(cell.strip()) for cell in below)
