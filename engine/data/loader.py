"""Data loader for a dataset that is held on the device.

The order is counter-based: the items of a batch depend on the seed and the step only. The loader
has no state to save, and a resumed run sees the same batches.

Shapes: B batch, N items, M rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine import ranks
from engine.data.seeds import mix_seed

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
    is_imputed: bool = False
    """Whether missing rows hold present items of others."""
    pseudo: Masks = field(default_factory=dict)
    """By modality, [B]: rows that are pseudo-labelled."""

    def observed(self) -> dict[str, Tensor]:
        """Return the mask of the observed rows, without pseudo-labels, by modality: [B]."""
        return {
            name: there & ~self.pseudo[name] if name in self.pseudo else there
            for name, there in self.present.items()
        }


def imputed_rows(present: Tensor) -> Tensor:
    """Return each row itself where it is present, else one of the present rows in turn.

    Args:
        present: [B] booleans.

    Returns:
        [B] integers.
    """
    rows = torch.arange(len(present), device=present.device)
    # Sorting puts the present rows first, in order; unlike ``nonzero`` it does not synchronise.
    first = (~present).to(torch.uint8).argsort(stable=True)
    return torch.where(present, rows, first[rows % present.sum().clamp(min=1)])


class DeviceLoader:
    """Infinite stream of shuffled batches; of several ranks, each gets its own rows.

    Args:
        stored: rows by modality, on the device.
        batch_size: B, of all ranks.
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
            if not self._is_complete:
                # Here, because the other row may belong to another rank.
                places = places[imputed_rows(present[name])]
            items[name] = part.rows[ranks.own_rows(places).clamp(min=0)]
            present[name] = ranks.own_rows(present[name])
        return Batch(items=items, present=present, is_complete=self._is_complete, is_imputed=True)

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
