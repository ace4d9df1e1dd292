import os

import numpy as np
import pytest

from engine.data.checksums import BlockDigest, content_version, find_damage
from engine.data.editing import Edits
from engine.data.manifest import BLOCK_BYTES, read_manifest
from engine.data.store import open_dataset, write_dataset
from engine.data.versions import save_version
from engine.errors import DatasetCorruptError
from tests.helpers.old_datasets import old_tiny_dataset
from tests.helpers.tiny import tiny_dataset


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)


def large_dataset(folder):
    """Write two and a half mebibytes of pixels: 640 images of 4,096 bytes."""
    images = np.random.default_rng(0).integers(0, 256, (640, 64, 64, 1), dtype=np.uint8)
    records = [{"text": str(row), "split": "train"} for row in range(640)]
    write_dataset(folder, name="l", title="", images=images, records=records, licence="", source="")
    return folder


@pytest.mark.parametrize("sizes", [[0], [3], [BLOCK_BYTES], [BLOCK_BYTES - 1, 2], [2_500_000]])
def test_that_checksums_do_not_depend_on_the_pieces(sizes):
    content = os.urandom(sum(sizes))
    whole, pieces = BlockDigest(), BlockDigest()
    whole.update(content)
    start = 0
    for size in sizes:
        pieces.update(content[start : start + size])
        start += size
    found = whole.checksums()
    assert found == pieces.checksums()
    assert len(found) == -(-len(content) // BLOCK_BYTES)


def test_that_a_new_dataset_is_intact(tmp_path):
    folder = large_dataset(tmp_path / "large")
    manifest = read_manifest(folder)
    assert manifest.checksums is not None
    assert len(manifest.checksums["images.npy"]) == 3
    assert find_damage(folder, manifest) == ()
    assert content_version(folder, manifest) == manifest.version


def test_that_changed_images_and_records_are_named(tmp_path):
    folder = large_dataset(tmp_path / "large")
    manifest = read_manifest(folder)
    flip(folder / "images.npy", 128 + 300 * 4096)
    assert find_damage(folder, manifest) == ("images 256 to 511 in images.npy",)
    flip(folder / "images.npy", 128 + 600 * 4096)
    place = (folder / "items.arrow").read_bytes().index(b"101112131415")
    flip(folder / "items.arrow", place)
    assert find_damage(folder, manifest) == (
        "images 256 to 639 in images.npy",
        "bytes 0 to 1,048,575 of items.arrow",
    )
    assert content_version(folder, manifest) != manifest.version


def test_that_a_dataset_without_checksums_is_compared_with_its_version(tmp_path):
    folder = old_tiny_dataset(tmp_path / "tiny", format_number=3)
    manifest = open_dataset(folder).manifest
    assert manifest.checksums is None
    assert find_damage(folder, manifest) == ()
    flip(folder / "images.npy", 1000)
    assert find_damage(folder, manifest) == ("its content is not that of its version",)


def test_that_a_file_that_is_gone_is_named(tmp_path):
    folder = tiny_dataset(tmp_path / "tiny")
    manifest = read_manifest(folder)
    (folder / "items.arrow").unlink()
    with pytest.raises(DatasetCorruptError, match="No such file"):
        find_damage(folder, manifest)


def test_that_a_new_version_is_intact_and_keeps_old_damage_visible(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "tiny"))
    edits = Edits(dataset)
    edits.set_captions(0, ["changed"])
    manifest = save_version(dataset, edits, tmp_path / "tiny-2")
    assert find_damage(tmp_path / "tiny-2", manifest) == ()
    edits.set_excluded([1], is_excluded=True)
    manifest = save_version(dataset, edits, tmp_path / "tiny-3")
    assert find_damage(tmp_path / "tiny-3", manifest) == ()
    flip(dataset.folder / "images.npy", 5000)
    damaged = open_dataset(dataset.folder)
    manifest = save_version(damaged, Edits(damaged), tmp_path / "tiny-4")
    assert find_damage(tmp_path / "tiny-4", manifest) == ("images 0 to 23 in images.npy",)
