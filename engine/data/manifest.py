"""Metadata of a dataset: manifest, record fields and splits."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from engine.config.forecast import DataFacts
from engine.data.image_shape import ImageShape
from engine.data.pixel_values import MAX_BANDS, check_range
from engine.data.starters import STARTERS
from engine.errors import DatasetCorruptError, DatasetMissingError, format_problem
from engine.fs.codec import DecodeError, Length, Range, decode, encode
from engine.fs.untrusted import read_regular, read_table

FORMAT, OLDEST_FORMAT = 4, 3
"""The format that is written, and the oldest that is read; it has no checksums."""
FILE_NAME, IMAGES, RECORDS = "manifest.json", "images.npy", "pairs.jsonl"
MAX_BYTES = 64_000_000
"""Limit of a manifest; the checksums of a terabyte have a third of it."""
MAX_ITEMS, MAX_SIDE, MAX_TEXT = 10**9, 65_536, 100_000
TRAIN, VALIDATION = "train", "held_out"
"""Splits of the items."""


@dataclass(frozen=True, kw_only=True)
class Checksums:
    """Checksums of the content in blocks of a mebibyte: 16 hex digits each."""

    images: tuple[str, ...]
    """Of the pixels in images.npy, without its header."""
    records: tuple[str, ...]
    """Of pairs.jsonl."""


_Count = Annotated[int, Range(0, MAX_ITEMS)]
_Text = Annotated[str, Length(MAX_TEXT)]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Metadata of a dataset; reading it loads no images."""

    format: int = FORMAT
    name: _Text
    title: _Text
    version: _Text
    """Content hash: 16 hex digits over images and pairs."""
    pairs: _Count
    """Items with an image and a text."""
    image_only: _Count
    text_only: _Count
    train_items: _Count
    validation_items: _Count
    image_height: Annotated[int, Range(1, MAX_SIDE)]
    image_width: Annotated[int, Range(1, MAX_SIDE)]
    channels: Annotated[int, Range(1, 3)]
    """1 (grey) or 3 (RGB)."""
    licence: _Text
    source: _Text
    """Origin of the pairs, as text."""
    value_range: Annotated[tuple[float, ...], check_range] = ()
    """Values that became black and white of images of more than 8 bits; empty if there were none.
    Manifests of older versions lack it, and the band."""
    band: Annotated[int, Range(0, MAX_BANDS)] = 0
    """Channel that was taken of each image, from 1; 0 if all colours were."""
    checksums: Checksums | None = None
    """None in datasets of older versions."""

    @property
    def image_shape(self) -> ImageShape:
        """Height and width of the images."""
        return ImageShape(self.image_height, self.image_width)

    @property
    def items(self) -> int:
        """Total number of items: pairs, images alone and texts alone."""
        return self.pairs + self.image_only + self.text_only

    def to_json(self) -> str:
        """Serialise as JSON."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a dataset folder.

    Raises:
        DatasetMissingError: there is no manifest.
        DatasetCorruptError: it is damaged, or of an unsupported format.
    """
    try:
        table = read_table(read_regular(folder / FILE_NAME, MAX_BYTES), FILE_NAME)
        if table.get("format") not in range(OLDEST_FORMAT, FORMAT + 1):
            raise DatasetCorruptError(folder, format_problem(table.get("format"), FORMAT))
        return decode(Manifest, table)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetMissingError(folder) from error
    except DecodeError as error:
        strange = ", ".join(sorted(problem.field for problem in error.problems))
        raise DatasetCorruptError(
            folder, f"its manifest has a missing or malformed {strange}"
        ) from error
    except (OSError, ValueError) as error:
        raise DatasetCorruptError(folder, f"its manifest cannot be read ({error})") from error


def data_facts(manifest: Manifest) -> DataFacts:
    """Return what a forecast needs to know about a dataset."""
    named = (name for name, starter in STARTERS.items() if starter.source == manifest.source)
    return DataFacts(
        image_size=manifest.image_shape.longer,
        channels=manifest.channels,
        pairs=manifest.items,
        starter=next(named, ""),
    )


Record = Mapping[str, Any]
"""A line of ``pairs.jsonl``: ``text``, ``split``, and optionally ``texts`` (all captions of an
image, ``text`` first), ``tags``, ``key`` (name of the item in its source), ``label``, ``group``."""
GROUP_FIELDS = ("group", "label")


def captions_of(record: Record) -> tuple[str, ...]:
    """Return all captions of an item; empty for an image alone."""
    if record.get("texts"):
        return tuple(record["texts"])
    return () if record["text"] is None else (record["text"],)


def tags_of(record: Record) -> tuple[str, ...]:
    """Return the tags of an item."""
    return tuple(record.get("tags", ()))


def group_of(record: Record) -> str:
    """Return the group of an item, or else its label; empty if it has neither."""
    return next((str(record[name]) for name in GROUP_FIELDS if name in record), "")


def key_of(record: Record, number: int) -> str:
    """Return the key of an item, or its number if it was not imported from files."""
    return str(record.get("key", f"#{number}"))


def has_image(record: Record) -> bool:
    """Whether images.npy holds a row for the item."""
    return record.get("image", True) is not False


def has_valid_extras(record: Record) -> bool:
    """Whether the optional fields of a record have valid types."""
    texts = record.get("texts", [])
    return (
        _is_texts(texts)
        and (record.get("text") is not None or not texts)
        and _is_texts(record.get("tags", []))
        and isinstance(record.get("key", ""), str)
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def hash_split(key: str, percent: int) -> str:
    """Assign an item to a split by the hash of its key; added items do not move others.

    An item in the validation split at one percentage is in it at all higher ones.

    Args:
        key: key of the item; may hold lone surrogates, as paths do.
        percent: size of the validation split, 0 to 100.
    """
    return VALIDATION if hash_percentile(key) < percent else TRAIN


def hash_percentile(key: str) -> int:
    """Return the percentile of a key, 0 to 99: the item is in validation above that percentage."""
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % 100
