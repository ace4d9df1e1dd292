"""Columns of an open dataset: pictures, sounds and other arrays, texts, and tables.

Values stay in memory-mapped files until they are asked for.

Shapes: N items, K chosen items, M rows of an array.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.array_file import ArrayFile
from engine.data.column_info import ColumnInfo, FieldKind
from engine.data.distinct_texts import DistinctTexts
from engine.data.table_cells import CodedCells

Mask = npt.NDArray[np.bool_]
Items = npt.NDArray[np.integer[Any]]
"""Numbers of items."""
_KEPT_TEXTS = 10_000
"""Captions from which their distinct ones are worth keeping."""


class Chunks:
    """One Arrow column of the items, in pieces.

    Args:
        arrays: the pieces, in order.
    """

    def __init__(self, arrays: Sequence[Any]) -> None:
        self.arrays = tuple(arrays)
        self._starts = np.cumsum([0, *map(len, self.arrays)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, item: int) -> Any:
        """Return the value of an item as a Python object."""
        if not 0 <= item < len(self):
            raise IndexError(item)
        chunk = int(np.searchsorted(self._starts, item, "right")) - 1
        return self.arrays[chunk][item - int(self._starts[chunk])].as_py()

    def slices(self, start: int, stop: int) -> Iterator[Any]:
        """Yield consecutive items as Arrow arrays, without a copy."""
        for first, array in zip(self._starts.tolist(), self.arrays, strict=False):
            low, high = max(start - first, 0), min(stop - first, len(array))
            if low < high:
                yield array.slice(low, high - low)

    def take(self, items: Items | None = None) -> Sequence[Any]:
        """Return items as Arrow arrays, one after another.

        Args:
            items: [K], in any order, with repeats; None for all, without a copy.
        """
        if items is None:
            return self.arrays
        if len(items) and not 0 <= items.min() <= items.max() < len(self):
            raise IndexError("there is no such item")
        # Each piece is asked once, so the others need not be joined.
        is_sorted = bool((items[1:] >= items[:-1]).all())
        order = None if is_sorted else np.argsort(items, kind="stable")
        ascending = items if order is None else items[order]
        ends = np.searchsorted(ascending, self._starts).tolist()
        parts = [
            array.take(_arrow(ascending[low:high] - start))
            for array, start, low, high in zip(
                self.arrays, self._starts.tolist(), ends, ends[1:], strict=False
            )
            if low < high
        ]
        if order is None or len(parts) == 0:
            return parts
        places = np.empty_like(order)
        places[order] = np.arange(len(order))
        return [_joined(parts).take(_arrow(places))]


@dataclass(frozen=True, eq=False)
class _DescribedColumn:
    info: ColumnInfo

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.info.name

    @property
    def kind(self) -> str:
        """Kind of the column."""
        return self.info.kind


@dataclass(frozen=True, eq=False)
class ArrayColumn(_DescribedColumn):
    """A column whose values are rows of an array."""

    values: npt.NDArray[Any]
    """[M, ...], memory-mapped."""
    rows: npt.NDArray[np.int32]
    """Row of each item, -1 if it has none; several items may share one: [N]."""
    file: ArrayFile
    """The same values, to read many of them."""

    @functools.cached_property
    def present(self) -> Mask:
        """Which items have a value: [N]."""
        return self.rows >= 0

    def of(self, items: Items) -> npt.NDArray[Any]:
        """Return the values of items that have one: [K, ...].

        Raises:
            IndexError: an item has none.
            DatasetCorruptError: the file can no longer be read.
        """
        rows = self.rows[items]
        if (rows < 0).any():
            raise IndexError(f"an item has no value in column '{self.name}'")
        return self.file.read(rows)


@dataclass(frozen=True, eq=False)
class TextColumn(_DescribedColumn):
    """A column of texts; an item may have several captions."""

    chunks: Chunks
    """Lists of texts."""
    counts: npt.NDArray[np.int32]
    """Number of captions of each item: [N]."""
    _distinct: list[tuple[Items | None, DistinctTexts]] = field(
        default_factory=list, init=False, repr=False
    )
    """The last large result of ``distinct``, at most one."""

    @functools.cached_property
    def present(self) -> Mask:
        """Which items have a text: [N]."""
        return self.counts > 0

    def captions(self, item: int) -> tuple[str, ...]:
        """Return all captions of an item."""
        return tuple(self.chunks[item])

    def of(self, items: Items | None = None) -> tuple[list[str], npt.NDArray[np.int32]]:
        """Return all captions of items, one after another, and how many each has: [K].

        Args:
            items: [K]; None for all.
        """
        texts = [text for array in self.arrays(items) for text in array.to_pylist()]
        return texts, self.counts if items is None else self.counts[items]

    def arrays(self, items: Items | None = None) -> Iterator[Any]:
        """Yield all captions of items as Arrow arrays of strings; see ``of``."""
        return (array.flatten() for array in self.chunks.take(items))

    def distinct(self, items: Items | None = None) -> DistinctTexts:
        """Return all captions of items without their repeats; the last one of many is kept.

        Args:
            items: [K]; None for all.
        """
        for known, found in self._distinct:
            if known is items or (
                known is not None and items is not None and np.array_equal(known, items)
            ):
                return found
        found = DistinctTexts.of_arrays(self.arrays(items))
        if len(found) >= _KEPT_TEXTS:
            self._distinct[:] = [(items, found)]
        return found

    def forget(self) -> None:
        """Release what ``distinct`` keeps."""
        self._distinct.clear()

    def by_item(self, items: Items | None = None) -> list[tuple[str, ...]]:
        """Return the captions of each item; see ``of``."""
        texts, counts = self.of(items)
        if (counts == 1).all():
            return [(text,) for text in texts]
        ends = counts.cumsum().tolist()
        return [
            tuple(texts[end - count : end])
            for end, count in zip(ends, counts.tolist(), strict=True)
        ]

    def first(self, items: Items | None = None) -> list[str]:
        """Return the first caption of each item, empty if there is none; see ``of``."""
        return [captions[0] if captions else "" for captions in self.by_item(items)]


@dataclass(frozen=True, eq=False)
class TableColumn(_DescribedColumn):
    """A column of table rows; any cell may be missing."""

    chunks: Chunks
    """Structs of cells; null where an item has no row."""
    present: Mask
    """Which items have a row: [N]."""

    def cells(self, item: int) -> dict[str, float | str]:
        """Return the cells of an item that are there, by field."""
        row: dict[str, Any] = self.chunks[item] or {}
        return {name: cell for name, cell in row.items() if cell is not None}

    def numbers(self, field: str, items: Items | None = None) -> npt.NDArray[np.float64]:
        """Return the cells of a numeric field: [K], NaN where one is missing.

        Args:
            field: name of the field.
            items: [K]; None for all.
        """
        place = [each.name for each in self.info.fields].index(field)
        # A cell of an item without a row is missing, which flatten() knows and field() does not.
        return _numbers([array.flatten()[place] for array in self.chunks.take(items)])

    def of(self, items: Items | None = None) -> Mapping[str, npt.NDArray[np.float64] | CodedCells]:
        """Return the cells by field, numbers or categories.

        Args:
            items: [K]; None for all.
        """
        rows = [array.flatten() for array in self.chunks.take(items)]
        return {
            field.name: (_numbers if field.kind is FieldKind.NUMERIC else encoded_texts)(
                [fields[place] for fields in rows]
            )
            for place, field in enumerate(self.info.fields)
        }


Column = ArrayColumn | TextColumn | TableColumn


def _numbers(arrays: Sequence[Any]) -> npt.NDArray[np.float64]:
    parts = [array.to_numpy(zero_copy_only=False) for array in arrays]
    return np.concatenate([np.empty(0), *parts]).astype(np.float64, copy=False)


def encoded_texts(arrays: Sequence[Any]) -> CodedCells:
    """Number the distinct strings of Arrow arrays, one after another."""
    import pyarrow as pa

    chunks = pa.chunked_array(arrays, pa.utf8()).dictionary_encode().chunks
    # Later chunks know all that the earlier ones have, and more.
    values = chunks[-1].dictionary.to_pylist() if chunks else []
    codes = [chunk.indices.fill_null(-1).to_numpy() for chunk in chunks]
    return CodedCells(values, np.concatenate([np.empty(0, np.int32), *codes]))


def _arrow(numbers: Items) -> Any:
    # Imported on use: the studio starts without it.
    import pyarrow as pa

    return pa.array(numbers)


def _joined(parts: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.concat_arrays(parts)
