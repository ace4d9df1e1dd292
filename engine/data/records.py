"""The items of an open dataset as records, each read from Arrow when it is asked for."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from engine.data.column_info import IMAGE, TEXT
from engine.data.columns import ArrayColumn, Chunks, Column, TextColumn
from engine.data.content_hash import validity
from engine.data.manifest import TRAIN, VALIDATION, Record
from engine.errors import DatasetCorruptError
from engine.fs.untrusted import MalformedFileError, read_table

_PIECE = 1_024


class Records(Sequence[Record]):
    """All items of a dataset as records, in order; see ``engine.data.manifest.Record``.

    Args:
        folder: of the dataset, for errors.
        fields: the members that are not columns of the dataset, by name.
        columns: of the dataset.

    Raises:
        DatasetCorruptError: on access to an item, its further members are malformed.
    """

    def __init__(
        self, folder: Path, fields: Mapping[str, Chunks], columns: Mapping[str, Column]
    ) -> None:
        self._folder, self._fields = folder, fields
        first: dict[str, Column] = {}
        for column in columns.values():
            first.setdefault(column.kind, column)
        self._image, self._text = first.get(IMAGE), first.get(TEXT)
        self._others = [c for c in columns.values() if c not in (self._image, self._text)]
        self._counts_images = isinstance(self._image, ArrayColumn) and _is_counted(self._image)
        self._taken = {*fields, *columns, "text", "texts", "image"}
        self._piece: tuple[int, list[Record]] = (0, [])

    def __len__(self) -> int:
        return len(self._fields["split"])

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[item] for item in range(*index.indices(len(self)))]
        item = index + len(self) if index < 0 else index
        if not 0 <= item < len(self):
            raise IndexError(index)
        start, piece = self._piece
        if not start <= item < start + len(piece):
            # Who asks for items in order gets the next ones too.
            is_next = start <= item <= start + len(piece) + _PIECE
            start, piece = item, self._read(item, item + (_PIECE if is_next else 1))
            self._piece = start, piece
        return piece[item - start]

    def __iter__(self) -> Iterator[Record]:
        for start in range(0, len(self), _PIECE):
            yield from self._read(start, start + _PIECE)

    def _read(self, start: int, stop: int) -> list[Record]:
        """Read consecutive items."""
        stop = min(stop, len(self))
        records = self._beginnings(start, stop)
        self._add_texts(records, start, stop)
        for name in ("label", "group", "key", "tags"):
            self._add(records, name, _values(self._fields[name], start, stop))
        for record, extra in zip(
            records, _values(self._fields["extra"], start, stop), strict=False
        ):
            if extra:
                record.update(self._parsed(extra))
        for column in self._others:
            self._add(records, column.name, _column_values(column, start, stop))
        return list[Record](records)

    def _beginnings(self, start: int, stop: int) -> list[dict[str, Any]]:
        names = (TRAIN, VALIDATION)
        splits = [names[number] for number in _values(self._fields["split"], start, stop)]
        records: list[dict[str, Any]] = [{"text": None, "split": split} for split in splits]
        if not isinstance(self._image, ArrayColumn):
            for record in records:
                record["image"] = False
            return records
        for record, row in zip(records, self._image.rows[start:stop].tolist(), strict=True):
            if row < 0:
                record["image"] = False
            elif not self._counts_images:
                record["image"] = row
        return records

    def _add_texts(self, records: list[dict[str, Any]], start: int, stop: int) -> None:
        if not isinstance(self._text, TextColumn):
            return
        for record, texts in zip(records, _values(self._text.chunks, start, stop), strict=False):
            if texts:
                record["text"] = texts[0]
            if len(texts) > 1:
                record["texts"] = texts

    def _add(self, records: list[dict[str, Any]], name: str, values: Sequence[Any]) -> None:
        """Set a member of each record that has a value; no values at all are as good as None."""
        for record, value in zip(records, values, strict=False):
            if value is not None and value != []:
                record[name] = value

    def _parsed(self, extra: str) -> dict[str, Any]:
        try:
            found = read_table(extra.encode(), "what an item has besides")
        except MalformedFileError as error:
            raise DatasetCorruptError(self._folder, str(error)) from error
        return {name: value for name, value in found.items() if name not in self._taken}


def _is_counted(column: ArrayColumn) -> bool:
    """Whether the items that have a row have 0, 1, 2 and so on."""
    rows = column.rows[column.present]
    return bool((rows == np.arange(len(rows))).all())


def _values(chunks: Chunks, start: int, stop: int) -> list[Any]:
    """Return consecutive values of a column; empty if there is none at all."""
    arrays = list(chunks.slices(start, stop))
    if all(_is_empty(array) for array in arrays):
        return []
    return [value for array in arrays for value in _as_list(array)]


def _is_empty(array: Any) -> bool:
    is_list = str(array.type).startswith("list")
    return len(array.flatten()) == 0 if is_list else array.null_count == len(array)


def _as_list(array: Any) -> list[Any]:
    """Convert to Python; much faster for lists and structs than Arrow's own conversion."""
    kind = str(array.type)
    if kind.startswith("list"):
        texts, ends = array.flatten().to_pylist(), array.offsets.to_pylist()
        first = ends[0]
        return [texts[a - first : b - first] for a, b in itertools.pairwise(ends)]
    if not kind.startswith("struct"):
        return array.to_pylist()
    names = [field.name for field in array.type]
    cells = zip(*(member.to_pylist() for member in array.flatten()), strict=True)
    return [
        {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}
        if is_there
        else None
        for row, is_there in zip(cells, validity(array).tolist(), strict=True)
    ]


def _column_values(column: Column, start: int, stop: int) -> list[Any]:
    if isinstance(column, ArrayColumn):
        return [None if row < 0 else row for row in column.rows[start:stop].tolist()]
    values = _values(column.chunks, start, stop)
    if isinstance(column, TextColumn):
        return [texts[0] if len(texts) == 1 else texts for texts in values]
    return values
