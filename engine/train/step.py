"""What a step is to the loop, whichever family's model it teaches.

Shapes: B batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from engine.nets.model import Items
from engine.train.signals import Scalars

Masks = Mapping[str, Tensor]
"""By modality, or by head of a critic: [B] booleans."""


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What a step measured: detached scalars, still on the device."""

    losses: Scalars
    signals: Scalars
    skipped: Scalars = field(default_factory=dict)
    """By player: 1 where a gradient was not finite, so that its weights stayed as they were."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Items in the networks' form, and which of them are there at all."""

    items: Items
    """By modality, [B, ...]."""
    present: Masks
    """By modality."""
    is_whole: bool = False
    """Nothing is missing; known without a look at the device."""


class Step(Protocol):
    """Teaches a model with one batch. All its randomness follows from seed and step number."""

    parts: int
    """Shares in which a batch is learnt from; more of them take less memory and more time."""

    def __call__(self, batch: Batch, step: int) -> StepReport:
        """Learn from a batch."""
        ...


def whole(items: Items) -> Batch:
    """Make a batch of which nothing is missing."""
    some = next(iter(items.values()))
    there = torch.ones(len(some), dtype=torch.bool, device=some.device)
    return Batch(items=items, present=dict.fromkeys(items, there), is_whole=True)


def with_stand_ins(batch: Batch) -> Items:
    """Put another row's item wherever one is missing.

    What lies under the mask is nobody's data and must not even touch its neighbours, by way of
    batch statistics, say. Real items in its place keep those statistics honest; the masks keep
    the losses so.
    """
    if batch.is_whole:
        return batch.items
    return {
        name: item.index_select(0, _stand_in_rows(batch.present[name]))
        for name, item in batch.items.items()
    }


def like(mask: Tensor, item: Tensor) -> Tensor:
    """Give a mask [B] as many dimensions as an item [B, ...]."""
    return mask.view(-1, *[1] * (item.dim() - 1))


def _stand_in_rows(present: Tensor) -> Tensor:
    """Each row itself where present, else one of the present rows in turn: [B] integers."""
    count = len(present)
    rows = torch.arange(count, device=present.device)
    # Sorting puts the present rows first, in order; no synchronisation, unlike ``nonzero``.
    first = (~present).to(torch.uint8).argsort(stable=True)
    turns = rows % present.sum().clamp(min=1)
    return torch.where(present, rows, first[turns])
