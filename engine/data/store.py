"""Datasets on disk: written atomically once, and memory-mapped for reading.

A dataset folder holds ``manifest.json``, ``images.npy`` (uint8 [M, H, W, C]) and ``pairs.jsonl``
with one line per item: ``text``, ``split`` and optional fields. The text of an item without one is
``null``; an item without an image has ``"image": false`` and no row in images.npy. The optional
fields are those of ``engine.data.manifest.Record``. A folder is untrusted: kinds and sizes of its
files are checked before they are read.

Shapes: N items, M images, H height, W width, C channels.
"""

import functools
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.checksums import (
    MAX_RECORD_BYTES,
    images_shape,
    open_images,
    open_records,
)
from engine.data.manifest import (
    IMAGES,
    RECORDS,
    TRAIN,
    VALIDATION,
    Manifest,
    Record,
    captions_of,
    has_image,
    has_valid_extras,
    read_manifest,
)
from engine.data.writer import DatasetWriter, Images
from engine.errors import DatasetCorruptError
from engine.fs.untrusted import MalformedFileError, read_table


@dataclass(frozen=True)
class StoredDataset:
    """A dataset folder, opened for reading."""

    folder: Path
    manifest: Manifest
    images: Images
    """[M, H, W, C], memory-mapped."""
    records: Sequence[Record]
    """One for each of the N items."""

    @functools.cached_property
    def texts(self) -> list[str]:
        """The first caption of each item; empty if there is none."""
        return [record["text"] or "" for record in self.records]

    @functools.cached_property
    def captions(self) -> list[tuple[str, ...]]:
        """All captions of each item; empty for an image alone."""
        return [captions_of(record) for record in self.records]

    @functools.cached_property
    def has_text(self) -> npt.NDArray[np.bool_]:
        """Whether each item has a text: [N]."""
        return np.array([record["text"] is not None for record in self.records], dtype=bool)

    @functools.cached_property
    def image_rows(self) -> npt.NDArray[np.int64]:
        """Row of each item's image in ``images``, -1 if it has none: [N]."""
        is_there = np.array([has_image(record) for record in self.records], dtype=bool)
        return np.where(is_there, is_there.cumsum() - 1, -1)

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Return the items of a split, ``train`` or ``held_out``, in ascending order."""
        chosen = [row for row, record in enumerate(self.records) if record["split"] == split]
        return np.asarray(chosen, dtype=np.int64)

    def complete_rows(self, split: str) -> npt.NDArray[np.int64]:
        """Return the items of a split that have both image and text, in ascending order."""
        rows = self.rows(split)
        return rows[self.has_text[rows] & (self.image_rows[rows] >= 0)]

    def images_of(self, rows: npt.NDArray[np.int64]) -> Images:
        """Return the images of items that have one: [K, H, W, C]."""
        return np.ascontiguousarray(self.images[self.image_rows[rows]])


def open_dataset(folder: Path) -> StoredDataset:
    """Open a dataset and check that its files are consistent.

    Raises:
        DatasetMissingError: there is no dataset in the folder.
        DatasetCorruptError: a file is missing, damaged or inconsistent with the others.
    """
    manifest = read_manifest(folder)
    try:
        images, records = _map_images(folder, manifest), list(_read_records(folder, manifest))
    except MalformedFileError as error:
        raise DatasetCorruptError(folder, str(error)) from error
    except OSError as error:
        raise DatasetCorruptError(folder, f"{error.filename}: {error.strerror}") from error
    dataset = StoredDataset(folder, manifest, images, records)
    _check(dataset)
    return dataset


def training_texts(dataset: StoredDataset) -> list[str]:
    """Return all captions to train on, repeats included."""
    return [text for row in dataset.rows(TRAIN) for text in dataset.captions[row]]


def write_dataset(
    folder: Path,
    *,
    name: str,
    title: str,
    images: Images,
    records: Iterable[Record],
    licence: str,
    source: str,
) -> Manifest:
    """Write a dataset folder atomically.

    Args:
        folder: must not exist, or be empty.
        name: short name, for folders and commands.
        title: display name.
        images: [M, H, W, C] uint8, C 1 or 3, in the order of the records that have one; may be
            memory-mapped.
        records: N tables with at least ``text``, which may be None, and ``split`` (``train`` or
            ``held_out``); ``"image": False`` marks those without an image.
        licence: licence of the dataset, one line.
        source: origin of the dataset, one line.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    count, height, width, channels = images.shape
    with DatasetWriter(folder, (count, height, width, channels)) as writer:
        writer.add_images(images)
        for record in records:
            writer.add_record(record)
        manifest = writer.manifest(name=name, title=title, licence=licence, source=source)
        writer.publish(manifest)
    return manifest


def _map_images(folder: Path, manifest: Manifest) -> Images:
    """Map images.npy: [M, H, W, C].

    Raises:
        MalformedFileError: it is not an array of the manifest's shape.
        OSError: it cannot be read.
    """
    expected = images_shape(manifest)
    with open_images(folder, manifest) as file:
        start = file.tell()
        file.seek(0)
        try:
            np.lib.format.read_magic(file)
            shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
        except (ValueError, EOFError) as error:
            raise MalformedFileError(f"{IMAGES} is not an array ({str(error)[:100]})") from error
        if (shape, is_fortran, dtype, file.tell()) != (expected, False, np.uint8, start):
            raise MalformedFileError(f"{IMAGES} is {dtype} {shape}, not uint8 {expected}")
        return np.memmap(file, np.uint8, "r", start, shape)


def _read_records(folder: Path, manifest: Manifest) -> Iterator[Record]:
    """Read the lines of pairs.jsonl.

    Raises:
        MalformedFileError: a line is too long or not a JSON object, or there are too many.
        OSError: it cannot be read.
    """
    with open_records(folder, manifest) as plain, io.BufferedReader(plain, 1 << 16) as file:
        lines = iter(lambda: file.readline(MAX_RECORD_BYTES + 1), b"")
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_RECORD_BYTES:
                raise MalformedFileError(f"line {number:,} of {RECORDS} is too long")
            if number > manifest.items:
                raise MalformedFileError(f"{RECORDS} has more than {manifest.items:,} lines")
            yield read_table(line, f"a line of {RECORDS}")


def _check(dataset: StoredDataset) -> None:
    manifest = dataset.manifest
    count = manifest.pairs + manifest.image_only
    problem = None
    if len(dataset.records) != manifest.items:
        problem = f"pairs.jsonl has {len(dataset.records)} lines, not {manifest.items}"
    elif not all(_is_record(record) for record in dataset.records):
        problem = "a line of pairs.jsonl lacks its text, its image or its split, or is malformed"
    elif sum(map(has_image, dataset.records)) != count:
        problem = f"pairs.jsonl does not name {count} images"
    elif manifest.channels not in {1, 3} or manifest.train_items < 1:
        problem = "it has no training items, or neither 1 nor 3 colour channels"
    if problem:
        raise DatasetCorruptError(dataset.folder, problem)


def _is_record(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("text"), str | None)
        and "text" in record
        and (record["text"] is not None or has_image(record))
        and record.get("split") in (TRAIN, VALIDATION)
        and has_valid_extras(record)
    )
