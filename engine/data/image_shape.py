"""Shapes of images: height and width of any aspect ratio, and the grid that networks compute on.

The networks halve and double the resolution; at the coarsest one the longer side has ``COARSEST``
pixels and the shorter one 1 to ``COARSEST``. An image whose shorter side does not fill whole cells
of that grid is padded to it inside the networks: encoders and discriminators put a margin of zeros
around it, as their convolutions do anyway, and decoders cut the margin off. Everything else (losses
and likelihoods, penalties, augmentation, metrics, files) has the images' own shape.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

COARSEST = 4
"""Longer side in pixels at the coarsest resolution, so also the most extreme aspect ratio."""


class ImageShape(NamedTuple):
    """Height and width in pixels; equal to the ``shape[1:3]`` of an array [N, H, W, C]."""

    height: int
    width: int

    @property
    def longer(self) -> int:
        """The longer side."""
        return max(self)

    def scaled(self, longer: int) -> "ImageShape":
        """Return the shape of this aspect ratio with another longer side.

        The shorter side is rounded to whole pixels and is at least ``longer / COARSEST``.
        """
        # As Pillow rounds, so that rescaling an image to this shape leaves no margin.
        shorter = max(round(min(self) / self.longer * longer), longer // COARSEST, 1)
        return ImageShape(*(longer if side == self.longer else shorter for side in self))

    @property
    def cells(self) -> "ImageShape":
        """The grid at the coarsest resolution: ``COARSEST`` along the longer side."""
        return ImageShape(*(math.ceil(COARSEST * side / self.longer) for side in self))

    @property
    def padded(self) -> "ImageShape":
        """The shape in whole cells of the grid, which convolutional networks compute on."""
        return ImageShape(*(cells * self.longer // COARSEST for cells in self.cells))

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Pixels left, right, above and below an image centred in ``padded``."""
        down, across = (big - own for big, own in zip(self.padded, self, strict=True))
        return across // 2, across - across // 2, down // 2, down - down // 2

    def __str__(self) -> str:
        """Return ``64`` for a square and ``width x height`` otherwise."""
        return str(self.width) if self.width == self.height else f"{self.width} x {self.height}"


def square(side: int) -> ImageShape:
    """Return a square shape."""
    return ImageShape(side, side)


SQUARE = square(1)
"""The aspect ratio of squares."""
RATIO_TOLERANCE = 0.02
"""Relative difference between aspect ratios that count as equal: 1 pixel of 64."""
COMMON_FRACTION = 0.9
"""Fraction of the images that must share an aspect ratio for the dataset to have it."""


def common_shape(sizes: Sequence[tuple[int, int]], longer: int) -> ImageShape:
    """Return the shape that most images have, or a square if there is none.

    Args:
        sizes: width and height of some images.
        longer: longer side of the result.
    """
    by_ratio = sorted((size for size in sizes if min(size) > 0), key=lambda one: one[0] / one[1])
    if not by_ratio:
        return square(longer)
    # A ratio that most images share is also the median.
    width, height = by_ratio[len(by_ratio) // 2]
    near = sum(_is_near(size, (width, height)) for size in by_ratio)
    if near < COMMON_FRACTION * len(by_ratio) or _is_near((width, height), (1, 1)):
        return square(longer)
    return ImageShape(height, width).scaled(longer)


def _is_near(one: tuple[int, int], other: tuple[int, int]) -> bool:
    ratio = one[0] * other[1] / (one[1] * other[0])
    return max(ratio, 1 / ratio) <= 1 + RATIO_TOLERANCE
