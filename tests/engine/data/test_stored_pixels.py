"""TIFF, PNG and PGM files whose values are read as stored."""

import itertools
import struct

import numpy as np
import pytest
from PIL import Image

from engine.data.image_decode import count_frames, decode_image, read_size
from engine.data.image_limits import MemoryBudget
from engine.data.pixel_values import ValueRange
from engine.data.stored_pixels import open_stored
from engine.errors import EntryError
from engine.importing.ledger import Reason
from tests.helpers.deep_images import png_16, ramp, tiff
from tests.helpers.odd_images import saved

COMPRESSION = struct.pack("<HHI", 259, 4, 1)
COMPRESSED_AS_JPEG = tiff(ramp(0, 9)).replace(COMPRESSION + b"\1", COMPRESSION + b"\7")
RANDOM = np.random.default_rng(0)


def values_of(content, **chosen):
    file = open_stored(content, **chosen)
    assert file is not None
    with MemoryBudget(100_000) as budget:
        return file.read(budget).values


def noise(dtype, channels, size=(19, 37)):
    kind = np.dtype(dtype)
    shape = (*size, channels)
    if kind.kind == "f":
        return RANDOM.normal(0, 1e3, shape).astype(kind)
    limits = np.iinfo(kind)
    return RANDOM.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


@pytest.mark.parametrize("dtype", ["i1", "u2", "i2", "u4", "i4", "u8", "f2", "f4", "f8"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_that_a_tiff_gives_its_values(dtype, channels):
    values = noise(dtype, channels)
    wanted = values[..., :3] if channels > 2 else values[..., :1]
    is_float = dtype.startswith("f")
    for order, planar, tile, packed in itertools.product("<>", (0, 1), (0, 16), (0, 1)):
        how = {"order": order, "planar": bool(planar), "tile": tile, "packed": bool(packed)}
        predictors = (1, 3 if is_float else 2) if packed else (1,)
        for predictor in predictors:
            content = tiff(values, predictor=predictor, **how)
            assert np.array_equal(values_of(content), wanted), (how, predictor)
    assert np.array_equal(values_of(tiff(values), band=channels), values[..., -1:])


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("tile", [0, 16])
def test_that_samples_that_fill_no_bytes_are_unpacked(bits, tile):
    values = RANDOM.integers(0, 1 << bits, (5, 37, 3)).astype(np.uint16)
    assert np.array_equal(values_of(tiff(values, bits=bits, tile=tile)), values)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_that_a_png_of_16_bits_loses_none(channels):
    values = noise("u2", channels)
    has_alpha = channels in (2, 4)
    assert np.array_equal(values_of(png_16(values)), values[..., : channels - has_alpha])
    picture = decode_image(png_16(values), value_range=lambda: ValueRange(0, 65_535)).picture
    assert np.abs(np.asarray(picture).reshape(values.shape) - values / 257).max() <= 0.5


def test_that_a_portable_greymap_gives_its_values():
    values = ramp(0, 65_535, "u2")
    content = b"P5\n16 16\n65535\n" + values.astype(">u2").tobytes()
    assert np.array_equal(values_of(content)[..., 0], values)
    assert open_stored(b"P5\n16 16\n255\n" + bytes(256)) is None


def test_that_bytes_stay_bytes_whatever_the_channels():
    values = noise("u1", 5)
    decoded = decode_image(tiff(values), value_range=lambda: pytest.fail("asked for a range"))
    assert np.array_equal(np.asarray(decoded.picture), values[..., :3])
    assert (decoded.original.bands, decoded.original.is_deep) == (5, False)


def test_that_opacity_is_no_band():
    values = noise("u2", 4)
    values[..., 3] = 65_535
    decoded = decode_image(tiff(values, photometric=2, extra=(2,)))
    assert decoded.picture.mode == "RGBA"
    assert np.asarray(decoded.picture)[..., 3].min() == 255
    assert decoded.original.bands == 3


def test_that_white_can_be_zero_and_pages_lie_sideways():
    decoded = decode_image(
        tiff(ramp(0, 4_095)[:8], photometric=0, orientation=6),
        value_range=lambda: ValueRange(0, 4_095),
    )
    assert decoded.picture.size == (8, 16)
    assert read_size(tiff(ramp(0, 4_095)[:8], orientation=6)) == (8, 16)
    assert decoded.picture.getpixel((7, 0)) == 255


def test_that_pages_are_counted_and_chosen():
    pages = [ramp(0, high) for high in (100, 200, 300)]
    content = tiff(*pages)
    assert count_frames(content) == 3
    assert np.array_equal(values_of(content, frame=2)[..., 0], pages[2])
    assert decode_image(content).original.has_more_frames
    assert not decode_image(tiff(pages[0])).original.has_more_frames
    with pytest.raises(EntryError, match="no page 4"):
        open_stored(content, frame=3)


@pytest.mark.parametrize(
    ("content", "reason", "words"),
    [
        (tiff(ramp(0, 9), bits=7), Reason.UNSUPPORTED, "a TIFF of a kind that is not read"),
        (tiff(ramp(0, 9), bits=33), Reason.UNSUPPORTED, "1 channels of 33 bits"),
        (COMPRESSED_AS_JPEG, Reason.UNSUPPORTED, "compression, 7, is not read"),
        (tiff(ramp(0, 9))[:-300], Reason.DAMAGED, "."),
        (png_16(ramp(0, 9))[:60], Reason.TRUNCATED, "."),
    ],
)
def test_that_what_cannot_be_read_says_why(content, reason, words):
    with pytest.raises(EntryError, match=words) as caught:
        decode_image(content)
    assert caught.value.reason == reason


def test_that_a_band_must_be_there():
    for content in (tiff(ramp(0, 9)), png_16(ramp(0, 9)), saved(Image.new("L", (4, 4)), "PNG")):
        with pytest.raises(EntryError, match="1 channel, so no band 2") as caught:
            decode_image(content, band=2)
        assert caught.value.reason == Reason.UNSUPPORTED
    colour = saved(Image.new("RGBA", (4, 4), (10, 20, 30, 255)), "PNG")
    assert decode_image(colour, band=2).picture.getpixel((0, 0)) == 20


def test_that_memory_is_checked_before_pixels_are_read():
    content = tiff(np.zeros((64, 64, 40), np.uint16))
    with pytest.raises(EntryError, match="bytes") as caught:
        decode_image(content, 64 * 64)
    assert caught.value.reason == Reason.TOO_LARGE
