"""Moving, mirroring, turning and scaling images by small matrices.

A change along one axis is a matrix that says which pixels make each pixel of the result. Two such
matrices move, mirror and scale an image; a quarter turn is a transposition and a mirroring. Matrix
products are quicker on a CPU than gathering pixels, and every derivative of them is one again.

Shapes: B images, C channels, H = W = S side in pixels.
"""

import torch
from torch import Tensor


def find_sources(side: int, *, stretch: Tensor, shift: Tensor) -> Tensor:
    """Say where on an axis each pixel of the result comes from.

    Args:
        side: S.
        stretch: [B]; steps in the image for one step in the result. 1 keeps the size, -1 mirrors
            about the centre, 0.5 enlarges twofold.
        shift: [B] pixels; positive takes from further right or down, so the content moves left
            or up.

    Returns:
        [B, S] places in pixels; those outside 0 to S - 1 lie outside the image.
    """
    # Distances from the centre are whole or half numbers: mirroring and whole shifts are exact.
    distances = torch.arange(side, device=stretch.device, dtype=stretch.dtype) - (side - 1) / 2
    return (side - 1) / 2 + stretch[:, None] * distances + shift[:, None]


def reflect(sources: Tensor, side: int) -> Tensor:
    """Fold places outside the image back into it, as if mirrors stood at its borders.

    Args:
        sources: [..., S] places in pixels, however far outside.
        side: S.
    """
    there_and_back = torch.remainder(sources + 0.5, 2 * side)
    folded = torch.minimum(there_and_back, 2 * side - there_and_back) - 0.5
    return folded.clamp(0, side - 1)


def interpolate(sources: Tensor) -> Tensor:
    """Linear interpolation as a matrix: [B, S] places to [B, S, S] weights.

    Row i holds the share of every pixel in pixel i of the result. Beyond the image lies 0.
    """
    side = sources.shape[-1]
    pixels = torch.arange(side, device=sources.device, dtype=sources.dtype)
    return (1 - (sources[:, :, None] - pixels).abs()).clamp_min(0)


def resample(images: Tensor, *, down: Tensor | None, across: Tensor | None) -> Tensor:
    """Take every pixel of the result from where two matrices say.

    Args:
        images: [B, C, S, S].
        down: [B, S, S] weights along the height; ``None`` leaves that axis alone.
        across: the same along the width.

    Returns:
        [B, C, S, S], channels last in memory.
    """
    if down is not None:
        images = torch.einsum("bih,bchw->bciw", down, images)
    if across is not None:
        images = torch.einsum("bjw,bchw->bchj", across, images)
    return images.contiguous(memory_format=torch.channels_last)


def transpose(images: Tensor, on: Tensor) -> Tensor:
    """Exchange height and width of some images.

    Args:
        images: [B, C, S, S].
        on: [B] booleans, which.
    """
    return torch.where(on[:, None, None, None], images.transpose(2, 3), images)
