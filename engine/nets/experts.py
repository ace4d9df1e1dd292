"""Gaussian opinions about a latent code, and what they come to together.

Shapes: B batch, F features, Z latent numbers.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

LOG_VARIANCE_LIMIT = 8.0
"""An expert's log variance stays between minus and plus this: no precision overflows."""
QUIET = 0.02
"""Standard deviation of the last layer's first weights: every posterior begins near the prior."""


class Gaussian(NamedTuple):
    """A normal distribution with a diagonal covariance."""

    mean: Tensor
    """[..., Z]."""
    log_variance: Tensor
    """[..., Z]."""

    def at(self, noise: Tensor) -> Tensor:
        """Turn standard normal noise [..., Z] into a sample, differentiably.

        Source: the reparameterisation of Kingma & Welling 2014, arXiv:1312.6114, section 2.4.
        """
        return self.mean + (0.5 * self.log_variance).exp() * noise


class Expert(nn.Module):
    """Says what one modality's item tells about the latent code.

    Args:
        trunk: from items to [B, F].
        feature_dim: F.
        latent_dim: Z.
    """

    def __init__(self, trunk: nn.Module, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.opinion = nn.Linear(feature_dim, 2 * latent_dim)
        nn.init.normal_(self.opinion.weight, std=QUIET)
        nn.init.zeros_(self.opinion.bias)

    def forward(self, items: Tensor) -> Gaussian:
        """Items [B, ...] to the parameters of B normal distributions, [B, Z] each."""
        mean, raw = self.opinion(self.trunk(items)).chunk(2, 1)
        return Gaussian(mean, LOG_VARIANCE_LIMIT * torch.tanh(raw / LOG_VARIANCE_LIMIT))


def product_of_experts(
    experts: Mapping[str, Gaussian], present: Mapping[str, Tensor] | None = None
) -> Gaussian:
    """Multiply the experts' densities with the prior's, N(0, I), and normalise.

    With the precisions ``T_i = 1 / variance_i``, of which the prior's is 1, the product is normal
    with mean ``sum(mean_i T_i) / sum(T_i)`` and variance ``1 / sum(T_i)``. Computed in float32 at
    least, whatever precision the networks run in.
    Source: Wu & Goodman 2018, arXiv:1802.05335, section 2.1.

    Args:
        experts: by modality, [B, Z] each; at least one.
        present: by modality, [B] booleans: rows in which the expert has a say. A name that is
            missing has a say in every row. A row in which none has one gets the prior itself.

    Returns:
        [B, Z] parameters.
    """
    first = next(iter(experts.values())).mean
    kind = torch.promote_types(first.dtype, torch.float32)
    precision = torch.ones_like(first, dtype=kind)
    weighted = torch.zeros_like(first, dtype=kind)
    for name, expert in experts.items():
        own = (-expert.log_variance.to(kind)).exp()
        if present is not None and name in present:
            own = own * present[name][:, None]
        precision = precision + own
        weighted = weighted + own * expert.mean.to(kind)
    return Gaussian(weighted / precision, -precision.log())
