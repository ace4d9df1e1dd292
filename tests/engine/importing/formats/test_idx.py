import gzip
import struct

import numpy as np
import pytest
from hypothesis import given

from engine.errors import ConfigError, EntryError
from engine.importing.formats.format import ImageRef, ImportSpec
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated
from tests.helpers.sources import MemoryArchive, best, fuzzed, scanned, survives

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (20, 5, 4), dtype=np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 10


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes()


MNIST = {
    "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES)),
    "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS)),
    "t10k-images.idx3-ubyte": idx(IMAGES[:3]),
    "t10k-labels.idx1-ubyte": idx(LABELS[:3]),
    "readme.txt": b"MNIST",
}


def test_that_images_take_their_labels_from_the_file_of_their_name():
    found = scanned(MNIST, "idx")
    assert len(found.items) == 23
    third = found.item("train-images-idx3-ubyte.gz#3")
    assert third.texts == ("2",)
    assert third.extras == {"label": "2", "split": "train"}
    assert found.item("t10k-images.idx3-ubyte#1").extras == {"label": "0", "split": "test"}
    assert found.skipped_files == {"readme.txt": Reason.NOT_USED}
    for name in ("train-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte"):
        for number in (3, 1, 2):
            assert np.array_equal(found.load(f"{name}#{number}"), IMAGES[number - 1])


def test_that_labels_have_words():
    found = scanned(MNIST, "idx", ImportSpec(format="idx", words=(("2", "two"),)))
    assert found.item("t10k-images.idx3-ubyte#3").texts == ("two",)
    assert found.item("t10k-images.idx3-ubyte#3").extras["label"] == "2"


def test_that_one_file_can_be_picked_and_colour_images_have_no_label():
    colour = RANDOM.integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
    files = {"shots.bin": idx(colour), "other.txt": b"x"}
    found = scanned(files, "idx", selected_entry="shots.bin")
    assert found.texts == {"shots.bin#1": (), "shots.bin#2": ()}
    assert np.array_equal(found.load("shots.bin#2"), colour[1])
    picked = scanned(MNIST, "idx", selected_entry="t10k-images.idx3-ubyte")
    assert len(picked.items) == 3
    assert picked.items[2].texts == ("2",)


def test_that_a_packed_file_is_read_once_in_order_and_again_for_going_back(monkeypatch):
    monkeypatch.setattr("engine.importing.formats.idx._BLOCK", 64)
    monkeypatch.setattr("engine.importing.formats.idx._MAX_BLOCKS", 2)
    found = scanned(MNIST, "idx")
    keys = [item.key for item in found.items if "train" in item.key]
    order = [*range(20), 3, 19, 0]
    for number in order:
        assert np.array_equal(found.load(keys[number]), IMAGES[number])


def test_that_headers_that_claim_too_much_are_found_out():
    claims = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 5, 4) + IMAGES[:2].tobytes()
    huge = bytes([0, 0, 8, 3]) + struct.pack(">3I", 1, 2**31, 2**31)
    files = {
        "a-images-idx3-ubyte": claims,
        "b-images-idx3-ubyte": huge,
        "c-images-idx3-ubyte": b"\0\0\x0d\x03" + bytes(12),
        "d-images-idx3-ubyte": b"hello",
        "e-images-idx3-ubyte.gz": b"\x1f\x8bnonsense",
        "f-images-idx3-ubyte": idx(np.zeros((5, 0, 4), np.uint8)),
    }
    found = scanned(files, "idx")
    assert list(found.texts) == ["a-images-idx3-ubyte#1", "a-images-idx3-ubyte#2"]
    assert found.skipped_items["a-images-idx3-ubyte#3"] == Reason.TRUNCATED
    assert found.skipped_files == {
        "b-images-idx3-ubyte": Reason.TOO_LARGE,
        "c-images-idx3-ubyte": Reason.UNSUPPORTED,
        "d-images-idx3-ubyte": Reason.NOT_USED,
        "e-images-idx3-ubyte.gz": Reason.DAMAGED,
    }


def test_that_an_image_that_is_not_there_is_told():
    whole = gzip.compress(idx(IMAGES))
    archive = MemoryArchive({"a": idx(IMAGES), "b": whole[: len(whole) // 2]})
    for path, part in (("a", 20), ("a", -1), ("b", 19), ("none", 0)):
        with pytest.raises(EntryError):
            FORMATS["idx"].load(archive, ImageRef(path=path, part=part))
    with pytest.raises(ConfigError):
        scanned(MNIST, "idx", ImportSpec(format="idx", table="readme.txt"))


def test_that_it_is_the_likeliest_for_its_files():
    assert best(MNIST) == "idx"


@fuzzed
@given(mutated(MNIST))
def test_that_damaged_files_are_survived(files):
    survives(files, "idx", ImportSpec(format="idx"))
