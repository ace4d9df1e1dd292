"""Tables as rows of named values, whatever they are written in: CSV and kin, JSON, JSON lines."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from engine.importing.formats.delimited import has_header, records, sniff_separator
from engine.importing.formats.image_names import suffix_of
from engine.importing.formats.json_stream import JsonBrokenError, JsonStream, JsonValue
from engine.importing.formats.streams import encoding_of, lines_of, text_of
from engine.importing.tree import Tree

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


def layout_of(tree: Tree, path: str, encoding: str = "") -> Layout:
    """Find out how a table is written.

    Args:
        tree: the source.
        path: of the table.
        encoding: of its text; empty detects it.

    Raises:
        NoTableError: it is none.
        SourceUnreadableError: it cannot be read.
        ConfigError: the encoding is not known.
    """
    encoding = encoding_of(tree, path, encoding)
    suffix = suffix_of(path)
    if suffix in LINES_SUFFIXES:
        return Layout(path=path, encoding=encoding, kind="lines")
    if suffix == ".json":
        return Layout(path=path, encoding=encoding, kind=_json_kind(tree, path, encoding))
    return _delimited_layout(tree, path, encoding)


def rows_of(tree: Tree, layout: Layout) -> Iterator[Row]:
    """Give a table's rows, streaming.

    Raises:
        SourceUnreadableError: it cannot be read, or no further.
    """
    if layout.kind == "delimited":
        return _delimited_rows(tree, layout)
    return _line_rows(tree, layout) if layout.kind == "lines" else _json_rows(tree, layout)


def _json_kind(tree: Tree, path: str, encoding: str) -> str:
    # Many a file of JSON lines is called .json; a lone object without a list is no table.
    if _is_json_lines(tree, path, encoding):
        return "lines"
    stream = JsonStream(text_of(tree, path, encoding), encoding)
    try:
        is_list = stream.peek() in ("[", "{") and next(_json_list(stream), None) is not None
    except JsonBrokenError as error:
        raise NoTableError(path) from error
    if not is_list:
        raise NoTableError(path)
    return "json"


def _is_json_lines(tree: Tree, path: str, encoding: str) -> bool:
    texts = (line.text.strip() for line in lines_of(tree, path, encoding))
    first, second = islice(chain(filter(None, texts), ("", "")), 2)
    if not (first.startswith("{") and second.startswith("{")):
        return False
    try:
        return isinstance(JsonStream(iter([first])).value().value, dict)
    except JsonBrokenError:
        return False


def _delimited_layout(tree: Tree, path: str, encoding: str) -> Layout:
    lines = list(islice(lines_of(tree, path, encoding), _SNIFFED))
    separator = sniff_separator(lines)
    rows = [r.cells for r in records(iter(lines), separator) if r.cells] if separator else []
    if not rows:
        raise NoTableError(path)
    is_named = has_header(rows)
    names = rows[0] if is_named else [f"column {n + 1}" for n in range(len(rows[0]))]
    return Layout(
        path=path,
        encoding=encoding,
        kind="delimited",
        separator=separator,
        columns=_distinct(names),
        has_header=is_named,
    )


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for number, name in enumerate(names):
        plain = name.strip() or f"column {number + 1}"
        found[plain if plain not in found else f"{plain} ({number + 1})"] = None
    return tuple(found)


def _delimited_rows(tree: Tree, layout: Layout) -> Iterator[Row]:
    found = records(lines_of(tree, layout.path, layout.encoding), layout.separator)
    if layout.has_header:
        next(found, None)
    width = len(layout.columns)
    for number, record in enumerate(found, 1):
        problem, cells = record.problem, record.cells
        if not problem and len(cells) > width:
            # A text with unquoted commas, in the last column: put together again.
            cells = (*cells[: width - 1], layout.separator.join(cells[width - 1 :]))
        values = dict(zip(layout.columns, (cell.strip() for cell in cells), strict=False))
        yield Row(number, values, problem, record.raw, record.offset)


def _line_rows(tree: Tree, layout: Layout) -> Iterator[Row]:
    number = 0
    for line in lines_of(tree, layout.path, layout.encoding):
        if not line.text.strip():
            continue
        number += 1
        try:
            found = JsonStream(iter([line.text]), layout.encoding).value()
        except JsonBrokenError as error:
            yield Row(number, {}, str(error), "", -1)
        else:
            yield _row_of(number, JsonValue(found.value, line.text, line.offset))


def _json_rows(tree: Tree, layout: Layout) -> Iterator[Row]:
    stream = JsonStream(text_of(tree, layout.path, layout.encoding), layout.encoding)
    number = 0
    try:
        for found in _json_list(stream):
            number += 1
            yield _row_of(number, found)
    except JsonBrokenError as error:
        yield Row(number + 1, {}, str(error), "", -1)


def _json_list(stream: JsonStream) -> Iterator[JsonValue]:
    """Give the items of the list, or of the object's first list of objects."""
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
