import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.data import image_files
from engine.data.image_shape import ImageShape, common_shape, square
from engine.data.pixel_values import ValueRange
from engine.errors import ImagesUnreadableError
from tests.helpers.deep_images import png_16, ramp, tiff
from tests.helpers.odd_images import FLAWS


def save(picture, path, **options):
    picture.save(path, **options)
    return path


def test_that_transparency_shows_white(tmp_path):
    picture = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert image_files.read_image(save(picture, tmp_path / "a.png"))[0, 0].tolist() == [
        255,
        255,
        255,
    ]


def test_that_a_transparent_palette_shows_white(tmp_path):
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    path = save(picture, tmp_path / "a.png", transparency=1)
    assert image_files.read_image(path)[0, 0].tolist() == [255, 255, 255]


def test_that_sixteen_bits_are_scaled_and_not_clipped(tmp_path):
    picture = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    read = image_files.read_image(save(picture, tmp_path / "a.png"))
    assert read[0, :, 0].tolist() == [0, 128, 255]


def test_that_a_folder_is_read_in_the_range_and_band_of_a_dataset(tmp_path):
    bands = np.stack([ramp(0, high) for high in (1_000, 2_000, 3_000, 4_000)], axis=2)
    (tmp_path / "a.tif").write_bytes(tiff(bands))
    (tmp_path / "b.png").write_bytes(png_16(ramp(0, 2_000)))
    value_range = ValueRange(0, 4_000)
    _names, images, _skipped = image_files.read_images(
        tmp_path, square(16), 3, value_range=value_range
    )
    assert images[0].max((0, 1)).tolist() == [64, 128, 191]
    assert images[1].max((0, 1)).tolist() == [128] * 3
    names, images, [(skipped, reason)] = image_files.read_images(
        tmp_path, square(16), 1, value_range=value_range, band=4
    )
    assert (names, images.max()) == (["a.tif"], 255)
    assert (skipped, "no band 4" in reason) == ("b.png", True)


def test_that_a_rotated_photograph_stands_upright(tmp_path):
    picture = Image.new("RGB", (8, 4))
    exif = picture.getexif()
    exif[274] = 6
    assert image_files.read_image(save(picture, tmp_path / "a.jpg", exif=exif)).shape == (8, 4, 3)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n broken"])
def test_that_a_damaged_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(ImagesUnreadableError, match=r"bad\.png"):
        image_files.read_image(tmp_path / "bad.png")


def test_that_a_truncated_picture_is_refused(tmp_path):
    path = save(Image.effect_noise((64, 64), 50), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ImagesUnreadableError):
        image_files.read_image(path)


def test_that_a_giant_picture_is_refused_unread(tmp_path):
    content, _reason = FLAWS["bomb-by-its-header.png"]
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImagesUnreadableError, match="pixels"):
        image_files.read_image(tmp_path / "a.png")


def test_that_resizing_pads_with_the_corner_colour():
    wide = np.full((1, 4, 8, 3), 100, dtype=np.uint8)
    wide[:, 1:3, 2:6] = 200
    padded = image_files.resize(wide, square(8))
    assert padded.shape == (1, 8, 8, 3)
    assert padded[0, 0, 0].tolist() == [100, 100, 100]
    assert padded[0, 4, 4, 0] > 180


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("before", "after"),
    [((8, 8), (32, 32)), ((28, 28), (5, 5)), ((40, 10), (24, 6)), ((21, 21), (22, 22))],
)
def test_that_images_are_resized_together_as_pillow_resizes_each(
    monkeypatch, before, after, channels
):
    monkeypatch.setattr(image_files, "_PIXELS_TOGETHER", 3_000)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (7, *before, channels), dtype=np.uint8)
    resized = image_files.resize(images, ImageShape(*after))
    for image, made in zip(images, resized, strict=True):
        picture = Image.fromarray(image[..., 0] if channels == 1 else image)
        expected = picture.resize(after[::-1], Image.Resampling.LANCZOS)
        assert np.array_equal(made, np.asarray(expected).reshape(*after, channels))
    assert image_files.resize(images[:0], ImageShape(*after)).shape == (0, *after, channels)


def test_that_grey_follows_the_eye():
    rgb = np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]], dtype=np.uint8)
    assert image_files.to_channels(rgb, 1)[0, 0, :, 0].tolist() == [76, 150, 29]
    assert image_files.to_channels(image_files.to_channels(rgb, 1), 3).shape == (1, 1, 3, 3)


def test_that_a_folder_is_read_by_name_and_skips_are_told(tmp_path):
    save(Image.new("L", (10, 6), 30), tmp_path / "b.png")
    save(Image.new("RGB", (6, 6), "red"), tmp_path / "a.png")
    (tmp_path / "c.png").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "._a.png").write_bytes(b"a Mac's shadow file")
    names, read, skipped = image_files.read_images(tmp_path, square(8), 1)
    assert names == ["a.png", "b.png"]
    assert read.shape == (2, 8, 8, 1)
    assert [name for name, _reason in skipped] == ["c.png"]


def test_that_a_folder_without_pictures_says_so(tmp_path):
    with pytest.raises(ImagesUnreadableError, match="holds no PNG"):
        image_files.read_images(tmp_path, square(8), 1)
    with pytest.raises(ImagesUnreadableError, match="not there"):
        image_files.read_images(tmp_path / "nowhere", square(8), 1)


SIDES = st.sampled_from([16, 32, 64, 128, 256])


@given(st.integers(1, 5_000), st.integers(1, 5_000), SIDES)
def test_that_a_scaled_shape_keeps_its_ratio_up_to_one_to_four(height, width, longer):
    shape = ImageShape(height, width).scaled(longer)
    assert max(shape) == longer
    assert min(shape) >= longer // 4
    ratio = min(height, width) / max(height, width)
    assert abs(min(shape) - longer * max(ratio, 0.25)) <= 0.5
    assert (shape.height >= shape.width) == (height >= width) or shape == square(longer)
    assert shape.scaled(longer) == shape


@given(st.integers(1, 5_000), st.integers(1, 5_000), SIDES)
def test_that_a_padded_shape_is_the_smallest_of_whole_cells(height, width, longer):
    shape = ImageShape(height, width).scaled(longer)
    for own, big, cells in zip(shape, shape.padded, shape.cells, strict=True):
        assert big == cells * longer // 4
        assert 1 <= cells <= 4
        assert 0 <= big - own < longer // 4
    left, right, above, below = shape.margins
    assert (left + shape.width + right, above + shape.height + below) == shape.padded[::-1]
    assert 0 <= right - left <= 1
    assert 0 <= below - above <= 1


def test_that_squares_are_their_own_grid():
    assert square(64).padded == (64, 64)
    assert square(64).margins == (0, 0, 0, 0)
    assert ImageShape(36, 64).padded == (48, 64)
    assert ImageShape(48, 64).padded == (48, 64)
    assert (str(square(64)), str(ImageShape(48, 64))) == ("64", "64 x 48")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(4000, 3000)] * 9 + [(500, 500)], ImageShape(48, 64)),
        ([(4000, 3000)] * 8 + [(500, 500)] * 2, square(64)),
        ([(300, 400), (600, 800), (302, 400)], ImageShape(64, 48)),
        ([(1920, 1080)] * 3, ImageShape(36, 64)),
        ([(100, 101)] * 3, square(64)),
        ([(1000, 50)] * 3, ImageShape(16, 64)),
        ([(0, 0)], square(64)),
        ([], square(64)),
    ],
)
def test_that_nine_of_ten_images_decide_the_shape(sizes, expected):
    assert common_shape(sizes, 64) == expected


def test_that_images_are_padded_to_another_shape_and_keep_their_own():
    tall = np.full((2, 16, 8, 3), 100, dtype=np.uint8)
    tall[:, :, 3:] = 200
    padded = image_files.resize(tall, ImageShape(16, 32))
    assert padded.shape == (2, 16, 32, 3)
    assert np.array_equal(padded[:, :, 12:20], tall)
    assert (padded[:, :, :12] == 100).all()
    assert (padded[:, :, 20:] == 100).all()
