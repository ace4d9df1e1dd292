"""Attributions: how much each number of an input contributes to a score.

All are signed: positive contributions raise the score. A score is a differentiable function of the
whole input of which row i depends on row i alone.

Shapes: B batch, ``...`` whatever the items look like.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Items = Mapping[str, Tensor]
Score = Callable[[Items], Tensor]
"""From items by name to [B] scores."""


def gradients(score: Score, items: Items) -> dict[str, Tensor]:
    """Return the gradient of each row's score with respect to the row.

    Source: the saliency maps of Simonyan et al. 2014, arXiv:1312.6034, section 3.

    Args:
        score: of the items.
        items: floating point, [B, ...] each.

    Returns:
        [B, ...] each; 0 where the score does not use an item.
    """
    leaves = {name: item.detach().requires_grad_() for name, item in items.items()}
    with torch.enable_grad():
        total = score(leaves).sum()
        found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return {
        name: torch.zeros_like(item) if gradient is None else gradient
        for (name, item), gradient in zip(leaves.items(), found, strict=True)
    }


def gradient_times_input(score: Score, items: Items, baseline: Items) -> dict[str, Tensor]:
    """Multiply the gradient with the difference of the input from a baseline.

    For a linear score ``w x + b`` this is ``w (x - baseline)``. Source: Shrikumar et al. 2017,
    arXiv:1704.02685, section 2.

    Args:
        score: of the items.
        items: [B, ...] each.
        baseline: by name, what counts as no input; broadcast against the items.
    """
    found = gradients(score, items)
    return {name: found[name] * (item - baseline[name]) for name, item in items.items()}


def integrated_gradients(
    score: Score, items: Items, baseline: Items, *, steps: int = 16
) -> dict[str, Tensor]:
    """Average the gradient along the straight line from a baseline, and multiply as above.

    The contributions of a row sum to ``score(items) - score(baseline)``. Source: Sundararajan et
    al. 2017, arXiv:1703.01365, eq. 1 and 3; here with the midpoint rule.

    Args:
        score: of the items.
        items: [B, ...] each.
        baseline: as for ``gradient_times_input``.
        steps: points on the line.
    """
    total = {name: torch.zeros_like(item) for name, item in items.items()}
    for number in range(steps):
        weight = (number + 0.5) / steps
        between = {
            name: baseline[name] + weight * (item - baseline[name]) for name, item in items.items()
        }
        for name, gradient in gradients(score, between).items():
            total[name] += gradient / steps
    return {name: total[name] * (item - baseline[name]) for name, item in items.items()}


def smooth_gradients(
    score: Score,
    items: Items,
    *,
    spread: float,
    generator: torch.Generator,
    samples: int = 16,
) -> dict[str, Tensor]:
    """Average the gradient over inputs with added normal noise.

    Source: SmoothGrad, Smilkov et al. 2017, arXiv:1706.03825, eq. 1.

    Args:
        score: of the items.
        items: [B, ...] each.
        spread: standard deviation of the noise, in the units of the items.
        generator: draws the noise.
        samples: number of noisy inputs.
    """
    total = {name: torch.zeros_like(item) for name, item in items.items()}
    for _number in range(samples):
        noisy = {
            name: item
            + spread * torch.randn(item.shape, generator=generator, device=generator.device)
            for name, item in items.items()
        }
        for name, gradient in gradients(score, noisy).items():
            total[name] += gradient / samples
    return total
