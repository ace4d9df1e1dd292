"""Datasets on disk: written once, whole or not at all; read by memory map.

A dataset folder holds ``manifest.json``, ``images.npy`` (uint8 [N, H, W, C]), ``pairs.jsonl`` (a
line a pair: ``text``, ``split`` and whatever else is known of it) and ``vocabulary.json``.
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
from engine.data.vocabulary import Vocabulary, covering_length
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
    """[N, H, W, C], memory-mapped."""
    vocabulary: Vocabulary
    records: Sequence[Record]
    """One a pair, in the images' order."""

    @functools.cached_property
    def texts(self) -> list[str]:
        """The captions, in the images' order."""
        return [record["text"] for record in self.records]

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Rows of a split, ``train`` or ``held_out``, ascending."""
        chosen = [row for row, record in enumerate(self.records) if record["split"] == split]
        return np.asarray(chosen, dtype=np.int64)


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
        vocabulary = Vocabulary(json.loads((folder / "vocabulary.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise DatasetCorruptError(folder, str(error)) from error
    dataset = StoredDataset(folder, manifest, images, vocabulary, records)
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
        images: [N, H, W, C] uint8, C 1 or 3.
        records: N tables with at least ``text`` and ``split`` (``train`` or ``held_out``).
        licence: one line.
        source: one line.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    texts = [record["text"] for record in records]
    vocabulary = Vocabulary.build(texts)
    splits = [record["split"] for record in records]
    manifest = Manifest(
        name=name,
        title=title,
        version=_content_hash(images, lines),
        pairs=len(images),
        train_pairs=splits.count(TRAIN),
        held_out_pairs=splits.count(HELD_OUT),
        image_height=images.shape[1],
        image_width=images.shape[2],
        channels=images.shape[3],
        text_length=covering_length(texts),
        words=len(vocabulary),
        licence=licence,
        source=source,
    )
    _publish(folder, images, lines, vocabulary, manifest)
    return manifest


def _publish(
    folder: Path, images: Images, lines: list[str], vocabulary: Vocabulary, manifest: Manifest
) -> None:
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
        words = json.dumps(vocabulary.words, ensure_ascii=False)
        atomic_write(staged / "vocabulary.json", words.encode())
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
    expected = (manifest.pairs, manifest.image_height, manifest.image_width, manifest.channels)
    problem = None
    if images.dtype != np.uint8 or images.shape != expected:
        problem = f"images.npy is {images.dtype} {images.shape}, not uint8 {expected}"
    elif len(dataset.records) != manifest.pairs:
        problem = f"pairs.jsonl has {len(dataset.records)} lines, not {manifest.pairs}"
    elif not all(_is_record(record) for record in dataset.records):
        problem = "a line of pairs.jsonl lacks its text or its split"
    elif len(dataset.vocabulary) != manifest.words:
        problem = f"vocabulary.json has {len(dataset.vocabulary)} entries, not {manifest.words}"
    elif manifest.channels not in {1, 3} or manifest.train_pairs < 1:
        problem = "it has no training pairs, or neither 1 nor 3 colour channels"
    if problem:
        raise DatasetCorruptError(dataset.folder, problem)


def _is_record(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("text"), str)
        and record.get("split") in {TRAIN, HELD_OUT}
    )
