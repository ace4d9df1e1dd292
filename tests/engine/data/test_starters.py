import collections
import shutil
from dataclasses import replace

import numpy as np
import pytest

import resources
from engine.config.presets import DataFacts
from engine.data.manifest import data_facts
from engine.data.starters import STARTERS
from engine.data.store import open_dataset
from engine.errors import DatasetCorruptError, DatasetMissingError
from engine.sample.preview_sheet import read_sheet
from engine.starters.build import build_starter
from engine.starters.shapes import COLOURS, caption_count, render_shapes
from tests.helpers.tiny import tiny_dataset

SOURCE = resources.starters_folder()


@pytest.mark.parametrize("name", STARTERS)
def test_that_a_starter_is_what_its_table_says(starters_folder, name):
    dataset = open_dataset(build_starter(name, SOURCE, starters_folder))
    starter = STARTERS[name]
    assert dataset.manifest.items == starter.items
    assert {name: column.kind for name, column in dataset.columns.items()} == starter.columns
    assert len(dataset.rows("held_out")) == starter.held_out
    if "image" in starter.columns:
        assert dataset.images.shape[1:3] == (starter.image_size, starter.image_size)
    assert dataset.manifest.licence == starter.licence
    facts = data_facts(dataset.manifest)
    assert facts == DataFacts(
        image_size=starter.image_size,
        channels=starter.channels,
        pairs=starter.items,
        starter=name,
        is_pair=starter.columns == {"image": "image", "text": "text"},
    )
    edited = data_facts(replace(dataset.manifest, source="edited"))
    assert edited == replace(facts, starter="")
    assert (SOURCE / name / "LICENSE.txt").is_file()
    assert len(read_sheet(SOURCE / name / "preview.png").texts) in {4, 16}


def test_that_digits_are_mnist_padded(starters_folder):
    dataset = open_dataset(build_starter("digits", SOURCE, starters_folder))
    assert len(dataset.rows("train")) == 60_000
    assert dataset.texts[:5] == ["five", "zero", "four", "one", "nine"]
    assert dataset.records[0]["attributes"] == {"digit": 5}
    border = np.array(dataset.images[:100])
    border[:, 2:-2, 2:-2] = 0
    assert border.sum() == 0
    assert collections.Counter(dataset.texts)["one"] == 6742 + 1135


def test_that_emoji_keep_what_is_known_of_them(starters_folder):
    dataset = open_dataset(build_starter("emoji", SOURCE, starters_folder))
    first = dataset.records[0]
    assert first["text"] == "grinning face"
    assert first["text_zh"] == "嘿嘿"
    assert first["group"] == "smileys-emotion"
    assert "smile" in first["tags"]
    assert np.all(dataset.images[0, 0, 0] == 255)
    tones = {chr(code) for code in range(0x1F3FB, 0x1F400)}
    assert not any(tones & set(record["emoji"]) for record in dataset.records)


def test_that_a_built_starter_is_found_again(tmp_path):
    folder = build_starter("emoji", SOURCE, tmp_path)
    before = (folder / "images.npy").stat().st_mtime_ns
    assert build_starter("emoji", tmp_path / "nowhere", tmp_path) == folder
    assert (folder / "images.npy").stat().st_mtime_ns == before


def test_that_a_damaged_build_and_a_namesake_are_left_alone(tmp_path):
    damaged = build_starter("emoji", SOURCE, tmp_path)
    (damaged / "images.npy").write_bytes(b"broken")
    tiny_dataset(tmp_path / "emoji-2")
    rebuilt = build_starter("emoji", SOURCE, tmp_path)
    assert rebuilt.name == "emoji-3"
    assert open_dataset(tmp_path / "emoji-2").manifest.name == "tiny"
    assert build_starter("emoji", SOURCE, tmp_path) == rebuilt


def test_that_a_starter_of_an_older_version_is_built_again(tmp_path):
    first = build_starter("emoji", resources.starters_folder(), tmp_path)
    version = open_dataset(first).manifest.version
    manifest = first / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"format": ', '"format": -'), "utf-8")
    again = build_starter("emoji", resources.starters_folder(), tmp_path)
    assert again != first
    assert open_dataset(again).manifest.version == version


def test_that_missing_or_damaged_sources_are_named(tmp_path):
    with pytest.raises(DatasetMissingError, match="digits"):
        build_starter("digits", tmp_path, tmp_path / "sets")
    shutil.copytree(SOURCE / "digits", tmp_path / "digits")
    (tmp_path / "digits" / "train-images-idx3-ubyte.gz").write_bytes(b"not gzip")
    with pytest.raises(DatasetCorruptError):
        build_starter("digits", tmp_path, tmp_path / "sets")
    assert not list((tmp_path / "sets").glob("*"))


def test_that_shapes_follow_from_the_seed():
    one, same, other = render_shapes(20, 1), render_shapes(20, 1), render_shapes(20, 2)
    assert np.array_equal(one[0], same[0])
    assert one[1] == same[1]
    assert not np.array_equal(one[0], other[0])


def test_that_a_shape_is_where_and_what_its_caption_says():
    pictures, records = render_shapes(300, 3)
    for picture, record in zip(pictures, records, strict=True):
        attributes = record["attributes"]
        assert isinstance(attributes, dict)
        assert record["text"] == " ".join(
            attributes[name] for name in ("size", "colour", "shape", "row", "column")
        )
        distance = np.abs(picture.astype(int) - picture[0, 0]).sum(2)
        rows, columns = np.nonzero(distance > 0.5 * distance.max())
        assert ("top", "middle", "bottom")[int(rows.mean() // 11)] == attributes["row"]
        assert ("left", "centre", "right")[int(columns.mean() // 11)] == attributes["column"]
        colour = picture[distance > 0.9 * distance.max()].mean(0)
        nearest = min(COLOURS, key=lambda name: np.abs(colour - COLOURS[name]).sum())
        assert nearest == attributes["colour"]


def test_that_all_captions_come_about_equally_often():
    _pictures, records = render_shapes(4000, 0)
    counts = collections.Counter(record["text"] for record in records)
    assert caption_count() == 8 * 4 * 2 * 3 * 3
    assert len(counts) > 0.99 * caption_count() * (1 - np.exp(-4000 / caption_count()))
