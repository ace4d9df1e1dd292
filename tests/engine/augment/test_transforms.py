import math

import numpy as np
import pytest
import torch

from engine.augment.transforms import (
    MODES,
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
    resolve_augmentation,
    transpose,
)
from engine.config.sections import AUGMENTATIONS

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


@pytest.mark.parametrize(
    ("train_images", "mode"), [(1, "diffaugment"), (4_999, "diffaugment"), (5_000, "none")]
)
def test_that_auto_augments_small_sets(train_images, mode):
    assert resolve_augmentation("auto", train_images) == mode


def test_that_a_choice_stands_however_many_images_there_are():
    for choice in MODES:
        assert {resolve_augmentation(choice, count) for count in (10, 10**6)} == {choice}


def test_that_every_setting_becomes_a_mode():
    assert {resolve_augmentation(choice, 100) for choice in AUGMENTATIONS} == set(MODES)


def matrix(contrast: float = 1.0, saturation: float = 1.0, hue: float = 0.0) -> torch.Tensor:
    return colour_matrix(
        contrast=numbers(contrast), saturation=numbers(saturation), hue=numbers(hue), channels=3
    )[0]


def expected_matrix(contrast: float, saturation: float, hue: float) -> np.ndarray:
    """Contrast of the saturation of the hue, by Rodrigues' formula."""
    axis = np.ones(3) / math.sqrt(3)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turned = np.eye(3) + math.sin(hue) * cross + (1 - math.cos(hue)) * cross @ cross
    along = np.outer(axis, axis)
    return contrast * (along + saturation * (np.eye(3) - along)) @ turned


def test_that_the_matrix_is_rotation_then_saturation_then_contrast():
    for contrast, saturation, hue in ((0.5, 1.0, 0.0), (1.0, 2.0, 0.0), (1.3, 0.4, 2.2)):
        made = matrix(contrast, saturation, hue).numpy()
        np.testing.assert_allclose(made, expected_matrix(contrast, saturation, hue), atol=1e-12)


def test_that_a_third_of_a_turn_makes_red_green():
    red, green = numbers(1, 0, 0), numbers(0, 1, 0)
    torch.testing.assert_close(matrix(hue=2 * math.pi / 3) @ red, green)


def test_that_grey_stays_grey_under_saturation_and_hue():
    grey = numbers(0.3, 0.3, 0.3)
    torch.testing.assert_close(matrix(saturation=3.0, hue=1.0) @ grey, grey)


def test_that_saturation_is_distance_from_the_mean_of_the_channels():
    colour = numbers(0.9, -0.3, 0.3)
    torch.testing.assert_close(matrix(saturation=0.0) @ colour, numbers(0.3, 0.3, 0.3))
    torch.testing.assert_close(matrix(saturation=2.0) @ colour, 2 * colour - 0.3)


def test_that_no_change_is_the_exact_identity():
    assert torch.equal(matrix(), torch.eye(3, dtype=torch.float64))


def test_that_each_image_has_its_own_colours():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, 4, 4, generator=generator, dtype=torch.float64)
    matrices = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64)
    offsets = numbers(0.5, -0.25)
    made = recolour(images, matrices, offsets)
    for b, y, x in np.ndindex(2, 4, 4):
        expected = matrices[b].numpy() @ images[b, :, y, x].numpy() + offsets[b].item()
        np.testing.assert_allclose(made[b, :, y, x].numpy(), expected)
    assert made.is_contiguous(memory_format=torch.channels_last)


def test_that_grey_images_know_contrast_alone():
    grey = colour_matrix(
        contrast=numbers(0.5, 2), saturation=numbers(0, 3), hue=numbers(1, 2), channels=1
    )
    images = torch.ones(2, 1, 2, 2, dtype=torch.float64)
    made = recolour(images, grey, numbers(0, 1))
    assert made[:, 0, 0, 0].tolist() == [0.5, 3.0]


def test_that_a_square_of_half_the_size_is_blanked():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(4, 3, 8, 8, generator=generator) + 0.5
    rows, columns = torch.tensor([2.0, -2, 6, 0]), torch.tensor([1.0, 5, -1, 0])
    made = cut_out(images, rows, columns, torch.tensor([True, True, True, False]))
    for number, (row, column) in enumerate([(2, 1), (-2, 5), (6, -1)]):
        expected = images[number].numpy().copy()
        for y, x in np.ndindex(8, 8):
            if row <= y < row + 4 and column <= x < column + 4:
                expected[:, y, x] = 0
        assert np.array_equal(made[number].numpy(), expected)
    assert torch.equal(made[3], images[3])


def test_that_channels_last_is_kept():
    images = torch.ones(2, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    made = cut_out(images, torch.zeros(2), torch.zeros(2), torch.ones(2, dtype=torch.bool))
    assert made.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("side", "size"), [(8, 4), (10, 5)])
def test_that_the_cutouts_centre_can_be_anywhere_in_the_image(side, size):
    draws = RandomDraws(torch.zeros(2_000, 1, side, side), torch.Generator().manual_seed(0))
    rows, columns = draw_corners(draws, side, side)
    # Centres from the first edge of the image (even) or pixel (odd) to the last.
    places = side + 1 if size % 2 == 0 else side
    for firsts in (rows, columns):
        assert sorted(firsts.unique().tolist()) == [n - size // 2 for n in range(places)]
    assert not torch.equal(rows, columns)


MANY = torch.zeros(20_000, 1, 1, 1, dtype=torch.float64)


def draws(seed: int = 0, **about) -> RandomDraws:
    return RandomDraws(MANY, torch.Generator().manual_seed(seed), **about)


def test_that_the_generator_decides_everything():
    assert torch.equal(draws(1).normal(1.0), draws(1).normal(1.0))
    assert not torch.equal(draws(1).normal(1.0), draws(2).normal(1.0))


def test_that_draws_have_the_images_precision():
    assert draws().uniform(0, 1).dtype == torch.float64
    assert RandomDraws(MANY.float(), torch.Generator()).normal(1.0).dtype == torch.float32


def test_that_uniform_fills_its_range():
    drawn = draws().uniform(-0.5, 1.5)
    assert drawn.min() >= -0.5
    assert drawn.max() < 1.5
    assert math.isclose(drawn.mean().item(), 0.5, abs_tol=0.02)
    assert math.isclose(drawn.var().item(), 4 / 12, rel_tol=0.03)


def test_that_normal_has_its_deviation():
    drawn = draws().normal(0.3)
    assert math.isclose(drawn.mean().item(), 0.0, abs_tol=0.01)
    assert math.isclose(drawn.std().item(), 0.3, rel_tol=0.03)


def test_that_whole_numbers_are_equally_likely():
    values, counts = draws().integers(-2, 2).unique(return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    # 4,000 expected with a standard deviation of 57.
    assert (counts - 4_000).abs().max() < 300


def test_that_a_change_meets_its_share_of_images():
    strength = torch.full((20_000,), 7.0, dtype=torch.float64)
    met = draws(probability=torch.tensor(0.3)).where_applied(Transform.HUE, strength, 1.0)
    assert set(met.tolist()) == {7.0, 1.0}
    # A standard deviation of 0.0033.
    assert math.isclose((met == 7).double().mean().item(), 0.3, abs_tol=0.017)


def test_that_certain_and_impossible_changes_are_exact():
    strength = torch.full((20_000,), 7.0, dtype=torch.float64)
    assert (draws().where_applied(Transform.HUE, strength, 1.0) == 7).all()
    always = draws(probability=torch.tensor(1.0))
    assert (always.where_applied(Transform.HUE, strength, 1.0) == 7).all()
    never = draws(probability=torch.tensor(0.0))
    assert (never.where_applied(Transform.HUE, strength, 1.0) == 1).all()


def test_that_a_forbidden_change_meets_no_image():
    strength = torch.full((20_000,), 7.0, dtype=torch.float64)
    drawing = draws(blocked=frozenset({Transform.HUE}))
    assert (drawing.where_applied(Transform.HUE, strength, 1.0) == 1).all()
    assert not drawing.can_any(Transform.HUE)
    assert drawing.can_any(Transform.HUE, Transform.FLIP)
