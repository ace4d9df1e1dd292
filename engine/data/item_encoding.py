"""Items as columns of Arrow: their schema, and records converted to it.

- ``split``: index in ``SPLITS``; ``key``, ``label``, ``group``: texts, null if there is none;
  ``tags``: a list; ``extra``: the other members of the record, as a JSON object.
- For each column of the dataset: ``<name>_row``, int32, of an array (-1: the item has none);
  ``<name>``, a list of all captions, of texts; ``<name>``, a struct with a member for each field,
  of a table, where null is a missing cell, or a missing row.

This module loads Arrow; import it on use.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from engine.data.column_info import (
    IMAGE,
    TEXT,
    ColumnInfo,
    FieldInfo,
    FieldKind,
    first_of_kind,
)
from engine.data.manifest import TRAIN, VALIDATION, Record

SPLITS = (TRAIN, VALIDATION)
STRING_FIELDS = ("key", "label", "group")
MAX_ROW = 2**31 - 1
_OWN = frozenset({"split", *STRING_FIELDS, "tags", "extra"})
_TEXTS = pa.list_(pa.utf8())

Row = Mapping[str, Any]
"""An item by column of Arrow."""


def schema_of(columns: Sequence[ColumnInfo]) -> pa.Schema:
    """Return the schema of items.arrow for a dataset's columns."""
    fields = [
        pa.field("split", pa.uint8(), nullable=False),
        *(pa.field(name, pa.utf8()) for name in STRING_FIELDS),
        pa.field("tags", _TEXTS, nullable=False),
        pa.field("extra", pa.utf8()),
    ]
    for column in columns:
        if column.is_array:
            fields.append(pa.field(f"{column.name}_row", pa.int32(), nullable=False))
        elif column.kind == TEXT:
            fields.append(pa.field(column.name, _TEXTS, nullable=False))
        else:
            members = [(field.name, _CELL_TYPES[field.kind]) for field in column.fields]
            fields.append(pa.field(column.name, pa.struct(members)))
    return pa.schema(fields)


_CELL_TYPES = {FieldKind.NUMERIC: pa.float64(), FieldKind.CATEGORICAL: pa.utf8()}


class RecordEncoder:
    """Convert records to rows of Arrow columns; see ``engine.data.manifest.Record``.

    Args:
        columns: of the dataset.
    """

    def __init__(self, columns: Sequence[ColumnInfo]) -> None:
        self._columns = tuple(columns)
        first = {kind: first_of_kind(columns, kind) for kind in (IMAGE, TEXT)}
        self._first_image, self._first_text = first[IMAGE], first[TEXT]
        self._taken = _OWN | {"text", "texts", "image"} | {column.name for column in columns}
        self._next_row = {column.name: 0 for column in columns if column.is_array}

    def encode(self, record: Record) -> tuple[Row, tuple[str, ...]]:
        """Convert a record.

        An array's ``True`` takes the row after the last that was taken so; so does a picture of the
        first column of pictures that the record does not mention.

        Returns:
            The row, and the names of the columns that the item has.

        Raises:
            ValueError: the record is malformed; the message is a clause about it.
        """
        if record.get("split") not in SPLITS:
            raise ValueError("lacks its split")
        row: dict[str, Any] = {
            "split": SPLITS.index(record["split"]),
            "key": _string(record, "key"),
            "label": _printed(record.get("label")),
            "group": _printed(record.get("group")),
            "tags": _strings(record.get("tags", []), "tags"),
            "extra": self._extra(record),
        }
        present: list[str] = []
        for column in self._columns:
            place, value, is_present = self._encoded(column, record)
            row[place] = value
            if is_present:
                present.append(column.name)
        if not present:
            raise ValueError("has none of the columns")
        return row, tuple(present)

    def _extra(self, record: Record) -> str | None:
        if record.keys() <= self._taken:
            return None
        extra = {name: value for name, value in record.items() if name not in self._taken}
        return json.dumps(extra, ensure_ascii=False)

    def _encoded(self, column: ColumnInfo, record: Record) -> tuple[str, Any, bool]:
        """Return the Arrow column, the item's value, and whether it has one."""
        if column.is_array:
            row = self._row(column, record)
            return f"{column.name}_row", row, row >= 0
        if column.kind == TEXT:
            captions = self._captions(column, record)
            return column.name, captions, bool(captions)
        cells = record.get(column.name)
        if cells is None:
            return column.name, None, False
        return column.name, _cells(column, cells), True

    def _row(self, column: ColumnInfo, record: Record) -> int:
        value = record.get(column.name)
        if value is None and column is self._first_image:
            value = record.get("image", True)
        if value is True:
            row = self._next_row[column.name]
            self._next_row[column.name] = row + 1
            return row
        if value is None or value is False:
            return -1
        if type(value) is not int or not 0 <= value <= MAX_ROW:
            raise ValueError(f"has a malformed '{column.name}'")
        return value

    def _captions(self, column: ColumnInfo, record: Record) -> list[str]:
        value = record.get(column.name)
        if column is self._first_text:
            value = record.get("text") if value is None else value
            captions = _strings(record.get("texts", []), "texts")
            if captions and value is None:
                raise ValueError("has malformed texts: no first one")
            value = captions or value
        if value is None:
            return []
        return [value] if isinstance(value, str) else _strings(value, column.name)


def table_of_rows(rows: Sequence[Row], schema: pa.Schema) -> pa.RecordBatch:
    """Build a batch of rows."""
    arrays = [pa.array([row[field.name] for row in rows], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def text_bytes(row: Row) -> int:
    """Return the size of an item's texts in UTF-8.

    Raises:
        ValueError: one cannot be encoded.
    """
    size = 0
    try:
        for value in row.values():
            if isinstance(value, str):
                size += len(value.encode())
            elif isinstance(value, list | dict):
                cells = value.values() if isinstance(value, dict) else value
                size += sum([len(cell.encode()) for cell in cells if isinstance(cell, str)])
    except UnicodeEncodeError as error:
        raise ValueError("hold half a character") from error
    return size


def _cells(column: ColumnInfo, cells: Any) -> dict[str, float | str | None]:
    names = [field.name for field in column.fields]
    if not isinstance(cells, Mapping) or not set(cells) <= set(names):
        raise ValueError(f"has a malformed '{column.name}'")
    return {field.name: _cell(field, cells.get(field.name)) for field in column.fields}


def _cell(field: FieldInfo, value: Any) -> float | str | None:
    if value is None:
        return None
    if field.kind is FieldKind.CATEGORICAL:
        if not isinstance(value, str):
            raise ValueError(f"has a malformed '{field.name}': a text is expected")
        return value
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"has a malformed '{field.name}': a number is expected") from error
    if math.isinf(number):
        raise ValueError(f"has a malformed '{field.name}': it is infinite")
    return None if math.isnan(number) else number


def _string(record: Record, name: str) -> str | None:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"has a malformed '{name}'")
    return value


def _printed(value: Any) -> str | None:
    return None if value is None else str(value)


def _strings(value: Any, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise ValueError(f"has a malformed '{name}'")
    return list(value)
