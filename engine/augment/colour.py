"""Changing the colours of images: one matrix and one offset for each image.

Contrast, saturation and hue are linear in the colour of a pixel, so together they are one matrix
of 3 by 3, and one pass over the pixels does them all.

Shapes: B images, C channels (1 grey, 3 RGB).
"""

import math

import torch
from torch import Tensor


def colour_matrix(*, contrast: Tensor, saturation: Tensor, hue: Tensor, channels: int) -> Tensor:
    """Put contrast, saturation and hue into one matrix.

    With the grey axis v = (1, 1, 1) / sqrt(3), saturation keeps a colour's part along v and
    scales the rest; hue turns that rest about v (Rodrigues' formula), so grey stays grey. Grey
    images have neither.
    Source: Karras et al. 2020, arXiv:2006.06676, appendix B (colour transformations).

    Args:
        contrast: [B] factor on everything; 1 changes nothing.
        saturation: [B] factor on what is not grey; 1 changes nothing, 0 leaves grey.
        hue: [B] radians; 2 pi / 3 makes red green.
        channels: C.

    Returns:
        [B, C, C]; the identity, exactly, where nothing changes.
    """
    if channels == 1:
        return contrast[:, None, None]
    kept = saturation * hue.cos()
    turned = saturation * hue.sin() / math.sqrt(3)
    shared = (1 - kept) / 3
    # The three channels play the same part, so each row is the row above, shifted.
    own, next_one, last = kept + shared, shared - turned, shared + turned
    rows = [own, next_one, last, last, own, next_one, next_one, last, own]
    return (contrast * torch.stack(rows)).T.reshape(-1, 3, 3)


def recolour(images: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Give every pixel the colour ``matrix @ colour + offset``.

    Args:
        images: [B, C, H, W], about [-1, 1].
        matrix: [B, C, C].
        offset: [B], the same for all channels.

    Returns:
        [B, C, H, W], not clipped; channels last in memory.
    """
    mixed = torch.einsum("bij,bjhw->bihw", matrix, images) + offset[:, None, None, None]
    return mixed.contiguous(memory_format=torch.channels_last)
