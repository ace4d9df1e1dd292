"""Save the edits of a dataset as a new version beside it.

The old version is kept, because runs refer to the version that they were trained on. Both versions
share the file of an array by a hard link if no row is removed; otherwise rows are copied in pieces.

Shapes: K rows of an array.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.columns import ArrayColumn, Items
from engine.data.editing import Edits
from engine.data.manifest import TRAIN, Manifest, Record
from engine.data.store import StoredDataset
from engine.data.writer import DatasetWriter
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
        report: progress callback: number of rows written, and total.
        control: may request a stop.

    Raises:
        EditRefusedError: no training item would be left.
        StoppedError: a stop was requested.
        FolderInUseError, FolderNotWritableError, DiskFullError: the folder cannot be written.
    """
    kept = _kept_items(edits, dataset.count)
    if all(edits.state(item).split != TRAIN for item in kept.tolist()):
        raise EditRefusedError("no item would be left to train on")
    arrays = [column for column in dataset.columns.values() if isinstance(column, ArrayColumn)]
    used = {column.name: _used_rows(column, kept) for column in arrays}
    shared = {
        column.name: dataset.folder / column.info.file
        for column in arrays
        if len(used[column.name]) == len(column.values)
    }
    columns = [
        replace(info, shape=(len(used[info.name]), *info.shape[1:])) if info.is_array else info
        for info in dataset.manifest.columns
    ]
    with DatasetWriter(folder, columns, shared=shared) as writer:
        progress = _Progress(sum(map(len, used.values())), report, control or RunControl())
        for column in arrays:
            for piece in _pieces(column.values, used[column.name], progress):
                writer.add_values(column.name, piece)
        for record in _records(edits, kept, arrays, used):
            writer.add_record(record)
        old = dataset.manifest
        source = f"{old.source.split(_ORIGIN)[0]}{_ORIGIN}{old.name}, version {old.version}"
        manifest = writer.manifest(
            name=folder.name,
            title=old.title,
            licence=old.licence,
            source=source,
            notice=old.notice,
        )
        if shared and manifest.checksums and old.checksums:
            # Those of the shared values as they were written: damage since then stays visible.
            files = {path.name: old.checksums[path.name] for path in shared.values()}
            manifest = replace(manifest, checksums={**manifest.checksums, **files})
        writer.publish(manifest)
    return manifest


def _kept_items(edits: Edits, count: int) -> Items:
    """Return the items that are not excluded, in ascending order."""
    is_kept = np.ones(count, dtype=bool)
    for item in edits.changed:
        is_kept[item] = not edits.state(item).is_excluded
    return np.flatnonzero(is_kept)


def _used_rows(column: ArrayColumn, items: Items) -> Items:
    """Return the rows of an array that items have, in ascending order."""
    rows = np.unique(column.rows[items])
    return rows[rows >= 0]


def _records(
    edits: Edits, kept: Items, arrays: Sequence[ArrayColumn], used: Mapping[str, Items]
) -> Iterator[Record]:
    """Yield the edited records of items, with the rows of the new arrays."""
    rows = [
        (column.name, np.searchsorted(used[column.name], column.rows[kept]), column.present[kept])
        for column in arrays
    ]
    for place, item in enumerate(kept.tolist()):
        there = {name: int(row[place]) for name, row, present in rows if present[place]}
        yield {**edits.record(item), **there}


class _Progress:
    """Counts rows, and reports them."""

    def __init__(self, total: int, report: Report, control: RunControl) -> None:
        self._total, self._report, self._control = total, report, control
        self._done = 0

    def check_stop(self) -> None:
        if self._control.is_stop_requested:
            raise StoppedError

    def add(self, rows: int) -> None:
        self._done += rows
        self._report(self._done, self._total)


def _pieces(
    values: npt.NDArray[Any], rows: Items, progress: _Progress
) -> Iterator[npt.NDArray[Any]]:
    """Yield rows in pieces of a few megabytes: [K, ...]."""
    step = max(1, _PIECE_BYTES // max(1, values[:1].nbytes))
    for start in range(0, len(rows), step):
        progress.check_stop()
        piece = np.ascontiguousarray(values[rows[start : start + step]])
        yield piece
        progress.add(len(piece))
