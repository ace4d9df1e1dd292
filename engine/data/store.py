"""Datasets on disk: written once, whole or not at all; read by memory map.

A dataset folder holds ``manifest.json``, ``images.npy`` (uint8 [M, H, W, C]) and ``pairs.jsonl``: a
line an item, with ``text``, ``split`` and whatever else is known of it. An item without a text has
``null`` for it; one without an image says ``"image": false``, and images.npy has no row for it.
What else a line may say stands in ``engine.data.record``.

Shapes: N items, M images, H height, W width, C channels.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.manifest import FILE_NAME, Manifest, read_manifest
from engine.data.record import has_image, has_sound_extras
from engine.disk import atomic_write, ensure_room, explain_os_error, sync_folder
from engine.errors import DatasetCorruptError, EngineError, FolderInUseError

TRAIN, HELD_OUT = "train", "held_out"

Images = npt.NDArray[np.uint8]
Record = Mapping[str, Any]


@dataclass(frozen=True)
class StoredDataset:
    """A dataset folder, opened for reading."""

    folder: Path
    manifest: Manifest
    images: Images
    """[M, H, W, C], memory-mapped."""
    records: Sequence[Record]
    """One an item: N."""

    @functools.cached_property
    def texts(self) -> list[str]:
        """The captions, one an item; empty where there is none."""
        return [record["text"] or "" for record in self.records]

    @functools.cached_property
    def has_text(self) -> npt.NDArray[np.bool_]:
        """Which items have a text: [N]."""
        return np.array([record["text"] is not None for record in self.records], dtype=bool)

    @functools.cached_property
    def image_rows(self) -> npt.NDArray[np.int64]:
        """Where each item's image stands in ``images``, -1 where there is none: [N]."""
        is_there = np.array([has_image(record) for record in self.records], dtype=bool)
        return np.where(is_there, is_there.cumsum() - 1, -1)

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Items of a split, ``train`` or ``held_out``, ascending."""
        chosen = [row for row, record in enumerate(self.records) if record["split"] == split]
        return np.asarray(chosen, dtype=np.int64)

    def whole_rows(self, split: str) -> npt.NDArray[np.int64]:
        """Items of a split that have both image and text, ascending."""
        rows = self.rows(split)
        return rows[self.has_text[rows] & (self.image_rows[rows] >= 0)]

    def images_of(self, rows: npt.NDArray[np.int64]) -> Images:
        """Read the images of items that have one: [K, H, W, C]."""
        return np.ascontiguousarray(self.images[self.image_rows[rows]])


def open_dataset(folder: Path) -> StoredDataset:
    """Open a dataset and check that its files fit together.

    Raises:
        DatasetMissingError: there is no dataset in the folder.
        DatasetCorruptError: a file is missing, damaged or does not fit the others.
    """
    manifest = read_manifest(folder)
    try:
        images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
        lines = (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
        records: list[Record] = [json.loads(line) for line in lines]
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise DatasetCorruptError(folder, str(error)) from error
    dataset = StoredDataset(folder, manifest, images, records)
    _check(dataset)
    return dataset


def write_dataset(
    folder: Path,
    *,
    name: str,
    title: str,
    images: Images,
    records: Sequence[Record],
    licence: str,
    source: str,
) -> Manifest:
    """Build a dataset folder. It appears whole, or not at all.

    Args:
        folder: must not exist yet, or be empty.
        name: short, for folders and commands.
        title: for people.
        images: [M, H, W, C] uint8, C 1 or 3, in the order of the records that have one.
        records: N tables with at least ``text``, which may be None, and ``split`` (``train`` or
            ``held_out``); ``"image": False`` marks those without an image.
        licence: one line.
        source: one line.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    splits = [record["split"] for record in records]
    image_only = sum(record["text"] is None for record in records)
    text_only = sum(not has_image(record) for record in records)
    manifest = Manifest(
        name=name,
        title=title,
        version=_content_hash(images, lines),
        pairs=len(records) - image_only - text_only,
        image_only=image_only,
        text_only=text_only,
        train_items=splits.count(TRAIN),
        held_out_items=splits.count(HELD_OUT),
        image_height=images.shape[1],
        image_width=images.shape[2],
        channels=images.shape[3],
        licence=licence,
        source=source,
    )
    _publish(folder, images, lines, manifest)
    return manifest


def _publish(folder: Path, images: Images, lines: list[str], manifest: Manifest) -> None:
    staged = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise FolderInUseError(folder)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        ensure_room(staged, images.nbytes)
        with (staged / "images.npy").open("wb") as file:
            np.save(file, images, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        atomic_write(staged / "pairs.jsonl", "".join(f"{line}\n" for line in lines).encode())
        atomic_write(staged / FILE_NAME, manifest.to_json().encode())
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        staged.replace(folder)
        sync_folder(folder.parent)
    except (OSError, EngineError) as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError):
            raise explain_os_error(error, folder, images.nbytes) from error
        raise


def _content_hash(images: Images, lines: list[str]) -> str:
    digest = hashlib.sha256(repr(images.shape).encode())
    digest.update(np.ascontiguousarray(images).data)
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:16]


def _check(dataset: StoredDataset) -> None:
    manifest, images = dataset.manifest, dataset.images
    count = manifest.pairs + manifest.image_only
    expected = (count, manifest.image_height, manifest.image_width, manifest.channels)
    problem = None
    if images.dtype != np.uint8 or images.shape != expected:
        problem = f"images.npy is {images.dtype} {images.shape}, not uint8 {expected}"
    elif len(dataset.records) != manifest.items:
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
        and record.get("split") in {TRAIN, HELD_OUT}
        and has_sound_extras(record)
    )
