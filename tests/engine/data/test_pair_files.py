"""Datasets of formats 3 and 4: images.npy and pairs.jsonl."""

import json
import os

import numpy as np
import pytest

from engine.data.checksums import content_version, find_damage
from engine.data.column_info import MAX_ITEM_BYTES
from engine.data.editing import Edits
from engine.data.store import open_dataset
from engine.data.versions import save_version
from engine.errors import DatasetCorruptError
from tests.helpers.old_datasets import old_tiny_dataset, write_pairs

RECORDS = [
    {"text": None, "split": "train", "attributes": {"digit": 5}},
    {"text": "one", "split": "train", "texts": ["one", "uno"], "key": "1.png", "label": "a"},
    {"text": "words", "image": False, "split": "train", "tags": ["t"]},
    {"text": "", "split": "held_out", "group": "g"},
]


def mixed(folder):
    images = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    return write_pairs(folder, images, RECORDS)


def test_that_an_old_dataset_has_two_columns_and_its_version(tmp_path):
    folder = mixed(tmp_path / "old")
    dataset = open_dataset(folder)
    table = json.loads((folder / "manifest.json").read_text())
    assert list(dataset.columns) == ["image", "text"]
    assert dataset.manifest.version == table["version"]
    assert content_version(folder, dataset.manifest) == table["version"]
    assert find_damage(folder, dataset.manifest) == ()
    assert [dict(record) for record in dataset.records] == RECORDS
    assert dataset.image_rows.tolist() == [0, 1, -1, 2]
    assert dataset.has_text.tolist() == [False, True, True, True]
    assert (dataset.manifest.pairs, dataset.manifest.image_only, dataset.manifest.text_only) == (
        2, 1, 1,
    )  # fmt: skip


@pytest.mark.parametrize("format_number", [3, 4])
def test_that_formats_3_and_4_open(tmp_path, format_number):
    dataset = open_dataset(old_tiny_dataset(tmp_path / "old", format_number=format_number))
    assert dataset.count == 24
    assert dataset.rows("held_out").tolist() == list(range(3, 24, 4))
    assert dataset.texts[:2] == ["dark", "light"]


def test_that_an_edit_of_an_old_dataset_is_of_this_format(tmp_path):
    dataset = open_dataset(mixed(tmp_path / "old"))
    edits = Edits(dataset)
    edits.set_captions(1, ["two"])
    save_version(dataset, edits, tmp_path / "old-2")
    new = open_dataset(tmp_path / "old-2")
    assert new.manifest.format == 5
    assert (tmp_path / "old-2" / "images.npy").samefile(tmp_path / "old" / "images.npy")
    expected = [dict(record) for record in RECORDS]
    expected[1]["text"] = "two"
    del expected[1]["texts"]
    assert [dict(record) for record in new.records] == expected


def _change_a_line(**changes):
    def damage(folder):
        lines = (folder / "pairs.jsonl").read_text().splitlines()
        first = json.dumps(json.loads(lines[0]) | changes)
        (folder / "pairs.jsonl").write_text("\n".join([first, *lines[1:]]) + "\n")

    return damage


def _lose_a_pair(folder):
    lines = (folder / "pairs.jsonl").read_text().splitlines()
    (folder / "pairs.jsonl").write_text("\n".join(lines[:-1]) + "\n")


def _lose_a_text(folder):
    lines = (folder / "pairs.jsonl").read_text().splitlines()
    (folder / "pairs.jsonl").write_text("\n".join(['{"split": "train"}', *lines[1:]]) + "\n")


def _edit_manifest(**changes):
    def damage(folder):
        table = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(table | changes))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _lose_a_pair,
        _lose_a_text,
        _change_a_line(image=False),
        _change_a_line(image=3),
        _change_a_line(image=False, text=None),
        _change_a_line(split=["train"]),
        _change_a_line(texts=[1]),
        _change_a_line(text=None, texts=["a"]),
        _change_a_line(tags="a"),
        _change_a_line(key=1),
        _edit_manifest(format=1),
        _edit_manifest(pairs="many"),
        _edit_manifest(nll=1),
        _edit_manifest(channels=2),
        _edit_manifest(pairs=10**400),
        _edit_manifest(image_height=0),
        _edit_manifest(image_width=10**6),
        _edit_manifest(train_items=24),
        _edit_manifest(checksums={"images": ["a"], "records": [1]}),
    ],
)
def test_that_a_damaged_old_dataset_is_refused_with_a_reason(tmp_path, damage):
    folder = old_tiny_dataset(tmp_path / "old")
    damage(folder)
    with pytest.raises(DatasetCorruptError) as caught:
        open_dataset(folder)
    assert caught.value.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9" * 400, "a number has 400 digits"),
        ("[" * 90 + "]" * 90, "levels deep"),
        ("[" * 50_000 + "]" * 50_000, "levels deep"),
        ('"\\ud800"', "half a character"),
        ('"' + "x" * MAX_ITEM_BYTES + '"', "is larger|is too long"),
    ],
)
def test_that_a_hostile_line_is_refused(tmp_path, text, reason):
    folder = old_tiny_dataset(tmp_path / "old")
    lines = (folder / "pairs.jsonl").read_text()
    (folder / "pairs.jsonl").write_text(lines.replace('"dark"', text, 1))
    with pytest.raises(DatasetCorruptError, match=reason):
        open_dataset(folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes or free links")
def test_that_only_a_regular_file_is_read(tmp_path):
    folder = old_tiny_dataset(tmp_path / "old")
    (folder / "pairs.jsonl").unlink()
    os.mkfifo(folder / "pairs.jsonl")
    with pytest.raises(DatasetCorruptError, match="is a pipe"):
        open_dataset(folder)
