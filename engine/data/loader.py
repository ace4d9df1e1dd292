"""Batches from a dataset that lies on the device whole.

The order is counter-based: which item stands at which place of a run follows from the seed and the
place alone. There is no state to save, and a resumed run sees what it would have seen.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.errors import ConfigError, Problem

Items = Mapping[str, Tensor]
"""By modality, [B, ...]."""
Masks = Mapping[str, Tensor]
"""By modality, or by head of a discriminator: [B] booleans."""


@dataclass(frozen=True, kw_only=True)
class StoredRows:
    """One modality of a dataset, on the device."""

    rows: Tensor
    """[M, ...], as the dataset keeps them."""
    first_row: Tensor | None = None
    """[N] integers: where each item's first row stands, -1 where it has none. None where item i has
    row i alone."""
    num_captions: Tensor | None = None
    """[N] integers: of how many rows, one after another, an item's is drawn each time. None where
    each has one."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Items of every modality, with masks of what is there."""

    items: Items
    """By modality, [B, ...]; where an item is missing, the content is arbitrary."""
    present: Masks
    """By modality, [B]: the rows whose item is there, observed or as a pseudo-label."""
    is_complete: bool = False
    """Whether nothing is missing; known without reading from the device."""
    pseudo: Masks = field(default_factory=dict)
    """By modality, [B]: the rows whose item is a pseudo-label."""

    def observed(self) -> dict[str, Tensor]:
        """Return by modality, [B], the rows whose item is there and is no pseudo-label."""
        return {
            name: there & ~self.pseudo[name] if name in self.pseudo else there
            for name, there in self.present.items()
        }


class DeviceLoader:
    """An endless stream of shuffled batches.

    Args:
        stored: by modality, on the device.
        batch_size: B.
        seed: decides the order.
        weights: [N] how likely each item is to be drawn; by default each comes once in each epoch.
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
        self._reach = None if weights is None else np.cumsum(weights)
        self._orders: dict[int, Tensor] = {}

    def batch(self, step: int) -> Batch:
        """Rows of the batch at a step, counted from 0."""
        rows = self.rows(step)
        items: dict[str, Tensor] = {}
        present: dict[str, Tensor] = {}
        for number, (name, part) in enumerate(self._stored.items()):
            places = rows if part.first_row is None else part.first_row[rows]
            present[name] = self._there if part.first_row is None else places >= 0
            if part.num_captions is not None:
                places = places + self._chosen(part.num_captions[rows], mix_seed(step, number))
            items[name] = part.rows[places.clamp(min=0)]
        return Batch(items=items, present=present, is_complete=self._is_complete)

    def rows(self, step: int) -> Tensor:
        """Which items that batch holds: [B] integers."""
        start = step * self._batch_size
        end = start + self._batch_size
        parts: list[Tensor] = []
        while start < end:
            epoch, place = divmod(start, self._count)
            part = self._order(epoch)[place : place + end - start]
            parts.append(part)
            start += len(part)
        return torch.cat(parts)

    def _chosen(self, choices: Tensor, counter: int) -> Tensor:
        """Draw one of each item's rows, by counter: [B] integers from 0."""
        generator = torch.Generator().manual_seed(mix_seed(self._seed, counter))
        share = torch.rand(len(choices), generator=generator).to(self._device)
        return (share * choices).long()

    def _order(self, epoch: int) -> Tensor:
        if epoch not in self._orders:
            seed = mix_seed(self._seed, epoch)
            drawn = self._shuffled(seed) if self._reach is None else self._weighed(seed)
            self._orders = {epoch: drawn.to(self._device)}
        return self._orders[epoch]

    def _shuffled(self, seed: int) -> Tensor:
        return torch.randperm(self._count, generator=torch.Generator().manual_seed(seed))

    def _weighed(self, seed: int) -> Tensor:
        """Draw with replacement, by inverting the cumulated weights."""
        reach = cast("npt.NDArray[np.float64]", self._reach)
        places = np.random.default_rng(seed).random(self._count) * reach[-1]
        return torch.from_numpy(np.searchsorted(reach, places, side="right"))


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


# --------------------------------------------------------------------------
# Groups of items, and how much the rarer ones are favoured.
#
# Shapes: N items.


AUTO = "auto"
FIELDS = ("group", "label")
"""Fields of a record that mean a group by their names."""


def group_keys(records: Sequence[Mapping[str, Any]], by: str) -> list[str]:
    """Say to which group each item belongs.

    Args:
        records: of the items.
        by: a field that every record has, or ``auto``: ``group``, ``label``, the attribute if there
            is just one, else the text.

    Raises:
        ConfigError: there is no such field.
    """
    name = _auto_field(records) if by == AUTO else by
    if any(name not in record for record in records):
        reason = f"names no field that every item of the dataset has: {name}"
        raise ConfigError([Problem("data.balance_by", reason)])
    return [str(record[name]) for record in records]


def class_balanced_weights(keys: Sequence[str], alpha: float) -> npt.NDArray[np.float64]:
    """How likely each item is to be drawn: ``n ** -alpha`` for a group of n items, to sum 1.

    With 0 groups keep their shares, with 1 all groups are equally likely.
    """
    counts = Counter(keys)
    weights = np.array([counts[key] ** -alpha for key in keys], dtype=np.float64)
    return weights / weights.sum()


def weight_paired_items(
    weights: npt.NDArray[np.float64], is_whole: npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.float64]:
    """Let whole pairs be at least a share of what is drawn; among themselves nothing changes.

    Few pairs among many loose items would otherwise teach, batch by batch, less than alone.

    Args:
        weights: [N], to sum 1.
        is_whole: [N].
        share: 0 to 1.

    Returns:
        [N], to sum 1.
    """
    whole = weights[is_whole].sum()
    if not 0 < whole < share:
        return weights
    return np.where(is_whole, weights * share / whole, weights * (1 - share) / (1 - whole))


def _auto_field(records: Sequence[Mapping[str, Any]]) -> str:
    for name in (*FIELDS, "attributes"):
        if all(name in record for record in records) and (
            name in FIELDS or all(len(record[name]) == 1 for record in records)
        ):
            return name
    return "text"
