"""DiffAugment: every image is recoloured, moved and partly blanked.

Source: Zhao et al. 2020, arXiv:2006.10738, policy "color, translation, cutout": brightness within
[-0.5, 0.5], saturation within [0, 2], contrast within [0.5, 1.5], translation within an eighth of
the size with zeros from beyond the border, and a blank square of half the size. It is applied alike
to real and generated images, in the critic's turn and in the generator's.

Shapes: B images, C channels, S side in pixels.
"""

from torch import Tensor

from engine.augment.changes import Change
from engine.augment.colour import colour_matrix, recolour
from engine.augment.cutout import cut_out, draw_corners
from engine.augment.draws import Draws
from engine.augment.geometry import find_sources, interpolate, resample

REACH = 1 / 8
"""Farthest translation, as a share of the side."""


def diffaugment(images: Tensor, draws: Draws) -> Tensor:
    """Change images at random, each in its own way.

    Args:
        images: [B, C, S, S] in [-1, 1].
        draws: for these images; they also know what is forbidden.

    Returns:
        [B, C, S, S], not clipped.
    """
    if draws.can_any(Change.BRIGHTNESS, Change.SATURATION, Change.CONTRAST):
        images = _recolour(images, draws)
    if draws.can_any(Change.HORIZONTAL_MOVE, Change.VERTICAL_MOVE):
        images = _move(images, draws)
    if draws.can_any(Change.CUTOUT):
        rows, columns = draw_corners(draws, images.shape[-1])
        images = cut_out(images, rows, columns, draws.meets())
    return images


def _recolour(images: Tensor, draws: Draws) -> Tensor:
    """Brightness, then saturation, then contrast about the image's own mean, in one pass.

    Saturation leaves the mean alone, so the contrast of what the other two give,
    ``contrast * (x - mean) + mean``, comes to ``contrast * saturated + brightness
    + (1 - contrast) * mean`` with the mean of the image as it was.
    """
    brightness = draws.sometimes(Change.BRIGHTNESS, draws.uniform(-0.5, 0.5), 0.0)
    saturation = draws.sometimes(Change.SATURATION, draws.uniform(0.0, 2.0), 1.0)
    contrast = draws.sometimes(Change.CONTRAST, draws.uniform(0.5, 1.5), 1.0)
    matrix = colour_matrix(
        contrast=contrast,
        saturation=saturation,
        hue=contrast.new_zeros(len(contrast)),
        channels=images.shape[1],
    )
    return recolour(images, matrix, brightness + (1 - contrast) * images.mean((1, 2, 3)))


def _move(images: Tensor, draws: Draws) -> Tensor:
    return resample(
        images,
        down=_shifts(images, draws, Change.VERTICAL_MOVE),
        across=_shifts(images, draws, Change.HORIZONTAL_MOVE),
    )


def _shifts(images: Tensor, draws: Draws, change: Change) -> Tensor | None:
    """The matrix that moves along one axis, or ``None`` where that is forbidden."""
    if not draws.can_any(change):
        return None
    side = images.shape[-1]
    reach = int(side * REACH + 0.5)
    shift = draws.sometimes(change, draws.whole(-reach, reach), 0.0)
    return interpolate(find_sources(side, stretch=shift.new_ones(len(shift)), shift=shift))
