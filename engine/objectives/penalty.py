"""What a gradient penalty is given, and what it must say about itself.

Shapes: B batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

Items = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A batch as the critic has just judged it."""

    real: Items
    """By modality, B items; they require a gradient if the penalty watches them."""
    real_scores: Tensor
    """[B], the sum of the logits that count."""
    fake: Items
    fake_scores: Tensor
    score: Callable[[Items], Tensor]
    """Judges other items: [B]."""
    randomness: torch.Generator


class Penalty(Protocol):
    """A penalty on the critic's gradient."""

    @property
    def watches_real(self) -> bool:
        """Whether it differentiates the scores of the real items."""
        ...

    @property
    def watches_fake(self) -> bool:
        """Whether it differentiates the scores of the fake items."""
        ...

    def __call__(self, judged: Judged) -> Tensor:
        """Give the penalty of each row, to be weighted: [B]."""
        ...


def squared_slope(items: Items, scores: Tensor) -> Tensor:
    """Squared norm of the scores' gradient with respect to all modalities together: [B].

    Args:
        items: by modality, tensors of B rows with ``requires_grad`` set.
        scores: [B], row i computed from row i.
    """
    # Summing first keeps one backward pass. Minibatch deviation lets a score depend a little on
    # its neighbours, which the penalty then counts as well.
    gradients = torch.autograd.grad(
        scores.sum(), list(items.values()), create_graph=True, materialize_grads=True
    )
    return torch.stack([g.square().flatten(1).sum(1) for g in gradients]).sum(0)
