import numpy as np
import torch

from engine.augment.changes import Change
from engine.augment.diffaugment import diffaugment
from engine.augment.draws import Draws

SIDE = 8
REACH = 1
COLOURS = {Change.BRIGHTNESS, Change.SATURATION, Change.CONTRAST}


def pictures(count: int, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.rand(count, channels, SIDE, SIDE, generator=generator, dtype=torch.float64) * 2 - 1


def augmented(images: torch.Tensor, *allowed: Change, seed: int = 0) -> torch.Tensor:
    forbidden = frozenset(Change) - set(allowed)
    return diffaugment(
        images, Draws(images, torch.Generator().manual_seed(seed), forbidden=forbidden)
    )


def test_that_brightness_adds_up_to_a_half():
    images = pictures(500)
    added = augmented(images, Change.BRIGHTNESS) - images
    strength = added.mean((1, 2, 3))
    torch.testing.assert_close(added, strength[:, None, None, None].expand_as(added))
    assert strength.min() < -0.48
    assert strength.max() > 0.48
    assert strength.abs().max() <= 0.5


def test_that_saturation_stretches_up_to_twice_from_the_mean_of_channels():
    images = pictures(500)
    mean = images.mean(1, keepdim=True)
    made = augmented(images, Change.SATURATION)
    factors = ((made - mean) / (images - mean)).flatten(1)
    factor = factors.median(1).values
    torch.testing.assert_close(made, (images - mean) * factor[:, None, None, None] + mean)
    assert 0 <= factor.min() < 0.02
    assert 1.98 < factor.max() <= 2


def test_that_contrast_stretches_about_the_images_own_mean():
    images = pictures(500)
    mean = images.mean((1, 2, 3), keepdim=True)
    made = augmented(images, Change.CONTRAST)
    factor = ((made - mean) / (images - mean)).flatten(1).median(1).values
    torch.testing.assert_close(made, (images - mean) * factor[:, None, None, None] + mean)
    assert 0.5 <= factor.min() < 0.52
    assert 1.48 < factor.max() <= 1.5


def test_that_the_colour_changes_follow_each_other_as_in_the_paper():
    images = pictures(6)
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
    images = pictures(200)
    made = augmented(images, Change.HORIZONTAL_MOVE, Change.VERTICAL_MOVE)
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (REACH, REACH), (REACH, REACH)))
    found = set()
    for number, image in enumerate(made.numpy()):
        (place,) = (
            (y, x)
            for y, x in np.ndindex(2 * REACH + 1, 2 * REACH + 1)
            if np.array_equal(image, padded[number, :, y : y + SIDE, x : x + SIDE])
        )
        found.add(place)
    assert len(found) == (2 * REACH + 1) ** 2


def test_that_each_axis_can_be_forbidden():
    images = pictures(200)
    sideways = augmented(images, Change.HORIZONTAL_MOVE)
    moved_down = augmented(images, Change.VERTICAL_MOVE)
    for made, axis in ((sideways, 3), (moved_down, 2)):
        options = torch.stack([images, *(_shifted(images, by, axis) for by in (-1, 1))])
        matches = (options == made).flatten(2).all(2)
        assert matches.any(0).all()
        assert matches.any(1).all()


def test_that_half_of_a_side_is_blanked():
    images = pictures(300) + 5
    made = augmented(images, Change.CUTOUT)
    blank = made == 0
    assert torch.equal(made, torch.where(blank, 0.0, images))
    assert blank.sum((1, 2, 3)).max() == 3 * (SIDE // 2) ** 2
    assert blank.any(1).flatten(1).any(1).all()


def test_that_everything_forbidden_leaves_the_images_alone():
    images = pictures(4)
    assert torch.equal(augmented(images), images)


def test_that_changes_it_does_not_make_count_for_nothing():
    images = pictures(4)
    others = (Change.FLIP, Change.ROTATION, Change.SCALING, Change.HUE)
    assert torch.equal(augmented(images, *others), images)


def test_that_grey_images_have_no_saturation():
    images = pictures(50, channels=1)
    torch.testing.assert_close(augmented(images, Change.SATURATION), images)
    assert not torch.allclose(augmented(images, Change.CONTRAST), images)


def _shifted(images: torch.Tensor, by: int, axis: int) -> torch.Tensor:
    moved = images.roll(by, axis)
    edge = 0 if by > 0 else SIDE - 1
    return moved.index_fill(axis, torch.tensor([edge]), 0.0)
