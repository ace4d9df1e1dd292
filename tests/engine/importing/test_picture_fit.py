import numpy as np
import pytest
from PIL import Image

from engine.importing.picture_fit import fit
from engine.importing.plan import PicturePlan


def plan(how="pad", size=32, background="#ffffff"):
    return PicturePlan(size=size, fit=how, background=background)


def halves(width, height):
    """Make a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("how", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (300, 7), (7, 300), (32, 32), (500, 400), (1, 2_000)])
def test_that_any_picture_becomes_a_square_of_bytes(mode, how, channels, size):
    square = fit(Image.new(mode, size), plan(how), channels)
    assert square.shape == (32, 32, channels)
    assert square.dtype == np.uint8


def test_that_padding_shows_all_of_it_in_the_middle_of_the_background():
    square = fit(halves(64, 32), plan("pad", background="#00ff00"), 3)
    assert (square[:8] == [0, 255, 0]).all()
    assert (square[24:] == [0, 255, 0]).all()
    assert (square[8:24, :12] == [255, 0, 0]).all()
    assert (square[8:24, 20:] == [0, 0, 255]).all()


def test_that_cropping_keeps_the_middle():
    picture = Image.new("RGB", (96, 32), "white")
    picture.paste("black", (32, 0, 64, 32))
    assert (fit(picture, plan("crop"), 1) <= 1).all()
    assert (fit(picture.rotate(90, expand=True), plan("crop"), 1) <= 1).all()


def test_that_stretching_shows_all_of_it_and_nothing_else():
    square = fit(halves(64, 16), plan("stretch", background="#00ff00"), 3)
    assert (square[:, :12] == [255, 0, 0]).all()
    assert (square[:, 20:] == [0, 0, 255]).all()


@pytest.mark.parametrize("alpha", [0, 51, 128, 255])
def test_that_transparency_shows_the_background(alpha):
    square = fit(Image.new("RGBA", (9, 9), (200, 100, 0, alpha)), plan(background="#0000ff"), 3)
    share = alpha / 255
    expected = share * np.array([200, 100, 0]) + (1 - share) * np.array([0, 0, 255])
    assert np.abs(square - expected).max() <= 1


def test_that_a_grey_picture_lies_on_a_coloured_background():
    square = fit(Image.new("L", (8, 4), 50), plan(background="#ff0000"), 3)
    assert square[0, 0].tolist() == [255, 0, 0]
    assert square[16, 16].tolist() == [50, 50, 50]


def test_that_grey_follows_the_eye():
    for colour, expected in (("red", 76), ("lime", 150), ("blue", 29)):
        assert (fit(Image.new("RGB", (8, 8), colour), plan(), 1) == expected).all()
    assert fit(Image.new("L", (8, 4)), plan(background="#ff0000"), 1)[0, 0, 0] == 76


def test_that_a_picture_of_the_right_size_stays_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for how in ("pad", "crop", "stretch"):
        assert np.array_equal(fit(Image.fromarray(pixels), plan(how), 3), pixels)


def test_that_shrinking_averages_and_does_not_pick():
    """A chessboard of single pixels is grey from afar; picking pixels would give stripes."""
    board = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    square = fit(Image.fromarray(board), plan("stretch"), 1).astype(int)
    assert np.abs(square - 127.5).max() <= 4


def test_that_the_colour_of_transparent_pixels_does_not_bleed():
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 32, 64))
    square = fit(picture, plan(background="#ffffff"), 3)
    assert (square[:, 20:, 1] >= 250).all()
