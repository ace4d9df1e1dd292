"""Moving, mirroring, turning and scaling images by small matrices.

A change along one axis is a matrix that says which pixels make each pixel of the result. Two such
matrices move, mirror and scale an image; a quarter turn is a transposition and a mirroring. Matrix
products are quicker on a CPU than gathering pixels, and every derivative of them is one again.

Shapes: B images, C channels, H = W = S side in pixels.
"""

import math
from enum import StrEnum

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


# --------------------------------------------------------------------------
# Changing the colours of images: one matrix and one offset for each image.
#
# Contrast, saturation and hue are linear in the colour of a pixel, so together they are one matrix
# of 3 by 3, and one pass over the pixels does them all.
#
# Shapes: B images, C channels (1 grey, 3 RGB).


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


# --------------------------------------------------------------------------
# What an augmentation may change in an image, and when to augment at all.
#
# Needs nothing but the standard library: a window may ask it too.


NONE, DIFFAUGMENT, ADA = "none", "diffaugment", "ada"
MODES = (NONE, DIFFAUGMENT, ADA)
AUTO = "auto"
SMALL_SET = 5_000
"""Training images below which ``auto`` augments. DiffAugment gains most on sets of hundreds and
little on tens of thousands (Zhao et al. 2020, arXiv:2006.10738, section 4)."""


class Change(StrEnum):
    """One way in which an augmentation changes images."""

    FLIP = "flip"
    """Left and right change places."""
    ROTATION = "rotation"
    """By quarter turns."""
    HORIZONTAL_MOVE = "horizontal_move"
    VERTICAL_MOVE = "vertical_move"
    SCALING = "scaling"
    """About the centre, both axes alike."""
    BRIGHTNESS = "brightness"
    """Everything becomes lighter or darker."""
    CONTRAST = "contrast"
    """Light and dark move apart or together."""
    SATURATION = "saturation"
    """Colours become stronger or greyer."""
    HUE = "hue"
    """Colours become other colours."""
    CUTOUT = "cutout"
    """A square is blanked."""


def resolve_augmentation(choice: str, train_images: int) -> str:
    """Turn the setting ``auto`` into a mode; the modes stay what they are.

    Args:
        choice: ``auto`` or one of ``MODES``.
        train_images: how many images there are to learn from.
    """
    if choice != AUTO:
        return choice
    return DIFFAUGMENT if train_images < SMALL_SET else NONE


# --------------------------------------------------------------------------
# Random strengths for a batch of images: one for each, from one explicit generator.
#
# Shapes: B images.


class Draws:
    """Draws strengths, and decides which images a change meets.

    Args:
        images: [B, ...]; only their number, device and precision matter.
        generator: on the images' device; it moves on with every draw.
        forbidden: changes that meet no image.
        probability: [] with which each other change meets an image; it stays on its device.
            ``None`` lets them meet every image.
    """

    def __init__(
        self,
        images: Tensor,
        generator: torch.Generator,
        *,
        forbidden: frozenset[Change] = frozenset(),
        probability: Tensor | None = None,
    ) -> None:
        self._count, self._generator = len(images), generator
        self._device, self._dtype = images.device, images.dtype
        self._forbidden, self._probability = forbidden, probability

    def can_any(self, *changes: Change) -> bool:
        """Whether any of these changes may meet an image at all."""
        return not self._forbidden.issuperset(changes)

    def sometimes(self, change: Change, strength: Tensor, otherwise: float) -> Tensor:
        """Keep the strength where the change meets the image: [B] strengths to [B]."""
        neutral = torch.full_like(strength, otherwise)
        if change in self._forbidden:
            return neutral
        return torch.where(self.meets(), strength, neutral)

    def meets(self) -> Tensor:
        """Which images a change that is not forbidden meets: [B] booleans."""
        chance = self.uniform(0.0, 1.0)
        return chance < (1.0 if self._probability is None else self._probability)

    def uniform(self, low: float, high: float) -> Tensor:
        """[B] from the uniform distribution on [low, high)."""
        unit = torch.rand(
            self._count, generator=self._generator, device=self._device, dtype=self._dtype
        )
        return low + (high - low) * unit

    def normal(self, deviation: float) -> Tensor:
        """[B] from the normal distribution about 0."""
        standard = torch.randn(
            self._count, generator=self._generator, device=self._device, dtype=self._dtype
        )
        return deviation * standard

    def whole(self, low: int, high: int) -> Tensor:
        """[B] whole numbers from low to high, both included, each as likely as the others."""
        # The clamp catches a product that rounding lifts to the number after the last.
        return self.uniform(low, high + 1).floor().clamp(max=high)


# --------------------------------------------------------------------------
# Blanking a square of each image.
#
# Shapes: B images, S side in pixels.


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
