import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from engine.errors import SheetCorruptError
from engine.sample.preview_sheet import read_sheet, read_sheet_header, write_sheet


def pairs(count: int, height: int = 5, width: int = 5):
    images = np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype(np.uint8)
    return images, [f"文字 {number}" for number in range(count)]


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 9))
def test_that_a_sheet_reads_as_written(tmp_path_factory, count, height, width):
    path = tmp_path_factory.mktemp("sheet") / "preview.png"
    images, texts = pairs(count, height, width)
    write_sheet(path, images, texts, images_seen=640, elapsed_s=1.5)
    sheet = read_sheet(path)
    assert np.array_equal(sheet.images, images)
    assert sheet.texts == tuple(texts)
    assert (sheet.images_seen, sheet.elapsed_s) == (640, 1.5)
    assert read_sheet_header(path).texts == tuple(texts)


def test_that_the_sheet_is_a_plain_picture(tmp_path):
    images, texts = pairs(7)
    write_sheet(tmp_path / "a.png", images, texts, images_seen=1, elapsed_s=0.0)
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (15, 15, 3)
    assert np.array_equal(pixels[5:10, 10:15], images[5])
    assert not pixels[10:15, 5:].any()


def forged(path, header, size=(10, 10)):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("diptych", header if isinstance(header, str) else json.dumps(header))
    Image.new("RGB", size).save(path, pnginfo=chunks)


GOOD = {
    "kind": "preview",
    "images_seen": 1,
    "elapsed_s": 0.0,
    "tile": 5,
    "columns": 2,
    "texts": ["a", "b", "c"],
}


@pytest.mark.parametrize(
    "header",
    [
        "{",
        "[]",
        GOOD | {"kind": "gallery"},
        GOOD | {"tile": 0},
        GOOD | {"tile": 7},
        GOOD | {"tile_height": 4},
        GOOD | {"tile_height": -5},
        GOOD | {"columns": -2},
        GOOD | {"texts": []},
        GOOD | {"texts": ["a"] * 9},
        GOOD | {"images_seen": "many"},
        {key: value for key, value in GOOD.items() if key != "texts"},
    ],
)
def test_that_a_forged_header_is_refused(tmp_path, header):
    forged(tmp_path / "a.png", header)
    with pytest.raises(SheetCorruptError):
        read_sheet(tmp_path / "a.png")


def test_that_the_good_header_is_taken(tmp_path):
    forged(tmp_path / "a.png", GOOD)
    assert len(read_sheet(tmp_path / "a.png").images) == 3


def test_that_other_files_are_refused(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.jpg")
    (tmp_path / "empty.png").write_bytes(b"")
    images, texts = pairs(9, 30)
    write_sheet(tmp_path / "torn.png", images, texts, images_seen=1, elapsed_s=0.0)
    content = (tmp_path / "torn.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(content[: len(content) // 2])
    for name in ("plain.png", "photo.jpg", "empty.png", "torn.png", "missing.png"):
        with pytest.raises(SheetCorruptError, match=name):
            read_sheet(tmp_path / name)
