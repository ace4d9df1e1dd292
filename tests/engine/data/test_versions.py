"""New versions of datasets."""

import hashlib
import json
import os

import numpy as np
import pytest

from engine.control import RunControl
from engine.data import versions
from engine.data.checksums import content_version, find_damage
from engine.data.column_info import audio_column
from engine.data.editing import Edits
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset, write_dataset
from engine.data.versions import next_version_folder, save_version
from engine.errors import (
    DatasetCorruptError,
    EditRefusedError,
    FolderInUseError,
    StoppedError,
)
from tests.helpers.columns import RECORDS as FOUR
from tests.helpers.columns import four_column_dataset, four_columns
from tests.helpers.datasets import RECORDS, mixed


@pytest.fixture
def dataset(tmp_path):
    return mixed(tmp_path / "mixed")


@pytest.fixture
def edits(dataset):
    return Edits(dataset)


def test_that_a_version_shares_its_images_where_none_is_excluded(dataset, edits, tmp_path):
    edits.set_captions(1, ["a wolf", "a big wolf"])
    edits.set_captions(0, ["a cat"])
    edits.set_tags(1, [])
    edits.set_split([2], "held_out")
    edits.set_excluded([3], is_excluded=True)
    folder = next_version_folder(dataset.folder)
    manifest = save_version(dataset, edits, folder)
    new = open_dataset(tmp_path / "mixed-2")
    assert new.manifest == manifest
    assert (folder / "images.npy").samefile(dataset.folder / "images.npy")
    assert [dict(record) for record in new.records] == [
        {"text": "a cat", "split": "train", "key": "1.png"},
        {"text": "a wolf", "split": "train", "texts": ["a wolf", "a big wolf"]},
        {"text": None, "split": "held_out"},
        {"text": "concatenate", "split": "held_out"},
    ]
    assert (manifest.pairs, manifest.image_only, manifest.text_only) == (3, 1, 0)
    assert (manifest.train_items, manifest.validation_items) == (2, 2)


def test_that_a_version_leaves_excluded_images_out(dataset, edits):
    edits.set_excluded([1, 2], is_excluded=True)
    folder = next_version_folder(dataset.folder)
    save_version(dataset, edits, folder)
    new = open_dataset(folder)
    assert new.images[:, 0, 0, 0].tolist() == [0, 3]
    assert new.texts == ["a red cat", "only words", "concatenate"]


@pytest.mark.parametrize("excluded", [[], [1]])
@pytest.mark.parametrize("can_link", [True, False])
def test_that_a_version_is_the_same_as_a_dataset_written_from_scratch(
    dataset, edits, tmp_path, monkeypatch, excluded, can_link
):
    def refuse(*_paths):
        raise OSError(1, "Operation not permitted")

    if not can_link:
        monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(versions, "_PIECE_BYTES", 200)
    edits.set_excluded(excluded, is_excluded=True)
    edits.set_captions(4, ["another"])
    manifest = save_version(dataset, edits, tmp_path / "new")
    records = [dict(r) for i, r in enumerate(RECORDS) if i not in excluded]
    records[-1]["text"] = "another"
    images = np.delete(np.asarray(dataset.images), excluded, axis=0)
    written = write_dataset(
        tmp_path / "scratch", name="s", title="", images=images, records=records,
        licence="", source="",
    )  # fmt: skip
    assert manifest.version == written.version != dataset.manifest.version
    for name in ("images.npy", "items.arrow"):
        ours, theirs = (tmp_path / side / name for side in ("new", "scratch"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_that_the_original_is_not_touched_and_is_named(dataset, edits, tmp_path):
    def digests():
        paths = sorted(dataset.folder.iterdir())
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]

    before = digests()
    edits.set_captions(1, ["x"])
    edits.set_excluded([0], is_excluded=True)
    first = save_version(dataset, edits, tmp_path / "mixed-2")
    assert digests() == before
    assert first.source == f"a test; edited from mixed, version {dataset.manifest.version}"
    second = open_dataset(tmp_path / "mixed-2")
    third = save_version(second, Edits(second), tmp_path / "mixed-3")
    assert third.source == f"a test; edited from mixed-2, version {first.version}"


def test_that_versions_are_numbered_from_the_first(tmp_path):
    for name in ("cats", "cats-2", "mnist-10"):
        (tmp_path / name).mkdir()
    assert next_version_folder(tmp_path / "cats").name == "cats-3"
    assert next_version_folder(tmp_path / "cats-2").name == "cats-3"
    assert next_version_folder(tmp_path / "mnist-10").name == "mnist-10-2"


def test_that_nothing_to_train_on_is_refused(dataset, edits, tmp_path):
    edits.set_excluded(range(4), is_excluded=True)
    with pytest.raises(EditRefusedError, match="train"):
        save_version(dataset, edits, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_that_a_stopped_or_failed_version_leaves_nothing(dataset, edits, tmp_path, monkeypatch):
    control = RunControl()
    monkeypatch.setattr(versions, "_PIECE_BYTES", 200)
    seen = []

    def stop(done, total):
        seen.append((done, total))
        control.request_stop()

    with pytest.raises(StoppedError):
        save_version(dataset, edits, tmp_path / "new", report=stop, control=control)
    assert seen == [(1, 4)]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(FolderInUseError):
        save_version(dataset, edits, tmp_path / "full")

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.data.writer.atomic_write", fail)
    with pytest.raises(Exception, match="is full"):
        save_version(dataset, edits, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "mixed"]


def test_that_a_manifest_without_news_is_still_of_this_format(dataset, edits, tmp_path):
    save_version(dataset, edits, tmp_path / "new")
    folders = (dataset.folder, tmp_path / "new")
    old, new = (json.loads((folder / "manifest.json").read_text()) for folder in folders)
    assert old.keys() == new.keys()
    assert read_manifest(tmp_path / "new").name == "new"


@pytest.mark.parametrize(
    "extra",
    [{"texts": "a"}, {"texts": [1]}, {"tags": None}, {"tags": [["a"]]}, {"key": 1}],
)
def test_that_malformed_extras_are_refused(tmp_path, extra):
    records = [RECORDS[0] | extra, *RECORDS[1:]]
    with pytest.raises(DatasetCorruptError, match="malformed"):
        mixed(tmp_path / "bad", records)


def test_that_captions_without_a_text_are_refused(tmp_path):
    records = [*RECORDS[:2], RECORDS[2] | {"texts": ["a"]}, *RECORDS[3:]]
    with pytest.raises(DatasetCorruptError, match="malformed"):
        mixed(tmp_path / "bad", records)


def test_that_a_version_keeps_the_other_columns(tmp_path):
    dataset = four_columns(tmp_path / "four")
    edits = Edits(dataset)
    edits.set_captions(3, ["four"])
    save_version(dataset, edits, tmp_path / "four-2")
    new = open_dataset(tmp_path / "four-2")
    expected = [dict(record) for record in FOUR]
    expected[3]["text"] = "four"
    assert [dict(record) for record in new.records] == expected
    for name in ("images.npy", "speech.npy"):
        assert (new.folder / name).samefile(dataset.folder / name)
    assert find_damage(new.folder, new.manifest) == ()


def test_that_a_version_drops_the_rows_that_no_item_has(tmp_path):
    dataset = four_columns(tmp_path / "four")
    edits = Edits(dataset)
    edits.set_excluded([2, 4], is_excluded=True)
    manifest = save_version(dataset, edits, tmp_path / "four-2")
    new = open_dataset(tmp_path / "four-2")
    assert new.array("speech").rows.tolist() == [0, 0, -1]
    assert new.array("speech").values[:, 0].tolist() == [101]
    assert new.images[:, 0, 0, 0].tolist() == [0]
    assert new.records[2]["facts"] == {}
    assert manifest.version == content_version(new.folder, manifest)


def test_that_an_item_needs_its_text_only_if_it_has_nothing_else(tmp_path):
    records = [*FOUR, {"text": "six", "image": False, "split": "train"}]
    edits = Edits(four_columns(tmp_path / "four", records))
    assert edits.set_captions(1, []) is not None
    with pytest.raises(EditRefusedError, match="needs its text"):
        edits.set_captions(5, [])


def test_that_a_dataset_without_texts_gets_none(tmp_path):
    waves = np.zeros((1, 4), np.int16)
    write_dataset(
        tmp_path / "d",
        name="d",
        title="",
        licence="",
        source="",
        records=[{"hum": True, "split": "train"}],
        columns=[audio_column(waves.shape, 8_000, name="hum")],
        arrays={"hum": waves},
    )
    edits = Edits(open_dataset(tmp_path / "d"))
    with pytest.raises(EditRefusedError, match="no column of texts"):
        edits.set_captions(0, ["a"])


def test_that_a_version_keeps_the_notice(tmp_path):
    dataset = open_dataset(four_column_dataset(tmp_path / "four", notice="Not for diagnosis"))
    assert save_version(dataset, Edits(dataset), tmp_path / "again").notice == "Not for diagnosis"
