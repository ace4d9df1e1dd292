"""Batches from a dataset that lies on the device whole.

The order is counter-based: which item stands at which place of a run follows from the seed and the
place alone. There is no state to save, and a resumed run sees what it would have seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class StoredBatch:
    """Rows as the dataset keeps them."""

    items: Mapping[str, Tensor]
    """By modality, [B, ...]."""
    present: Mapping[str, Tensor]
    """By modality, [B] booleans."""
    is_whole: bool
    """Nothing is missing in the whole dataset; known without a look at the device."""


class DeviceLoader:
    """An endless stream of shuffled batches.

    Args:
        stored: by modality, one tensor of N rows as the dataset keeps them, on the device.
        batch_size: B.
        seed: decides the order.
    """

    def __init__(self, stored: Mapping[str, Tensor], batch_size: int, seed: int) -> None:
        self._stored = dict(stored)
        self._batch_size = batch_size
        self._seed = seed
        first = next(iter(self._stored.values()))
        self._count, self._device = len(first), first.device
        there = torch.ones(batch_size, dtype=torch.bool, device=first.device)
        self._present = dict.fromkeys(self._stored, there)
        self._orders: dict[int, Tensor] = {}

    def batch(self, step: int) -> StoredBatch:
        """Rows of the batch at a step, counted from 0."""
        rows = self.rows(step)
        return StoredBatch(
            items={name: stored[rows] for name, stored in self._stored.items()},
            present=self._present,
            is_whole=True,
        )

    def rows(self, step: int) -> Tensor:
        """Which rows that batch holds: [B] integers. Every row comes once in each epoch."""
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
            generator = torch.Generator().manual_seed(mix_seed(self._seed, epoch))
            order = torch.randperm(self._count, generator=generator).to(self._device)
            self._orders = {epoch: order}
        return self._orders[epoch]


def mix_seed(*numbers: int) -> int:
    """Mix a seed and counters into one 63-bit seed, so that neighbours share nothing.

    Source: the finaliser of SplitMix64 (Steele et al. 2014, doi:10.1145/2660193.2660195).
    """
    mixed = 0
    for number in numbers:
        mixed = (mixed ^ number) + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        mixed ^= mixed >> 31
    return mixed >> 1
