"""Edits become a new dataset beside the old one, which stays as it is.

Runs name the version that they were trained on, and it is still there. Images are shared by a hard
link where all are kept; otherwise those that are kept are copied piece by piece.

Shapes: M images, H height, W width, C channels.
"""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.manifest import FILE_NAME, Manifest
from engine.data.publishing import published
from engine.data.record import Record, has_image
from engine.data.store import HELD_OUT, TRAIN, Images, StoredDataset
from engine.disk import atomic_write
from engine.errors import EditRefusedError, StoppedError

Report = Callable[[int, int], None]
"""Told how much is done and how much there is."""

_PIECE_BYTES = 8_000_000
_ORIGIN = "; edited from "
_NUMBERED = re.compile(r"(.+)-\d+")
_IMAGES = "images.npy"


def next_version_folder(folder: Path) -> Path:
    """Find a free place beside a dataset: ``name``, then ``name-2``, then ``name-3``."""
    numbered = _NUMBERED.fullmatch(folder.name)
    # A dataset may be called mnist-10 by its own right; its number counts if there is a mnist.
    is_version = numbered is not None and folder.with_name(numbered[1]).exists()
    stem = numbered[1] if numbered and is_version else folder.name
    number = 2
    while folder.with_name(f"{stem}-{number}").exists():
        number += 1
    return folder.with_name(f"{stem}-{number}")


def save_version(
    dataset: StoredDataset,
    edits: Edits,
    folder: Path,
    *,
    report: Report = lambda _done, _total: None,
    control: RunControl | None = None,
) -> Manifest:
    """Write a dataset with its edits into a new folder. It appears whole, or not at all.

    Args:
        dataset: stays as it is.
        edits: of this dataset.
        folder: must not exist yet, or be empty.
        report: told how many of the images are done.
        control: may ask for a stop.

    Raises:
        EditRefusedError: nothing would be left to train on.
        StoppedError: the control asked for it.
        FolderInUseError, FolderNotWritableError, DiskFullError: the folder cannot be written.
    """
    items = range(len(dataset.records))
    kept = [item for item in items if not edits.state(item).is_excluded]
    records = [edits.record(item) for item in kept]
    if not any(record["split"] == TRAIN for record in records):
        raise EditRefusedError("no item would be left to train on")
    rows = dataset.image_rows[kept]
    rows = rows[rows >= 0]
    is_shared = len(rows) == len(dataset.images)
    pieces = _Pieces(dataset.images, rows, report, control or RunControl())
    with published(folder, 0 if is_shared else len(rows) * dataset.images[:1].nbytes) as staged:
        shape = (len(rows), *dataset.images.shape[1:])
        digest = hashlib.sha256(repr(shape).encode())
        if is_shared and _link(dataset.folder / _IMAGES, staged / _IMAGES):
            for piece in pieces:
                digest.update(piece.data)
        else:
            _write(staged / _IMAGES, shape, pieces, digest.update)
        lines = [json.dumps(record, ensure_ascii=False) for record in records]
        for line in lines:
            digest.update(line.encode() + b"\n")
        manifest = _manifest(dataset.manifest, folder.name, digest.hexdigest()[:16], records)
        atomic_write(staged / "pairs.jsonl", "".join(f"{line}\n" for line in lines).encode())
        atomic_write(staged / FILE_NAME, manifest.to_json().encode())
    return manifest


class _Pieces:
    """Images a few megabytes at a time: [K, H, W, C]."""

    def __init__(
        self, images: Images, rows: Sequence[int] | np.ndarray, report: Report, control: RunControl
    ) -> None:
        self._images, self._rows = images, rows
        self._report, self._control = report, control

    def __iter__(self) -> Iterator[Images]:
        total = len(self._rows)
        step = max(1, _PIECE_BYTES // max(1, self._images[:1].nbytes))
        for start in range(0, total, step):
            if self._control.is_stop_requested:
                raise StoppedError
            yield np.ascontiguousarray(self._images[self._rows[start : start + step]])
            self._report(min(start + step, total), total)


def _link(original: Path, wanted: Path) -> bool:
    """Let two names share one file; whether the disk can do that."""
    try:
        os.link(original, wanted)
    except OSError:
        return False
    return True


def _write(
    path: Path, shape: tuple[int, ...], pieces: _Pieces, take: Callable[[memoryview], None]
) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for piece in pieces:
            take(piece.data)
            file.write(piece.data)
        file.flush()
        os.fsync(file.fileno())


def _manifest(old: Manifest, name: str, version: str, records: Sequence[Record]) -> Manifest:
    image_only = sum(record["text"] is None for record in records)
    text_only = sum(not has_image(record) for record in records)
    splits = [record["split"] for record in records]
    return dataclasses.replace(
        old,
        name=name,
        version=version,
        pairs=len(records) - image_only - text_only,
        image_only=image_only,
        text_only=text_only,
        train_items=splits.count(TRAIN),
        held_out_items=splits.count(HELD_OUT),
        source=f"{old.source.split(_ORIGIN)[0]}{_ORIGIN}{old.name}, version {old.version}",
    )
