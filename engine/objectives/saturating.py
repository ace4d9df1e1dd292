"""The min-max loss as first written: both players share one value and pull it apart.

``min_G max_D E[log D(x)] + E[log(1 - D(G(z)))]``. While the critic is ahead, the generator's
gradient vanishes: the textbook's own warning, kept here to be watched.
Source: Goodfellow et al. 2014, arXiv:1406.2661, eq. 1, written with logits:
``log(1 - D) = -softplus(logit)``.
"""

from torch import Tensor
from torch.nn.functional import softplus


def real_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a real item: ``-log D(x)``, [B] from [B] logits."""
    return softplus(-logits)


def fake_loss(logits: Tensor) -> Tensor:
    """What the critic pays for a fake item: ``-log(1 - D(x))``, [B] from [B] logits."""
    return softplus(logits)


def generator_loss(logits: Tensor) -> Tensor:
    """What the generator pays for its item: ``log(1 - D(G(z)))``, [B] from [B] logits."""
    return -softplus(logits)
