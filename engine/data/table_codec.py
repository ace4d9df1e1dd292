"""Cells of a table to and from the numbers that networks take.

A number becomes its normal score, the quantile of the standard normal distribution at the number's
rank in the training cells, as scikit-learn's ``QuantileTransformer`` does with
``output_distribution="normal"``: whatever the units and however skewed, a field then has mean 0 and
variance 1, and outliers have no influence. A category becomes a one-hot block. A missing cell is a
value like others: a category of its own, or a flag beside a number.

Shapes: N rows, D numbers of an encoded row, F numeric fields, A atoms of a field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from engine.data.table_cells import Cell, CodedCells, Column, Numbers, read_numbers, read_texts
from engine.data.table_fields import CategoricalField, Field, NumericField
from engine.errors import CellsInvalidError

Rows = npt.NDArray[np.float32]
PRESENT, MISSING = 0, 1
"""Places in the block of a numeric field's flag."""
MIN_TIES = 3
"""Equal quantiles from which a value of a continuous field is an atom."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Rows of a table to show."""

    fields: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """One cell for each field; None where it is missing."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)


@dataclass(frozen=True)
class TableLayout:
    """Where the fields are in an encoded row.

    First the normal scores of the numeric fields, in their order; then, in the order of all fields,
    the one-hot blocks: of a categorical field, its values and, if cells are missing in training,
    one place for them; of a numeric field with missing cells, the flag [present, missing].
    """

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        """Check that there are fields.

        Raises:
            ValueError: there is none.
        """
        if not self.fields:
            raise ValueError("a table needs at least one field")

    @cached_property
    def numeric(self) -> tuple[NumericField, ...]:
        """The numeric fields; the i-th has column i of the encoded rows."""
        return tuple(field for field in self.fields if isinstance(field, NumericField))

    @cached_property
    def blocks(self) -> Mapping[str, slice]:
        """By field, the columns of its one-hot block."""
        blocks: dict[str, slice] = {}
        stop = len(self.numeric)
        for field in self.fields:
            size = 2 if field.missing > 0 else 0
            if isinstance(field, CategoricalField):
                size = len(field.values) + (field.missing > 0)
            if size:
                blocks[field.name] = slice(stop, stop + size)
                stop += size
        return blocks

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """By step of the autoregressive decoder, the field: all blocks, then all scores."""
        return (*self.blocks, *(field.name for field in self.numeric))

    @cached_property
    def width(self) -> int:
        """D."""
        return max([len(self.numeric), *(block.stop for block in self.blocks.values())])


def encode(fields: Sequence[Field], cells: Mapping[str, Column]) -> Rows:
    """Encode cells by field as rows [N, D].

    What training has never seen gets no value: the block of an unknown category, or of a missing
    cell in a field without missing cells, is 0, and the score of such a number is 0, the median.

    Args:
        fields: of the table.
        cells: by field, all of length N; further columns are ignored.

    Raises:
        CellsInvalidError: a field has no column, or the columns differ in length.
    """
    layout = TableLayout(tuple(fields))
    lengths = {len(cells[field.name]) for field in fields if field.name in cells}
    absent = [field.name for field in fields if field.name not in cells]
    if absent or len(lengths) != 1:
        reason = "has no column" if absent else "has another number of cells than other fields"
        raise CellsInvalidError((absent or [fields[0].name])[0], reason)
    rows = np.zeros((lengths.pop(), layout.width), dtype=np.float32)
    for place, field in enumerate(layout.numeric):
        numbers = read_numbers(cells[field.name])
        is_missing = np.isnan(numbers)
        rows[:, place] = np.where(is_missing, 0, normal_scores(field, np.nan_to_num(numbers)))
        if field.name in layout.blocks:
            block = layout.blocks[field.name]
            rows[:, block.start + PRESENT], rows[:, block.start + MISSING] = ~is_missing, is_missing
    for field in fields:
        if isinstance(field, CategoricalField):
            numbers = _category_numbers(field, cells[field.name])
            known = np.nonzero(numbers >= 0)[0]
            rows[known, layout.blocks[field.name].start + numbers[known]] = 1
    return rows


def decode(fields: Sequence[Field], rows: npt.NDArray[np.floating]) -> list[dict[str, Cell]]:
    """Decode rows [N, D] to cells by field: int, float or str, None where missing."""
    columns = decode_columns(fields, rows)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def decode_columns(
    fields: Sequence[Field], rows: npt.NDArray[np.floating]
) -> dict[str, list[Cell]]:
    """Decode rows [N, D] to N cells for each field."""
    layout = TableLayout(tuple(fields))
    places = {field.name: place for place, field in enumerate(layout.numeric)}
    columns: dict[str, list[Cell]] = {}
    for field in fields:
        chosen = None
        if field.name in layout.blocks:
            chosen = rows[:, layout.blocks[field.name]].argmax(1)
        if isinstance(field, CategoricalField):
            values = (*field.values, None)
            columns[field.name] = [] if chosen is None else [values[place] for place in chosen]
            continue
        numbers: list[Cell] = [*_numbers_of_scores(field, rows[:, places[field.name]])]
        if chosen is not None:
            is_missing = chosen == MISSING
            numbers = [None if gone else n for gone, n in zip(is_missing, numbers, strict=True)]
        columns[field.name] = numbers
    return columns


def check_cells(fields: Sequence[Field], row: Mapping[str, Cell]) -> None:
    """Check cells that a user gives, such as those of which the rest is to be filled in.

    Raises:
        CellsInvalidError: there is no such field, its cells are numbers and this is none, or its
            training cells have no such value.
    """
    known = {field.name: field for field in fields}
    for name, cell in row.items():
        if name not in known:
            raise CellsInvalidError(name, "is not a field of the table")
        field, text = known[name], read_texts([cell])[0]
        if text is None:
            if not field.missing:
                raise CellsInvalidError(name, "is never missing in the training data")
        elif isinstance(field, NumericField):
            if np.isnan(read_numbers([cell])[0]):
                raise CellsInvalidError(name, f"takes numbers, and '{text[:40]}' is none")
        elif text not in field.values:
            raise CellsInvalidError(name, f"has no value '{text[:40]}' in the training data")


def _category_numbers(field: CategoricalField, cells: Column) -> npt.NDArray[np.int64]:
    """Number the values [N]: -1 where the block has no place for a cell."""
    numbers: dict[str | None, int] = {value: place for place, value in enumerate(field.values)}
    if field.missing > 0:
        numbers[None] = len(field.values)
    if isinstance(cells, CodedCells):
        texts = cells.texts()
        known = [numbers.get(text, -1) for text in (*texts.values, None)]
        # A missing cell has the code -1, the last place.
        return np.array(known, dtype=np.int64)[texts.codes]
    return np.array([numbers.get(text, -1) for text in read_texts(cells)], dtype=np.int64)


# --------------------------------------------------------------------------
# Numbers and their normal scores.


def normal_scores(field: NumericField, numbers: Numbers) -> Numbers:
    """Map finite numbers [N] to normal scores [N]; values that tie get the score of the mid-rank.

    Between two quantiles the map is linear in the score; beyond the outer ones it is constant.
    """
    known = np.array(field.quantiles)
    if field.shares:
        mids = atoms(field)[:, 1]
        return np.interp(numbers, known, mids)
    scores, half = _quantile_scores(len(known))
    found = np.interp(numbers, known, scores)
    first = np.searchsorted(known, numbers, side="left")
    tied = np.flatnonzero(known[np.minimum(first, len(known) - 1)] == numbers)
    last = np.searchsorted(known, numbers[tied], side="right")
    found[tied] = half[first[tied] + last - 1]
    return found


def _numbers_of_scores(
    field: NumericField, scores: npt.NDArray[np.floating]
) -> list[int] | list[float]:
    known = np.array(field.quantiles)
    if field.shares:
        places = np.searchsorted(atoms(field)[:-1, 2], scores, side="right")
        numbers = known[places]
    else:
        numbers = np.interp(scores, _quantile_scores(len(known))[0], known)
    if field.decimals is None:
        return numbers.tolist()
    rounded = numbers.round(field.decimals)
    return [int(n) for n in rounded.tolist()] if field.decimals == 0 else rounded.tolist()


def atoms(field: NumericField) -> Numbers:
    """Return the values of positive probability as intervals of scores: [A, 3], sorted.

    All values of a discrete field are atoms; of a continuous one those that tie, such as the zeros
    of a rainfall. A row holds the interval's low end, the score that the value is encoded as, and
    its high end. The outer intervals have no end.
    """
    if field.shares:
        shares = np.array(field.shares) / sum(field.shares)
        high = shares.cumsum()
        low = high - shares
        table = np.stack([_scores(low), _scores((low + high) / 2), _scores(high)], 1)
        table[0, 0], table[-1, 2] = -np.inf, np.inf
        return table
    known = np.array(field.quantiles)
    scores, half = _quantile_scores(len(known))
    values, first, counts = np.unique(known, return_index=True, return_counts=True)
    tied = counts >= min(MIN_TIES, len(known))
    first, last = first[tied], (first + counts)[tied] - 1
    table = np.stack([scores[first], half[first + last], scores[last]], 1)
    table[first == 0, 0], table[last == len(known) - 1, 2] = -np.inf, np.inf
    return table if len(values) else np.empty((0, 3))


@lru_cache(maxsize=8)
def _quantile_scores(count: int) -> tuple[Numbers, Numbers]:
    """Return the scores of ``count`` quantiles, and of these and the ranks between: [2 count - 1].

    The outer quantiles are half a rank from 0 and 1, whose scores would be infinite.
    """
    margin = 0.5 / count
    half = _scores(np.linspace(margin, 1 - margin, 2 * count - 1))
    return half[::2], half


def _scores(levels: Numbers) -> Numbers:
    """Return the quantiles of the standard normal distribution; 0 and 1 give infinities."""
    inverse = NormalDist().inv_cdf
    outer = {True: np.inf, False: -np.inf}
    return np.array(
        [inverse(level) if 0 < level < 1 else outer[level >= 1] for level in levels.tolist()]
    )
