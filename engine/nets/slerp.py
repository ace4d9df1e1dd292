"""The way from one noise to another that stays where noise is likely.

Shapes: B batch, Z latent numbers.
"""

import torch
from torch import Tensor

PARALLEL = 1e-4
"""Below this sine the formula divides nothing by nothing, and the straight line is the arc."""


def spherical_interpolation(first: Tensor, second: Tensor, place: Tensor) -> Tensor:
    """Walk along the arc between two codes.

    Normal noise of many dimensions lies near a sphere; the straight line between two draws cuts
    through its empty inside.
    Source: Shoemake 1985, doi:10.1145/325334.325242; for latent codes White 2016,
    arXiv:1609.04468.

    Args:
        first: [B, Z].
        second: [B, Z].
        place: [B] in [0, 1]; 0 gives the first exactly, 1 the second.

    Returns:
        [B, Z].
    """
    at = place[:, None].to(first)
    cosine = torch.cosine_similarity(first, second, dim=1)[:, None].clamp(-1, 1)
    angle, sine = cosine.acos(), (1 - cosine.square()).clamp(min=0).sqrt()
    is_arc = sine > PARALLEL
    divisor = torch.where(is_arc, sine, torch.ones_like(sine))
    share_first = torch.where(is_arc, ((1 - at) * angle).sin() / divisor, 1 - at)
    share_second = torch.where(is_arc, (at * angle).sin() / divisor, at)
    return share_first * first + share_second * second
