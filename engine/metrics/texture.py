"""Grids and textures of generated images, which the features of KID do not see.

``grid`` compares the power spectra at the finest frequencies, ``texture`` the patches at every
scale.

Shapes: N images, C channels, H height, W width, K patches of an image, D values of a patch,
R directions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from engine.events import ImageArray

Projections = npt.NDArray[np.float32]

IMAGES, MIN_IMAGES = 500, 20
"""Images of a set that are compared, and the smallest useful number."""
BLOCK = 100
"""Images per Fourier transform."""
ROUNDING_VARIANCE = 1 / 12
"""Variance of the rounding error of pixel values, which are whole numbers from 0 to 255."""


def nyquist_power(images: ImageArray) -> float:
    """Return the mean spectral power of images at and next to the Nyquist frequency.

    The mean is over 27 frequencies: (H/2, W/2), (H/2, 0) and (0, W/2), where a pattern that repeats
    every two pixels has its power, and the eight neighbours of each, where a pattern that fades
    within the image has it. Power is the squared absolute value of the discrete Fourier transform
    of the pixel values, averaged over images and colour channels; luminance would miss a grid of
    complementary colours.

    Args:
        images: [N, H, W, C], N at least 1, sides at least 6; odd ones are halved downwards.
    """
    power = torch.zeros(images.shape[1:3])
    for start in range(0, len(images), BLOCK):
        block = torch.fft.fft2(_pixels(images[start : start + BLOCK]))
        power += block.abs().square().sum((0, 1))
    low = torch.arange(-1, 2)
    down, across = (low + side // 2 for side in power.shape)
    parts = [power[u[:, None], v] for u, v in ((down, across), (down, low), (low, across))]
    return float(torch.stack(parts).mean()) / (len(images) * images.shape[3])


def grid_ratio(made: ImageArray, real_power: float) -> float:
    """Return the Nyquist power of generated images relative to that of real images.

    1 is right; a checkerboard is far above 1, blur below 1. Rounding alone gives pixels a power of
    H W / 12 at each frequency; less than that, in particular no power at all, counts as that much.

    Args:
        made: [N, H, W, C].
        real_power: ``nyquist_power`` of real images of the same size.
    """
    floor = made.shape[1] * made.shape[2] * ROUNDING_VARIANCE
    return max(nyquist_power(made), floor) / max(real_power, floor)


MIN_SIDE = 8
"""Shorter side in pixels of the coarsest level: a patch must fit."""


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Return the levels of the Laplacian pyramid, fine to coarse: [N, C, H, W] each, sides halved.

    Every level is the image minus the next smaller one, enlarged; the last is the rest. Borders are
    reflected; the last row or column of an odd number is cut off before it is halved.
    Source: Burt & Adelson 1983, doi:10.1109/TCOM.1983.1095851, with the 5 x 5 binomial kernel.
    """
    levels: list[Tensor] = []
    while min(images.shape[2:]) >= 2 * MIN_SIDE:
        height, width = images.shape[2:]
        images = images[:, :, : height - height % 2, : width - width % 2]
        smaller = _smooth(images)[:, :, ::2, ::2]
        sparse = torch.zeros_like(images)
        sparse[:, :, ::2, ::2] = smaller
        levels.append(images - 4 * _smooth(sparse))
        images = smaller
    return [*levels, images]


def _smooth(images: Tensor) -> Tensor:
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    padded = functional.pad(images, (2, 2, 2, 2), mode="reflect")
    kernel = (row[:, None] * row).expand(images.shape[1], 1, 5, 5)
    return functional.conv2d(padded, kernel, groups=images.shape[1])


PATCH, PATCHES, DIRECTIONS = 7, 32, 128
"""Side of a patch in pixels, patches of an image in a level, directions of projection."""
SEED = 0
"""Of directions and positions, which are the same in every evaluation."""


@dataclass(frozen=True)
class _Level:
    """A level of the reference's pyramid."""

    mean: Tensor
    std: Tensor
    """[1, C, 1, 1] each, in pixel values."""
    projections: Projections
    """[R, N * K], sorted in each row."""


class SlicedWasserstein:
    """Sliced Wasserstein distances of sets of images to a reference set.

    The distance of a level is the mean, over random directions, of the 1-Wasserstein distance
    between the projections of both sets of patches.
    Source: Karras et al. 2018, arXiv:1710.10196, section 5. Two things differ. Colours are
    normalised by the reference's mean and deviation, not by each set's own, so that a difference in
    contrast counts. Patches are cut at the same positions of every image, so that the order of
    the images does not matter.

    Args:
        reference: [N, H, W, C].
    """

    def __init__(self, reference: ImageArray) -> None:
        self._levels: list[_Level] = []
        for level in laplacian_pyramid(_pixels(reference)):
            mean, std = level.mean((0, 2, 3), keepdim=True), level.std((0, 2, 3), keepdim=True)
            # A channel without contrast has at least the rounding error of its pixels.
            std = std.clamp(min=ROUNDING_VARIANCE**0.5)
            self._levels.append(_Level(mean, std, _project((level - mean) / std)))

    def distances(self, images: ImageArray) -> dict[int, float]:
        """Return the distance in each level, by the longer side of the level in pixels.

        Args:
            images: [N, H, W, C], of the reference's shape.
        """
        pyramid = laplacian_pyramid(_pixels(images))
        return {
            max(level.shape[2:]): float(
                np.abs(_project((level - real.mean) / real.std) - real.projections).mean()
            )
            for level, real in zip(pyramid, self._levels, strict=True)
        }


def _project(level: Tensor) -> Projections:
    """Project the patches of a level on all directions and sort them: to [R, N * K]."""
    random = np.random.default_rng(SEED)
    windows = level.unfold(2, PATCH, 1).unfold(3, PATCH, 1)
    per_row = windows.shape[3]
    places = random.permutation(windows.shape[2] * per_row)[:PATCHES]
    patches = windows[:, :, places // per_row, places % per_row].transpose(1, 2)
    directions = torch.from_numpy(random.normal(size=(DIRECTIONS, patches[0, 0].numel()))).float()
    directions = directions / directions.norm(dim=1, keepdim=True)
    # NumPy sorts floats several times faster than PyTorch.
    return np.sort((directions @ patches.flatten(2).flatten(0, 1).T).numpy(), axis=1)


class TextureMetrics:
    """Metrics of grid and texture, relative to real images.

    Args:
        real: [N, H, W, C] reference images, spread over the dataset. Every other one belongs to the
            second set of real images, which the texture is relative to.
    """

    def __init__(self, real: ImageArray) -> None:
        self._one, self._other = real[::2], real[1::2]
        self._real_power = nyquist_power(_subsample(real, 2 * IMAGES))
        self._references: dict[int, tuple[SlicedWasserstein, dict[int, float]]] = {}

    def count(self, made: int) -> int:
        """Return how many images of each set are compared; 0 if they are too few or too small."""
        count = min(made, len(self._one), len(self._other), IMAGES)
        return count if count >= MIN_IMAGES and min(self._one.shape[1:3]) >= PATCH else 0

    def metrics(self, made: ImageArray) -> dict[str, float]:
        """Measure generated images: [N, H, W, C].

        Returns:
            ``grid``: see ``grid_ratio``; ``texture_32`` and the like: sliced Wasserstein distance
                to real images in the level with that longer side, relative to the distance of as
                many other real images: 1 is as near as those, 0 equal; ``texture``: their mean.
                Levels in which both real sets are equal are left out, and all if there are too few
                images or these are smaller than a patch.
        """
        metrics = {"grid": grid_ratio(_subsample(made, IMAGES), self._real_power)}
        count = self.count(len(made))
        if not count:
            return metrics
        if count not in self._references:
            real = SlicedWasserstein(_subsample(self._one, count))
            self._references[count] = real, real.distances(_subsample(self._other, count))
        real, usual = self._references[count]
        distances = real.distances(_subsample(made, count))
        levels = {f"texture_{side}": distances[side] / usual[side] for side in usual if usual[side]}
        if levels:
            metrics |= {"texture": float(np.mean(list(levels.values())))} | levels
        return metrics


def _pixels(images: ImageArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()


def _subsample(images: ImageArray, most: int) -> ImageArray:
    if len(images) <= most:
        return images
    return images[np.linspace(0, len(images) - 1, most).astype(int)]
