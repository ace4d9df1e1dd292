"""Data loader for a dataset that is held on the device.

The order is counter-based: the items of a batch depend on the seed and the step only. The loader
has no state to save, and a resumed run sees the same batches.

Shapes: B batch, N items, M rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.manifest import GROUP_FIELDS
from engine.data.seeds import mix_seed
from engine.errors import ConfigError, Problem

Items = Mapping[str, Tensor]
"""By modality, [B, ...]."""
Masks = Mapping[str, Tensor]
"""By modality or discriminator head: [B] booleans."""


@dataclass(frozen=True, kw_only=True)
class StoredRows:
    """One modality of a dataset, on the device."""

    rows: Tensor
    """[M, ...], as the dataset stores them."""
    first_row: Tensor | None = None
    """[N] integers: index of each item's first row, -1 if it has none. None if item i has exactly
    row i."""
    num_captions: Tensor | None = None
    """[N] integers: number of consecutive rows of each item, of which one is drawn per batch. None
    if each item has one."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Items of all modalities, with presence masks."""

    items: Items
    """By modality, [B, ...]; the content of missing rows is arbitrary."""
    present: Masks
    """By modality, [B]: rows that are observed or pseudo-labelled."""
    is_complete: bool = False
    """Whether no row is missing; known without a device synchronisation."""
    pseudo: Masks = field(default_factory=dict)
    """By modality, [B]: rows that are pseudo-labelled."""

    def observed(self) -> dict[str, Tensor]:
        """Return the mask of the observed rows, without pseudo-labels, by modality: [B]."""
        return {
            name: there & ~self.pseudo[name] if name in self.pseudo else there
            for name, there in self.present.items()
        }


class DeviceLoader:
    """Infinite stream of shuffled batches.

    Args:
        stored: rows by modality, on the device.
        batch_size: B.
        seed: seed of the order.
        weights: [N] sampling weights, with replacement; by default each item is drawn once per
            epoch.
    """

    def __init__(
        self,
        stored: Mapping[str, StoredRows],
        batch_size: int,
        seed: int,
        weights: npt.NDArray[np.float64] | None = None,
    ) -> None:
        self._stored = dict(stored)
        self._batch_size = batch_size
        self._seed = seed
        first = next(iter(self._stored.values()))
        self._count = len(first.rows if first.first_row is None else first.first_row)
        self._device = first.rows.device
        self._there = torch.ones(batch_size, dtype=torch.bool, device=self._device)
        self._is_complete = all(
            part.first_row is None or bool((part.first_row >= 0).all())
            for part in self._stored.values()
        )
        self._cumulative = None if weights is None else np.cumsum(weights)
        self._orders: dict[int, Tensor] = {}

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0."""
        rows = self.rows(step)
        items: dict[str, Tensor] = {}
        present: dict[str, Tensor] = {}
        for number, (name, part) in enumerate(self._stored.items()):
            places = rows if part.first_row is None else part.first_row[rows]
            present[name] = self._there if part.first_row is None else places >= 0
            if part.num_captions is not None:
                generator = torch.Generator()
                generator.manual_seed(mix_seed(self._seed, mix_seed(step, number)))
                drawn = torch.rand(len(rows), generator=generator).to(self._device)
                places = places + (drawn * part.num_captions[rows]).long()
            items[name] = part.rows[places.clamp(min=0)]
        return Batch(items=items, present=present, is_complete=self._is_complete)

    def rows(self, step: int) -> Tensor:
        """Return the item indices of the batch of a step: [B] integers."""
        start = step * self._batch_size
        end = start + self._batch_size
        parts: list[Tensor] = []
        while start < end:
            epoch, place = divmod(start, self._count)
            part = self._order(epoch)[place : place + end - start]
            parts.append(part)
            start += len(part)
        return torch.cat(parts)

    def _order(self, epoch: int) -> Tensor:
        if epoch not in self._orders:
            seed = mix_seed(self._seed, epoch)
            if self._cumulative is None:
                order = torch.randperm(self._count, generator=torch.Generator().manual_seed(seed))
            else:  # with replacement, by inverting the cumulative weights
                drawn = np.random.default_rng(seed).random(self._count) * self._cumulative[-1]
                order = torch.from_numpy(np.searchsorted(self._cumulative, drawn, side="right"))
            self._orders = {epoch: order.to(self._device)}
        return self._orders[epoch]


AUTO = "auto"


def group_keys(records: Sequence[Mapping[str, Any]], by: str) -> list[str]:
    """Return the group of each item.

    Args:
        records: records of the items.
        by: a field that all records have, or ``auto``: ``group``, ``label``, the only attribute,
            or the text, in this order.

    Raises:
        ConfigError: a record lacks the field.
    """
    name = _auto_field(records) if by == AUTO else by
    if any(name not in record for record in records):
        reason = f"names no field that every item of the dataset has: {name}"
        raise ConfigError([Problem("data.balance_by", reason)])
    return [str(record[name]) for record in records]


def class_balanced_weights(keys: Sequence[str], alpha: float) -> npt.NDArray[np.float64]:
    """Return sampling weights ``n ** -alpha`` for items in a group of n, normalised to sum 1.

    An alpha of 0 samples uniformly, 1 makes all groups equally likely.
    """
    counts = Counter(keys)
    weights = np.array([counts[key] ** -alpha for key in keys], dtype=np.float64)
    return weights / weights.sum()


def weight_paired_items(
    weights: npt.NDArray[np.float64], is_whole: npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.float64]:
    """Raise the probability of complete pairs to at least ``share``; relative weights are kept.

    Few pairs among many unpaired items would otherwise be drawn too rarely.

    Args:
        weights: [N], sum 1.
        is_whole: [N], whether an item is a complete pair.
        share: 0 to 1.

    Returns:
        [N], sum 1.
    """
    whole = weights[is_whole].sum()
    if not 0 < whole < share:
        return weights
    return np.where(is_whole, weights * share / whole, weights * (1 - share) / (1 - whole))


def _auto_field(records: Sequence[Mapping[str, Any]]) -> str:
    for name in (*GROUP_FIELDS, "attributes"):
        if all(name in record for record in records) and (
            name in GROUP_FIELDS or all(len(record[name]) == 1 for record in records)
        ):
            return name
    return "text"
