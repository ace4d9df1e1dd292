import json

import numpy as np
import pytest
from hypothesis import given

from engine.errors import ConfigError
from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from engine.sample.gallery import GalleryWriter, Provenance
from engine.sample.sampler import Samples
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives

FACTS = {
    "run": "r",
    "dataset": "digits",
    "images_seen": 640,
    "step": 10,
    "seed": 1,
    "direction": "joint",
    "config_hash": "abc",
    "version": "0.1.0",
}
FILES = {
    "000000.png": picture(1),
    "000001.png": picture(2),
    "metadata.jsonl": b"".join(
        json.dumps({"file_name": f"00000{n}.png", "text": text} | FACTS).encode() + b"\n"
        for n, text in enumerate(["one", "two"])
    ),
    "contact_sheet.png": picture(3),
    "index.html": b"<html>",
}


def test_that_a_gallery_that_the_program_saved_is_recognised_and_read(tmp_path):
    images = np.zeros((2, 8, 8, 3), np.uint8)
    with GalleryWriter(tmp_path / "g", Provenance(**FACTS)) as writer:
        writer.add(Samples(columns={"text": ("one", "two"), "image": images}))
    files = {path.name: path.read_bytes() for path in sorted((tmp_path / "g").iterdir())}
    assert best(files) == "gallery"
    found = scanned(files, "gallery")
    assert found.texts == {"000000.png": ("one",), "000001.png": ("two",)}
    assert found.item("000000.png").extras["run"] == "r"
    assert found.item("000000.png").extras["seed"] == "1"
    assert found.skipped_files == {
        "contact_sheet.png": Reason.NOT_USED,
        "index.html": Reason.NOT_USED,
    }
    assert found.load("000001.png") == files["000001.png"]


def test_that_other_tables_are_no_gallery():
    files = FILES | {"metadata.jsonl": b'{"file_name": "000000.png", "text": "one"}\n'}
    assert proposed(files, "gallery") is None
    assert best(files) == "table_file"
    assert proposed(FILES | {"x.csv": b"a,b\n"}, "gallery", selected_entry="x.csv") is None


def test_that_several_galleries_are_read_together():
    both = {f"{name}/{path}": content for name in "ab" for path, content in FILES.items()}
    found = scanned(both, "gallery")
    assert found.texts["a/000001.png"] == found.texts["b/000001.png"] == ("two",)
    assert len(found.skipped_files) == 4


def test_that_a_gallery_without_metadata_is_refused():
    with pytest.raises(ConfigError):
        scanned({"000000.png": picture()}, "gallery", ImportSpec(format="gallery"))


@fuzzed
@given(mutated(FILES))
def test_that_damaged_galleries_are_survived(files):
    survives(files, "gallery", ImportSpec(format="gallery"))
