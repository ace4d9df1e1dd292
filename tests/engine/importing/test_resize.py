import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile

from engine.data import image_decode as data_picture
from engine.data.image_decode import read_size, suppress_pillow_warnings
from engine.data.image_shape import ImageShape, square
from engine.errors import EntryError
from engine.importing.decode import decode_source_image, resize_to_shape
from engine.importing.ledger import Reason
from engine.importing.plan import ImageSettings
from engine.importing.sources.archive import Limits
from tests.helpers.odd_images import FLAWS, LOOKS, noise, saved


def plan(how="pad", size=32, background="#ffffff"):
    return ImageSettings(size=size, fit=how, background=background)


def resize_to_square(image, plan, channels):
    return resize_to_shape(image, square(plan.size), plan, channels)


def halves(width, height):
    """Make an image whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("how", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (300, 7), (7, 300), (32, 32), (500, 400), (1, 2_000)])
def test_that_any_picture_becomes_a_square_of_bytes(mode, how, channels, size):
    square = resize_to_square(Image.new(mode, size), plan(how), channels)
    assert square.shape == (32, 32, channels)
    assert square.dtype == np.uint8


def test_that_padding_shows_all_of_it_in_the_middle_of_the_background():
    square = resize_to_square(halves(64, 32), plan("pad", background="#00ff00"), 3)
    assert (square[:8] == [0, 255, 0]).all()
    assert (square[24:] == [0, 255, 0]).all()
    assert (square[8:24, :12] == [255, 0, 0]).all()
    assert (square[8:24, 20:] == [0, 0, 255]).all()


def test_that_cropping_keeps_the_middle():
    picture = Image.new("RGB", (96, 32), "white")
    picture.paste("black", (32, 0, 64, 32))
    assert (resize_to_square(picture, plan("crop"), 1) <= 1).all()
    assert (resize_to_square(picture.rotate(90, expand=True), plan("crop"), 1) <= 1).all()


def test_that_stretching_shows_all_of_it_and_nothing_else():
    square = resize_to_square(halves(64, 16), plan("stretch", background="#00ff00"), 3)
    assert (square[:, :12] == [255, 0, 0]).all()
    assert (square[:, 20:] == [0, 0, 255]).all()


@pytest.mark.parametrize("alpha", [0, 51, 128, 255])
def test_that_transparency_shows_the_background(alpha):
    square = resize_to_square(
        Image.new("RGBA", (9, 9), (200, 100, 0, alpha)), plan(background="#0000ff"), 3
    )
    share = alpha / 255
    expected = share * np.array([200, 100, 0]) + (1 - share) * np.array([0, 0, 255])
    assert np.abs(square - expected).max() <= 1


def test_that_a_grey_picture_lies_on_a_coloured_background():
    square = resize_to_square(Image.new("L", (8, 4), 50), plan(background="#ff0000"), 3)
    assert square[0, 0].tolist() == [255, 0, 0]
    assert square[16, 16].tolist() == [50, 50, 50]


def test_that_grey_follows_the_eye():
    for colour, expected in (("red", 76), ("lime", 150), ("blue", 29)):
        assert (resize_to_square(Image.new("RGB", (8, 8), colour), plan(), 1) == expected).all()
    assert resize_to_square(Image.new("L", (8, 4)), plan(background="#ff0000"), 1)[0, 0, 0] == 76


def test_that_a_picture_of_the_right_size_stays_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for how in ("pad", "crop", "stretch"):
        assert np.array_equal(resize_to_square(Image.fromarray(pixels), plan(how), 3), pixels)


def test_that_shrinking_averages_and_does_not_pick():
    """A chessboard of single pixels is grey from afar; picking pixels would give stripes."""
    board = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    square = resize_to_square(Image.fromarray(board), plan("stretch"), 1).astype(int)
    assert np.abs(square - 127.5).max() <= 4


def test_that_the_colour_of_transparent_pixels_does_not_bleed():
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 32, 64))
    square = resize_to_square(picture, plan(background="#ffffff"), 3)
    assert (square[:, 20:, 1] >= 250).all()


def refusal(*args, **options):
    with pytest.raises(EntryError) as caught:
        decode_source_image(*args, **options)
    return caught.value


@pytest.mark.parametrize(
    ("side", "at_least", "expected"),
    [(256, 0, 256), (256, 16, 32), (256, 64, 128), (256, 100, 256), (256, 128, 256)],
)
def test_that_a_jpeg_is_decoded_no_larger_than_needed(side, at_least, expected):
    content = saved(noise(side), "JPEG")
    assert decode_source_image(content, at_least=at_least).picture.size == (expected, expected)


def test_that_a_long_jpeg_keeps_its_shorter_side():
    content = saved(Image.new("RGB", (1024, 256)), "JPEG")
    assert decode_source_image(content, at_least=64).picture.size == (512, 128)


def test_that_a_smaller_decoding_looks_the_same():
    content = saved(Image.linear_gradient("L"), "JPEG", quality=95)
    small = decode_source_image(content, at_least=32).picture
    exact = decode_source_image(content).picture.resize(small.size, Image.Resampling.BOX)
    difference = np.asarray(small).astype(int) - np.asarray(exact)
    assert small.size == (64, 64)
    assert np.abs(difference).max() <= 3


@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,)])
def test_that_pixels_are_taken_as_they_are(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, *channels), dtype=np.uint8)
    picture = decode_source_image(pixels).picture
    assert picture.size == (7, 5)
    assert picture.mode == {(): "L", (1,): "L", (2,): "LA", (3,): "RGB", (4,): "RGBA"}[channels]
    assert np.array_equal(np.asarray(picture).reshape(pixels.shape), pixels)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((0, 5), Reason.EMPTY),
        ((5,), Reason.UNSUPPORTED),
        ((5, 5, 5), Reason.UNSUPPORTED),
        ((2, 2, 2, 2), Reason.UNSUPPORTED),
        ((11, 10), Reason.TOO_LARGE),
    ],
)
def test_that_pixels_of_no_picture_are_refused(shape, reason):
    pixels = np.zeros(shape, dtype=np.uint8)
    assert refusal(pixels, Limits(pixels=100)).reason is reason


def test_that_limits_hold_for_bytes_and_pixels():
    content = saved(noise(), "PNG")
    assert decode_source_image(
        content, Limits(pixels=4_096, file_bytes=len(content))
    ).picture.size == (
        64,
        64,
    )
    assert refusal(content, Limits(pixels=4_095)).reason is Reason.TOO_LARGE
    assert refusal(content, Limits(file_bytes=len(content) - 1)).reason is Reason.TOO_LARGE


def test_that_a_huge_picture_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _self: pytest.fail("decoded"))
    assert refusal(saved(noise(), "JPEG"), Limits(pixels=10)).reason is Reason.TOO_LARGE


def test_that_a_jpeg_that_goes_over_its_pixels_without_end_is_refused():
    content = saved(noise(64), "JPEG", progressive=True)
    scans = content.count(b"\xff\xda")
    assert 5 <= scans <= 20
    start = content.rindex(b"\xff\xda")
    again = content[:-2] + content[start:-2] * 1_000 + content[-2:]
    assert decode_source_image(again, Limits(pixels=64 * 64 * 52)).picture.size == (64, 64)
    error = refusal(again, Limits(pixels=64 * 64 * 50))
    assert error.reason is Reason.TOO_LARGE
    assert "scans" in error.detail


def test_that_a_scan_that_is_but_its_header_is_counted():
    """T.81, B.2.3: one component, its last refinement again; ten bytes, and nothing after them."""
    content = saved(noise(64), "JPEG", progressive=True)
    shortest = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x10"
    again = content[:-2] + shortest * 50_000 + content[-2:]
    scans = again.count(b"\xff\xda")
    assert decode_source_image(again, Limits(pixels=64 * 64 * (scans // 20 + 1))).picture.size == (
        64,
        64,
    )
    assert refusal(again, Limits(pixels=64 * 64 * (scans // 20))).reason is Reason.TOO_LARGE


def test_that_damage_is_never_painted_over():
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_that_only_listed_formats_are_tried(monkeypatch):
    """PostScript would start Ghostscript; nothing here starts anything."""
    monkeypatch.setattr(subprocess, "Popen", lambda *_args, **_options: pytest.fail("started"))
    for content, _reason in FLAWS.values():
        with pytest.raises(EntryError):
            decode_source_image(content)
    assert not {"EPS", "PDF", "WMF", "PSD", "TGA", "FPX", "MIC"} & set(data_picture.FORMATS)


def test_that_heic_says_what_to_do():
    assert "convert it to JPEG" in refusal(FLAWS["photo.heic"][0]).detail


def test_that_avif_is_read_or_named(monkeypatch):
    content = saved(Image.new("RGB", (16, 16), "red"), "AVIF")
    assert decode_source_image(content).picture.size == (16, 16)
    without = tuple(name for name in data_picture.FORMATS if name != "AVIF")
    monkeypatch.setattr(data_picture, "FORMATS", without)
    error = refusal(content)
    assert error.reason is Reason.UNSUPPORTED
    assert "AVIF" in error.detail


def test_that_running_out_of_memory_is_a_reason(monkeypatch):
    def fail(_self):
        raise MemoryError

    content = saved(noise(), "PNG")
    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    assert refusal(content).reason is Reason.TOO_LARGE


def test_that_several_threads_decode_at_once():
    wanted = [content for content, _look in LOOKS.values()]
    alone = [decode_source_image(content).picture.tobytes() for content in wanted]
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda content: decode_source_image(content).picture.tobytes(), wanted * 3)
        )
    assert together == alone * 3


def test_that_pillows_warnings_are_quiet_and_others_are_not():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        with suppress_pillow_warnings(), suppress_pillow_warnings():
            warnings.warn_explicit("quiet", UserWarning, "x.py", 1, module="PIL.Image")
            with pytest.raises(UserWarning, match="loud"):
                warnings.warn_explicit("loud", UserWarning, "x.py", 1, module="engine.data")
        assert list(warnings.filters) == before
        with pytest.raises(UserWarning, match="loud again"):
            warnings.warn_explicit("loud again", UserWarning, "x.py", 1, module="PIL.Image")


# Other shapes than squares: [H, W] of the result, from images of any size.


WIDE = ImageShape(24, 32)


@pytest.mark.parametrize("how", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("shape", [WIDE, ImageShape(32, 24), ImageShape(18, 32)], ids=str)
@pytest.mark.parametrize("size", [(1, 1), (301, 7), (7, 301), (641, 479), (1920, 1080), (3, 4)])
def test_that_any_picture_takes_any_shape(how, shape, size):
    made = resize_to_shape(Image.new("RGB", size, "red"), shape, plan(how), 3)
    assert made.shape == (*shape, 3)
    if how != "pad":
        assert (made == [255, 0, 0]).all()


def test_that_a_picture_of_the_same_ratio_is_only_resized():
    picture = halves(160, 120)
    expected = np.asarray(picture.resize((32, 24), Image.Resampling.LANCZOS)).astype(int)
    for how in ("pad", "crop", "stretch"):
        made = resize_to_shape(picture, WIDE, plan(how, background="#00ff00"), 3)
        assert np.abs(made - expected).max() <= 2


def test_that_a_square_picture_is_padded_left_and_right_of_a_wide_shape():
    made = resize_to_shape(halves(64, 64), WIDE, plan("pad", background="#00ff00"), 3)
    assert (made[:, :4] == [0, 255, 0]).all()
    assert (made[:, 28:] == [0, 255, 0]).all()
    assert (made[:, 4:12] == [255, 0, 0]).all()
    assert (made[:, 20:28] == [0, 0, 255]).all()


def test_that_cropping_to_a_shape_keeps_the_middle():
    picture = Image.new("RGB", (64, 64), "white")
    picture.paste("black", (0, 2, 64, 62))
    assert (resize_to_shape(picture, WIDE, plan("crop"), 1) <= 1).all()
    tall = Image.new("RGB", (128, 64), "white")
    tall.paste("black", (34, 0, 94, 64))
    assert (resize_to_shape(tall, ImageShape(32, 24), plan("crop"), 1) <= 1).all()


def test_that_a_size_is_read_upright_without_the_pixels(tmp_path):
    for orientation, expected in ((1, (30, 20)), (3, (30, 20)), (6, (20, 30)), (8, (20, 30))):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.jpg"
        Image.new("RGB", (30, 20)).save(path, exif=exif)
        assert read_size(path.read_bytes(), 1_000) == expected
        assert decode_source_image(path.read_bytes()).picture.size == expected
    with pytest.raises(EntryError, match="more than 10 pixels"):
        read_size(saved(noise(), "PNG"), 10)
    with pytest.raises(EntryError):
        read_size(b"no image", 1_000)
