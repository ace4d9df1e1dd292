"""The non-saturating adversarial loss.

Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3: rather than minimise
``log(1 - D(G(z)))``, the generator maximises ``log D(G(z))``, which has the same fixed point and
a gradient that does not vanish while the critic is ahead. Written with logits:
``-log D = softplus(-logit)`` and ``-log(1 - D) = softplus(logit)``.
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
    """What the generator pays for its item: ``-log D(G(z))``, [B] from [B] logits."""
    return softplus(-logits)
