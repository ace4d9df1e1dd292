"""Tables as rows of named values, from CSV and TSV, JSON, and JSON lines.

CSV is read tolerantly: delimiter, quoting and header are detected, ragged rows are kept.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Any

import numpy as np

from engine.data.table_cells import read_numbers
from engine.importing.formats.format import suffix_of
from engine.importing.formats.json_stream import JsonBrokenError, JsonStream, JsonValue
from engine.importing.formats.names import is_column_name, is_image
from engine.importing.formats.records import flat_record
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
    best, most = "", 0.5
    for separator in SEPARATORS:
        rows = [r.cells for r in records(iter(lines), separator) if not r.problem]
        if not rows or len(rows[0]) < 2:
            continue
        width, has_names = len(rows[0]), has_header(rows)
        # Texts without quotation marks hold separators of their own.
        fitting = sum(
            len(row) == width or (len(row) > 1 and (has_names or is_image(row[0].strip())))
            for row in rows
        )
        named = sum(is_image(cell.strip()) for row in rows for cell in row[:1])
        share = (fitting + 0.5 * named) / len(rows)
        if share > most:
            best, most = separator, share
    return best


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns."""
    first = [cell.strip() for cell in rows[0]]
    if any(is_image(cell) for cell in first):
        return False
    if any(is_column_name(cell) for cell in first):
        return True
    below = [cell for row in rows[1:] for cell in row]
    return any(is_image(cell.strip()) for cell in below) or _names_numbers(first, rows[1:])


_MIN_NUMBERS = 3


def _names_numbers(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds no number, and at least one column below holds nothing else."""
    if len(below) < _MIN_NUMBERS or "" in first or len(set(first)) < len(first):
        return False
    columns = [[row[n] for row in below if n < len(row)] for n in range(len(first))]
    has_numbers = any(
        len(cells) == len(below) and np.isfinite(read_numbers(cells)).all() for cells in columns
    )
    return has_numbers and not np.isfinite(read_numbers(first)).any()


TABLE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".tab", ".lst")
LINES_SUFFIXES = (".jsonl", ".ndjson")
_SPACED_SUFFIXES = (".txt", ".lst")
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
    """``delimited``, ``lines`` (a JSON value on each), ``json`` (a list of rows), ``json-map`` (an
    object with an entry for each image) or ``json-columns`` (an object of columns)."""
    separator: str = ""
    columns: tuple[str, ...] = ()
    """Of a delimited table."""
    first_row: int = 0
    """Rows before the first row of data."""


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
    readers = {
        "delimited": _delimited_rows,
        "lines": _line_rows,
        "json": _json_rows,
        "json-map": _json_map_rows,
        "json-columns": _json_column_rows,
    }
    return readers[layout.kind](archive, layout)


_MEMBERS_SEEN = 40


def _json_kind(archive: Archive, path: str, encoding: str) -> str:
    # Many a file of JSON lines is called .json.
    if _is_json_lines(archive, path, encoding):
        return "lines"
    stream = JsonStream(text_of(archive, path, encoding), encoding)
    try:
        if stream.peek() == "[":
            kind = "json" if any(map(_is_row, islice(stream.items(), 1))) else ""
        else:
            kind = _json_object_kind(stream) if stream.peek() == "{" else ""
    except JsonBrokenError as error:
        raise NoTableError(path) from error
    if not kind:
        raise NoTableError(path)
    return kind


def _is_row(item: JsonValue) -> bool:
    """Whether a value in a list is a row: an object, or a list that starts with a name."""
    value = item.value
    is_pair = isinstance(value, list) and len(value) > 1 and isinstance(value[0], str)
    return is_pair or isinstance(value, dict)


def _json_object_kind(stream: JsonStream) -> str:
    """Say how an object holds a table, going by its first members; empty if it holds none."""
    columns = entries = 0
    for seen, key in enumerate(stream.members()):
        is_list = stream.peek() == "["
        if is_list:
            items = stream.items()
            first = next(items, None)
            if first is not None and _is_row(first):
                return "json"
            deque(items, maxlen=0)
            value: object = None if first is None else [first.value]
        else:
            value = stream.value().value
        if is_column_name(key) and isinstance(value, list | dict):
            columns += 1
        elif isinstance(value, str | list | dict):
            entries += 1
        if seen >= _MEMBERS_SEEN:
            break
    if columns > 1 and not entries:
        return "json-columns"
    return "json-map" if entries else ""


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
    if not separator and suffix_of(path) in _SPACED_SUFFIXES:
        return _spaced_layout(path, encoding, lines)
    rows = [r.cells for r in records(iter(lines), separator) if r.cells] if separator else []
    if not rows:
        raise NoTableError(path)
    is_named = has_header(rows)
    # Without a header, a row may be wider than others because its text holds separators.
    width = len(rows[0]) if is_named else min(len(row) for row in rows if len(row) > 1)
    columns: dict[str, None] = {}
    for number, cell in enumerate(rows[0][:width], 1):
        name = (cell.strip() if is_named else "") or f"column {number}"
        columns[name if name not in columns else f"{name} ({number})"] = None
    return Layout(
        path=path,
        encoding=encoding,
        kind="delimited",
        separator=separator,
        columns=tuple(columns),
        first_row=int(is_named),
    )


def _spaced_layout(path: str, encoding: str, lines: Sequence[Line]) -> Layout:
    """Detect rows that begin with an image's name and have spaces between the cells.

    CelebA's tables have the number of rows on a line of its own, then a header without the first
    column.
    """
    rows = [line.text.split() for line in lines if line.text.strip()]
    first = next((n for n, row in enumerate(rows) if is_image(row[0])), len(rows))
    data = [row for row in rows[first:] if is_image(row[0]) and len(row) > 1]
    if first > 2 or not data or len(data) < len(rows) - first:
        raise NoTableError(path)
    columns = ("column 1", "column 2")
    if first and len(rows[first - 1]) + 1 == len(data[0]):
        columns = ("column 1", *rows[first - 1])
    return Layout(
        path=path,
        encoding=encoding,
        kind="delimited",
        separator=" ",
        columns=tuple(dict.fromkeys(columns)),
        first_row=first,
    )


def _delimited_rows(archive: Archive, layout: Layout) -> Iterator[Row]:
    found = records(lines_of(archive, layout.path, layout.encoding), layout.separator)
    width = len(layout.columns)
    for number, record in enumerate(islice(found, layout.first_row, None), 1):
        problem, cells = record.problem, record.cells
        if not problem and len(cells) > width:
            # A text with unquoted commas in the last column stays whole.
            if '"' in record.raw:
                cells = (*cells[: width - 1], layout.separator.join(cells[width - 1 :]))
            else:
                cells = tuple(record.raw.split(layout.separator, width - 1))
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
    """Yield the items of the list, or of the object's first list of rows."""
    if stream.peek() == "[":
        yield from stream.items()
        return
    is_found = False
    for _key in stream.members():
        if is_found or stream.peek() != "[":
            stream.skip()
            continue
        for number, item in enumerate(stream.items()):
            is_found = is_found or (number == 0 and _is_row(item))
            if is_found:
                yield item


def _json_map_rows(archive: Archive, layout: Layout) -> Iterator[Row]:
    """Yield the entries of an object: the name of an image, and its caption, captions or record."""
    stream = JsonStream(text_of(archive, layout.path, layout.encoding), layout.encoding)
    number = 0
    try:
        for key in stream.members():
            number += 1
            value = stream.value().value
            inner = value if isinstance(value, dict) else {"text": value}
            yield Row(number, {"file_name": key} | dict(flat_record(inner)), "", "", -1)
    except JsonBrokenError as error:
        yield Row(number + 1, {}, str(error), "", -1)


def _json_column_rows(archive: Archive, layout: Layout) -> Iterator[Row]:
    """Yield the rows of an object of columns, as pandas writes them; these are read whole."""
    stream = JsonStream(text_of(archive, layout.path, layout.encoding), layout.encoding)
    columns: dict[str, list[Any]] = {}
    problem = ""
    try:
        for key in stream.members():
            if stream.peek() == "[":
                columns[key] = [item.value for item in stream.items()]
            elif isinstance(value := stream.value().value, dict):
                columns[key] = list(value.values())
    except JsonBrokenError as error:
        problem = str(error)
    for number, cells in enumerate(zip_longest(*columns.values()), 1):
        yield Row(number, dict(zip(columns, cells, strict=True)), "", "", -1)
    if problem:
        yield Row(max(map(len, columns.values()), default=0) + 1, {}, problem, "", -1)


def _row_of(number: int, found: JsonValue) -> Row:
    match found.value:
        case dict() as record:
            return Row(number, flat_record(record), "", found.raw, found.offset)
        case [str() as name, *cells] if cells:
            # Class numbers are labels.
            is_label = isinstance(cells[0], int)
            values = {"file_name": name, "label" if is_label else "text": cells[0]}
            values |= {f"column {n}": cell for n, cell in enumerate(cells[1:], 3)}
            return Row(number, values, "", "", -1)
        case _:
            return Row(number, {}, "it is no object", "", -1)
