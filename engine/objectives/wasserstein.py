"""The Wasserstein loss: the critic's mean score of real items against that of fake ones.

It is a distance between the two only while the critic's slope is bounded: it needs a gradient
penalty or spectral norm.
Source: Arjovsky et al. 2017, arXiv:1701.07875, eq. 3; Gulrajani et al. 2017, arXiv:1704.00028.
"""

from torch import Tensor


def real_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a real item: ``-D(x)``, [B] from [B] logits."""
    return -logits


def fake_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a fake item: ``D(x)``, [B] from [B] logits."""
    return logits


def generator_loss(logits: Tensor) -> Tensor:
    """What the generator pays for its item: ``-D(G(z))``, [B] from [B] logits."""
    return -logits
