"""Reads the cells of a table as texts or numbers, as files and databases write them.

Shapes: N cells of a column.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeGuard, TypeVar, cast, overload

import numpy as np
import numpy.typing as npt

Cell = str | float | int | bool | None
"""None is a missing cell, as is NaN."""


class CodedCells(Sequence[str | None]):
    """Texts of which many are equal, as a dataset stores a column of categories.

    Args:
        values: distinct texts.
        codes: place in ``values`` of each cell, -1 where one is missing: [N].
    """

    def __init__(self, values: Sequence[str], codes: npt.NDArray[np.integer[Any]]) -> None:
        self.values, self.codes = tuple(values), codes

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> str | None: ...
    @overload
    def __getitem__(self, index: slice) -> "CodedCells": ...
    def __getitem__(self, index: int | slice) -> "str | CodedCells | None":
        if isinstance(index, slice):
            return CodedCells(self.values, self.codes[index])
        code = int(self.codes[index])
        return self.values[code] if code >= 0 else None

    def __iter__(self) -> Iterator[str | None]:
        values = (*self.values, None)
        return map(values.__getitem__, self.codes.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(cast("Sequence[Any]", other))

    __hash__ = None  # pyright: ignore[reportAssignmentType] (as of lists)

    def texts(self) -> "CodedCells":
        """Return the cells as ``read_texts`` reads them, each value once."""
        read = [_text(value) for value in self.values]
        values = [text for text in dict.fromkeys(read) if text is not None]
        places = {text: place for place, text in enumerate(values)}
        codes = [-1 if text is None else places[text] for text in read]
        # A code of -1 is the last place.
        return CodedCells(values, np.array([*codes, -1])[self.codes])


Column = Sequence[Cell] | npt.NDArray[Any]
Numbers = npt.NDArray[np.float64]
_Value = TypeVar("_Value")
MAX_NUMBER = 1e30
"""Largest absolute value of a cell; differences and rounding of such numbers are finite."""

_MISSING = frozenset(("", "nan", "na", "n/a", "#n/a", "<na>", "null", "-", "--", "?"))
_POINT, _COMMA = (
    re.compile(
        rf"""(?ix) [-+]? (?:
          [1-9]\d{{0,2}} ([ {group}'])\d{{3}} (?:\1\d{{3}})* (?:{mark}\d*)?
        | (?:0|[1-9]\d*) (?:{mark}\d*)?
        | {mark}\d+
        ) (?:e[-+]?\d{{1,3}})?"""
    )
    for group, mark in ((",", r"\."), (r"\.", ","))
)
"""Numbers with a decimal point and with a decimal comma. A leading zero, as in ``0117``, makes a
code and no number."""
_MAX_DIGITS = 40
_PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "−": "-"})


def count_texts(cells: Column) -> Counter[str]:
    """Count how often each text occurs, by first occurrence; see ``read_texts``."""
    if isinstance(cells, CodedCells):
        texts = cells.texts()
        counts = np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.values))
        found = zip(texts.values, counts.tolist(), strict=True)
        return Counter({text: count for text, count in found if count})
    counted = Counter(read_texts(cells))
    del counted[None]
    return cast("Counter[str]", counted)


def read_texts(cells: Column) -> list[str | None]:
    """Return the cells as texts, None where missing; whole numbers have no decimal point."""
    return _read_each(_plain(cells), _text)


def read_numbers(cells: Column) -> Numbers:
    """Return the cells as numbers [N], NaN where missing, no number or beyond ``MAX_NUMBER``.

    Thousands separators and a percent sign are dropped: ``12 %`` is 12. Whether a comma is a
    decimal mark is decided by the column: by which reading more cells are numbers. With equally
    many, a point is the decimal mark.
    """
    if is_numeric_array(cells):
        numbers = cells.astype(np.float64)
        return np.where(np.abs(numbers) <= MAX_NUMBER, numbers, np.nan)
    plain = _plain(cells)
    by_point = np.array(_read_each(plain, _number_with_point), dtype=np.float64)
    if not any(isinstance(cell, str) and "," in cell for cell in set(plain)):
        return by_point
    by_comma = np.array(_read_each(plain, _number_with_comma), dtype=np.float64)
    return by_comma if np.isfinite(by_comma).sum() > np.isfinite(by_point).sum() else by_point


def is_numeric_array(cells: Column) -> TypeGuard[npt.NDArray[Any]]:
    """Return whether cells are an array of numbers, NaN where one is missing."""
    return isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf"


def _plain(cells: Column) -> Sequence[Cell]:
    return cells.tolist() if isinstance(cells, np.ndarray) else cells


def _read_each(cells: Sequence[Cell], read: Callable[[Cell], _Value]) -> list[_Value]:
    """Read cells; of texts, which often repeat, each distinct one once."""
    if set(map(type, cells)) <= {str, type(None)}:
        values = {cell: read(cell) for cell in set(cells)}
        return [values[cell] for cell in cells]
    # Other cells can be equal and differ in meaning: 1 and True.
    return [read(cell) for cell in cells]


def _text(cell: Cell) -> str | None:
    if isinstance(cell, str):
        text = cell.strip()
        # Python writes "None" for a missing value; "none" may be a value like others.
        return None if text == "None" or text.casefold() in _MISSING else text
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if cell is None or cell != cell:
        return None
    if isinstance(cell, float) and not cell.is_integer():
        return str(float(cell))
    return str(int(cell))


def _number_with_point(cell: Cell) -> float:
    return _number(cell, _POINT, ",", ".")


def _number_with_comma(cell: Cell) -> float:
    return _number(cell, _COMMA, ".", ",")


def _number(cell: Cell, pattern: re.Pattern[str], group: str, mark: str) -> float:
    if cell is None or isinstance(cell, bool | np.bool_):
        return np.nan
    if isinstance(cell, str):
        text = cell.strip()[: _MAX_DIGITS + 1].translate(_PLAIN).removesuffix("%").rstrip()
        if len(text) > _MAX_DIGITS or not pattern.fullmatch(text):
            return np.nan
        text = text.replace(group, "").replace(" ", "").replace("'", "").replace(mark, ".")
        return _bounded(text)
    return _bounded(cell)


def _bounded(number: str | float) -> float:
    try:
        value = float(number)
    except OverflowError:  # an integer of more than 308 digits
        return np.nan
    return value if abs(value) <= MAX_NUMBER else np.nan
