"""Fields of a table: what each column of cells holds, inferred from the cells.

A field is numeric or categorical. Columns of free text are no part of a table, and identifiers and
constants are left out by default: a generator has nothing to learn from them. Nothing here imports
torch.

Shapes: N cells of a column.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from engine.data.table_cells import (
    MAX_NUMBER,
    Column,
    Numbers,
    count_texts,
    is_numeric_array,
    read_numbers,
    read_texts,
)
from engine.errors import ConfigError, Problem
from engine.fs.codec import Length, Range, Via, decode, encode

MAX_QUANTILES, MAX_DISCRETE = 257, 256
MAX_VALUES = 100
"""Distinct values up to which a column is categorical."""
MAX_STORED_VALUES = 1_000
"""Limit of the values of a field that the user declares categorical."""
MAX_VALUE_LENGTH = 200
"""Characters of a value; longer ones are text."""
MIN_READABLE = 0.95
"""Share of the present cells that have to be numbers in a numeric column."""
ROWS_PER_VALUE = 5
"""A numeric column is discrete if its values occur at least this often on average."""
MIN_ROWS_OF_IDENTIFIERS = 20
"""In shorter columns, distinct values are no sign of an identifier."""
NEAR_UNIQUE = 0.95
"""Share of distinct values among the present cells of an identifier."""
MAX_COUNTER_GAP = 100
"""Mean difference of an ascending counter's numbers up to which it is an identifier."""
MAX_DECIMALS = 6
MIN_SPREAD = 1e-9
"""Range of numbers, relative to the largest, from which a histogram has several bins."""
BARS = 20
"""Bins of a histogram, and values that it lists."""

_IDENTIFIER_NAME = re.compile(
    r"(?:^|.*[\W_])(?:id|ids|idx|index|key|uuid|guid|nr|no|number|serial|row|unnamed: 0)"
    r"|.*[a-z]I[dD]"
)


class FieldKind(StrEnum):
    """What the cells of a column are."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TEXT = "text"
    """Free text, which is no part of the table."""
    IGNORED = "ignore"
    """Left out by the user."""


class Reason(StrEnum):
    """Why a column is left out by default."""

    EMPTY = "empty"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"
    FREE_TEXT = "free text"


_Share = Annotated[float, Range(0.0, 1.0)]
_Number = Annotated[float, Range(-MAX_NUMBER, MAX_NUMBER)]
_Name = Annotated[str, Length(1_000)]
_Value = Annotated[str, Length(MAX_VALUE_LENGTH)]


@dataclass(frozen=True, kw_only=True)
class NumericField:
    """A field of numbers, with the distribution of the training cells."""

    name: _Name
    quantiles: Annotated[tuple[_Number, ...], Length(MAX_QUANTILES)]
    """Sorted. Values at evenly spaced ranks; of a discrete field, its distinct values."""
    shares: Annotated[tuple[_Share, ...], Length(MAX_QUANTILES)] = ()
    """Of the values of a discrete field, sum 1; empty for a continuous field."""
    decimals: int | None = None
    """Decimal places of all cells, 0 for integers; None for more than ``MAX_DECIMALS``."""
    missing: _Share = 0.0
    """Share of missing cells."""

    def __post_init__(self) -> None:
        """Check the distribution.

        Raises:
            ValueError: the quantiles are not sorted, or shares or decimals do not fit.
        """
        if self.decimals is not None and not 0 <= self.decimals <= MAX_DECIMALS:
            raise ValueError(f"'{self.name}' has {self.decimals} decimal places")
        if not self.quantiles or any(np.diff(self.quantiles) < 0):
            raise ValueError(f"the quantiles of '{self.name}' are not sorted")
        if self.shares and (len(self.shares) != len(self.quantiles) or min(self.shares) <= 0):
            raise ValueError(f"the shares of '{self.name}' do not fit its values")


@dataclass(frozen=True, kw_only=True)
class CategoricalField:
    """A field with few distinct values."""

    name: _Name
    values: Annotated[
        tuple[Annotated[str, Length(MAX_VALUE_LENGTH)], ...], Length(MAX_STORED_VALUES)
    ]
    """Most frequent first."""
    missing: _Share = 0.0
    """Share of missing cells."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: there is none, or one occurs twice.
        """
        if not self.values or len(set(self.values)) < len(self.values):
            raise ValueError(f"the values of '{self.name}' are not distinct")


Field = NumericField | CategoricalField


def encode_fields(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Convert fields to plain values for JSON."""
    return [{"kind": kind_of(field).value, **encode(field)} for field in fields]


def decode_fields(value: Any) -> tuple[Field, ...]:
    """Build fields from untrusted plain values.

    Raises:
        ValueError: they are invalid.
    """
    if not isinstance(value, list):
        raise TypeError("must be a list")
    tables = [dict(table) for table in cast("list[dict[str, Any]]", value)]
    fields = tuple(decode(_CLASSES[table.pop("kind", "")], table) for table in tables)
    if len({field.name for field in fields}) < len(fields):
        raise ValueError("two fields have the same name")
    return fields


_CLASSES: Mapping[str, type[Field]] = {
    FieldKind.NUMERIC: NumericField,
    FieldKind.CATEGORICAL: CategoricalField,
}

StoredFields = Annotated[tuple[Field, ...], Via(encode_fields, decode_fields)]
"""Annotation of a dataclass field that ``engine.fs.codec`` stores."""


def kind_of(field: Field) -> FieldKind:
    """Return the kind of a field."""
    return FieldKind.NUMERIC if isinstance(field, NumericField) else FieldKind.CATEGORICAL


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts of the cells of a column, to show."""

    counts: tuple[int, ...] = ()
    edges: tuple[float, ...] = ()
    """Of the bins of numbers, one more than counts; empty for values."""
    values: tuple[str, ...] = ()
    """The most frequent values, one for each count; empty for numbers."""


@dataclass(frozen=True, kw_only=True)
class FieldReport:
    """What was found in a column of cells."""

    name: str
    kind: FieldKind
    field: Field | None
    """None for text, for a column that is ignored and for an empty one."""
    is_included: bool
    """Whether the field becomes part of the table."""
    reason: Reason | None
    """Why it is left out by default."""
    present: int
    """Cells with a value, readable or not."""
    missing: int
    unreadable: int
    """Present cells of a numeric column that are no numbers; they count as missing."""
    distinct: int
    """Distinct values."""
    histogram: Histogram
    choices: tuple[FieldKind, ...] = ()
    """What the column can be, if the user says so: ``NUMERIC``, ``CATEGORICAL``, both or none."""


def infer_fields(
    columns: Mapping[str, Column], kinds: Mapping[str, FieldKind] | None = None
) -> tuple[FieldReport, ...]:
    """Infer the field of each column.

    A column is numeric if at least 95 % of its present cells are numbers, of which there are more
    than two; otherwise it is categorical if it has at most 100 distinct values, else text.

    Args:
        columns: cells by name; all columns of a table have the same length.
        kinds: chosen by the user; a column that is named here is included whatever was found.

    Raises:
        ConfigError: a kind does not fit its column, or there is no such column.
    """
    kinds = kinds or {}
    problems = [Problem(f"fields.{n}", "is not a column") for n in kinds if n not in columns]
    reports: list[FieldReport] = []
    for name, cells in columns.items():
        try:
            reports.append(_report(name, cells, kinds.get(name)))
        except ValueError as error:
            problems.append(Problem(f"fields.{name}", str(error)))
    if problems:
        raise ConfigError(problems)
    return tuple(reports)


def fit_fields(columns: Mapping[str, Column], kinds: Mapping[str, FieldKind]) -> tuple[Field, ...]:
    """Measure the fields of columns whose kinds are known, as ``infer_fields`` does.

    Raises:
        ConfigError: a kind does not fit its column.
    """
    problems: list[Problem] = []
    fields: list[Field] = []
    for name, cells in columns.items():
        try:
            field = _field(name, kinds[name], _Cells(cells))
        except ValueError as error:
            problems.append(Problem(f"fields.{name}", str(error)))
        else:
            fields += [] if field is None else [field]
    if problems:
        raise ConfigError(problems)
    return tuple(fields)


def included_fields(reports: Sequence[FieldReport]) -> tuple[Field, ...]:
    """Return the fields that become part of the table."""
    return tuple(r.field for r in reports if r.is_included and r.field is not None)


@dataclass(frozen=True)
class _Cells:
    """The cells of a column, read as far as it is asked for."""

    cells: Column

    @cached_property
    def numbers(self) -> Numbers:
        """The cells as numbers, NaN where they are none: [N]."""
        return read_numbers(self.cells)

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each value occurs."""
        return count_texts(self.cells)

    @cached_property
    def present(self) -> int:
        """Cells with a value, readable or not."""
        if is_numeric_array(self.cells):
            return int((self.cells == self.cells).sum())
        return self.counts.total()

    @cached_property
    def distinct(self) -> int:
        """Distinct values."""
        if is_numeric_array(self.cells):
            return len(np.unique(self.cells[self.cells == self.cells]))
        return len(self.counts)


def _report(name: str, column: Column, chosen: FieldKind | None) -> FieldReport:
    cells = _Cells(column)
    kind = chosen or _kind(cells)
    is_numeric = kind is FieldKind.NUMERIC
    readable = int(np.isfinite(cells.numbers).sum()) if is_numeric else 0
    field = _field(name, kind, cells) if chosen or readable or not is_numeric else None
    reason = None if kind is FieldKind.IGNORED else _reason(name, kind, cells)
    return FieldReport(
        name=name,
        kind=kind,
        field=field,
        is_included=field is not None and (reason is None or chosen is not None),
        reason=reason,
        present=cells.present,
        missing=len(column) - cells.present,
        unreadable=cells.present - readable if is_numeric else 0,
        distinct=cells.distinct,
        histogram=_bins(cells.numbers) if is_numeric else _bars(cells.counts),
        choices=_choices(cells),
    )


def _field(name: str, kind: FieldKind, cells: _Cells) -> Field | None:
    if kind is FieldKind.NUMERIC:
        return _numeric_field(name, cells.numbers)
    if kind is FieldKind.CATEGORICAL:
        return _categorical_field(name, cells.counts, len(cells.cells))
    return None


def _choices(cells: _Cells) -> tuple[FieldKind, ...]:
    choices = [FieldKind.NUMERIC] if np.isfinite(cells.numbers).any() else []
    is_few = 0 < cells.distinct <= MAX_STORED_VALUES
    if is_few and max(map(len, cells.counts)) <= MAX_VALUE_LENGTH:
        choices.append(FieldKind.CATEGORICAL)
    return tuple(choices)


def _kind(cells: _Cells) -> FieldKind:
    present = cells.numbers[np.isfinite(cells.numbers)]
    is_readable = len(present) >= MIN_READABLE * cells.present
    # One-hot values represent a yes and a no exactly, and their dependence on other fields.
    # More than two distinct values: one lies between two others.
    if (
        is_readable
        and len(present)
        and ((present > present.min()) & (present < present.max())).any()
    ):
        return FieldKind.NUMERIC
    is_short = max(map(len, cells.counts), default=0) <= MAX_VALUE_LENGTH
    is_few = len(cells.counts) <= MAX_VALUES
    return FieldKind.CATEGORICAL if is_short and is_few else FieldKind.TEXT


def _reason(name: str, kind: FieldKind, cells: _Cells) -> Reason | None:
    if not cells.present:
        return Reason.EMPTY
    if cells.distinct == 1 and cells.present == len(cells.cells):
        return Reason.CONSTANT
    if kind is FieldKind.NUMERIC:
        return Reason.IDENTIFIER if _is_counter(name, cells.numbers) else None
    rows = cells.present
    if rows >= MIN_ROWS_OF_IDENTIFIERS and cells.distinct >= NEAR_UNIQUE * rows:
        has_words = any(" " in text for text in cells.counts)
        if kind is FieldKind.CATEGORICAL or not has_words:
            return Reason.IDENTIFIER
    return Reason.FREE_TEXT if kind is FieldKind.TEXT else None


def _is_counter(name: str, numbers: Numbers) -> bool:
    """Whether near-unique integers count the rows or are named like an identifier."""
    present = numbers[np.isfinite(numbers)]
    if len(present) < MIN_ROWS_OF_IDENTIFIERS or (present % 1 != 0).any():
        return False
    distinct = np.unique(present)
    if len(distinct) < NEAR_UNIQUE * len(present):
        return False
    mean_gap = (distinct[-1] - distinct[0]) / len(present)
    # A counter of which many rows were left out still ascends.
    is_ascending = mean_gap < MAX_COUNTER_GAP and bool((np.diff(present) > 0).all())
    is_named = _IDENTIFIER_NAME.fullmatch(name) or _IDENTIFIER_NAME.fullmatch(name.lower())
    return bool(mean_gap < 2 or is_ascending or is_named)


def _numeric_field(name: str, numbers: Numbers) -> NumericField:
    present = np.sort(numbers[np.isfinite(numbers)])
    if not len(present):
        raise ValueError("holds no numbers")
    values, counts = np.unique(present, return_counts=True)
    shares: Numbers = np.empty(0)
    if len(values) <= min(MAX_DISCRETE, max(1, len(present) // ROWS_PER_VALUE)):
        shares = counts / len(present)
    else:
        # Values that occur, so that decoding a quantile gives it back.
        places = np.linspace(0, len(present) - 1, min(MAX_QUANTILES, len(present)))
        values = present[np.rint(places).astype(int)]
    return NumericField(
        name=name,
        quantiles=tuple(values.tolist()),
        shares=tuple(shares.tolist()),
        decimals=_decimals(present),
        missing=1 - len(present) / len(numbers),
    )


def _decimals(numbers: Numbers) -> int | None:
    for places in range(MAX_DECIMALS + 1):
        if (numbers.round(places) == numbers).all():
            return places
    return None


def _categorical_field(name: str, counts: Counter[str], rows: int) -> CategoricalField | None:
    if len(counts) > MAX_STORED_VALUES:
        raise ValueError(
            f"has {len(counts):,} distinct values; a categorical field has at most "
            f"{MAX_STORED_VALUES:,}"
        )
    if max(map(len, counts), default=0) > MAX_VALUE_LENGTH:
        raise ValueError(f"has values of more than {MAX_VALUE_LENGTH} characters")
    if not counts:
        return None
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    return CategoricalField(name=name, values=tuple(ranked), missing=1 - counts.total() / rows)


def _bins(numbers: Numbers) -> Histogram:
    present = numbers[np.isfinite(numbers)]
    if not len(present):
        return Histogram()
    # NumPy refuses bins that are narrower than the distance between two numbers.
    is_spread = np.ptp(present) > MIN_SPREAD * np.abs(present).max()
    counts, edges = np.histogram(present, bins=BARS if is_spread else 1)
    return Histogram(counts=tuple(counts.tolist()), edges=tuple(edges.tolist()))


def _bars(counts: Counter[str]) -> Histogram:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:BARS]
    return Histogram(counts=tuple(n for _, n in ranked), values=tuple(v for v, _ in ranked))


# --------------------------------------------------------------------------
# Columns that give another one away.


GIVEN_AWAY = 0.98
"""Share of the errors of guessing a column that another one avoids if it gives the column away."""
ROWS_PER_BIN = 20


@dataclass(frozen=True, kw_only=True)
class Giveaway:
    """A column from which a categorical one can be read."""

    name: str
    target: str
    avoided: float
    """Share of the errors of guessing the target that knowing the column avoids, 0 to 1."""


def find_giveaways(
    columns: Mapping[str, Column], fields: Sequence[Field], threshold: float = GIVEN_AWAY
) -> tuple[Giveaway, ...]:
    """Find the fields that give a categorical field away.

    The measure is Goodman and Kruskal's lambda, with numbers in up to 20 bins of equal counts.
    Source: Goodman & Kruskal 1954, doi:10.1080/01621459.1954.10501231, section 5.

    Args:
        columns: cells by name, of the same length.
        fields: of the columns to compare with each other.
        threshold: smallest lambda.

    Returns:
        The largest lambda first.
    """
    codes = {field.name: _codes(columns[field.name], field) for field in fields}
    targets = [field.name for field in fields if isinstance(field, CategoricalField)]
    found = [
        Giveaway(name=name, target=target, avoided=avoided)
        for target in targets
        for name in codes
        if name != target and (avoided := _avoided(codes[name], codes[target])) >= threshold
    ]
    return tuple(sorted(found, key=lambda each: -each.avoided))


def _codes(cells: Column, field: Field) -> npt.NDArray[np.int64]:
    """Number the values or bins: [N], 0 where missing."""
    if isinstance(field, CategoricalField):
        numbers = {value: place + 1 for place, value in enumerate(field.values)}
        return np.array([numbers.get(text or "", 0) for text in read_texts(cells)])
    values = read_numbers(cells)
    bins = max(1, min(BARS, int(np.isfinite(values).sum()) // ROWS_PER_BIN))
    edges = np.unique(np.nanquantile(values, np.arange(1, bins) / bins)) if bins > 1 else []
    return np.where(np.isfinite(values), np.searchsorted(edges, values, side="right") + 1, 0)


def _avoided(codes: npt.NDArray[np.int64], target: npt.NDArray[np.int64]) -> float:
    both = (codes > 0) & (target > 0)
    codes, target = codes[both], target[both]
    # A value that occurs once tells its own row's target and nothing else.
    if not len(codes) or len(np.unique(codes)) * ROWS_PER_VALUE > len(codes):
        return 0.0
    table = np.zeros((codes.max() + 1, target.max() + 1), dtype=np.int64)
    np.add.at(table, (codes, target), 1)
    guessed = table.sum(0).max()
    errors = len(codes) - guessed
    return float((table.max(1).sum() - guessed) / errors) if errors else 0.0
