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
from torch import Tensor, nn

from engine.augment.transforms import (
    ADA,
    DIFFAUGMENT,
    MODES,
    NONE,
    Change,
    Draws,
    colour_matrix,
    cut_out,
    draw_corners,
    find_sources,
    interpolate,
    recolour,
    reflect,
    resample,
    transpose,
)

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


# --------------------------------------------------------------------------
# DiffAugment: every image is recoloured, moved and partly blanked.
#
# Source: Zhao et al. 2020, arXiv:2006.10738, policy "color, translation, cutout": brightness
# within [-0.5, 0.5], saturation within [0, 2], contrast within [0.5, 1.5], translation within an
# eighth of the size with zeros from beyond the border, and a blank square of half the size. It is
# applied alike to real and generated images, in the critic's turn and in the generator's.
#
# Shapes: B images, C channels, S side in pixels.


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
        images = _jitter_colour(images, draws)
    if draws.can_any(Change.HORIZONTAL_MOVE, Change.VERTICAL_MOVE):
        images = _move(images, draws)
    if draws.can_any(Change.CUTOUT):
        rows, columns = draw_corners(draws, images.shape[-1])
        images = cut_out(images, rows, columns, draws.meets())
    return images


def _jitter_colour(images: Tensor, draws: Draws) -> Tensor:
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


# --------------------------------------------------------------------------
# Augmentation of a run: none, DiffAugment, or adaptive with a probability that finds itself.


TARGET = 0.6
"""Mean sign of the critic's logit for real images at which the probability stands still."""
HIGHEST = 0.8
"""Highest probability: up to here the changes do not leak into what is generated (Karras et al.
2020, arXiv:2006.06676, section 2.2)."""
SIGNS_NEEDED = 256
"""Signs that make a decision; theirs were four batches of 64."""
ADA_IMAGES = 500_000
"""Images in which the probability could rise from 0 to 1."""


class Augmenter(nn.Module):
    """Changes the images that the critic sees, real and generated alike.

    The adaptive mode measures overfitting by r_t = E[sign(D(real))], which is 0 while the critic
    is unsure and 1 when it knows every training image, and moves the probability p of all changes
    by a fixed step up when r_t is above its target, down when below. p and what it waits for are
    buffers, so a checkpoint keeps them, and nothing is read back from the device.
    Source: Karras et al. 2020, arXiv:2006.06676, section 3 and eq. 1.

    Args:
        mode: ``none``, ``diffaugment`` or ``ada``.
        forbidden: changes that would make captions lie.
        ada_images: images in which p could rise from 0 to 1; fewer for tiny sets.
        target: of r_t.

    Raises:
        ValueError: there is no such mode.
    """

    probability: Tensor
    sign_sum: Tensor
    sign_count: Tensor
    pending_images: Tensor

    def __init__(
        self,
        mode: str,
        *,
        forbidden: frozenset[Change] = frozenset(),
        ada_images: float = ADA_IMAGES,
        target: float = TARGET,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"augmentation must be one of {', '.join(MODES)}, not {mode}")
        self.mode, self.forbidden = mode, forbidden
        self._ada_images, self._target = ada_images, target
        self.register_buffer("probability", torch.tensor(float(mode == DIFFAUGMENT)))
        for name in ("sign_sum", "sign_count", "pending_images"):
            self.register_buffer(name, torch.tensor(0.0))

    def forward(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Change images at random; differentiable as often as wanted.

        Args:
            images: [B, C, S, S] in [-1, 1].
            generator: on the images' device.

        Returns:
            [B, C, S, S], not clipped; channels last in memory if the images are.
        """
        if self.mode == NONE:
            return images
        if self.mode == DIFFAUGMENT:
            return diffaugment(images, Draws(images, generator, forbidden=self.forbidden))
        return augment(
            images,
            Draws(images, generator, forbidden=self.forbidden, probability=self.probability),
        )

    @torch.no_grad()
    def update(self, real_logit_signs: Tensor, images: int) -> None:
        """Take note of how sure the critic is; in the adaptive mode p follows.

        Args:
            real_logit_signs: [N] in {-1, 0, 1}, of the critic's logits for real images. They must
                be logits that are 0 where the critic is unsure: the image's own, not a pair's that
                also learns to refuse mismatched real pairs, nor a relativistic one.
            images: real images since the last call.
        """
        if self.mode != ADA:
            return
        self.sign_sum += real_logit_signs.sum()
        self.sign_count += real_logit_signs.numel()
        self.pending_images += images
        is_due = self.sign_count >= SIGNS_NEEDED
        direction = torch.sign(self.sign_sum / self.sign_count - self._target)
        step = direction * self.pending_images / self._ada_images
        self.probability += torch.where(is_due, step, 0.0)
        self.probability.clamp_(0, HIGHEST)
        for gathered in (self.sign_sum, self.sign_count, self.pending_images):
            gathered.masked_fill_(is_due, 0.0)
