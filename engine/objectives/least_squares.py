"""The least-squares loss: real items shall score 1, fake ones 0, and the distance is squared.

Source: Mao et al. 2017, arXiv:1611.04076, eq. 2 and 9 with labels a = 0, b = c = 1.
"""

from torch import Tensor


def real_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a real item: ``(D(x) - 1)^2 / 2``, [B] from [B] logits."""
    return (logits - 1).square() / 2


def fake_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a fake item: ``D(x)^2 / 2``, [B] from [B] logits."""
    return logits.square() / 2


def generator_loss(logits: Tensor) -> Tensor:
    """What the generator pays for its item: ``(D(G(z)) - 1)^2 / 2``, [B] from [B] logits."""
    return (logits - 1).square() / 2
