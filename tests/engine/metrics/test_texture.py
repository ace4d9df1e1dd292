import numpy as np
import pytest
import torch

from engine.metrics.texture import (
    MIN_IMAGES,
    SlicedWasserstein,
    TextureMetrics,
    grid_ratio,
    laplacian_pyramid,
    nyquist_power,
)

SIDES = (16, 24, 32, 64)


def noise(count=60, side=32, channels=3, seed=0, contrast=20.0):
    """Smooth pictures with some grain: neighbouring pixels are alike, as in real ones."""
    random = np.random.default_rng(seed)
    coarse = random.normal(128, contrast, (count, side // 4, side // 4, channels))
    fine = random.normal(0, 4, (count, side, side, channels))
    return (coarse.repeat(4, 1).repeat(4, 2) + fine).clip(0, 255).astype(np.uint8)


def checkerboard(images, height):
    """Raise every other pixel, as on a chessboard."""
    side = images.shape[1]
    black = (np.add.outer(np.arange(side), np.arange(side)) % 2)[None, :, :, None]
    return (images.astype(np.int64) + height * black).clip(0, 255).astype(np.uint8)


def nyquist_by_numpy(images):
    """Average numpy's spectrum over the frequencies whose parts are near 0 or 1/2, not both 0."""
    power = (np.abs(np.fft.fft2(images.astype(np.float64), axes=(1, 2))) ** 2).mean((0, 3))
    side = images.shape[1]
    cycles = np.abs(np.fft.fftfreq(side)) * side
    near_0, near_half = cycles <= 1, cycles >= side / 2 - 1
    usual = near_0 | near_half
    chosen = np.outer(usual, usual) & ~np.outer(near_0, near_0)
    assert chosen.sum() == 27
    return power[chosen].mean()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", [1, 3])
def test_that_the_power_is_that_of_numpy(side, channels):
    images = noise(side=side, channels=channels, count=130)
    assert nyquist_power(images) == pytest.approx(nyquist_by_numpy(images), rel=1e-4)


@pytest.mark.parametrize("side", SIDES)
def test_that_a_checkerboard_has_the_power_that_it_should(side):
    flat = np.full((3, side, side, 1), 100, dtype=np.uint8)
    # Half the pixels are 10 higher: amplitude 5 at (S/2, S/2), nothing at the 26 others.
    expected = (5 * side**2) ** 2 / 27
    assert nyquist_power(checkerboard(flat, 10)) == pytest.approx(expected, rel=1e-5)
    assert grid_ratio(checkerboard(flat, 10), 2 * expected) == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_that_a_checkerboard_is_above_one_and_blur_below(channels):
    real, made = noise(channels=channels), noise(channels=channels, seed=1)
    power = nyquist_power(real)
    assert grid_ratio(real, power) == 1
    assert grid_ratio(made, power) == pytest.approx(1, abs=0.15)
    assert grid_ratio(checkerboard(made, 30), power) > 5
    blurred = (made // 2 + np.roll(made, 1, 1) // 2).astype(np.uint8)
    blurred = blurred // 2 + np.roll(blurred, 1, 2) // 2
    assert grid_ratio(blurred, power) < 0.5


def test_that_a_grid_of_complementary_colours_is_seen():
    made = noise()
    power = nyquist_power(made)
    coloured = made.copy()
    coloured[..., 0] = checkerboard(made, 30)[..., 0]
    # White squares instead of black ones.
    coloured[..., 2] = np.roll(checkerboard(made, 30), 1, 1)[..., 2]
    assert grid_ratio(coloured, power) > 5


def test_that_a_grid_that_fades_within_the_image_is_seen():
    flat = np.full((2, 32, 32, 1), 100, dtype=np.uint8)
    ramp = 1 + np.cos(2 * np.pi * np.arange(32) / 32)
    faded = (flat + 0.4 * ramp[:, None, None] * (checkerboard(flat, 50) - flat)).astype(np.uint8)
    direct = np.abs(np.fft.fft2(faded[0, ..., 0].astype(float))) ** 2
    alone = direct[16, 16] / 27
    assert nyquist_power(faded) > 1.4 * alone


def test_that_no_power_counts_as_the_rounding_of_pixels():
    flat = np.full((4, 32, 32, 3), 7, dtype=np.uint8)
    assert grid_ratio(flat, nyquist_power(flat)) == 1
    rounding = 32**2 / 12
    assert grid_ratio(flat, 100 * rounding) == pytest.approx(0.01)
    grid = checkerboard(flat, 2)
    assert grid_ratio(grid, 0.0) == pytest.approx(nyquist_power(grid) / rounding)


def smoothed(images):
    """Weigh 25 neighbours by the products of 1, 4, 6, 4, 1."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    side, found = images.shape[1], np.zeros_like(images)
    for down, one in enumerate((1, 4, 6, 4, 1)):
        for right, other in enumerate((1, 4, 6, 4, 1)):
            found += one * other / 256 * padded[:, down : down + side, right : right + side]
    return found


def pyramid_by_numpy(images):
    """Build Burt's and Adelson's pyramid: [N, S, S, C] each."""
    levels, images = [], images.astype(np.float64)
    while images.shape[1] in (64, 32, 24, 16):
        smaller = smoothed(images)[:, ::2, ::2]
        spread = smaller.repeat(2, 1).repeat(2, 2)
        spread[:, 1::2] = 0
        spread[:, :, 1::2] = 0
        levels.append(images - 4 * smoothed(spread))
        images = smaller
    return [*levels, images]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", [1, 3])
def test_that_the_pyramid_is_that_of_its_authors(side, channels):
    images = noise(count=2, side=side, channels=channels)
    found = laplacian_pyramid(torch.from_numpy(images).permute(0, 3, 1, 2).float())
    expected = pyramid_by_numpy(images)
    sides = [level.shape[-1] for level in found]
    assert sides == {16: [16, 8], 24: [24, 12], 32: [32, 16, 8], 64: [64, 32, 16, 8]}[side]
    for one, other in zip(found, expected, strict=True):
        assert np.allclose(one.permute(0, 2, 3, 1).numpy(), other, atol=1e-3)


def test_that_a_flat_image_has_only_its_rest():
    levels = laplacian_pyramid(torch.full((2, 3, 32, 32), 90.0))
    assert all(torch.allclose(level, torch.zeros(()), atol=1e-3) for level in levels[:-1])
    assert torch.allclose(levels[-1], torch.full((), 90.0), atol=1e-3)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", [1, 3])
def test_that_equal_and_permuted_sets_are_at_no_distance(side, channels):
    images = noise(side=side, channels=channels, count=MIN_IMAGES)
    real = SlicedWasserstein(images)
    order = np.random.default_rng(0).permutation(len(images))
    assert set(real.distances(images).values()) == {0.0}
    assert all(
        value == pytest.approx(0, abs=1e-5) for value in real.distances(images[order]).values()
    )


def test_that_a_brighter_set_differs_in_the_coarsest_level_alone_and_by_what_it_should():
    images = noise(channels=1)
    found = SlicedWasserstein(images).distances(images + 10)
    assert found[32] == pytest.approx(0, abs=1e-3)
    assert found[16] == pytest.approx(0, abs=1e-3)
    coarse = laplacian_pyramid(torch.from_numpy(images).permute(0, 3, 1, 2).float())[-1]
    # All projections move by the shift times the sum of a direction; of a unit vector in 49
    # dimensions that is about standard normal, whose mean absolute value is sqrt(2 / pi).
    expected = 10 / float(coarse.std()) * np.sqrt(2 / np.pi)
    assert found[8] == pytest.approx(expected, rel=0.2)


def distances_by_numpy(real, made):
    """Compare patches of all positions, at other directions than the product's."""
    random, found = np.random.default_rng(7), {}
    for one, other in zip(pyramid_by_numpy(real), pyramid_by_numpy(made), strict=True):
        mean, std = one.mean((0, 1, 2)), one.std((0, 1, 2))
        windows = [
            np.lib.stride_tricks.sliding_window_view((level - mean) / std, (7, 7), (1, 2))
            for level in (one, other)
        ]
        directions = random.normal(size=(300, 49 * one.shape[3]))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        projected = [
            np.sort(window.reshape(-1, directions.shape[1]) @ directions.T, axis=0)
            for window in windows
        ]
        found[one.shape[1]] = np.abs(projected[0] - projected[1]).mean()
    return found


@pytest.mark.parametrize("channels", [1, 3])
def test_that_the_distances_are_those_of_numpy_but_for_chance(channels):
    real = noise(channels=channels, contrast=10)
    wide = (2 * noise(channels=channels, contrast=10, seed=1).astype(np.int64) - 128).clip(0, 255)
    wide = wide.astype(np.uint8)
    found, expected = SlicedWasserstein(real).distances(wide), distances_by_numpy(real, wide)
    assert found.keys() == expected.keys()
    for side, value in found.items():
        assert value == pytest.approx(expected[side], rel=0.2), side


def test_that_a_shift_is_as_near_as_other_real_images():
    real, other = noise(seed=0, count=200), noise(seed=1, count=200)
    distances = SlicedWasserstein(real)
    usual, shifted = distances.distances(other), distances.distances(np.roll(real, 4, 1))
    assert all(shifted[side] < 1.5 * usual[side] for side in usual)


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_the_texture_of_real_images_is_about_one(side, channels):
    metrics = TextureMetrics(noise(side=side, channels=channels, count=120))
    real = metrics.metrics(noise(side=side, channels=channels, count=100, seed=1))
    assert real["texture"] == pytest.approx(1, abs=0.35)
    assert real["grid"] == pytest.approx(1, abs=0.1)
    levels = [name for name in real if name.startswith("texture_")]
    assert len(levels) == {32: 3, 64: 4}[side]
    assert real["texture"] == pytest.approx(np.mean([real[name] for name in levels]))


def test_that_a_checkerboard_is_in_the_finest_level():
    metrics = TextureMetrics(noise(count=120))
    made = metrics.metrics(checkerboard(noise(count=60, seed=1) - 10, 20))
    assert made["texture_32"] > 5
    assert made["texture_8"] < 2
    assert made["grid"] > 2


def test_that_the_figures_are_the_same_each_time():
    made = noise(count=100, seed=1)
    first = TextureMetrics(noise(count=120))
    found = first.metrics(made)
    torch.manual_seed(9)
    assert first.metrics(made) == found
    assert TextureMetrics(noise(count=120)).metrics(made) == found


def test_that_a_copy_of_the_reference_is_at_no_distance():
    real = noise(count=2 * MIN_IMAGES)
    metrics = TextureMetrics(real).metrics(real[::2])
    assert {value for name, value in metrics.items() if name != "grid"} == {0.0}


def test_that_too_few_images_have_a_grid_and_no_texture():
    metrics = TextureMetrics(noise(count=2 * MIN_IMAGES - 2))
    assert set(metrics.metrics(noise(count=100, seed=1))) == {"grid"}
    assert metrics.count(1_000) == 0


def test_that_equal_real_images_are_no_measure():
    flat = np.full((2 * MIN_IMAGES, 32, 32, 1), 40, dtype=np.uint8)
    assert TextureMetrics(flat).metrics(noise(channels=1)).keys() == {"grid"}


# Images that are not square.


def test_that_the_power_of_other_shapes_is_that_of_numpy():
    images = noise(side=32, channels=3, count=130)[:, :18]
    power = (np.abs(np.fft.fft2(images.astype(np.float64), axes=(1, 2))) ** 2).mean((0, 3))
    rows, columns = (np.abs(np.fft.fftfreq(side)) * side for side in power.shape)
    near = [(one <= 1, one >= len(one) / 2 - 1) for one in (rows, columns)]
    usual = [low | high for low, high in near]
    chosen = np.outer(*usual) & ~np.outer(near[0][0], near[1][0])
    assert chosen.sum() == 27
    assert nyquist_power(images) == pytest.approx(power[chosen].mean(), rel=1e-4)


@pytest.mark.parametrize(("height", "width"), [(48, 64), (43, 64), (64, 36)])
def test_that_other_shapes_have_a_pyramid_down_to_the_size_of_a_patch(height, width):
    images = noise(side=64, count=MIN_IMAGES)[:, :height, :width]
    sizes = [
        tuple(level.shape[2:]) for level in laplacian_pyramid(torch.zeros(1, 1, height, width))
    ]
    expected = {
        (48, 64): [(48, 64), (24, 32), (12, 16)],
        (43, 64): [(42, 64), (20, 32), (10, 16)],
        (64, 36): [(64, 36), (32, 18), (16, 9)],
    }
    assert sizes == expected[height, width]
    real = SlicedWasserstein(images)
    assert list(real.distances(images)) == [64, 32, 16]
    assert set(real.distances(images).values()) == {0.0}


def test_that_images_narrower_than_a_patch_have_no_texture():
    images = noise(side=16, count=2 * MIN_IMAGES)[:, :4]
    assert "texture" not in TextureMetrics(images).metrics(images)
