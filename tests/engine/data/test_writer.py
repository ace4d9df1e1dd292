import hashlib
import json
from typing import Any

import numpy as np
import pytest

from engine.data.column_info import image_column, text_column
from engine.data.store import open_dataset, write_dataset
from engine.data.writer import DatasetWriter
from engine.errors import DiskFullError, FolderInUseError, FolderNotWritableError
from tests.helpers.columns import four_column_dataset
from tests.helpers.disks import fill_disk
from tests.helpers.run_folders import content_of

RECORDS = [
    {"text": "one", "split": "train"},
    {"text": None, "split": "train"},
    {"text": "alone", "image": False, "split": "held_out"},
]
ABOUT: dict[str, Any] = {"name": "some", "title": "Some", "licence": "", "source": ""}


def some_images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)


def write(folder, images, staged=None):
    columns = (image_column(images.shape), text_column())
    with DatasetWriter(folder, columns, staged=staged) as writer:
        for row in range(len(images)):
            writer.add_values("image", images[row : row + 1])
        for record in RECORDS:
            writer.add_record(record)
        manifest = writer.manifest(**ABOUT)
        writer.publish(manifest)
    return manifest


def test_that_pieces_give_the_same_files_as_all_at_once(tmp_path):
    images = some_images()
    write(tmp_path / "pieces", images)
    write_dataset(tmp_path / "whole", images=images, records=RECORDS, **ABOUT)
    for name in ("images.npy", "items.arrow", "manifest.json"):
        pieces, whole = (tmp_path / folder / name for folder in ("pieces", "whole"))
        assert pieces.read_bytes() == whole.read_bytes()
    np.save(tmp_path / "numpy.npy", images)
    assert (tmp_path / "pieces" / "images.npy").read_bytes() == (
        tmp_path / "numpy.npy"
    ).read_bytes()


def digest(*parts):
    return hashlib.sha256(b"".join(np.asarray(part).tobytes() for part in parts)).hexdigest()


def test_that_the_version_is_the_hash_of_columns_values_and_items(tmp_path):
    images = some_images()
    head = {"kind": "image", "shape": [2, 8, 8, 3], "dtype": "uint8", "rate": 0, "fields": []}
    columns = [
        {"name": "image", **head},
        {"name": "text", "kind": "text", "shape": [], "dtype": "", "rate": 0, "fields": []},
    ]
    nothing, i32, u8 = digest(), np.int32, np.uint8
    three, zeros = np.zeros(3, bool), np.zeros(3, i32)
    parts = {
        "image, values": digest(images),
        "image_row": digest(np.array([0, 1, -1], i32)),
        "split": digest(np.array([0, 0, 1], u8)),
        "tags, counts": digest(zeros),
        "tags, item, lengths": nothing,
        "text, counts": digest(np.array([1, 0, 1], i32)),
        "text, item, lengths": digest(np.array([3, 5], i32)),
        "text, item, texts": digest(np.frombuffer(b"onealone", u8)),
    }
    for name in ("key", "label", "group", "extra"):
        parts |= {f"{name}, there": digest(three), f"{name}, lengths": digest(zeros)}
    found = write(tmp_path / "some", images).version
    texts = [f"{name}, texts" for name in ("key", "label", "group", "extra", "tags, item")]
    parts |= dict.fromkeys(texts, nothing)
    content = json.dumps([columns, dict(sorted(parts.items()))])
    assert found == hashlib.sha256(content.encode()).hexdigest()[:16]


def test_that_images_may_lie_in_a_memory_map(tmp_path):
    images = some_images()
    (tmp_path / "rows").write_bytes(images.tobytes())
    mapped = np.memmap(tmp_path / "rows", np.uint8, "r", shape=images.shape)
    version = write_dataset(tmp_path / "mapped", images=mapped, records=RECORDS, **ABOUT).version
    assert version == write(tmp_path / "plain", images).version
    assert np.array_equal(open_dataset(tmp_path / "mapped").images, images)


def test_that_what_is_not_published_is_removed(tmp_path):
    images = some_images()
    with DatasetWriter(tmp_path / "some", [image_column(images.shape)]) as writer:
        writer.add_values("image", images)
        assert writer.staged.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_that_too_few_images_are_noticed(tmp_path):
    with DatasetWriter(tmp_path / "some", [image_column((2, 8, 8, 3))]) as writer:
        writer.add_values("image", some_images()[:1])
        with pytest.raises(ValueError, match="2 rows of 'image' were expected, not 1"):
            writer.manifest(**ABOUT)


def test_that_a_file_in_the_way_is_left_alone(tmp_path):
    (tmp_path / "some").write_text("mine")
    with pytest.raises(FolderInUseError):
        write(tmp_path / "some", some_images())
    assert (tmp_path / "some").read_text() == "mine"


def test_that_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderNotWritableError):
        write(tmp_path / "file" / "some", some_images())


@pytest.mark.parametrize("room", [0, 200, 2_000])
@pytest.mark.parametrize("name", ["images.npy", "tone.npy", "items.arrow"])
def test_that_a_disk_that_fills_amid_any_file_leaves_no_dataset(tmp_path, monkeypatch, name, room):
    write(tmp_path / "other", some_images())
    before = content_of(tmp_path)
    with monkeypatch.context() as patch:
        fill_disk(patch, name, room)
        with pytest.raises(DiskFullError) as caught:
            four_column_dataset(tmp_path / "four")
    assert caught.value.folder == tmp_path / "four"
    assert content_of(tmp_path) == before
    assert open_dataset(four_column_dataset(tmp_path / "four")).count == 24


def test_that_missing_room_is_found_before_writing(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.fs.atomic.free_bytes", lambda _folder: 1_000)
    with pytest.raises(DiskFullError):
        write(tmp_path / "some", some_images())
    assert list(tmp_path.iterdir()) == []
