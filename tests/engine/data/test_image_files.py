import numpy as np
import pytest
from PIL import Image

from engine.data import image_files
from engine.errors import ImagesUnreadableError


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
    assert read[0, :, 0].tolist() == [0, 127, 255]


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


def test_that_a_giant_picture_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(image_files, "MAX_PIXELS", 10)
    with pytest.raises(ImagesUnreadableError, match="pixels"):
        image_files.read_image(save(Image.new("L", (4, 4)), tmp_path / "a.png"))


def test_that_resizing_pads_with_the_corner_colour():
    wide = np.full((1, 4, 8, 3), 100, dtype=np.uint8)
    wide[:, 1:3, 2:6] = 200
    square = image_files.resize(wide, 8)
    assert square.shape == (1, 8, 8, 3)
    assert square[0, 0, 0].tolist() == [100, 100, 100]
    assert square[0, 4, 4, 0] > 180


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
    names, read, skipped = image_files.read_image_folder(tmp_path, 8, 1)
    assert names == ["a.png", "b.png"]
    assert read.shape == (2, 8, 8, 1)
    assert [name for name, _reason in skipped] == ["c.png"]


def test_that_a_folder_without_pictures_says_so(tmp_path):
    with pytest.raises(ImagesUnreadableError, match="holds no PNG"):
        image_files.read_image_folder(tmp_path, 8, 1)
    with pytest.raises(ImagesUnreadableError, match="not a folder"):
        image_files.read_image_folder(tmp_path / "nowhere", 8, 1)
