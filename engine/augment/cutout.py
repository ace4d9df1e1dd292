"""Blanking a square of each image.

Shapes: B images, S side in pixels.
"""

import torch
from torch import Tensor

from engine.augment.draws import Draws

SHARE = 0.5
"""Side of the square, as a share of the image's."""


def draw_corners(draws: Draws, side: int) -> tuple[Tensor, Tensor]:
    """Draw where squares begin whose centres lie anywhere in the image.

    Source: Zhao et al. 2020, arXiv:2006.10738: a random square of half the image's size.

    Returns:
        First rows and first columns, [B] each; a square may reach over the border.
    """
    size = _size(side)
    # A square of even size has its centre between pixels, so there is one place more.
    last = side - size % 2
    return draws.whole(0, last) - size // 2, draws.whole(0, last) - size // 2


def cut_out(images: Tensor, rows: Tensor, columns: Tensor, on: Tensor) -> Tensor:
    """Blank a square of some images to 0, the middle grey.

    Args:
        images: [B, C, S, S] in [-1, 1].
        rows: [B] first row of the square.
        columns: [B] first column.
        on: [B] booleans, in which images.
    """
    side = images.shape[-1]
    covered = _covered(rows, side)[:, :, None] & _covered(columns, side)[:, None, :]
    # A product with a mask of numbers is quicker than a boolean fill, and exact.
    kept = ~(covered & on[:, None, None])
    return images * kept[:, None].to(images.dtype)


def _covered(first: Tensor, side: int) -> Tensor:
    """Which places of an axis the square covers: [B, S] booleans."""
    places = torch.arange(side, device=first.device, dtype=first.dtype)
    behind = places - first[:, None]
    return (behind >= 0) & (behind < _size(side))


def _size(side: int) -> int:
    return int(side * SHARE + 0.5)
