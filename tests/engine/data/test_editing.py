"""Edits, search and replace, and new versions."""

import hashlib
import json
import os
import time

import numpy as np
import pytest

from engine.control import RunControl
from engine.data import replacing, versions
from engine.data.editing import EditKind, Edits
from engine.data.manifest import read_manifest
from engine.data.replacing import Search, find_changes
from engine.data.store import open_dataset, write_dataset
from engine.data.versions import next_version_folder, save_version
from engine.errors import (
    DatasetCorruptError,
    EditRefusedError,
    FolderInUseError,
    PatternInvalidError,
    StoppedError,
)

RECORDS = [
    {"text": "a red cat", "texts": ["a red cat", "Cat!"], "split": "train", "key": "1.png"},
    {"text": "a dog", "split": "train", "tags": ["pet"]},
    {"text": None, "split": "train"},
    {"text": "only words", "image": False, "split": "train"},
    {"text": "concatenate", "split": "held_out"},
]


def mixed(folder, records=RECORDS):
    """Four images whose pixels are 0, 1, 2, 3, and a text alone."""
    images = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    write_dataset(
        folder, name="mixed", title="M", images=images, records=records, licence="", source="a test"
    )
    return open_dataset(folder)


@pytest.fixture
def dataset(tmp_path):
    return mixed(tmp_path / "mixed")


@pytest.fixture
def edits(dataset):
    return Edits(dataset)


def everything(edits):
    return [edits.state(item) for item in range(len(RECORDS))]


def test_that_captions_are_read_from_both_forms(edits):
    captions = [state.captions for state in everything(edits)]
    assert captions == [
        ("a red cat", "Cat!"), ("a dog",), (), ("only words",), ("concatenate",),
    ]  # fmt: skip
    assert edits.state(1).tags == ("pet",)


def test_that_undo_and_redo_go_through_every_kind_of_edit(edits):
    seen = [everything(edits)]
    for make in (
        lambda: edits.set_captions(0, ["one", " ", "two ", "one"]),
        lambda: edits.set_tags(1, ["x", "y"]),
        lambda: edits.add_tags([0, 1], ["y", "z"]),
        lambda: edits.set_excluded([0, 4], is_excluded=True),
        lambda: edits.set_split([1, 2], "held_out"),
        lambda: edits.set_all_captions({1: ("new",)}),
    ):
        assert make() is not None
        seen.append(everything(edits))
    assert edits.state(0).captions == ("one", "two")
    assert (edits.state(1).tags, edits.state(0).tags) == (("x", "y", "z"), ("y", "z"))
    for state in reversed(seen[:-1]):
        assert edits.undo() is not None
        assert everything(edits) == state
    assert edits.undo() is None
    assert (edits.change_count, edits.can_redo) == (0, True)
    for state in seen[1:]:
        edits.redo()
        assert everything(edits) == state
    assert edits.redo() is None


def test_that_a_new_edit_forgets_what_was_undone(edits):
    edits.set_captions(1, ["one"])
    edits.undo()
    edits.set_captions(1, ["two"])
    assert not edits.can_redo


def test_that_an_edit_that_changes_nothing_is_no_step(edits):
    assert edits.set_captions(1, ["a dog", ""]) is None
    assert edits.set_split([4], "held_out") is None
    assert not edits.can_undo


def test_that_going_back_by_hand_counts_as_unchanged(edits):
    edits.set_excluded([0], is_excluded=True)
    edits.set_excluded([0], is_excluded=False)
    assert (edits.change_count, edits.can_undo) == (0, True)


def test_that_a_text_alone_keeps_its_text(edits):
    with pytest.raises(EditRefusedError, match="without an image"):
        edits.set_captions(3, [" "])
    with pytest.raises(EditRefusedError, match="no split"):
        edits.set_split([0], "validation")
    assert edits.change_count == 0


def test_that_a_copy_is_its_own(edits):
    edits.set_captions(1, ["before"])
    copy = edits.copy()
    edits.set_captions(1, ["after"])
    assert copy.state(1).text == "before"


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(find="cat", replacement="cow"), {0: ("a red cow", "cow!"), 4: ("concowenate",)}),
        (Search(find="Cat", replacement="x", matches_case=True), {0: ("a red cat", "x!")}),
        (Search(find="cat", replacement="", is_whole_words=True), {0: ("a red", "!")}),
        (Search(find="(a) (d)", replacement=r"\2\1", is_regex=True), {1: ("daog",)}),
        (Search(find="a dog|.*words", replacement="", is_regex=True), {1: ()}),
        (Search(find="a dog", replacement=r"\1\n"), {1: (r"\1\n",)}),
        (Search(find="!", is_whole_words=True, replacement="."), {0: ("a red cat", "Cat!")}),
        (Search(find=".", replacement="x", matches_case=True), {}),
        (Search(find=""), {}),
    ],
)
def test_that_search_and_replace_shows_what_would_change(edits, search, expected):
    found = find_changes(edits, search, range(5))
    # A sign is no word: "!" after a letter has a word at its side.
    if search.find == "!":
        expected = {}
    assert found.changes == expected
    assert edits.change_count == 0


def test_that_the_preview_counts_captions_and_what_it_leaves_alone(edits):
    edits.set_excluded([1], is_excluded=True)
    found = find_changes(edits, Search(find=".+", replacement="", is_regex=True), range(5))
    assert set(found.changes) == {0, 4}
    assert (found.captions, found.refused) == (3, 1)
    edits.set_all_captions(found.changes)
    assert edits.state(0).captions == ()
    assert edits.undo().kind is EditKind.REPLACED


@pytest.mark.parametrize(
    "search",
    [
        Search(find="(", is_regex=True),
        Search(find="a)(b", is_regex=True, is_whole_words=True),
        Search(find="a", replacement=r"\1", is_regex=True),
        Search(find="a", replacement=r"\g<x>", is_regex=True),
        Search(find="a{99999999999}", is_regex=True),
    ],
)
def test_that_a_wrong_pattern_is_refused_with_its_reason(edits, search):
    with pytest.raises(PatternInvalidError) as caught:
        find_changes(edits, search, range(5))
    assert caught.value.pattern == search.find
    assert caught.value.reason


def test_that_a_pattern_that_runs_wild_is_given_up(edits):
    edits.set_captions(1, ["a" * 60 + "!"])
    began = time.monotonic()
    with pytest.raises(PatternInvalidError, match="too long"):
        find_changes(edits, Search(find="(a+)+$", is_regex=True), range(5), longest_wait_s=0.3)
    assert time.monotonic() - began < 5


def test_that_a_search_can_be_stopped(edits):
    edits.set_captions(1, ["a" * 60 + "!"])
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        find_changes(edits, Search(find="(a+)+$", is_regex=True), range(5), control=control)


def test_that_texts_do_not_grow_without_end(edits, monkeypatch):
    monkeypatch.setattr(replacing, "LONGEST_TEXT", 20)
    for is_regex in (False, True):
        search = Search(find="a", replacement="b" * 30, is_regex=is_regex)
        with pytest.raises(PatternInvalidError, match="grow"):
            find_changes(edits, search, range(5))


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
    assert (manifest.train_items, manifest.held_out_items) == (2, 2)


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
    for name in ("images.npy", "pairs.jsonl"):
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

    monkeypatch.setattr("engine.data.dataset_writer.atomic_write", fail)
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
