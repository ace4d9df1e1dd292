"""Where the training data are: in the memory of the device, or on the disk, read while training."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.config.networks import NetworkConfig
from engine.data.columns import ArrayColumn, Column, TextColumn
from engine.data.loader import StoredRows, StreamedItems
from engine.data.store import TRAIN, StoredDataset
from engine.modalities.kind import Rows
from engine.modalities.registry import KINDS
from engine.runs.metadata import ModelMetadata
from engine.train.batch_size import FREE_FRACTION
from engine.train.device import CPU, free_memory

RESIDENT, STREAMED = "resident", "streamed"
MIN_PROBED_FRACTION = 1 / 8
"""Fraction of the free memory up to which data fit without a measurement of the networks."""


def load_column(
    dataset: StoredDataset,
    metadata: ModelMetadata,
    name: str,
    items: Rows,
    networks: NetworkConfig,
) -> StoredRows:
    """Read a column of items [N] into the form that a loader keeps, on the CPU.

    Raises:
        DatasetCorruptError: the dataset can no longer be read.
    """
    facts = metadata.columns[name]
    return KINDS[facts.kind].load(dataset, name, items, facts, networks)


def streamed_items(
    dataset: StoredDataset, metadata: ModelMetadata, items: Rows, networks: NetworkConfig
) -> StreamedItems:
    """Return what a streamed loader reads items from.

    Args:
        dataset: stays open.
        metadata: of the model.
        items: to train on: [N].
        networks: of the run.
    """
    arrays = [column for column in dataset.columns.values() if isinstance(column, ArrayColumn)]
    present = [dataset.columns[name].present[items].all() for name in metadata.columns]

    def read(rows: Rows) -> Mapping[str, StoredRows]:
        chosen = items[rows]
        return {
            name: load_column(dataset, metadata, name, chosen, networks)
            for name in metadata.columns
        }

    def expect(rows: Rows) -> None:
        chosen = items[rows]
        for column in arrays:
            found = np.unique(column.rows[chosen])
            column.file.expect(found[found >= 0].astype(np.int64))

    return StreamedItems(
        read=read,
        expect=expect,
        substitutes=_substitutes(dataset, metadata, items, networks),
        is_complete=all(present),
    )


def stored_bytes(dataset: StoredDataset, metadata: ModelMetadata, networks: NetworkConfig) -> int:
    """Return how much memory the training data would take if they were resident."""
    items = dataset.rows(TRAIN)
    rows = _substitutes(dataset, metadata, items, networks)
    return sum(row.nbytes * _count_rows(dataset.columns[name], items) for name, row in rows.items())


def fits_in_memory(
    num_bytes: int, free_bytes: int, device: torch.device, peak_bytes: Callable[[], int]
) -> bool:
    """Whether data fit into the memory of a device, beside networks and batches.

    On the CPU, data take their size twice: while they are read, the system keeps the file in its
    cache.

    Args:
        num_bytes: of the data.
        free_bytes: on the device; 0 if unknown, which is taken for enough.
        device: to train on.
        peak_bytes: measures what steps on a part of the data take; called only where it matters.
    """
    needed = num_bytes * (2 if device.type == "cpu" else 1)
    if not free_bytes or needed <= MIN_PROBED_FRACTION * free_bytes:
        return True
    budget = FREE_FRACTION * free_bytes
    return needed <= budget and needed + peak_bytes() <= budget


def free_bytes(device: torch.device) -> int:
    """Return the free memory of a device, in bytes; 0 if unknown."""
    if device.type != CPU:
        return free_memory(device)
    found = [_meminfo_bytes("MemAvailable"), _cgroup_bytes(Path("/sys/fs/cgroup"))]
    return min([size for size in found if size], default=0)


def _meminfo_bytes(name: str) -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0  # Not on macOS and Windows.
    sizes = dict(line.split(":", 1) for line in lines if ":" in line)
    number = sizes.get(name, "").split()[:1]
    return int(number[0]) * 1024 if number and number[0].isdigit() else 0


def _cgroup_bytes(folder: Path) -> int:
    """Return what a container's limit leaves, 0 if there is no limit; its cache can be dropped."""
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return 0
    cached = sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    return max(1, int(limit) - used + cached) if limit.isdigit() else 0


def _substitutes(
    dataset: StoredDataset, metadata: ModelMetadata, items: Rows, networks: NetworkConfig
) -> dict[str, Tensor]:
    """Return the first row [1, ...] that each column would have in memory."""
    return {
        name: load_column(
            dataset, metadata, name, _first_item(dataset.columns[name], items), networks
        ).rows[:1]
        for name in metadata.columns
    }


def _first_item(column: Column, items: Rows) -> Rows:
    present = items[column.present[items]]
    if isinstance(column, ArrayColumn) and len(present):
        return present[[np.argmin(column.rows[present])]]
    return present[:1]


def _count_rows(column: Column, items: Rows) -> int:
    if isinstance(column, TextColumn):
        return int(column.counts[items].sum())
    count = int(column.present[items].sum())
    return min(count, column.info.shape[0]) if isinstance(column, ArrayColumn) else count
