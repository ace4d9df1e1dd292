"""Metadata of a dataset: manifest, record fields and splits; its files, opened within limits."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Annotated, Any

from engine.config.presets import DataFacts
from engine.data.column_info import (
    IMAGE,
    ITEMS,
    MAX_ITEM_BYTES,
    MAX_SIDE,
    TEXT,
    ColumnInfo,
    check_columns,
    first_of_kind,
    image_column,
    text_column,
)
from engine.data.image_shape import ImageShape
from engine.data.pixel_values import MAX_BANDS, check_range
from engine.data.starters import STARTERS
from engine.errors import DatasetCorruptError, DatasetMissingError, format_problem
from engine.fs.codec import DecodeError, Length, Range, decode, encode
from engine.fs.untrusted import MalformedFileError, open_regular, read_regular, read_table

FORMAT, OLDEST_FORMAT = 5, 3
"""The format that is written, and the oldest that is read. Formats 3 and 4 have one picture and one
text for each item; 3 has no checksums."""
FILE_NAME, IMAGES, RECORDS = "manifest.json", "images.npy", "pairs.jsonl"
"""The last is of formats 3 and 4."""
MAX_BYTES = 64_000_000
"""Limit of a manifest; the checksums of a terabyte have a third of it."""
BLOCK_BYTES = 1 << 20
"""Bytes of a file for which the manifest has a checksum."""
MAX_HEADER_BYTES = 1 << 16
"""Limit of what precedes the values of an array."""
MAX_ITEMS, MAX_TEXT = 10**9, 100_000
TRAIN, VALIDATION = "train", "held_out"
"""Splits of the items."""


_Count = Annotated[int, Range(0, MAX_ITEMS)]
_Text = Annotated[str, Length(MAX_TEXT)]


@dataclass(frozen=True, kw_only=True)
class Combination:
    """Items that have exactly the same columns."""

    columns: tuple[str, ...]
    """Names, in the order of the dataset's columns; at least one."""
    items: _Count


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Metadata of a dataset; reading it loads no values.

    Raises:
        ValueError: the values do not fit together.
    """

    format: int = FORMAT
    name: _Text
    title: _Text
    version: _Text
    """Hash of the content: 16 hex digits."""
    columns: tuple[ColumnInfo, ...]
    combinations: tuple[Combination, ...]
    """Which columns the items have, and how many have those."""
    train_items: _Count
    validation_items: _Count
    licence: _Text
    source: _Text
    """Origin of the items, as text."""
    notice: _Text = ""
    """What has to be said wherever items, or samples of a model of them, are shown; usually
    nothing."""
    checksums: Mapping[str, tuple[str, ...]] | None = None
    """By file, of each mebibyte: 16 hex digits. Those of an array do not cover its header. None in
    datasets of format 3."""

    def __post_init__(self) -> None:
        check_columns(self.columns)
        counts = Counter[str]()
        names = [column.name for column in self.columns]
        for each in self.combinations:
            if not each.columns or [n for n in names if n in each.columns] != list(each.columns):
                raise ValueError("items have none of the columns")
            counts.update(dict.fromkeys(each.columns, each.items))
        if any(counts[column.name] != column.count for column in self.columns):
            raise ValueError("the counts of the columns do not add up")
        if self.items != self.train_items + self.validation_items or self.items > MAX_ITEMS:
            raise ValueError("the counts of the splits do not add up")
        if self.format == FORMAT and set(self.checksums or ()) != self.files:
            raise ValueError("the checksums are not those of its files")

    @property
    def files(self) -> frozenset[str]:
        """Names of the files with the content."""
        return frozenset(column.file for column in self.columns) | {ITEMS}

    @property
    def items(self) -> int:
        """Total number of items."""
        return sum(each.items for each in self.combinations)

    @property
    def first_image(self) -> ColumnInfo | None:
        """The first column of pictures; None if there is none."""
        return first_of_kind(self.columns, IMAGE)

    @property
    def first_text(self) -> ColumnInfo | None:
        """The first column of texts; None if there is none."""
        return first_of_kind(self.columns, TEXT)

    @property
    def pairs(self) -> int:
        """Items with a picture and a text, of the first columns of these kinds."""
        return self._count(has_image=True, has_text=True)

    @property
    def image_only(self) -> int:
        """Items with a picture and without a text, of the first columns of these kinds."""
        return self._count(has_image=True, has_text=False)

    @property
    def text_only(self) -> int:
        """Items with a text and without a picture, of the first columns of these kinds."""
        return self._count(has_image=False, has_text=True)

    @property
    def image_shape(self) -> ImageShape:
        """Height and width of the first column of pictures; 1 x 1 if there is none."""
        return ImageShape(self.image_height, self.image_width)

    @property
    def image_height(self) -> int:
        """Height in pixels; see ``image_shape``."""
        return self.first_image.shape[1] if self.first_image else 1

    @property
    def image_width(self) -> int:
        """Width in pixels; see ``image_shape``."""
        return self.first_image.shape[2] if self.first_image else 1

    @property
    def channels(self) -> int:
        """Of the first column of pictures: 1 (grey) or 3 (RGB); 1 if there is none."""
        return self.first_image.shape[3] if self.first_image else 1

    @property
    def value_range(self) -> tuple[float, ...]:
        """Of the first column of pictures, as ``ColumnInfo.value_range``."""
        return self.first_image.value_range if self.first_image else ()

    @property
    def band(self) -> int:
        """Of the first column of pictures, as ``ColumnInfo.band``."""
        return self.first_image.band if self.first_image else 0

    def to_json(self) -> str:
        """Serialise as JSON."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1) + "\n"

    def _count(self, *, has_image: bool, has_text: bool) -> int:
        image, text = (first.name if first else "" for first in (self.first_image, self.first_text))
        return sum(
            each.items
            for each in self.combinations
            if (image in each.columns, text in each.columns) == (has_image, has_text)
        )


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a dataset folder; one of format 3 or 4 is converted.

    Raises:
        DatasetMissingError: there is no manifest.
        DatasetCorruptError: it is damaged, or of an unsupported format.
    """
    try:
        table = read_table(read_regular(folder / FILE_NAME, MAX_BYTES), FILE_NAME)
        if table.get("format") not in range(OLDEST_FORMAT, FORMAT + 1):
            raise DatasetCorruptError(folder, format_problem(table.get("format"), FORMAT))
        if table["format"] < FORMAT:
            return decode(_PairManifest, table).converted()
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


@dataclass(frozen=True, kw_only=True)
class _PairChecksums:
    """Checksums of formats 3 and 4."""

    images: tuple[str, ...]
    records: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _PairManifest:
    """A manifest of format 3 or 4: items with a picture, a text or both."""

    format: int
    name: _Text
    title: _Text
    version: _Text
    pairs: _Count
    image_only: _Count
    text_only: _Count
    train_items: _Count
    validation_items: _Count
    image_height: Annotated[int, Range(1, MAX_SIDE)]
    image_width: Annotated[int, Range(1, MAX_SIDE)]
    channels: Annotated[int, Range(1, 3)]
    licence: _Text
    source: _Text
    value_range: Annotated[tuple[float, ...], check_range] = ()
    band: Annotated[int, Range(0, MAX_BANDS)] = 0
    checksums: _PairChecksums | None = None

    def converted(self) -> Manifest:
        """Return the manifest as a newer format has it."""
        sums = self.checksums
        count = self.pairs + self.image_only
        shape = (count, self.image_height, self.image_width, self.channels)
        image = image_column(shape, value_range=self.value_range, band=self.band)
        combinations = {
            (IMAGE, TEXT): self.pairs,
            (IMAGE,): self.image_only,
            (TEXT,): self.text_only,
        }
        return Manifest(
            format=self.format,
            name=self.name,
            title=self.title,
            version=self.version,
            columns=with_counts((image, text_column()), combinations),
            combinations=combinations_of(combinations),
            train_items=self.train_items,
            validation_items=self.validation_items,
            licence=self.licence,
            source=self.source,
            checksums=sums and {IMAGES: sums.images, RECORDS: sums.records},
        )


def with_counts(
    columns: Iterable[ColumnInfo], combinations: Mapping[tuple[str, ...], int]
) -> tuple[ColumnInfo, ...]:
    """Return columns with the number of items that have each."""
    return tuple(
        replace(column, count=sum(n for has, n in combinations.items() if column.name in has))
        for column in columns
    )


def combinations_of(counts: Mapping[tuple[str, ...], int]) -> tuple[Combination, ...]:
    """Return the combinations that there are, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(Combination(columns=has, items=items) for has, items in ranked if items)


def data_facts(manifest: Manifest) -> DataFacts:
    """Return what a forecast needs to know about a dataset."""
    named = (name for name, starter in STARTERS.items() if starter.source == manifest.source)
    return DataFacts(
        image_size=manifest.image_shape.longer if manifest.first_image else 0,
        channels=manifest.channels if manifest.first_image else 1,
        pairs=manifest.items,
        starter=next(named, ""),
        is_pair=sorted(c.kind for c in manifest.columns) in ([IMAGE], [IMAGE, TEXT]),
    )


Record = Mapping[str, Any]
"""An item as a table.

- ``split``: ``train`` or ``held_out``.
- ``text``: the first caption of the first column of texts, or None; ``texts``: all of them, if
  there are several.
- ``image``: False if the item has no picture in the first column of pictures; the row of its
  picture if that is not the next one; else absent.
- By name, each further column that the item has: the caption, or a list if there are several; the
  row of an array; a table of cells by field, without those that are missing.
- Optionally ``key`` (name of the item in its source), ``label``, ``group``, ``tags`` and others.
"""
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
    """Whether the item has a picture in the first column of pictures."""
    return record.get("image", True) is not False


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


def open_values(folder: Path, column: ColumnInfo) -> FileIO:
    """Open the file of an array at its first value; a size that does not fit is refused.

    Raises:
        MalformedFileError, OSError: it cannot be used.
    """
    size = column.num_bytes
    file = open_regular(folder / column.file, size + MAX_HEADER_BYTES)
    end = file.seek(0, 2)
    if end < size:
        file.close()
        raise MalformedFileError(f"{column.file} has {end:,} bytes and needs at least {size:,}")
    file.seek(end - size)
    return file


def items_file(manifest: Manifest) -> str:
    """Return the name of the file with the items."""
    return RECORDS if manifest.format < FORMAT else ITEMS


def open_items(folder: Path, manifest: Manifest) -> FileIO:
    """Open the file with the items; one that is larger than the manifest allows is refused.

    Raises:
        MalformedFileError, OSError: it cannot be used.
    """
    name = items_file(manifest)
    sums = manifest.checksums
    max_bytes = len(sums[name]) * BLOCK_BYTES if sums else 1 << 40
    # Of items.arrow, texts take the limit, and numbers, offsets and the schema less than that.
    return open_regular(folder / name, min(max_bytes, (manifest.items + 1) * 2 * MAX_ITEM_BYTES))
