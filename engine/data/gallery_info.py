"""What the columns of a gallery are, as ``columns.json`` beside its metadata describes them.

A line of ``metadata.jsonl`` has a member for each picture, sound, text and cell of its item. Which
column a member belongs to, and of which kind it is, its name alone does not say.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from engine.data.column_info import (
    AUDIO,
    IMAGE,
    MAX_COLUMNS,
    MAX_FIELDS,
    MAX_NAME,
    TABLE,
    TEXT,
    FieldKind,
    text_column,
)
from engine.fs.codec import Length, decode, encode
from engine.fs.untrusted import read_table

COLUMNS_FILE = "columns.json"
MAX_INFO_BYTES = 4_000_000
MAX_NOTICE = 1_000
FILE_NAME = "file_name"
"""Member that names the first file of an item, as Hugging Face's ImageFolder expects it."""
_FORMAT = 1

_Member = Annotated[str, Length(2 * MAX_NAME)]


@dataclass(frozen=True, kw_only=True)
class GalleryField:
    """A field of a table."""

    name: Annotated[str, Length(MAX_NAME)]
    kind: FieldKind
    member: _Member


@dataclass(frozen=True, kw_only=True)
class GalleryColumn:
    """A column of the items."""

    name: str
    kind: str
    member: _Member = ""
    """Of texts and files; empty for tables."""
    fields: Annotated[tuple[GalleryField, ...], Length(MAX_FIELDS)] = ()
    """Of a table."""


@dataclass(frozen=True, kw_only=True)
class GalleryInfo:
    """The columns of a gallery.

    Raises:
        ValueError: they do not fit together.
    """

    format: int = _FORMAT
    columns: Annotated[tuple[GalleryColumn, ...], Length(MAX_COLUMNS)]
    notice: Annotated[str, Length(MAX_NOTICE)] = ""
    """Of the dataset that the run was trained on; see ``Manifest.notice``."""

    def __post_init__(self) -> None:
        if self.format != _FORMAT:
            raise ValueError(f"format {self.format} is not known")
        names = [text_column(column.name).name for column in self.columns]
        fields = [field for column in self.columns for field in column.fields]
        members = [column.member for column in self.columns if column.kind != TABLE]
        members += [field.member for field in fields]
        if not names or "" in members or "" in {field.name for field in fields}:
            raise ValueError("a column or a field has no name")
        if len(set(names)) < len(names) or len(set(members)) < len(members):
            raise ValueError("two columns have one name")
        for column in self.columns:
            self._check(column, names)

    def _check(self, column: GalleryColumn, names: Sequence[str]) -> None:
        kind = column.kind
        if kind not in {IMAGE, TEXT, AUDIO, TABLE}:
            raise ValueError(f"'{kind}' is no kind of column")
        if (kind == TABLE) != bool(column.fields):
            raise ValueError(f"'{column.name}' has fields but is no table, or has none")
        for first in (IMAGE, TEXT):
            is_first = kind == first and column == self.of_kind(first)[0]
            if first in names and is_first != (column.name == first):
                raise ValueError(f"a column '{first}' must be the first of kind '{first}'")

    def of_kind(self, kind: str) -> tuple[GalleryColumn, ...]:
        """Return the columns of a kind."""
        return tuple(column for column in self.columns if column.kind == kind)

    def to_json(self) -> str:
        """Serialise as JSON."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1) + "\n"


def gallery_info_from_json(content: bytes) -> GalleryInfo:
    """Read the content of ``columns.json``.

    Raises:
        ValueError: it is damaged, or of another format.
    """
    return decode(GalleryInfo, read_table(content, COLUMNS_FILE))
