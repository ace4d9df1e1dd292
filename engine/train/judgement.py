"""What a critic says of a batch, and which of its verdicts count.

Shapes: B batch.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.nets.model import Items
from engine.objectives.adversarial import Verdicts
from engine.train.self_labels import Completed
from engine.train.step import Masks

Judgement = Mapping[str, Verdicts]
"""By head of the critic."""


@dataclass(kw_only=True)
class Share:
    """A share of a batch on its way through an adversarial step; mostly there is one."""

    real: Completed
    kept: Masks
    """By modality, the rows whose fake pair keeps the real item."""
    counts: Masks
    """By head of the critic, the rows that have what it judges."""
    fake: Items = field(default_factory=dict)
    of_real: Judgement = field(default_factory=dict)
    of_fake: Judgement = field(default_factory=dict)


def judgement(logits: Items, counts: Masks) -> Judgement:
    """Put a critic's logits [B] together with the rows that each head may speak of."""
    return {head: Verdicts(values.float(), counts[head]) for head, values in logits.items()}


def scores(judged: Judgement) -> Tensor:
    """Sum of the logits that count, row by row: [B]."""
    return torch.stack([v.logits.where(v.counts, 0.0) for v in judged.values()]).sum(0)


def weighed_scores(judged: Judgement) -> Tensor:
    """The same where rare verdicts weigh more: [B].

    A squared slope, averaged over all rows, is then for each head an average over the rows that it
    counts, as its loss is. Else a head of few rows would hardly be held back.
    """
    weighed = [
        v.logits.where(v.counts, 0.0) * (len(v.counts) / v.counts.sum().clamp(min=1)).sqrt()
        for v in judged.values()
    ]
    return torch.stack(weighed).sum(0)


def watched(items: Items, *, is_watched: bool) -> dict[str, Tensor]:
    """Cut items off from what made them, and let a penalty differentiate their scores."""
    return {name: item.detach().requires_grad_(is_watched) for name, item in items.items()}


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network without gathering any for it."""
    network.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        network.requires_grad_(requires_grad=True)
