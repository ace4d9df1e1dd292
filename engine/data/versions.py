"""Save the edits of a dataset as a new version beside it.

The old version is kept, because runs refer to the version that they were trained on. If no image is
removed, both versions share images.npy by a hard link; otherwise images are copied in pieces.

Shapes: M images, H height, W width, C channels.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.manifest import TRAIN, Manifest
from engine.data.store import StoredDataset
from engine.data.writer import DatasetWriter, Images
from engine.errors import EditRefusedError, StoppedError

Report = Callable[[int, int], None]
"""Progress callback: number of steps done, and total."""

_PIECE_BYTES = 8_000_000
_ORIGIN = "; edited from "
_NUMBERED = re.compile(r"(.+)-\d+")


def next_version_folder(folder: Path) -> Path:
    """Return the first unused folder name of ``name-2``, ``name-3``, ... beside a dataset."""
    numbered = _NUMBERED.fullmatch(folder.name)
    # ``mnist-10`` counts as a version only if there is a ``mnist``.
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
    """Write a dataset with its edits to a new folder, atomically.

    Args:
        dataset: the old version; it is not changed.
        edits: edits of this dataset.
        folder: must not exist, or be empty.
        report: progress callback: number of images written, and total.
        control: may request a stop.

    Raises:
        EditRefusedError: no training item would be left.
        StoppedError: a stop was requested.
        FolderInUseError, FolderNotWritableError, DiskFullError: the folder cannot be written.
    """
    items = range(len(dataset.records))
    kept = [item for item in items if not edits.state(item).is_excluded]
    records = [edits.record(item) for item in kept]
    if not any(record["split"] == TRAIN for record in records):
        raise EditRefusedError("no item would be left to train on")
    rows = dataset.image_rows[kept]
    rows = rows[rows >= 0]
    height, width, channels = dataset.images.shape[1:]
    shared = dataset.folder / "images.npy" if len(rows) == len(dataset.images) else None
    with DatasetWriter(folder, (len(rows), height, width, channels), shared=shared) as writer:
        for piece in _pieces(dataset.images, rows, report, control or RunControl()):
            writer.add_images(piece)
        for record in records:
            writer.add_record(record)
        old = dataset.manifest
        source = f"{old.source.split(_ORIGIN)[0]}{_ORIGIN}{old.name}, version {old.version}"
        manifest = writer.manifest(
            name=folder.name,
            title=old.title,
            licence=old.licence,
            source=source,
            value_range=old.value_range,
            band=old.band,
        )
        if shared and manifest.checksums and old.checksums:
            # Those of the shared pixels as they were written: damage since then stays visible.
            checksums = replace(manifest.checksums, images=old.checksums.images)
            manifest = replace(manifest, checksums=checksums)
        writer.publish(manifest)
    return manifest


def _pieces(
    images: Images, rows: npt.NDArray[np.int64], report: Report, control: RunControl
) -> Iterator[Images]:
    """Yield images in pieces of a few megabytes: [K, H, W, C]."""
    total = len(rows)
    step = max(1, _PIECE_BYTES // max(1, images[:1].nbytes))
    for start in range(0, total, step):
        if control.is_stop_requested:
            raise StoppedError
        yield np.ascontiguousarray(images[rows[start : start + step]])
        report(min(start + step, total), total)
