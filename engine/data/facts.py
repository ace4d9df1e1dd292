"""What networks and samples depend on of a dataset's columns. Does not import torch.

A column is one named member of an item, such as ``image``, ``text`` or ``speech``, and has a kind.
Facts are measured once, when a run is created, and are stored with the model: sampling needs no
dataset.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from engine.data.column_info import AUDIO, IMAGE, MAX_RATE_HZ, MAX_SIDE, TABLE, TEXT
from engine.data.image_shape import ImageShape
from engine.data.pixel_values import MAX_BANDS, check_range
from engine.data.table_fields import Field, decode_fields, encode_fields
from engine.data.tokenizers import Tokenizer, tokenizer_from_table
from engine.fs.codec import Range, Via, decode, encode

GENERATION_ORDER = (TEXT, TABLE, AUDIO, IMAGE)
"""Order in which an item's columns are generated: discrete and cheap ones first."""
MAX_TEXT_LENGTH = 65_536
"""Largest number of tokens of a text; the size of the networks depends on it."""
MAX_SAMPLES = 60 * MAX_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """Facts of a column of pictures."""

    kind: ClassVar[str] = IMAGE
    channels: Annotated[int, Range(1, 3)]
    """1 (grey) or 3 (RGB)."""
    height: Annotated[int, Range(1, MAX_SIDE)] = 1
    width: Annotated[int, Range(1, MAX_SIDE)] = 1
    """In pixels; generated images have their aspect ratio."""
    value_range: Annotated[tuple[float, ...], check_range] = ()
    band: Annotated[int, Range(0, MAX_BANDS)] = 0
    """As in the dataset's manifest; images that condition a sample are read alike."""

    @property
    def aspect(self) -> ImageShape:
        """Shape of the dataset's images."""
        return ImageShape(self.height, self.width)


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """Facts of a column of texts."""

    kind: ClassVar[str] = TEXT
    tokenizer: Annotated[Tokenizer, Via(lambda one: one.to_table(), tokenizer_from_table)]
    length: Annotated[int, Range(1, MAX_TEXT_LENGTH)]
    """Tokens of a text, the end included."""


@dataclass(frozen=True, kw_only=True)
class AudioFacts:
    """Facts of a column of sounds."""

    kind: ClassVar[str] = AUDIO
    rate: Annotated[int, Range(1, MAX_RATE_HZ)]
    """In Hz."""
    samples: Annotated[int, Range(1, MAX_SAMPLES)]
    """Of each sound, which is mono."""


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """Facts of a column of table rows."""

    kind: ClassVar[str] = TABLE
    fields: Annotated[tuple[Field, ...], Via(encode_fields, decode_fields)]
    """With the distribution of each in training."""


ColumnFacts = ImageFacts | TextFacts | AudioFacts | TableFacts
FACTS: Mapping[str, type[ColumnFacts]] = {
    facts.kind: facts for facts in (ImageFacts, TextFacts, AudioFacts, TableFacts)
}


def facts_to_table(columns: Mapping[str, ColumnFacts]) -> list[dict[str, Any]]:
    """Serialise facts by column; the order is kept."""
    return [{"name": name, "kind": facts.kind, **encode(facts)} for name, facts in columns.items()]


def facts_from_table(value: Any) -> dict[str, ColumnFacts]:
    """Read the output of ``facts_to_table``.

    Raises:
        ValueError: it is damaged.
    """
    if not isinstance(value, list) or not value:
        raise ValueError("must list the columns")
    columns: dict[str, ColumnFacts] = {}
    for entry in value:
        match entry:
            case {"name": str() as name, "kind": str() as kind, **rest} if kind in FACTS:
                columns[name] = decode(FACTS[kind], rest)
            case _:
                raise ValueError("must list columns of known kinds")
    if len(columns) != len(value):
        raise ValueError("must not name a column twice")
    return columns
