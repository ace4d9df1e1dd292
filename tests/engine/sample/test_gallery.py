import json

import numpy as np
import pytest
from PIL import Image

from engine.errors import FolderInUseError, FolderNotWritableError
from engine.sample.gallery_page import CAPTION, GAP, draw_contact_sheet
from engine.sample.gallery_writer import GalleryWriter, Provenance
from engine.sample.loss_chart import HEIGHT, WIDTH, write_loss_chart
from engine.sample.sampler import Samples

PROVENANCE = Provenance(
    run="run <1>",
    dataset="digits",
    images_seen=640,
    step=10,
    seed=1,
    direction="joint",
    config_hash="abc",
    version="0.1.0",
)


def pairs(*texts: str, level: int = 100, images: int = 0) -> Samples:
    pictures = np.full((images or len(texts), 8, 8, 3), level, dtype=np.uint8)
    return Samples(columns={"text": texts, "image": pictures})


def test_that_texts_cannot_break_the_page(tmp_path):
    with GalleryWriter(tmp_path / "g", PROVENANCE) as writer:
        writer.add(pairs('<script>alert("x")</script>', "a & b $width"))
    page = (tmp_path / "g/index.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "a &amp; b $width" in page
    assert "run &lt;1&gt;" in page


def test_that_an_error_leaves_a_gallery_that_fits_together(tmp_path):
    writer = GalleryWriter(tmp_path / "g", PROVENANCE)
    writer.add(pairs("a", "b", "c"))
    with pytest.raises(IndexError), writer:
        writer.add(pairs("one", "two", images=1))
    lines = [json.loads(line) for line in (tmp_path / "g/metadata.jsonl").read_text().splitlines()]
    on_disk = sorted(path.name for path in (tmp_path / "g").glob("0*.png"))
    assert [line["file_name"] for line in lines] == on_disk
    assert (tmp_path / "g/index.html").is_file()


def test_that_an_empty_gallery_has_no_page(tmp_path):
    with GalleryWriter(tmp_path / "g", PROVENANCE):
        pass
    assert [path.name for path in (tmp_path / "g").iterdir()] == ["metadata.jsonl"]


def test_that_a_used_or_impossible_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderInUseError):
        GalleryWriter(tmp_path, PROVENANCE)
    with pytest.raises(FolderNotWritableError):
        GalleryWriter(tmp_path / "file" / "g", PROVENANCE)


def test_that_small_pictures_are_enlarged_by_whole_factors():
    checks = Image.fromarray((np.indices((32, 32)).sum(0) % 2 * 255).astype(np.uint8))
    sheet = draw_contact_sheet([(checks.convert("RGB"), "one")] * 4)
    assert sheet.size == (GAP + 4 * (96 + GAP), GAP + 96 + CAPTION + GAP)
    tile = np.asarray(sheet)[GAP : GAP + 96, GAP : GAP + 96, 0]
    assert np.array_equal(tile, np.kron(np.asarray(checks), np.ones((3, 3))))


def test_that_captions_are_written_and_never_overflow():
    blank = Image.new("RGB", (96, 96))

    def ink(text: str):
        sheet = np.asarray(draw_contact_sheet([(blank, text)] * 4).convert("L"))
        return sheet[GAP + 96 : GAP + 96 + CAPTION, GAP + 96 + GAP : GAP + 96 + GAP + 96] < 128

    assert ink("circle").any()
    assert not ink("圆").any()
    assert not ink("").any()
    long = np.asarray(draw_contact_sheet([(blank, "incomprehensibilities " * 5)] * 4).convert("L"))
    gaps = long[GAP + 96 : GAP + 96 + CAPTION, GAP + 96 + 2 : GAP + 96 + GAP - 2]
    assert gaps.min() > 128


def test_that_the_chart_shows_its_curves(tmp_path):
    points = [(float(x), 1 + x / 1000) for x in range(0, 1000, 10)]
    write_loss_chart(tmp_path / "a.png", {"generator": points, "discriminator": []}, title="Losses")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    blue = (pixels[..., 2] - pixels[..., 0]) > 100
    assert blue[:, 400].any()
    rising = [np.flatnonzero(blue[80:520, column]).mean() for column in (200, 600, 1000)]
    assert rising[0] > rising[1] > rising[2]


def test_that_an_outlier_does_not_flatten_the_chart(tmp_path):
    points = [(float(x), 1.0) for x in range(1000)]
    points[500] = (500.0, 1e6)
    write_loss_chart(tmp_path / "a.png", {"generator": points}, title="Losses")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    blue = (pixels[..., 2] - pixels[..., 0]) > 100
    assert np.flatnonzero(blue[80:530, 300]).mean() < 100


def test_that_a_chart_without_curves_is_still_a_chart(tmp_path):
    write_loss_chart(tmp_path / "a.png", {}, title="Nothing yet")
    assert (tmp_path / "a.png").is_file()
