"""Tables as rows of named values, from CSV and TSV, JSON, and JSON lines.

CSV is read tolerantly: delimiter, quoting and header are detected, ragged rows are kept.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from engine.importing.formats.json_stream import JsonBrokenError, JsonStream, JsonValue
from engine.importing.formats.names import is_column_name, is_image, suffix_of
from engine.importing.formats.streams import Line, encoding_of, lines_of, text_of
from engine.importing.sources.archive import LIMITS, Archive

SEPARATORS = ",\t;|"
_MAX_LINES = 200
"""Of one row; more lines mean that a quotation mark is not closed."""

# The default limit is too small for images within tables.
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
    """A row is too long."""


class _Feed:
    """Feeds lines to the csv module; lines that it should not have read can be returned."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._waiting: deque[Line] = deque()
        self._size = 0
        self.fed: list[Line] = []
        self.is_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.fed) >= _MAX_LINES or self._size > LIMITS.row_bytes:
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
        """Keep the first line of the row; the others are read again as separate rows."""
        self._waiting.extendleft(reversed(self.fed[1:]))
        del self.fed[1:]
        self.is_ended = False


def records(lines: Iterator[Line], separator: str) -> Iterator[Record]:
    """Yield the rows of a table; blank ones are left out.

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
        # A new reader for each row: after an error a reader cannot be used again.
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
    """Whether the first row names the columns."""
    first = [cell.strip() for cell in rows[0]]
    if any(is_image(cell) for cell in first):
        return False
    if any(is_column_name(cell) for cell in first):
        return True
    below = [cell for row in rows[1:] for cell in row]
    return bool(below) and any(is_image(cell.strip()) for cell in below)


TABLE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".tab")
LINES_SUFFIXES = (".jsonl", ".ndjson")
_SNIFFED = 30


class NoTableError(ValueError):
    """A file that is no table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data."""

    number: int
    """1 for the first row of data."""
    values: Mapping[str, Any]
    """By column."""
    problem: str
    """Why there are no values; empty if there are."""
    raw: str
    offset: int
    """Of ``raw`` in the file, in bytes; -1 where it is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How a table is written."""

    path: str
    encoding: str
    kind: str
    """``delimited``, ``lines`` (a JSON value on each) or ``json``."""
    separator: str = ""
    columns: tuple[str, ...] = ()
    """Of a delimited table."""
    has_header: bool = False


def layout_of(archive: Archive, path: str, encoding: str = "") -> Layout:
    """Detect how a table is written.

    Args:
        archive: the source.
        path: of the table.
        encoding: of its text; empty detects it.

    Raises:
        NoTableError: it is none.
        SourceUnreadableError: it cannot be read.
        ConfigError: the encoding is not known.
    """
    encoding = encoding_of(archive, path, encoding)
    suffix = suffix_of(path)
    if suffix in LINES_SUFFIXES:
        return Layout(path=path, encoding=encoding, kind="lines")
    if suffix == ".json":
        return Layout(path=path, encoding=encoding, kind=_json_kind(archive, path, encoding))
    return _delimited_layout(archive, path, encoding)


def rows_of(archive: Archive, layout: Layout) -> Iterator[Row]:
    """Yield a table's rows, streaming.

    Raises:
        SourceUnreadableError: it cannot be read, or no further.
    """
    if layout.kind == "delimited":
        return _delimited_rows(archive, layout)
    return _line_rows(archive, layout) if layout.kind == "lines" else _json_rows(archive, layout)


def _json_kind(archive: Archive, path: str, encoding: str) -> str:
    # Many a file of JSON lines is called .json; a lone object without a list is no table.
    if _is_json_lines(archive, path, encoding):
        return "lines"
    stream = JsonStream(text_of(archive, path, encoding), encoding)
    try:
        is_list = stream.peek() in ("[", "{") and next(_json_list(stream), None) is not None
    except JsonBrokenError as error:
        raise NoTableError(path) from error
    if not is_list:
        raise NoTableError(path)
    return "json"


def _is_json_lines(archive: Archive, path: str, encoding: str) -> bool:
    texts = (line.text.strip() for line in lines_of(archive, path, encoding))
    first, second = islice(chain(filter(None, texts), ("", "")), 2)
    if not (first.startswith("{") and second.startswith("{")):
        return False
    try:
        return isinstance(JsonStream(iter([first])).value().value, dict)
    except JsonBrokenError:
        return False


def _delimited_layout(archive: Archive, path: str, encoding: str) -> Layout:
    lines = list(islice(lines_of(archive, path, encoding), _SNIFFED))
    separator = sniff_separator(lines)
    rows = [r.cells for r in records(iter(lines), separator) if r.cells] if separator else []
    if not rows:
        raise NoTableError(path)
    is_named = has_header(rows)
    columns: dict[str, None] = {}
    for number, cell in enumerate(rows[0], 1):
        name = (cell.strip() if is_named else "") or f"column {number}"
        columns[name if name not in columns else f"{name} ({number})"] = None
    return Layout(
        path=path,
        encoding=encoding,
        kind="delimited",
        separator=separator,
        columns=tuple(columns),
        has_header=is_named,
    )


def _delimited_rows(archive: Archive, layout: Layout) -> Iterator[Row]:
    found = records(lines_of(archive, layout.path, layout.encoding), layout.separator)
    if layout.has_header:
        next(found, None)
    width = len(layout.columns)
    for number, record in enumerate(found, 1):
        problem, cells = record.problem, record.cells
        if not problem and len(cells) > width:
            # A text with unquoted commas in the last column is joined again.
            cells = (*cells[: width - 1], layout.separator.join(cells[width - 1 :]))
        values = dict(zip(layout.columns, (cell.strip() for cell in cells), strict=False))
        yield Row(number, values, problem, record.raw, record.offset)


def _line_rows(archive: Archive, layout: Layout) -> Iterator[Row]:
    number = 0
    for line in lines_of(archive, layout.path, layout.encoding):
        if not line.text.strip():
            continue
        number += 1
        try:
            found = JsonStream(iter([line.text]), layout.encoding).value()
        except JsonBrokenError as error:
            yield Row(number, {}, str(error), "", -1)
        else:
            yield _row_of(number, JsonValue(found.value, line.text, line.offset))


def _json_rows(archive: Archive, layout: Layout) -> Iterator[Row]:
    stream = JsonStream(text_of(archive, layout.path, layout.encoding), layout.encoding)
    number = 0
    try:
        for found in _json_list(stream):
            number += 1
            yield _row_of(number, found)
    except JsonBrokenError as error:
        yield Row(number + 1, {}, str(error), "", -1)


def _json_list(stream: JsonStream) -> Iterator[JsonValue]:
    """Yield the items of the list, or of the object's first list of objects."""
    if stream.peek() == "[":
        yield from stream.items()
        return
    is_found = False
    for _key in stream.members():
        if is_found or stream.peek() != "[":
            stream.skip()
            continue
        for number, item in enumerate(stream.items()):
            is_found = is_found or (number == 0 and isinstance(item.value, dict))
            if is_found:
                yield item


def _row_of(number: int, found: JsonValue) -> Row:
    if not isinstance(found.value, dict):
        return Row(number, {}, "it is no object", "", -1)
    return Row(number, found.value, "", found.raw, found.offset)
