"""The hinge loss: the critic learns from items on the wrong side of a margin, and from no others.

Source: Lim & Ye 2017, arXiv:1705.02894; with spectral norm in Miyato et al. 2018,
arXiv:1802.05957, eq. 16 and 17.
"""

from torch import Tensor
from torch.nn.functional import relu


def real_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a real item: ``max(0, 1 - D(x))``, [B] from [B] logits."""
    return relu(1 - logits)


def fake_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a fake item: ``max(0, 1 + D(x))``, [B] from [B] logits."""
    return relu(1 + logits)


def generator_loss(logits: Tensor) -> Tensor:
    """What the generator pays for its item: ``-D(G(z))``, [B] from [B] logits."""
    return -logits
