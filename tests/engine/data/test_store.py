import json
import os

import numpy as np
import pytest

from engine.data.column_info import MAX_ITEM_BYTES
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset, write_dataset
from engine.errors import (
    DatasetCorruptError,
    DatasetMissingError,
    EditRefusedError,
    FolderInUseError,
)
from tests.helpers.tiny import WORDS, tiny_dataset


def test_that_a_dataset_reads_as_it_was_written(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "tiny"))
    assert dataset.manifest.pairs == 24
    assert (dataset.manifest.train_items, dataset.manifest.validation_items) == (18, 6)
    assert (dataset.manifest.image_only, dataset.manifest.text_only) == (0, 0)
    assert dataset.texts[:3] == list(WORDS)
    assert dataset.images.shape == (24, 32, 32, 1)
    assert dataset.images[1].mean() > dataset.images[0].mean()


def test_that_the_splits_part_the_rows(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "tiny"))
    train, validation = dataset.rows("train"), dataset.rows("held_out")
    assert sorted([*train, *validation]) == list(range(24))
    assert validation.tolist() == list(range(3, 24, 4))


def test_that_the_version_follows_the_content(tmp_path):
    same = [tiny_dataset(tmp_path / name) for name in ("a", "b")]
    other = tiny_dataset(tmp_path / "c", pairs=25)
    versions = [read_manifest(folder).version for folder in (*same, other)]
    assert versions[0] == versions[1] != versions[2]


def test_that_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "mine.txt").write_text("mine")
    with pytest.raises(FolderInUseError):
        tiny_dataset(tmp_path / "tiny")
    assert [path.name for path in tmp_path.rglob("*")] == ["tiny", "mine.txt"]


def test_that_a_failed_build_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.data.writer.os.fsync", fail)
    with pytest.raises(Exception, match="full"):
        tiny_dataset(tmp_path / "tiny")
    assert list(tmp_path.iterdir()) == []


def test_that_a_missing_dataset_is_named(tmp_path):
    with pytest.raises(DatasetMissingError, match="nowhere"):
        open_dataset(tmp_path / "nowhere")


def _truncate(folder):
    content = (folder / "images.npy").read_bytes()
    (folder / "images.npy").write_bytes(content[: len(content) // 2])


def _pickle(folder):
    np.save(folder / "images.npy", np.array([{"evil": 1}], dtype=object), allow_pickle=True)


def _make_a_pipe(name):
    def damage(folder):
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return damage


def _make_a_link(name):
    def damage(folder):
        (folder / name).rename(folder.parent / name)
        (folder / name).symlink_to(folder.parent / name)

    return damage


def _make_huge(name):
    def damage(folder):
        os.truncate(folder / name, 1 << 42)

    return damage


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes or free links")
@pytest.mark.parametrize("name", ["manifest.json", "images.npy", "items.arrow"])
@pytest.mark.parametrize(
    ("hurt", "reason"),
    [(_make_a_pipe, "is a pipe"), (_make_a_link, "is a symbolic link"), (_make_huge, "is larger")],
)
def test_that_only_regular_files_of_a_possible_size_are_read(tmp_path, name, hurt, reason):
    folder = tiny_dataset(tmp_path / "tiny")
    hurt(name)(folder)
    with pytest.raises(DatasetCorruptError, match=reason):
        open_dataset(folder)


def test_that_a_record_that_could_not_be_read_is_not_written(tmp_path):
    images = np.zeros((1, 8, 8, 1), np.uint8)
    records = [{"text": "x" * (MAX_ITEM_BYTES + 1), "split": "train"}]
    with pytest.raises(EditRefusedError, match="item 1 have more than 8 MB"):
        write_dataset(
            tmp_path / "d",
            name="",
            title="",
            images=images,
            records=records,
            licence="",
            source="",
        )
    assert list(tmp_path.iterdir()) == []


def _edit_manifest(**changes):
    def damage(folder):
        table = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(table | changes))

    return damage


def _edit_column(number, **changes):
    def damage(folder):
        table = json.loads((folder / "manifest.json").read_text())
        table["columns"][number] |= changes
        (folder / "manifest.json").write_text(json.dumps(table))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _pickle,
        _edit_manifest(format=99),
        _edit_manifest(train_items="many"),
        _edit_manifest(train_items=17),
        _edit_manifest(train_items=10**400),
        _edit_manifest(nll=1),
        _edit_manifest(columns=[]),
        _edit_manifest(combinations=[{"columns": ["image"], "items": 24}]),
        _edit_manifest(combinations=[{"columns": ["text", "image"], "items": 24}]),
        _edit_manifest(combinations=[{"columns": [], "items": 24}]),
        _edit_manifest(checksums={"images.npy": ["a"], "items.arrow": [1]}),
        _edit_manifest(checksums={"images.npy": []}),
        _edit_manifest(checksums=None),
        _edit_column(0, name="photo"),
        _edit_column(0, name="../image"),
        _edit_column(0, kind="audio"),
        _edit_column(0, dtype="object"),
        _edit_column(0, dtype="float32"),
        _edit_column(0, shape=[24, 32, 32, 2]),
        _edit_column(0, shape=[24, 32, 32]),
        _edit_column(0, shape=[24, 0, 32, 1]),
        _edit_column(0, shape=[24, 10**6, 32, 1]),
        _edit_column(0, shape=[23, 32, 32, 1]),
        _edit_column(0, count=23),
        _edit_column(1, name="image"),
        _edit_column(1, kind="table"),
        _edit_column(1, kind="table", fields=[{"name": "a", "kind": "numeric"}]),
        _edit_column(1, name="split"),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "images.npy").unlink(),
        lambda folder: (folder / "items.arrow").unlink(),
        lambda folder: (folder / "items.arrow").write_bytes(b""),
    ],
)
def test_that_a_damaged_dataset_is_refused_with_a_reason(tmp_path, damage):
    folder = tiny_dataset(tmp_path / "tiny")
    damage(folder)
    with pytest.raises(DatasetCorruptError) as caught:
        open_dataset(folder)
    assert caught.value.reason


@pytest.mark.parametrize(("number", "age"), [(1, "an older"), (99, "a newer")])
def test_that_a_dataset_of_another_version_says_so(tmp_path, number, age):
    folder = tiny_dataset(tmp_path / "tiny")
    _edit_manifest(format=number)(folder)
    with pytest.raises(DatasetCorruptError, match=f"it was saved by {age} version of Diptych"):
        open_dataset(folder)


def test_that_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "tiny").mkdir()
    assert read_manifest(tiny_dataset(tmp_path / "tiny")).name == "tiny"


def test_that_rgb_images_are_kept(tmp_path):
    images = np.arange(2 * 8 * 8 * 3, dtype=np.uint8).reshape(2, 8, 8, 3)
    records = [{"text": "a", "split": "train"}, {"text": "b", "split": "train"}]
    folder = tmp_path / "rgb"
    write_dataset(
        folder, name="rgb", title="", images=images, records=records, licence="", source=""
    )
    assert np.array_equal(open_dataset(folder).images, images)


def half_pairs(folder):
    """Five items: two pairs, two images alone, a text alone; the last pair is for validation."""
    images = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    records = [
        {"text": None, "split": "train"},
        {"text": "one", "split": "train"},
        {"text": "words", "image": False, "split": "train"},
        {"text": None, "split": "train"},
        {"text": "three", "split": "held_out"},
    ]
    write_dataset(
        folder, name="half", title="", images=images, records=records, licence="", source=""
    )
    return open_dataset(folder)


def test_that_halves_of_pairs_are_kept_as_such(tmp_path):
    dataset = half_pairs(tmp_path / "half")
    manifest = dataset.manifest
    assert (manifest.pairs, manifest.image_only, manifest.text_only) == (2, 2, 1)
    assert (manifest.items, manifest.train_items, manifest.validation_items) == (5, 4, 1)
    assert dataset.images.shape[0] == 4
    assert dataset.image_rows.tolist() == [0, 1, -1, 2, 3]
    assert dataset.has_text.tolist() == [False, True, True, False, True]
    assert dataset.texts == ["", "one", "words", "", "three"]
    assert dataset.rows("train").tolist() == [0, 1, 2, 3]
    assert dataset.complete_rows("train").tolist() == [1]
    assert dataset.images_of(np.array([4, 0]))[:, 0, 0, 0].tolist() == [3, 0]


def test_that_no_image_is_filled_in_for_a_text_alone(tmp_path):
    folder = tmp_path / "half"
    half_pairs(folder)
    assert np.load(folder / "images.npy").shape == (4, 8, 8, 1)


def test_that_texts_and_names_with_odd_line_ends_are_kept(tmp_path):
    text = "one\u2028two\x85three"
    write_dataset(
        tmp_path / "odd",
        name="odd",
        title="",
        images=np.zeros((1, 8, 8, 1), np.uint8),
        records=[{"text": text, "split": "train", "key": text}],
        licence="",
        source="",
    )
    assert open_dataset(tmp_path / "odd").records[0]["key"] == text
