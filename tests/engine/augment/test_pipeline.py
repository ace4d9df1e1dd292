"""Each change alone, told by its effect: what is left of an image must be explained by it."""

import math

import numpy as np
import pytest
import torch

from engine.augment.pipeline import augment, diffaugment
from engine.augment.transforms import RandomDraws, Transform

SIDE = 8
COUNT = 300


def pictures(channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.rand(COUNT, channels, SIDE, SIDE, generator=generator, dtype=torch.float64) * 2 - 1


def changed(
    images: torch.Tensor, *allowed: Transform, probability: float = 1.0, seed: int = 0
) -> torch.Tensor:
    draws = RandomDraws(
        images,
        torch.Generator().manual_seed(seed),
        blocked=frozenset(Transform) - set(allowed),
        probability=torch.tensor(probability),
    )
    return augment(images, draws)


def shares(made: torch.Tensor, options: list[torch.Tensor]) -> list[float]:
    """How often each option was taken; every image must equal exactly one."""
    matches = torch.stack([(made == option).flatten(1).all(1) for option in options])
    assert (matches.sum(0) == 1).all()
    return matches.double().mean(1).tolist()


def test_that_half_the_flips_flip():
    images = pictures()
    for share in shares(changed(images, Transform.FLIP), [images, images.flip(3)]):
        assert math.isclose(share, 0.5, abs_tol=0.15)


def test_that_turns_are_quarter_turns_equally_likely():
    images = pictures()
    options = [images.rot90(turns, (2, 3)) for turns in range(4)]
    for share in shares(changed(images, Transform.ROTATION), options):
        assert math.isclose(share, 0.25, abs_tol=0.13)


def test_that_flip_and_turn_reach_all_eight_orientations():
    images = pictures()
    options = [side.rot90(turns, (2, 3)) for side in (images, images.flip(3)) for turns in range(4)]
    assert min(shares(changed(images, Transform.FLIP, Transform.ROTATION), options)) > 0.05


@pytest.mark.parametrize(
    ("change", "axis"), [(Transform.HORIZONTAL_MOVE, 3), (Transform.VERTICAL_MOVE, 2)]
)
def test_that_moves_are_whole_pixels_with_mirrors_at_the_border(change, axis):
    images = pictures()
    widths = [(0, 0)] * 4
    widths[axis] = (1, 1)
    padded = torch.from_numpy(np.pad(images.numpy(), widths, mode="symmetric"))
    options = [padded.narrow(axis, start, SIDE) for start in range(3)]
    assert min(shares(changed(images, change), options)) > 0.1


def test_that_scaling_is_about_the_centre_and_alike_on_both_axes():
    ramp = (torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2) / SIDE
    images = torch.stack([ramp.expand(SIDE, SIDE), ramp[:, None].expand(SIDE, SIDE)])
    made = changed(images.expand(COUNT, 2, SIDE, SIDE)[:, :1], Transform.SCALING)
    tall = changed(images.expand(COUNT, 2, SIDE, SIDE)[:, 1:], Transform.SCALING)
    torch.testing.assert_close(made, tall.transpose(2, 3))
    # Between its two middle pixels the ramp stays a ramp, with the stretch as its slope.
    slope = (made[:, 0, 0, 4] - made[:, 0, 0, 3]) * SIDE
    torch.testing.assert_close(made[:, 0, 0, 4], -made[:, 0, 0, 3])
    octaves = -slope.log2()
    assert math.isclose(octaves.std().item(), 0.2, rel_tol=0.15)
    assert math.isclose(octaves.mean().item(), 0.0, abs_tol=0.05)


def test_that_brightness_adds_the_same_everywhere():
    images = pictures()
    added = changed(images, Transform.BRIGHTNESS) - images
    strength = added[:, :1, :1, :1]
    torch.testing.assert_close(added, strength.expand_as(added))
    assert math.isclose(strength.std().item(), 0.2, rel_tol=0.15)


def test_that_contrast_multiplies_about_the_middle_grey():
    images = pictures()
    made = changed(images, Transform.CONTRAST)
    factor = (made / images).flatten(1).median(1).values
    torch.testing.assert_close(made, images * factor[:, None, None, None])
    assert math.isclose(factor.log2().std().item(), 0.5, rel_tol=0.15)


def test_that_saturation_keeps_the_mean_of_the_channels_and_the_hue():
    images = pictures()
    made = changed(images, Transform.SATURATION)
    mean = images.mean(1, keepdim=True)
    factor = ((made - mean) / (images - mean)).flatten(1).median(1).values
    torch.testing.assert_close(made, (images - mean) * factor[:, None, None, None] + mean)
    assert math.isclose(factor.log2().std().item(), 1.0, rel_tol=0.15)


def test_that_hue_keeps_the_mean_of_the_channels_and_the_saturation():
    images = pictures()
    made = changed(images, Transform.HUE)
    mean = images.mean(1, keepdim=True)
    torch.testing.assert_close(made.mean(1, keepdim=True), mean)
    before, after = images - mean, made - mean
    torch.testing.assert_close(after.norm(dim=1), before.norm(dim=1))
    cosine = (before * after).sum(1) / before.norm(dim=1) / after.norm(dim=1)
    turn = cosine.flatten(1).median(1).values.clamp(-1, 1).arccos()
    assert turn.min() < 0.1
    assert turn.max() > math.pi - 0.1


def test_that_cutout_blanks_a_square_and_nothing_else():
    images = pictures() + 5
    made = changed(images, Transform.CUTOUT)
    blank = made == 0
    assert torch.equal(made, torch.where(blank, 0.0, images))
    assert blank.any(1).flatten(1).any(1).all()
    assert blank.any(1).flatten(1).sum(1).max() == (SIDE // 2) ** 2


COLOUR = torch.tensor([0.25, 0.05, -0.15], dtype=torch.float64)


def halves() -> torch.Tensor:
    """The left half darker than the right, both of one hue and chroma."""
    step = 0.2 + 0.4 * (torch.arange(SIDE) >= SIDE // 2).double()
    picture = COLOUR[:, None, None] + step.expand(SIDE, SIDE)
    return picture.expand(COUNT, 3, SIDE, SIDE)


def lightness(images: torch.Tensor) -> torch.Tensor:
    """Mean of the channels, [B, S, S]; not a number where cut out."""
    blank = (images == 0).all(1)
    return images.mean(1).masked_fill(blank, math.nan)


def keeps_hue(images: torch.Tensor) -> torch.Tensor:
    chroma = images - images.mean(1, keepdim=True)
    cosine = torch.einsum("bchw,c->bhw", chroma, COLOUR - COLOUR.mean())
    wanted = chroma.norm(dim=1) * (COLOUR - COLOUR.mean()).norm()
    return ((cosine - wanted).abs() < 1e-9).flatten(1).all(1)


def keeps_saturation(images: torch.Tensor) -> torch.Tensor:
    """Chroma and the step of lightness grow alike."""
    light = lightness(images).flatten(1)
    step = light.nan_to_num(-math.inf).amax(1) - light.nan_to_num(math.inf).amin(1)
    chroma = (images - images.mean(1, keepdim=True)).norm(dim=1).flatten(1).amax(1)
    return (chroma / step - (COLOUR - COLOUR.mean()).norm() / 0.4).abs() < 1e-9


def keeps_sides(images: torch.Tensor) -> torch.Tensor:
    """All of the left half is darker than all of the right."""
    light = lightness(images)
    left, right = light[:, :, : SIDE // 2].flatten(1), light[:, :, SIDE // 2 :].flatten(1)
    return left.nan_to_num(-math.inf).amax(1) < right.nan_to_num(math.inf).amin(1)


def keeps_heights(images: torch.Tensor) -> torch.Tensor:
    """As for the sides, in pictures that are transposed on the way in and out."""
    return keeps_sides(images.transpose(2, 3))


def keeps_sizes(images: torch.Tensor) -> torch.Tensor:
    """Nothing lies between dark and light."""
    light = lightness(images).flatten(1)
    dark, bright = light.nan_to_num(math.inf).amin(1), light.nan_to_num(-math.inf).amax(1)
    near = torch.minimum((light - dark[:, None]).abs(), (light - bright[:, None]).abs())
    return near.nan_to_num(0.0).amax(1) < 1e-9


def keeps_light(images: torch.Tensor) -> torch.Tensor:
    light = lightness(images).flatten(1)
    darkest, lightest = COLOUR.mean() + 0.2, COLOUR.mean() + 0.6
    return (
        (light.nan_to_num(0.5) > darkest - 1e-9) & (light.nan_to_num(0.5) < lightest + 1e-9)
    ).all(1)


@pytest.mark.parametrize(
    ("blocked", "is_kept"),
    [
        ({Transform.HUE}, keeps_hue),
        ({Transform.SATURATION}, keeps_saturation),
        ({Transform.FLIP, Transform.ROTATION, Transform.HORIZONTAL_MOVE}, keeps_sides),
        ({Transform.ROTATION, Transform.VERTICAL_MOVE}, keeps_heights),
        ({Transform.SCALING}, keeps_sizes),
        ({Transform.BRIGHTNESS, Transform.CONTRAST}, keeps_light),
    ],
)
def test_that_the_forbidden_is_kept_from_among_all_others(blocked, is_kept):
    images = halves().transpose(2, 3) if is_kept is keeps_heights else halves()
    assert is_kept(images).all()
    assert is_kept(changed(images, *(set(Transform) - blocked))).all()
    # And each of them alone would have shown.
    for change in blocked:
        seen = is_kept(changed(images, *(set(Transform) - blocked), change))
        assert seen.double().mean() < 0.9, change


def test_that_nothing_allowed_is_the_identity():
    images = pictures()
    assert torch.equal(changed(images), images)


def test_that_probability_zero_is_the_identity_bit_for_bit():
    images = pictures().float().contiguous(memory_format=torch.channels_last)
    made = changed(images, *Transform, probability=0.0)
    assert torch.equal(made.view(torch.int32), images.view(torch.int32))


@pytest.mark.parametrize("change", Transform)
def test_that_each_change_meets_its_share_of_images(change):
    images = pictures() + 5 if change is Transform.CUTOUT else pictures()
    met = (changed(images, change, probability=0.4) != images).flatten(1).any(1)
    unseen = {Transform.FLIP: 1 / 2, Transform.ROTATION: 1 / 4}
    # Moves of up to one pixel round to none half the time.
    unseen |= dict.fromkeys((Transform.HORIZONTAL_MOVE, Transform.VERTICAL_MOVE), 1 / 2)
    expected = 0.4 * (1 - unseen.get(change, 0.0))
    assert math.isclose(met.double().mean().item(), expected, abs_tol=0.11)


def test_that_grey_images_have_neither_saturation_nor_hue():
    images = pictures(channels=1)
    assert torch.equal(changed(images, Transform.SATURATION, Transform.HUE), images)
    assert changed(images, *Transform).shape == images.shape


MAX_SHIFT = 1
COLOURS = {Transform.BRIGHTNESS, Transform.SATURATION, Transform.CONTRAST}


def colour_images(count: int, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.rand(count, channels, SIDE, SIDE, generator=generator, dtype=torch.float64) * 2 - 1


def augmented(images: torch.Tensor, *allowed: Transform, seed: int = 0) -> torch.Tensor:
    blocked = frozenset(Transform) - set(allowed)
    return diffaugment(
        images, RandomDraws(images, torch.Generator().manual_seed(seed), blocked=blocked)
    )


def test_that_brightness_adds_up_to_a_half():
    images = colour_images(500)
    added = augmented(images, Transform.BRIGHTNESS) - images
    strength = added.mean((1, 2, 3))
    torch.testing.assert_close(added, strength[:, None, None, None].expand_as(added))
    assert strength.min() < -0.48
    assert strength.max() > 0.48
    assert strength.abs().max() <= 0.5


def test_that_saturation_stretches_up_to_twice_from_the_mean_of_channels():
    images = colour_images(500)
    mean = images.mean(1, keepdim=True)
    made = augmented(images, Transform.SATURATION)
    factors = ((made - mean) / (images - mean)).flatten(1)
    factor = factors.median(1).values
    torch.testing.assert_close(made, (images - mean) * factor[:, None, None, None] + mean)
    assert 0 <= factor.min() < 0.02
    assert 1.98 < factor.max() <= 2


def test_that_contrast_stretches_about_the_images_own_mean():
    images = colour_images(500)
    mean = images.mean((1, 2, 3), keepdim=True)
    made = augmented(images, Transform.CONTRAST)
    factor = ((made - mean) / (images - mean)).flatten(1).median(1).values
    torch.testing.assert_close(made, (images - mean) * factor[:, None, None, None] + mean)
    assert 0.5 <= factor.min() < 0.52
    assert 1.48 < factor.max() <= 1.5


def test_that_the_colour_changes_follow_each_other_as_in_the_paper():
    images = colour_images(6)
    made = augmented(images, *COLOURS)
    generator = torch.Generator().manual_seed(0)

    def drawn(low: float, high: float) -> torch.Tensor:
        strength = low + (high - low) * torch.rand(6, generator=generator, dtype=torch.float64)
        torch.rand(6, generator=generator, dtype=torch.float64)  # the chance to be met
        return strength[:, None, None, None]

    expected = images + drawn(-0.5, 0.5)
    mean = expected.mean(1, keepdim=True)
    expected = (expected - mean) * drawn(0, 2) + mean
    mean = expected.mean((1, 2, 3), keepdim=True)
    expected = (expected - mean) * drawn(0.5, 1.5) + mean
    torch.testing.assert_close(made, expected)


def test_that_translation_moves_whole_pixels_and_brings_in_zeros():
    images = colour_images(200)
    made = augmented(images, Transform.HORIZONTAL_MOVE, Transform.VERTICAL_MOVE)
    padded = np.pad(
        images.numpy(), ((0, 0), (0, 0), (MAX_SHIFT, MAX_SHIFT), (MAX_SHIFT, MAX_SHIFT))
    )
    found = set()
    for number, image in enumerate(made.numpy()):
        (place,) = (
            (y, x)
            for y, x in np.ndindex(2 * MAX_SHIFT + 1, 2 * MAX_SHIFT + 1)
            if np.array_equal(image, padded[number, :, y : y + SIDE, x : x + SIDE])
        )
        found.add(place)
    assert len(found) == (2 * MAX_SHIFT + 1) ** 2


def test_that_each_axis_can_be_blocked():
    images = colour_images(200)
    sideways = augmented(images, Transform.HORIZONTAL_MOVE)
    moved_down = augmented(images, Transform.VERTICAL_MOVE)
    for made, axis in ((sideways, 3), (moved_down, 2)):
        options = torch.stack([images, *(_shifted(images, by, axis) for by in (-1, 1))])
        matches = (options == made).flatten(2).all(2)
        assert matches.any(0).all()
        assert matches.any(1).all()


def test_that_half_of_a_side_is_blanked():
    images = colour_images(300) + 5
    made = augmented(images, Transform.CUTOUT)
    blank = made == 0
    assert torch.equal(made, torch.where(blank, 0.0, images))
    assert blank.sum((1, 2, 3)).max() == 3 * (SIDE // 2) ** 2
    assert blank.any(1).flatten(1).any(1).all()


def test_that_everything_forbidden_leaves_the_images_alone():
    images = colour_images(4)
    assert torch.equal(augmented(images), images)


def test_that_changes_it_does_not_make_count_for_nothing():
    images = colour_images(4)
    others = (Transform.FLIP, Transform.ROTATION, Transform.SCALING, Transform.HUE)
    assert torch.equal(augmented(images, *others), images)


def test_that_grey_images_have_no_saturation():
    images = colour_images(50, channels=1)
    torch.testing.assert_close(augmented(images, Transform.SATURATION), images)
    assert not torch.allclose(augmented(images, Transform.CONTRAST), images)


def _shifted(images: torch.Tensor, by: int, axis: int) -> torch.Tensor:
    moved = images.roll(by, axis)
    edge = 0 if by > 0 else SIDE - 1
    return moved.index_fill(axis, torch.tensor([edge]), 0.0)


# Images that are not square.


def wide(channels: int = 3) -> torch.Tensor:
    return pictures(channels)[:, :, :6]


def test_that_turns_of_other_shapes_are_half_turns():
    images = wide()
    for share in shares(changed(images, Transform.ROTATION), [images, images.rot90(2, (2, 3))]):
        assert math.isclose(share, 0.5, abs_tol=0.15)


@pytest.mark.parametrize("make", [augment, diffaugment])
def test_that_each_axis_moves_and_is_cut_by_its_own_side(make):
    images = torch.ones(COUNT, 1, 32, 16, dtype=torch.float64)

    def made(*allowed: Transform) -> torch.Tensor:
        blocked = frozenset(Transform) - set(allowed)
        draws = RandomDraws(images, torch.Generator().manual_seed(0), blocked=blocked)
        return make(images, draws)

    blank = made(Transform.CUTOUT) == 0
    assert blank.any(3).sum(2).max() == 16
    assert blank.any(2).sum(2).max() == 8
    if make is diffaugment:
        assert (made(Transform.VERTICAL_MOVE) == 0).all(3).sum(2).max() == 4
        assert (made(Transform.HORIZONTAL_MOVE) == 0).all(2).sum(2).max() == 2


def test_that_probability_zero_leaves_other_shapes_alone():
    assert torch.equal(changed(wide(), *Transform, probability=0.0), wide())
    assert changed(wide(), *Transform).shape == wide().shape
