import math

import numpy as np
import pytest
import torch

from engine.augment.geometry import find_sources, interpolate, reflect, resample, transpose

SIDE = 8


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def pictures(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, SIDE, SIDE, generator=generator, dtype=torch.float64) * 2 - 1


def read(row: np.ndarray, place: float, *, is_reflected: bool) -> np.ndarray:
    """Linear interpolation between two pixels of [..., S], the slow way."""
    left = math.floor(place)

    def pixel(at: int) -> np.ndarray:
        if is_reflected:
            while not 0 <= at < SIDE:
                at = -1 - at if at < 0 else 2 * SIDE - 1 - at
        elif not 0 <= at < SIDE:
            return np.zeros(row.shape[:-1])
        return row[..., at]

    return (1 - (place - left)) * pixel(left) + (place - left) * pixel(left + 1)


def resampled(image: np.ndarray, stretch: float, shift: float, *, is_reflected: bool) -> np.ndarray:
    """The same stretch and shift on both axes of [C, S, S]."""
    centre = (SIDE - 1) / 2
    places = [centre + stretch * (pixel - centre) + shift for pixel in range(SIDE)]
    wide = np.stack([read(image, place, is_reflected=is_reflected) for place in places], -1)
    turned = wide.swapaxes(1, 2)
    tall = np.stack([read(turned, place, is_reflected=is_reflected) for place in places], -1)
    return tall.swapaxes(1, 2)


@pytest.mark.parametrize("is_reflected", [False, True])
def test_that_resampling_is_linear_interpolation(is_reflected):
    stretches, shifts = (1.0, 1.0, -1.0, 1.3, 0.7, -2.6), (0.0, 3.0, -2.0, 0.4, -1.7, 9.2)
    images = pictures(len(stretches))
    sources = find_sources(SIDE, stretch=numbers(*stretches), shift=numbers(*shifts))
    matrix = interpolate(reflect(sources, SIDE) if is_reflected else sources)
    made = resample(images, down=matrix, across=matrix)
    for number, (stretch, shift) in enumerate(zip(stretches, shifts, strict=True)):
        expected = resampled(images[number].numpy(), stretch, shift, is_reflected=is_reflected)
        np.testing.assert_allclose(made[number].numpy(), expected, atol=1e-12)


def test_that_axes_are_apart():
    images = pictures(2)
    two_on = interpolate(find_sources(SIDE, stretch=numbers(1, 1), shift=numbers(2, 0)))
    across = resample(images, down=None, across=two_on)
    assert torch.equal(across[0, :, :, :-2], images[0, :, :, 2:])
    assert not across[0, :, :, -2:].any()
    down = resample(images, down=two_on, across=None)
    assert torch.equal(down[0, :, :-2], images[0, :, 2:])
    assert torch.equal(down[1], images[1])


def test_that_a_stretch_of_minus_one_mirrors_exactly():
    images = pictures(1).float()
    mirror = interpolate(find_sources(SIDE, stretch=numbers(-1).float(), shift=numbers(0).float()))
    assert torch.equal(resample(images, down=None, across=mirror), images.flip(3))


def test_that_reflection_is_numpys_symmetric_padding():
    inside = torch.arange(SIDE, dtype=torch.float64)
    padded = np.pad(inside.numpy(), 3 * SIDE, mode="symmetric")
    places = torch.arange(-3 * SIDE, 4 * SIDE, dtype=torch.float64)
    assert reflect(places, SIDE).tolist() == padded.tolist()


def test_that_no_change_is_exact_and_keeps_channels_last():
    images = pictures(3).float().contiguous(memory_format=torch.channels_last)
    one, zero = numbers(1, 1, 1).float(), numbers(0, 0, 0).float()
    same = interpolate(reflect(find_sources(SIDE, stretch=one, shift=zero), SIDE))
    assert torch.equal(same, torch.eye(SIDE).expand(3, SIDE, SIDE))
    made = resample(images, down=same, across=same)
    assert torch.equal(made, images)
    assert made.is_contiguous(memory_format=torch.channels_last)


def test_that_only_chosen_images_are_transposed():
    images = pictures(2)
    made = transpose(images, torch.tensor([True, False]))
    assert torch.equal(made[0], images[0].swapaxes(1, 2))
    assert torch.equal(made[1], images[1])
