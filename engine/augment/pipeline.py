"""Augmentation of a run: none, DiffAugment, or adaptive discriminator augmentation (ADA).

ADA applies each transform with the same probability p. As long as an unchanged image stays more
likely than any transformed one, the transforms do not leak into generated images.
Source: Karras et al. 2020, arXiv:2006.06676, section 2.2 and appendix B, including the strengths.
Not implemented: free rotation, anisotropic scaling, fractional translation, luma flip, filtering,
noise. Interpolation is linear instead of by wavelet filters.

Shapes: B images, C channels, H height, W width in pixels.
"""

import math

import torch
from torch import Tensor, nn

from engine import ranks
from engine.augment.transforms import (
    ADA,
    DIFFAUGMENT,
    MODES,
    NONE,
    RandomDraws,
    Transform,
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

MAX_SHIFT = 1 / 8
"""Largest translation, as a fraction of the side along it."""
SCALING_OCTAVES = 0.2
BRIGHTNESS = 0.2
CONTRAST_OCTAVES = 0.5
SATURATION_OCTAVES = 1.0
"""Standard deviations; an octave is a factor of two."""

_ACROSS = (Transform.FLIP, Transform.ROTATION, Transform.HORIZONTAL_MOVE, Transform.SCALING)
_DOWN = (Transform.ROTATION, Transform.VERTICAL_MOVE, Transform.SCALING)


def augment(images: Tensor, draws: RandomDraws) -> Tensor:
    """Apply ADA's transforms at random, independently for each image.

    Args:
        images: [B, C, H, W] in [-1, 1].
        draws: random parameters of these images, with the probability and the excluded transforms.

    Returns:
        [B, C, H, W], not clipped; exactly the input where no transform applies.
    """
    if draws.can_any(*_ACROSS, *_DOWN):
        images = _rearrange(images, draws)
    if draws.can_any(Transform.BRIGHTNESS, Transform.CONTRAST, Transform.SATURATION, Transform.HUE):
        images = _recolour(images, draws)
    if draws.can_any(Transform.CUTOUT):
        rows, columns = draw_corners(draws, *images.shape[2:])
        images = cut_out(images, rows, columns, draws.bernoulli_mask())
    return images


def _rearrange(images: Tensor, draws: RandomDraws) -> Tensor:
    """Flip, rotate by quarter turns, translate and scale, with reflection at the border."""
    height, width = images.shape[2:]
    turns = draws.where_applied(Transform.ROTATION, draws.integers(0, 3), 0.0)
    if height != width:
        # Only half turns keep the shape.
        turns = torch.where(turns >= 2, 2.0, 0.0).to(turns.dtype)
    flips = draws.where_applied(Transform.FLIP, draws.integers(0, 1), 0.0)
    scale = draws.where_applied(Transform.SCALING, torch.exp2(draws.normal(SCALING_OCTAVES)), 1.0)
    # An odd number of quarter turns transposes; 1 and 2 also mirror the rows, 2 and 3 the columns.
    upside_down = ((turns == 1) | (turns == 2)).to(turns.dtype)
    back_to_front = (turns >= 2).to(turns.dtype)
    down, across = None, None
    if draws.can_any(*_DOWN):
        stretch = (1 - 2 * upside_down) / scale
        down = _look(height, stretch, _draw_shift(draws, Transform.VERTICAL_MOVE, height))
    if draws.can_any(*_ACROSS):
        stretch = (1 - 2 * back_to_front) * (1 - 2 * flips) / scale
        across = _look(width, stretch, _draw_shift(draws, Transform.HORIZONTAL_MOVE, width))
    if draws.can_any(Transform.ROTATION) and height == width:
        images = transpose(images, turns % 2 == 1)
    return resample(images, down=down, across=across)


def _draw_shift(draws: RandomDraws, transform: Transform, side: int) -> Tensor:
    return draws.where_applied(
        transform, (draws.uniform(-MAX_SHIFT, MAX_SHIFT) * side).round(), 0.0
    )


def _look(side: int, stretch: Tensor, shift: Tensor) -> Tensor:
    sources = find_sources(side, stretch=stretch, shift=shift)
    return interpolate(reflect(sources, side))


def _recolour(images: Tensor, draws: RandomDraws) -> Tensor:
    """Brightness, contrast about middle grey, hue and saturation, in one pass."""
    brightness = draws.where_applied(Transform.BRIGHTNESS, draws.normal(BRIGHTNESS), 0.0)
    contrast = draws.where_applied(
        Transform.CONTRAST, torch.exp2(draws.normal(CONTRAST_OCTAVES)), 1.0
    )
    hue = draws.where_applied(Transform.HUE, draws.uniform(-math.pi, math.pi), 0.0)
    saturation = draws.where_applied(
        Transform.SATURATION, torch.exp2(draws.normal(SATURATION_OCTAVES)), 1.0
    )
    matrix = colour_matrix(
        contrast=contrast, saturation=saturation, hue=hue, channels=images.shape[1]
    )
    return recolour(images, matrix, contrast * brightness)


"""Largest translation, as a fraction of the side."""


def diffaugment(images: Tensor, draws: RandomDraws) -> Tensor:
    """Apply DiffAugment: colour jitter, translation and cutout for every image.

    Source: Zhao et al. 2020, arXiv:2006.10738, policy "color, translation, cutout": brightness
    within [-0.5, 0.5], saturation within [0, 2], contrast within [0.5, 1.5], translation within an
    eighth of the size with zeros beyond the border, and a blank rectangle of half the size. It is
    applied to real and generated images alike, in both networks' updates.

    Args:
        images: [B, C, H, W] in [-1, 1].
        draws: random parameters of these images, with the excluded transforms.

    Returns:
        [B, C, H, W], not clipped.
    """
    if draws.can_any(Transform.BRIGHTNESS, Transform.SATURATION, Transform.CONTRAST):
        images = _jitter_colour(images, draws)
    if draws.can_any(Transform.HORIZONTAL_MOVE, Transform.VERTICAL_MOVE):
        images = _move(images, draws)
    if draws.can_any(Transform.CUTOUT):
        rows, columns = draw_corners(draws, *images.shape[2:])
        images = cut_out(images, rows, columns, draws.bernoulli_mask())
    return images


def _jitter_colour(images: Tensor, draws: RandomDraws) -> Tensor:
    """Brightness, then saturation, then contrast about the image's own mean, in one pass.

    Saturation does not change the mean, so contrast applied to the other two,
    ``contrast * (x - mean) + mean``, equals ``contrast * saturated + brightness + (1 - contrast) *
    mean`` with the mean of the input.
    """
    brightness = draws.where_applied(Transform.BRIGHTNESS, draws.uniform(-0.5, 0.5), 0.0)
    saturation = draws.where_applied(Transform.SATURATION, draws.uniform(0.0, 2.0), 1.0)
    contrast = draws.where_applied(Transform.CONTRAST, draws.uniform(0.5, 1.5), 1.0)
    matrix = colour_matrix(
        contrast=contrast,
        saturation=saturation,
        hue=contrast.new_zeros(len(contrast)),
        channels=images.shape[1],
    )
    return recolour(images, matrix, brightness + (1 - contrast) * images.mean((1, 2, 3)))


def _move(images: Tensor, draws: RandomDraws) -> Tensor:
    height, width = images.shape[2:]
    return resample(
        images,
        down=_shifts(height, draws, Transform.VERTICAL_MOVE),
        across=_shifts(width, draws, Transform.HORIZONTAL_MOVE),
    )


def _shifts(side: int, draws: RandomDraws, transform: Transform) -> Tensor | None:
    """Return the translation matrix of one axis, or ``None`` if the transform is excluded."""
    if not draws.can_any(transform):
        return None
    reach = int(side * MAX_SHIFT + 0.5)
    shift = draws.where_applied(transform, draws.integers(-reach, reach), 0.0)
    return interpolate(find_sources(side, stretch=shift.new_ones(len(shift)), shift=shift))


TARGET = 0.6
"""Mean sign of the discriminator's logits for real images that p is controlled to."""
MAX_PROBABILITY = 0.8
"""Largest p: below it, transforms do not leak into generated images (Karras et al. 2020,
arXiv:2006.06676, section 2.2).
"""
SIGNS_NEEDED = 256
"""Signs per adjustment of p; the paper uses four batches of 64."""
ADA_RAMP_IMAGES = 500_000
"""Images in which p could rise from 0 to 1."""


class Augmenter(nn.Module):
    """Augments the images that the discriminator sees, real and generated alike.

    The adaptive mode measures overfitting by r_t = E[sign(D(real))], which is 0 while the
    discriminator is unsure and 1 when it knows every training image. The probability p of the
    transforms is moved up by a fixed step when r_t is above its target, down when it is below. p
    and the running sums are buffers: a checkpoint contains them, and nothing is read back from the
    device. Source: Karras et al. 2020, arXiv:2006.06676, section 3 and eq. 1.

    Args:
        mode: ``none``, ``diffaugment`` or ``ada``.
        blocked: transforms that would contradict captions.
        ada_ramp_images: images in which p could rise from 0 to 1; fewer for tiny sets.
        target: of r_t.

    Raises:
        ValueError: the mode is unknown.
    """

    probability: Tensor
    sign_sum: Tensor
    sign_count: Tensor
    pending_images: Tensor

    def __init__(
        self,
        mode: str,
        *,
        blocked: frozenset[Transform] = frozenset(),
        ada_ramp_images: float = ADA_RAMP_IMAGES,
        target: float = TARGET,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"augmentation must be one of {', '.join(MODES)}, not {mode}")
        self.mode, self.blocked = mode, blocked
        self._ada_ramp_images, self._target = ada_ramp_images, target
        self.register_buffer("probability", torch.tensor(float(mode == DIFFAUGMENT)))
        for name in ("sign_sum", "sign_count", "pending_images"):
            self.register_buffer(name, torch.tensor(0.0))

    def forward(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augment images; differentiable any number of times.

        Args:
            images: [B, C, H, W] in [-1, 1].
            generator: on the images' device.

        Returns:
            [B, C, H, W], not clipped; channels last in memory if the images are.
        """
        if self.mode == NONE:
            return images
        if self.mode == DIFFAUGMENT:
            return diffaugment(images, RandomDraws(images, generator, blocked=self.blocked))
        return augment(
            images,
            RandomDraws(images, generator, blocked=self.blocked, probability=self.probability),
        )

    @torch.no_grad()
    def update(self, real_logit_signs: Tensor, images: int) -> None:
        """Update r_t, and in the adaptive mode p.

        Args:
            real_logit_signs: [N] in {-1, 0, 1}, of the discriminator's logits for real images. The
                logits must be 0 where the discriminator is unsure: those of the image head, not of
                the pair head, which also learns mismatched real pairs, and not relativistic ones.
            images: real images since the last call.
        """
        if self.mode != ADA:
            return
        self.sign_sum += ranks.total(real_logit_signs.sum())
        self.sign_count += ranks.rows_of_all(real_logit_signs.numel())
        self.pending_images += ranks.rows_of_all(images)
        is_due = self.sign_count >= SIGNS_NEEDED
        direction = torch.sign(self.sign_sum / self.sign_count - self._target)
        step = direction * self.pending_images / self._ada_ramp_images
        self.probability += torch.where(is_due, step, 0.0)
        self.probability.clamp_(0, MAX_PROBABILITY)
        for gathered in (self.sign_sum, self.sign_count, self.pending_images):
            gathered.masked_fill_(is_due, 0.0)
