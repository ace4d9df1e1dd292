"""The gradient penalty of WGAN-GP: between real and fake the critic's slope shall be one.

Source: Gulrajani et al. 2017, arXiv:1704.00028, eq. 3.
"""

import torch
from torch import Tensor

from engine.objectives.penalty import Judged, squared_slope


class GradientPenalty:
    """Squared distance of the gradient's norm from one, at random points between real and fake."""

    watches_real, watches_fake = False, False

    def __call__(self, judged: Judged) -> Tensor:
        """Give the penalty of each point: [B]. All modalities of a row share one place."""
        count = len(judged.real_scores)
        place = torch.rand(count, generator=judged.randomness, device=judged.real_scores.device).to(
            judged.real_scores
        )
        between = {
            name: _between(real.detach(), judged.fake[name].detach(), place)
            for name, real in judged.real.items()
        }
        slope = (squared_slope(between, judged.score(between)) + 1e-12).sqrt()
        return (slope - 1).square()


def _between(real: Tensor, fake: Tensor, place: Tensor) -> Tensor:
    weight = place.view(-1, *[1] * (real.dim() - 1))
    return (fake + weight * (real - fake)).requires_grad_()
