"""Training with less than a dataset has: few items, incomplete items, unequal classes.

A reduced dataset is a view: nothing is written, and held-out items stay as they are. It shows what
small, sparse and imbalanced data do to a model, which the complete dataset then measures.

Shapes: N items.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from engine.config.run import RunConfig
from engine.config.sections import DataConfig
from engine.data.class_balance import as_coded, group_keys
from engine.data.columns import ArrayColumn, Chunks, Column, Items, Mask, TableColumn, TextColumn
from engine.data.store import TRAIN, VALIDATION, StoredDataset, open_dataset
from engine.errors import ConfigError, Problem

_IMBALANCE_STREAM, _COUNT_STREAM, _COMPLETE_STREAM = 1, 2, 3
"""Seeds of what is left out. That of the run has no influence, so that runs can be compared."""


@dataclass(frozen=True, eq=False)
class ReducedDataset(StoredDataset):
    """A dataset of which some training items are left out."""

    kept: Mask
    """Items that belong to a split: [N]."""

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Return the items of a split that are kept, in ascending order."""
        return np.flatnonzero((self.is_validation == (split == VALIDATION)) & self.kept)


def reduce_dataset(dataset: StoredDataset, data: DataConfig) -> StoredDataset:
    """Return the part of a dataset that a run trains on, and its held-out items.

    First classes are made imbalanced, then items are left out, then columns are hidden.

    Args:
        dataset: as opened.
        data: with ``imbalance_factor``, ``max_items`` and ``complete_fraction``.

    Returns:
        The dataset itself if nothing is left out.

    Raises:
        ConfigError: the dataset lacks the field that defines the classes, or has one column and
            items are to lack one.
    """
    training = dataset.rows(TRAIN)
    rows = training
    if data.imbalance_factor > 1:
        keys = group_keys(dataset, rows, data.balance_by)
        rows = rows[long_tail(keys, data.imbalance_factor)]
    if 0 < data.max_items < len(rows):
        rng = np.random.default_rng(_COUNT_STREAM)
        rows = np.sort(rng.permutation(rows)[: data.max_items])
    columns = dataset.columns
    if data.complete_fraction < 1:
        columns = _hide_columns(dataset, rows, data.complete_fraction)
    if len(rows) == len(training) and columns is dataset.columns:
        return dataset
    kept = dataset.is_validation.copy()
    kept[rows] = True
    return ReducedDataset(
        folder=dataset.folder,
        manifest=dataset.manifest,
        columns=columns,
        fields=dataset.fields,
        kept=kept,
    )


def open_training_dataset(config: RunConfig) -> StoredDataset:
    """Open the dataset of a run, reduced to what the run trains on.

    Raises:
        DatasetMissingError, DatasetCorruptError: it cannot be opened.
        ConfigError: see ``reduce_dataset``.
    """
    return reduce_dataset(open_dataset(config.dataset), config.data)


def long_tail(keys: Sequence[str | None], factor: float) -> Mask:
    """Choose items so that the sizes of classes fall exponentially.

    Class c of C, in alphabetical order, keeps at most ``n * factor ** (-c / (C - 1))`` items, where
    n is the size of the largest class. Source: the long-tailed CIFAR of Cui et al. 2019,
    arXiv:1901.05555, section 5.1.

    Args:
        keys: class of each item, N.
        factor: size of the first class divided by that of the last, if all are equally large.

    Returns:
        The items that stay, at least one of each class: [N].
    """
    coded = as_coded(keys)
    counts = np.bincount(coded.codes, minlength=len(coded.values))
    found = [code for code in range(len(counts)) if counts[code]]
    limits = np.zeros_like(counts)
    for place, code in enumerate(sorted(found, key=coded.values.__getitem__)):
        share = factor ** (-place / max(1, len(found) - 1))
        limits[code] = max(1, round(int(counts.max()) * share))
    order = np.random.default_rng(_IMBALANCE_STREAM).permutation(len(coded))
    # By class, in this order, the first ones stay.
    by_class = order[np.argsort(coded.codes[order], kind="stable")]
    rank = np.arange(len(order)) - np.repeat(counts.cumsum() - counts, counts)
    kept = np.zeros(len(order), dtype=bool)
    kept[by_class[rank < limits[coded.codes[by_class]]]] = True
    return kept


def _hide_columns(dataset: StoredDataset, rows: Items, complete: float) -> dict[str, Column]:
    """Hide one column of each of the given items but a share of them; the shares are exact."""
    if len(dataset.columns) < 2:
        reason = "needs a dataset with two columns or more"
        raise ConfigError([Problem("data.complete_fraction", reason)])
    order = np.random.default_rng(_COMPLETE_STREAM).permutation(rows)
    hidden = order[round(complete * len(order)) :]
    return {
        name: _without(column, hidden[place :: len(dataset.columns)])
        for place, (name, column) in enumerate(dataset.columns.items())
    }


def _without(column: Column, items: Items) -> Column:
    """Return a column that lacks the values of some items."""
    mask = np.zeros(len(column.present), dtype=bool)
    mask[items] = True
    match column:
        case ArrayColumn():
            return replace(column, rows=np.where(mask, np.int32(-1), column.rows))
        case TextColumn():
            counts = np.where(mask, np.int32(0), column.counts)
            return replace(column, chunks=_nulled(column.chunks, mask), counts=counts)
        case TableColumn():
            present = column.present & ~mask
            return replace(column, chunks=_nulled(column.chunks, mask), present=present)
        case _:
            assert_never(column)


def _nulled(chunks: Chunks, mask: Mask) -> Chunks:
    """Return an Arrow column in which the masked items are null."""
    # Imported on use: the studio starts without it.
    import pyarrow as pa

    parts: list[Any] = []
    start = 0
    for array in chunks.arrays:
        is_null = mask[start : start + len(array)]
        parts.append(array.take(pa.array(np.arange(len(array)), mask=is_null)))
        start += len(array)
    return Chunks(parts)
