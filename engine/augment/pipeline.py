"""The changes of adaptive augmentation, each met by an image with the same probability.

While an unchanged image stays more likely than any changed one, the critic can tell which is meant,
and the changes do not leak into what is generated.
Source: Karras et al. 2020, arXiv:2006.06676, section 2.2 and appendix B, whose strengths these are.
Left out of theirs: free rotation, stretching, fractional translation, luma flip, filtering, noise.
Interpolation is linear, where theirs goes through a wavelet filter.

Shapes: B images, C channels, S side in pixels.
"""

import math

import torch
from torch import Tensor

from engine.augment.changes import Change
from engine.augment.colour import colour_matrix, recolour
from engine.augment.cutout import cut_out, draw_corners
from engine.augment.draws import Draws
from engine.augment.geometry import find_sources, interpolate, reflect, resample, transpose

REACH = 1 / 8
"""Farthest translation, as a share of the side."""
SCALING_OCTAVES = 0.2
BRIGHTNESS = 0.2
CONTRAST_OCTAVES = 0.5
SATURATION_OCTAVES = 1.0
"""Standard deviations; an octave is a factor of two."""

_ACROSS = (Change.FLIP, Change.ROTATION, Change.HORIZONTAL_MOVE, Change.SCALING)
_DOWN = (Change.ROTATION, Change.VERTICAL_MOVE, Change.SCALING)


def augment(images: Tensor, draws: Draws) -> Tensor:
    """Change images at random, each in its own way.

    Args:
        images: [B, C, S, S] in [-1, 1].
        draws: for these images; they know the probability and what is forbidden.

    Returns:
        [B, C, S, S], not clipped; bit for bit the images where nothing meets them.
    """
    if draws.can_any(*_ACROSS, *_DOWN):
        images = _rearrange(images, draws)
    if draws.can_any(Change.BRIGHTNESS, Change.CONTRAST, Change.SATURATION, Change.HUE):
        images = _recolour(images, draws)
    if draws.can_any(Change.CUTOUT):
        rows, columns = draw_corners(draws, images.shape[-1])
        images = cut_out(images, rows, columns, draws.meets())
    return images


def _rearrange(images: Tensor, draws: Draws) -> Tensor:
    """Flip, turn, move and scale, with mirrors beyond the border."""
    side = images.shape[-1]
    turns = draws.sometimes(Change.ROTATION, draws.whole(0, 3), 0.0)
    flips = draws.sometimes(Change.FLIP, draws.whole(0, 1), 0.0)
    scale = draws.sometimes(Change.SCALING, torch.exp2(draws.normal(SCALING_OCTAVES)), 1.0)
    # A turn is a transposition for odd numbers, and mirrors the rows for 1 and 2 quarters, the
    # columns for 2 and 3.
    upside_down = ((turns == 1) | (turns == 2)).to(turns.dtype)
    back_to_front = (turns >= 2).to(turns.dtype)
    down, across = None, None
    if draws.can_any(*_DOWN):
        stretch = (1 - 2 * upside_down) / scale
        down = _look(side, stretch, _draw_shift(draws, Change.VERTICAL_MOVE, side))
    if draws.can_any(*_ACROSS):
        stretch = (1 - 2 * back_to_front) * (1 - 2 * flips) / scale
        across = _look(side, stretch, _draw_shift(draws, Change.HORIZONTAL_MOVE, side))
    if draws.can_any(Change.ROTATION):
        images = transpose(images, turns % 2 == 1)
    return resample(images, down=down, across=across)


def _draw_shift(draws: Draws, change: Change, side: int) -> Tensor:
    return draws.sometimes(change, (draws.uniform(-REACH, REACH) * side).round(), 0.0)


def _look(side: int, stretch: Tensor, shift: Tensor) -> Tensor:
    sources = find_sources(side, stretch=stretch, shift=shift)
    return interpolate(reflect(sources, side))


def _recolour(images: Tensor, draws: Draws) -> Tensor:
    """Brightness, contrast about the middle grey, hue and saturation, in one pass."""
    brightness = draws.sometimes(Change.BRIGHTNESS, draws.normal(BRIGHTNESS), 0.0)
    contrast = draws.sometimes(Change.CONTRAST, torch.exp2(draws.normal(CONTRAST_OCTAVES)), 1.0)
    hue = draws.sometimes(Change.HUE, draws.uniform(-math.pi, math.pi), 0.0)
    saturation = draws.sometimes(
        Change.SATURATION, torch.exp2(draws.normal(SATURATION_OCTAVES)), 1.0
    )
    matrix = colour_matrix(
        contrast=contrast, saturation=saturation, hue=hue, channels=images.shape[1]
    )
    return recolour(images, matrix, contrast * brightness)
