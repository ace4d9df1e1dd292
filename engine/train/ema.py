"""The running average of the generator, counted in images."""

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

RAMP = 0.1
"""The half-life never exceeds this share of the images seen, so early previews are not stale."""


@torch.no_grad()
def update_average(
    average: nn.Module, network: nn.Module, *, images_seen: int, batch: int, half_life: float
) -> None:
    """Move the average towards the network by one batch.

    ``beta = 0.5 ** (batch / half_life)``, with the ramp of Karras et al. 2020
    (arXiv:2006.06676, appendix D). Buffers (batch-norm statistics) are copied as they are.

    Args:
        average: changed in place.
        network: same architecture.
        images_seen: before or after this batch.
        batch: images in it.
        half_life: in images; 0 copies the network.
    """
    reach = min(half_life, RAMP * images_seen)
    beta = 0.5 ** (batch / reach) if reach > 0 else 0.0
    blend = get_ema_multi_avg_fn(beta)
    blend(list(average.parameters()), list(network.parameters()), 0)
    for kept, current in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(current)
