"""items.arrow, intact and hostile."""

import contextlib
import mmap

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest

from engine.data import item_file
from engine.data.checksums import content_version
from engine.data.item_encoding import schema_of
from engine.data.store import open_dataset
from engine.errors import DatasetCorruptError
from tests.helpers.columns import RECORDS, four_columns


@pytest.fixture
def folder(tmp_path):
    return four_columns(tmp_path / "four").folder


def rows_of(folder):
    with pa.ipc.open_file((folder / "items.arrow").read_bytes()) as reader:
        return reader.read_all().to_pylist()


def rewrite(folder, batches, schema=None, **options):
    """Replace items.arrow, and make its size fit the manifest."""
    sink = pa.BufferOutputStream()
    choices = pa.ipc.IpcWriteOptions(**options)
    with pa.ipc.new_file(sink, schema or batches[0].schema, options=choices) as writer:
        for batch in batches:
            writer.write_batch(batch)
    (folder / "items.arrow").write_bytes(sink.getvalue())


def batch_of(folder, schema=None, **changes):
    """Return the items as one batch, the first with other values."""
    schema = schema or schema_of(open_dataset(folder).manifest.columns)
    rows = rows_of(folder)
    rows[0] |= changes
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def refused(folder):
    with pytest.raises(DatasetCorruptError) as caught:
        open_dataset(folder)
    return caught.value.reason


def test_that_other_programs_read_the_items(folder):
    table = pa.ipc.open_file(str(folder / "items.arrow")).read_all()
    assert table.column("text").to_pylist() == [["one"], ["two", "deux"], [], [], ["five"]]
    assert table.column("speech_row").to_pylist() == [1, 1, 0, -1, -1]


def test_that_the_version_does_not_depend_on_batches_or_who_wrote_them(folder):
    dataset = open_dataset(folder)
    batch = batch_of(folder)
    rewrite(folder, [batch.slice(0, 2), batch.slice(2)])
    again = open_dataset(folder)
    assert content_version(folder, again.manifest) == dataset.manifest.version
    assert [dict(record) for record in again.records] == RECORDS
    rewrite(folder, [batch_of(folder, text=["One"])])
    assert content_version(folder, again.manifest) != dataset.manifest.version


def test_that_many_items_are_written_in_batches(tmp_path, monkeypatch):
    whole = four_columns(tmp_path / "whole").manifest.version
    monkeypatch.setattr(item_file, "BATCH_ITEMS", 2)
    dataset = four_columns(tmp_path / "pieces")
    assert len(dataset.text("text").chunks.arrays) == 3
    assert dataset.manifest.version == whole
    assert content_version(dataset.folder, dataset.manifest) == whole


@pytest.mark.parametrize(
    "changes",
    [
        {"split": 2},
        {"image_row": 3},
        {"speech_row": -2},
        {"text": []},
        {"text": [None]},
        {"facts": None},
        {"facts": {"size": float("inf"), "colour": None}},
    ],
)
def test_that_values_that_cannot_be_are_refused(folder, changes):
    rewrite(folder, [batch_of(folder, **changes)])
    assert refused(folder)


def test_that_too_many_or_too_few_items_are_refused(folder):
    batch = batch_of(folder)
    rewrite(folder, [batch, batch])
    assert "10 items, not 5" in refused(folder)
    rewrite(folder, [batch.slice(1)])
    assert "4 items, not 5" in refused(folder)


def test_that_other_columns_are_refused(folder):
    batch = batch_of(folder)
    rewrite(folder, [batch.drop_columns(["text"])])
    assert "not those of the manifest" in refused(folder)
    rewrite(folder, [batch.append_column("more", batch.column("key"))])
    assert "not those of the manifest" in refused(folder)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_that_compressed_items_are_refused_before_they_expand(folder, codec):
    batch = batch_of(folder)
    rewrite(folder, [batch], compression=codec)
    assert "compressed" in refused(folder)


def test_that_dictionaries_are_refused(folder):
    batch = batch_of(folder)
    coded = batch.set_column(1, "key", batch.column("key").dictionary_encode())
    rewrite(folder, [coded])
    assert "not those of the manifest" in refused(folder)


def test_that_offsets_out_of_range_are_refused(folder):
    content = (folder / "items.arrow").read_bytes()
    good, bad = (np.array([0, 1, 3, 3, 3, end], np.int32).tobytes() for end in (4, 1_000_000))
    assert content.count(good) == 1
    (folder / "items.arrow").write_bytes(content.replace(good, bad))
    assert "damaged" in refused(folder)


def test_that_texts_that_are_not_utf8_are_refused(folder):
    content = (folder / "items.arrow").read_bytes()
    assert content.count(b"onetwodeuxfive") == 1
    (folder / "items.arrow").write_bytes(content.replace(b"onetwodeux", b"onetw\xffdeux"))
    assert "damaged" in refused(folder)


@pytest.mark.parametrize("seed", range(40))
def test_that_damaged_bytes_are_refused_or_taken(folder, seed):
    random = np.random.default_rng(seed)
    content = bytearray((folder / "items.arrow").read_bytes())
    for place in random.integers(0, len(content), 3).tolist():
        content[place] = int(random.integers(256))
    if seed % 4 == 0:
        del content[int(random.integers(len(content))) :]
    (folder / "items.arrow").write_bytes(content)
    with contextlib.suppress(DatasetCorruptError):
        assert len(list(open_dataset(folder).records)) == 5


def test_that_the_items_stay_in_the_file(folder, monkeypatch):
    maps = []

    class Map(mmap.mmap):
        def __init__(self, *_arguments, **_options):
            maps.append(self)

    monkeypatch.setattr(mmap, "mmap", Map)
    dataset = open_dataset(folder)
    base = pa.py_buffer(maps[0])
    for array in dataset.text("text").chunks.arrays:
        content = array.values.buffers()[2]
        assert base.address <= content.address < base.address + base.size
