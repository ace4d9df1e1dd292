"""What a manifest says of each column of a dataset.

A column is one named member of the items: pictures, texts, sounds, rows of a table. Its *kind* says
what it holds and how it is stored:

- ``text``: all captions of each item, in items.arrow;
- ``table``: cells by field, in items.arrow;
- every other kind, ``image`` and ``audio`` among them: an array of values in a file of its own, and
  the row of each item in items.arrow. Several items may share a row.

Names are free, and several columns may be of one kind.

Shapes: M rows, H height, W width, C channels, S samples of a sound.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from engine.data.pixel_values import MAX_BANDS, check_range
from engine.fs.codec import Length, Range

IMAGE, TEXT, AUDIO, TABLE = "image", "text", "audio", "table"
"""The kinds whose values this package interprets."""
ITEMS = "items.arrow"
"""File of the items, their texts and cells."""
MAX_COLUMNS, MAX_FIELDS, MAX_NAME = 16, 1_000, 200
MAX_ROWS, MAX_SIDE, MAX_RATE_HZ = 10**9, 65_536, 384_000
MAX_ITEM_BYTES = 8_000_000
"""Limit of the texts of one item, in UTF-8."""
DTYPES = {"uint8": 1, "int16": 2, "float32": 4}
"""Types of array values, and their sizes in bytes."""
_ARRAY_KINDS = {IMAGE: (4, "uint8"), AUDIO: (2, "int16")}
"""Dimensions and type of the known kinds that are arrays."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_RESERVED = frozenset({"split", "key", "label", "group", "tags", "extra", "texts", "images"})
"""Other members of a record, columns of items.arrow and the file of the column ``image``."""
_DEVICES = frozenset({"con", "prn", "aux", "nul"})
"""No names of files on Windows."""


class FieldKind(StrEnum):
    """What the cells of a table's field hold."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"


@dataclass(frozen=True, kw_only=True)
class FieldInfo:
    """A field of a table."""

    name: Annotated[str, Length(MAX_NAME)]
    kind: FieldKind


_Size = Annotated[int, Range(0, MAX_ROWS)]


@dataclass(frozen=True, kw_only=True)
class ColumnInfo:
    """A column of a dataset, as the manifest describes it.

    Raises:
        ValueError: the values do not fit together.
    """

    name: str
    """Lower-case letters, digits and underscores."""
    kind: str
    count: _Size = 0
    """Number of items that have it; the writer counts them."""
    shape: tuple[_Size, ...] = ()
    """Of an array with its M rows: [M, H, W, C] of pictures, [M, S] of sounds."""
    dtype: str = ""
    """Of an array: a key of ``DTYPES``."""
    rate: Annotated[int, Range(0, MAX_RATE_HZ)] = 0
    """Of sounds, in samples per second."""
    fields: Annotated[tuple[FieldInfo, ...], Length(MAX_FIELDS)] = ()
    """Of a table."""
    value_range: Annotated[tuple[float, ...], check_range] = ()
    """Values that became black and white of images of more than 8 bits; empty if there were
    none."""
    band: Annotated[int, Range(0, MAX_BANDS)] = 0
    """Channel that was taken of each image, from 1; 0 if all colours were."""

    def __post_init__(self) -> None:
        problem = _name_problem(self.name, self.kind) or (
            _array_problem(self) if self.is_array else _fields_problem(self)
        )
        if problem:
            raise ValueError(f"column '{self.name[:MAX_NAME]}' {problem}")

    @property
    def is_array(self) -> bool:
        """Whether its values are an array in a file of its own."""
        return self.kind not in {TEXT, TABLE}

    @property
    def file(self) -> str:
        """Name of the file with its values."""
        if not self.is_array:
            return ITEMS
        return "images.npy" if self.name == IMAGE else f"{self.name}.npy"

    @property
    def row_bytes(self) -> int:
        """Size of one row of an array."""
        return math.prod(self.shape[1:]) * DTYPES[self.dtype]

    @property
    def num_bytes(self) -> int:
        """Size of an array's values; 0 of other columns."""
        return self.shape[0] * self.row_bytes if self.is_array else 0


def image_column(
    shape: Sequence[int],
    *,
    name: str = IMAGE,
    value_range: Sequence[float] | None = None,
    band: int = 0,
) -> ColumnInfo:
    """Describe pictures: uint8 [M, H, W, C], C 1 or 3."""
    return ColumnInfo(
        name=name,
        kind=IMAGE,
        shape=tuple(shape),
        dtype="uint8",
        value_range=tuple(value_range or ()),
        band=band,
    )


def audio_column(shape: Sequence[int], rate: int, *, name: str = AUDIO) -> ColumnInfo:
    """Describe sounds: int16 [M, S] at a rate in samples per second."""
    return ColumnInfo(name=name, kind=AUDIO, shape=tuple(shape), dtype="int16", rate=rate)


def text_column(name: str = TEXT) -> ColumnInfo:
    """Describe texts: any number of captions for each item."""
    return ColumnInfo(name=name, kind=TEXT)


def table_column(fields: Sequence[FieldInfo], *, name: str = TABLE) -> ColumnInfo:
    """Describe rows of a table: one cell for each field, of which any may be missing."""
    return ColumnInfo(name=name, kind=TABLE, fields=tuple(fields))


def first_of_kind(columns: Sequence[ColumnInfo], kind: str) -> ColumnInfo | None:
    """Return the first column of a kind; None if there is none."""
    return next((column for column in columns if column.kind == kind), None)


def check_columns(columns: Sequence[ColumnInfo]) -> None:
    """Check that columns can be in one dataset.

    Raises:
        ValueError: they cannot; the message is a clause.
    """
    names = [column.name for column in columns]
    if not 1 <= len(names) <= MAX_COLUMNS:
        raise ValueError(f"a dataset has 1 to {MAX_COLUMNS} columns, not {len(names)}")
    if len(set(names)) < len(names):
        raise ValueError("two columns have one name")
    for kind in (TEXT, IMAGE):
        # Records name the first text and the first picture so, whatever their columns are called.
        first = first_of_kind(columns, kind)
        if kind in names and (first is None or first.name != kind):
            raise ValueError(f"a column '{kind}' must be the first of kind '{kind}'")


def _name_problem(name: str, kind: str) -> str:
    for word in (name, kind):
        if not _NAME.fullmatch(word) or word in _RESERVED | _DEVICES or word.endswith("_row"):
            return f"has a name or kind that cannot be used: '{word[:MAX_NAME]}'"
    return ""


def _array_problem(info: ColumnInfo) -> str:
    dimensions, dtype = _ARRAY_KINDS.get(info.kind, (len(info.shape), info.dtype))
    if info.dtype not in DTYPES or info.dtype != dtype:
        return f"has values of type '{info.dtype[:MAX_NAME]}'"
    if not 1 <= len(info.shape) <= 8 or len(info.shape) != dimensions or 0 in info.shape[1:]:
        return f"has values of shape {list(info.shape[:9])}"
    if info.fields or (info.kind == AUDIO) != bool(info.rate):
        return "has fields, or a rate that does not belong to its kind"
    if info.kind == IMAGE and (info.shape[3] not in {1, 3} or max(info.shape[1:3]) > MAX_SIDE):
        return f"has pictures of shape {list(info.shape)}"
    return ""


def _fields_problem(info: ColumnInfo) -> str:
    if info.shape or info.dtype or info.rate:
        return "has a shape, a type or a rate, but no array"
    names = [field.name for field in info.fields]
    if (info.kind == TABLE) != bool(names) or len(set(names)) < len(names) or "" in names:
        return "has no fields, or fields of one name"
    return ""
