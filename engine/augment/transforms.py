"""Image transforms as small matrices, their random parameters, and cutout.

A geometric transform along one axis is a matrix of weights from input to output pixels. Two such
matrices translate, mirror and scale an image; a quarter turn is a transposition and a mirroring,
which only squares allow.
Matrix products are faster on a CPU than gathering pixels and differentiable any number of times.
Contrast, saturation and hue are linear in a pixel's colour, so together they are one 3 x 3 matrix.

Shapes: B images, C channels (1 grey, 3 RGB), H height, W width, S either of them, in pixels.
"""

import math
from enum import StrEnum

import torch
from torch import Tensor

from engine import ranks


def find_sources(side: int, *, stretch: Tensor, shift: Tensor) -> Tensor:
    """Return the input position of each output pixel along one axis.

    Args:
        side: S.
        stretch: [B]; input steps per output step. 1 keeps the size, -1 mirrors about the centre,
            0.5 enlarges twofold.
        shift: [B] pixels; positive reads from further right or down, so the content moves left or
            up.

    Returns:
        [B, S] positions in pixels; those outside 0 to S - 1 lie outside the image.
    """
    # Distances from the centre are integers or half-integers: mirroring and whole shifts are exact.
    distances = torch.arange(side, device=stretch.device, dtype=stretch.dtype) - (side - 1) / 2
    return (side - 1) / 2 + stretch[:, None] * distances + shift[:, None]


def reflect(sources: Tensor, side: int) -> Tensor:
    """Reflect positions outside the image at its borders.

    Args:
        sources: [..., S] positions in pixels, however far outside.
        side: S.
    """
    there_and_back = torch.remainder(sources + 0.5, 2 * side)
    folded = torch.minimum(there_and_back, 2 * side - there_and_back) - 0.5
    return folded.clamp(0, side - 1)


def interpolate(sources: Tensor) -> Tensor:
    """Return linear interpolation as a matrix: [B, S] positions to [B, S, S] weights.

    Row i holds the weight of every input pixel in output pixel i. Outside the image lies 0.
    """
    side = sources.shape[-1]
    pixels = torch.arange(side, device=sources.device, dtype=sources.dtype)
    return (1 - (sources[:, :, None] - pixels).abs()).clamp_min(0)


def resample(images: Tensor, *, down: Tensor | None, across: Tensor | None) -> Tensor:
    """Resample images with one matrix per axis.

    Args:
        images: [B, C, H, W].
        down: [B, H, H] weights along the height; ``None`` leaves that axis unchanged.
        across: [B, W, W], the same along the width.

    Returns:
        [B, C, H, W], channels last in memory.
    """
    if down is not None:
        images = torch.einsum("bih,bchw->bciw", down, images)
    if across is not None:
        images = torch.einsum("bjw,bchw->bchj", across, images)
    return images.contiguous(memory_format=torch.channels_last)


def transpose(images: Tensor, on: Tensor) -> Tensor:
    """Exchange height and width of some square images.

    Args:
        images: [B, C, S, S].
        on: [B] booleans, which.
    """
    return torch.where(on[:, None, None, None], images.transpose(2, 3), images)


def colour_matrix(*, contrast: Tensor, saturation: Tensor, hue: Tensor, channels: int) -> Tensor:
    """Combine contrast, saturation and hue into one matrix.

    With the grey axis v = (1, 1, 1) / sqrt(3), saturation keeps a colour's component along v and
    scales the rest; hue rotates the rest about v (Rodrigues' formula), so grey stays grey. Grey
    images have neither. Source: Karras et al. 2020, arXiv:2006.06676, appendix B (colour
    transformations).

    Args:
        contrast: [B] factor of everything; 1 changes nothing.
        saturation: [B] factor of what is not grey; 1 changes nothing, 0 leaves grey.
        hue: [B] radians; 2 pi / 3 turns red into green.
        channels: C.

    Returns:
        [B, C, C]; exactly the identity where nothing changes.
    """
    if channels == 1:
        return contrast[:, None, None]
    kept = saturation * hue.cos()
    turned = saturation * hue.sin() / math.sqrt(3)
    shared = (1 - kept) / 3
    # The matrix is circulant: each row is the row above, shifted.
    own, next_one, last = kept + shared, shared - turned, shared + turned
    rows = [own, next_one, last, last, own, next_one, next_one, last, own]
    return (contrast * torch.stack(rows)).T.reshape(-1, 3, 3)


def recolour(images: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Replace every colour by ``matrix @ colour + offset``.

    Args:
        images: [B, C, H, W], about [-1, 1].
        matrix: [B, C, C].
        offset: [B], the same for all channels.

    Returns:
        [B, C, H, W], not clipped; channels last in memory.
    """
    mixed = torch.einsum("bij,bjhw->bihw", matrix, images) + offset[:, None, None, None]
    return mixed.contiguous(memory_format=torch.channels_last)


NONE, DIFFAUGMENT, ADA = "none", "diffaugment", "ada"
MODES = (NONE, DIFFAUGMENT, ADA)
AUTO = "auto"
AUTO_MAX_IMAGES = 5_000
"""Training images below which ``auto`` augments. DiffAugment gains most on sets of hundreds of
images and little on tens of thousands (Zhao et al. 2020, arXiv:2006.10738, section 4).
"""


class Transform(StrEnum):
    """A kind of augmentation."""

    FLIP = "flip"
    """Mirror left and right."""
    ROTATION = "rotation"
    """Rotate by quarter turns, or by half turns where images are not square."""
    HORIZONTAL_MOVE = "horizontal_move"
    VERTICAL_MOVE = "vertical_move"
    SCALING = "scaling"
    """Scale about the centre, both axes alike."""
    BRIGHTNESS = "brightness"
    """Add to all channels."""
    CONTRAST = "contrast"
    """Scale differences from grey or from the mean."""
    SATURATION = "saturation"
    """Scale the distance from grey."""
    HUE = "hue"
    """Rotate colours about the grey axis."""
    CUTOUT = "cutout"
    """Blank a rectangle of the image's aspect ratio."""


def resolve_augmentation(choice: str, train_images: int) -> str:
    """Resolve the setting ``auto`` to a mode; modes are returned as they are.

    Args:
        choice: ``auto`` or one of ``MODES``.
        train_images: number of training images.
    """
    if choice != AUTO:
        return choice
    return DIFFAUGMENT if train_images < AUTO_MAX_IMAGES else NONE


class RandomDraws:
    """Random augmentation parameters for a batch of images.

    Args:
        images: [B, ...]; only their number, device and precision matter.
        generator: on the images' device; every draw advances it.
        blocked: transforms that are applied to no image.
        probability: [] with which each other transform is applied to an image; it stays on its
            device. ``None`` applies them to every image.
    """

    def __init__(
        self,
        images: Tensor,
        generator: torch.Generator,
        *,
        blocked: frozenset[Transform] = frozenset(),
        probability: Tensor | None = None,
    ) -> None:
        self._count, self._generator = ranks.rows_of_all(len(images)), generator
        self._device, self._dtype = images.device, images.dtype
        self._blocked, self._probability = blocked, probability

    def can_any(self, *transforms: Transform) -> bool:
        """Return whether any of these transforms may be applied."""
        return not self._blocked.issuperset(transforms)

    def where_applied(self, transform: Transform, strength: Tensor, otherwise: float) -> Tensor:
        """Keep the strength where the transform is applied: [B] strengths to [B]."""
        neutral = torch.full_like(strength, otherwise)
        if transform in self._blocked:
            return neutral
        return torch.where(self.bernoulli_mask(), strength, neutral)

    def bernoulli_mask(self) -> Tensor:
        """Draw the images that a transform is applied to: [B] booleans."""
        chance = self.uniform(0.0, 1.0)
        return chance < (1.0 if self._probability is None else self._probability)

    def uniform(self, low: float, high: float) -> Tensor:
        """Draw [B] from the uniform distribution on [low, high)."""
        unit = torch.rand(
            self._count, generator=self._generator, device=self._device, dtype=self._dtype
        )
        return low + (high - low) * ranks.own_rows(unit)

    def normal(self, deviation: float) -> Tensor:
        """Draw [B] from the normal distribution about 0."""
        standard = torch.randn(
            self._count, generator=self._generator, device=self._device, dtype=self._dtype
        )
        return deviation * ranks.own_rows(standard)

    def integers(self, low: int, high: int) -> Tensor:
        """Draw [B] integers from low to high, both included."""
        # The clamp catches products that rounding lifts beyond the last integer.
        return self.uniform(low, high + 1).floor().clamp(max=high)


CUTOUT_SIZE = 0.5
"""Sides of the cutout rectangle, as a fraction of the image's."""


def draw_corners(draws: RandomDraws, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Draw the corners of rectangles whose centres lie anywhere in the image.

    Source: Zhao et al. 2020, arXiv:2006.10738: a random square of half the image's size.

    Returns:
        First rows and first columns, [B] each; a rectangle may extend beyond the border.
    """
    return _draw_corner(draws, height), _draw_corner(draws, width)


def _draw_corner(draws: RandomDraws, side: int) -> Tensor:
    size = _size(side)
    # An even size has its centre between pixels, so there is one more position.
    return draws.integers(0, side - size % 2) - size // 2


def cut_out(images: Tensor, rows: Tensor, columns: Tensor, on: Tensor) -> Tensor:
    """Set a rectangle of some images to 0, middle grey.

    Args:
        images: [B, C, H, W] in [-1, 1].
        rows: [B] first row of the rectangle.
        columns: [B] first column.
        on: [B] booleans, in which images.
    """
    height, width = images.shape[2:]
    covered = _covered(rows, height)[:, :, None] & _covered(columns, width)[:, None, :]
    # Multiplying by a mask is faster than a boolean fill, and exact.
    kept = ~(covered & on[:, None, None])
    return images * kept[:, None].to(images.dtype)


def _covered(first: Tensor, side: int) -> Tensor:
    """Return the positions of an axis that the rectangle covers: [B, S] booleans."""
    places = torch.arange(side, device=first.device, dtype=first.dtype)
    behind = places - first[:, None]
    return (behind >= 0) & (behind < _size(side))


def _size(side: int) -> int:
    return int(side * CUTOUT_SIZE + 0.5)
