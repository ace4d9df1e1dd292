import json

import numpy as np
import pytest

from engine.data.manifest import read_manifest
from engine.data.store import open_dataset, write_dataset
from engine.errors import DatasetCorruptError, DatasetMissingError, FolderInUseError
from tests.helpers.tiny import WORDS, tiny_dataset


def test_that_a_dataset_reads_as_it_was_written(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "tiny"))
    assert dataset.manifest.pairs == 24
    assert dataset.manifest.train_pairs == 18
    assert dataset.manifest.words == 3 + len(WORDS)
    assert dataset.manifest.text_length == 2
    assert dataset.texts[:3] == list(WORDS)
    assert dataset.images.shape == (24, 32, 32, 1)
    assert dataset.images[1].mean() > dataset.images[0].mean()


def test_that_the_splits_part_the_rows(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "tiny"))
    train, held_out = dataset.rows("train"), dataset.rows("held_out")
    assert sorted([*train, *held_out]) == list(range(24))
    assert held_out.tolist() == list(range(3, 24, 4))


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

    monkeypatch.setattr(np, "save", fail)
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


def _lose_a_pair(folder):
    lines = (folder / "pairs.jsonl").read_text().splitlines()
    (folder / "pairs.jsonl").write_text("\n".join(lines[:-1]) + "\n")


def _lose_a_text(folder):
    lines = (folder / "pairs.jsonl").read_text().splitlines()
    (folder / "pairs.jsonl").write_text("\n".join(['{"split": "train"}', *lines[1:]]) + "\n")


def _other_words(folder):
    (folder / "vocabulary.json").write_text('["just", "two"]')


def _edit_manifest(**changes):
    def damage(folder):
        table = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(table | changes))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _pickle,
        _lose_a_pair,
        _lose_a_text,
        _other_words,
        _edit_manifest(format=99),
        _edit_manifest(pairs="many"),
        _edit_manifest(surprise=1),
        _edit_manifest(channels=2),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "vocabulary.json").unlink(),
    ],
)
def test_that_a_damaged_dataset_is_refused_with_a_reason(tmp_path, damage):
    folder = tiny_dataset(tmp_path / "tiny")
    damage(folder)
    with pytest.raises(DatasetCorruptError) as caught:
        open_dataset(folder)
    assert caught.value.reason


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
