"""Metadata of a dataset: its manifest, the fields of its records, and how its items are split."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DatasetCorruptError, DatasetMissingError, format_problem
from engine.fs.codec import DecodeError, decode, encode

FORMAT = 3
FILE_NAME = "manifest.json"
TRAIN, VALIDATION = "train", "held_out"
"""Splits of the items."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Facts about a built dataset. Cheap to read: no image is touched."""

    format: int = FORMAT
    name: str
    title: str
    version: str
    """Content hash: 16 hex digits over images and pairs."""
    pairs: int
    """Items with an image and a text."""
    image_only: int
    text_only: int
    train_items: int
    validation_items: int
    image_height: int
    image_width: int
    channels: int
    """1 (grey) or 3 (RGB)."""
    licence: str
    source: str
    """Where the pairs came from, in words."""

    @property
    def items(self) -> int:
        """Pairs, and what is half a pair."""
        return self.pairs + self.image_only + self.text_only

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a dataset folder.

    Raises:
        DatasetMissingError: there is none.
        DatasetCorruptError: it is damaged, or of a version this program does not know.
    """
    try:
        table: dict[str, Any] = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if table.get("format") != FORMAT:
            raise DatasetCorruptError(folder, format_problem(table.get("format"), FORMAT))
        return decode(Manifest, table)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetMissingError(folder) from error
    except DecodeError as error:
        strange = ", ".join(sorted(problem.field for problem in error.problems))
        raise DatasetCorruptError(
            folder, f"its manifest has a missing or strange {strange}"
        ) from error
    except (OSError, ValueError, AttributeError) as error:
        raise DatasetCorruptError(folder, f"its manifest cannot be read ({error})") from error


Record = Mapping[str, Any]
"""A line of ``pairs.jsonl``: ``text``, ``split``, and optionally ``texts`` (all captions of an
image, ``text`` first), ``tags``, ``key`` (name of the item in its source), ``label``, ``group``."""
GROUP_FIELDS = ("group", "label")


def captions_of(record: Record) -> tuple[str, ...]:
    """Give all captions of an item; none for an image alone."""
    if record.get("texts"):
        return tuple(record["texts"])
    return () if record["text"] is None else (record["text"],)


def tags_of(record: Record) -> tuple[str, ...]:
    """Give the tags of an item."""
    return tuple(record.get("tags", ()))


def group_of(record: Record) -> str:
    """Give the group of an item, or else its label; empty where it has neither."""
    return next((str(record[name]) for name in GROUP_FIELDS if name in record), "")


def key_of(record: Record, number: int) -> str:
    """Name an item: by its key, or its number where it was not imported from files."""
    return str(record.get("key", f"#{number}"))


def has_image(record: Record) -> bool:
    """Whether images.npy holds a row for the item."""
    return record.get("image", True) is not False


def has_valid_extras(record: Record) -> bool:
    """Whether what is optional has the right types where it is there."""
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
    """Assign an item to a split by its key alone, so that added items move no others.

    An item for validation at some percentage is also for validation at any higher one.

    Args:
        key: names the item; any string, also one with halves of surrogate pairs, as paths have.
        percent: share to hold out, 0 to 100.
    """
    return VALIDATION if hash_percentile(key) < percent else TRAIN


def hash_percentile(key: str) -> int:
    """Give an item's place, 0 to 99: it is for validation at every percentage above."""
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % 100
