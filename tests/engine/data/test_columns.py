"""Columns of a dataset: arrays, texts and tables."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.data.column_info import (
    ColumnInfo,
    audio_column,
    check_columns,
    image_column,
    table_column,
    text_column,
)
from engine.data.columns import Chunks
from engine.data.store import open_dataset, training_texts, write_dataset
from engine.errors import DatasetCorruptError
from tests.helpers.columns import FIELDS, RECORDS, four_columns


def test_that_records_read_as_they_were_written(tmp_path):
    dataset = four_columns(tmp_path / "four")
    assert [dict(record) for record in dataset.records] == RECORDS
    assert [dict(dataset.records[item]) for item in (4, 0, 3, 1, 2)] == [
        RECORDS[item] for item in (4, 0, 3, 1, 2)
    ]
    assert dataset.records[1:3] == RECORDS[1:3]
    assert dataset.records[-1] == RECORDS[-1]
    with pytest.raises(IndexError):
        _ = dataset.records[5]


def test_that_the_manifest_counts_what_items_have(tmp_path):
    manifest = four_columns(tmp_path / "four").manifest
    assert [(column.name, column.count) for column in manifest.columns] == [
        ("image", 3), ("text", 3), ("speech", 3), ("facts", 3),
    ]  # fmt: skip
    found = {each.columns: each.items for each in manifest.combinations}
    assert found == {
        ("image", "text", "speech", "facts"): 1,
        ("text", "speech"): 1,
        ("image", "speech", "facts"): 1,
        ("facts",): 1,
        ("image", "text"): 1,
    }
    assert (manifest.items, manifest.pairs, manifest.image_only, manifest.text_only) == (5, 2, 1, 1)
    assert (tmp_path / "four" / "speech.npy").is_file()


def test_that_items_may_share_a_row_and_lack_one(tmp_path):
    speech = four_columns(tmp_path / "four").array("speech")
    assert speech.rows.tolist() == [1, 1, 0, -1, -1]
    assert speech.present.tolist() == [True, True, True, False, False]
    assert speech.of(np.array([2, 0, 1]))[:, 0].tolist() == [100, 101, 101]
    with pytest.raises(IndexError, match="speech"):
        speech.of(np.array([0, 3]))


def test_that_all_captions_are_read(tmp_path):
    dataset = four_columns(tmp_path / "four")
    text = dataset.text("text")
    texts, counts = text.of(np.array([4, 1, 2, 1]))
    assert texts == ["five", "two", "deux", "two", "deux"]
    assert counts.tolist() == [1, 2, 0, 2]
    assert text.by_item() == [("one",), ("two", "deux"), (), (), ("five",)]
    assert text.first() == ["one", "two", "", "", "five"]
    assert text.captions(1) == ("two", "deux")
    assert training_texts(dataset).strings() == ["one", "two", "deux", "five"]


def test_that_cells_may_be_missing(tmp_path):
    facts = four_columns(tmp_path / "four").table("facts")
    assert facts.present.tolist() == [True, False, True, True, False]
    cells = facts.of()
    np.testing.assert_array_equal(cells["size"], [1.5, np.nan, -2.0, np.nan, np.nan])
    assert cells["colour"] == ["red", None, None, None, None]
    np.testing.assert_array_equal(facts.numbers("size", np.array([2, 1, 0])), [-2.0, np.nan, 1.5])
    assert facts.cells(0) == {"size": 1.5, "colour": "red"}
    assert facts.cells(1) == facts.cells(3) == {}


def test_that_rows_with_all_named_columns_are_found(tmp_path):
    dataset = four_columns(tmp_path / "four")
    assert dataset.complete_rows("train").tolist() == [0, 4]
    assert dataset.complete_rows("train", ["text", "speech"]).tolist() == [0, 1]
    assert dataset.complete_rows("held_out", ["facts"]).tolist() == [2]
    assert dataset.complete_rows("train", []).tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize("sizes", [[7], [3, 4], [1, 0, 5, 1]])
@pytest.mark.parametrize("items", [[], [0, 1, 6], [6, 0, 0, 3], list(range(7))])
def test_that_chunks_are_taken_in_any_order(sizes, items):
    values = [[str(n)] * (n % 3) for n in range(7)]
    ends = np.cumsum(sizes)
    chunks = Chunks(
        [
            pa.array(values[end - size : end], pa.list_(pa.utf8()))
            for size, end in zip(sizes, ends, strict=True)
        ]
    )
    found = [row for part in chunks.take(np.array(items, np.int64)) for row in part.to_pylist()]
    assert found == [values[item] for item in items]
    assert [chunks[item] for item in items] == found
    sliced = [row for part in chunks.slices(2, 6) for row in part.to_pylist()]
    assert sliced == values[2:6]


@pytest.mark.parametrize("item", [-1, 7])
def test_that_an_item_that_is_not_there_is_refused(item):
    chunks = Chunks([pa.array([0, 1, 2]), pa.array([3, 4, 5, 6])])
    with pytest.raises(IndexError):
        chunks.take(np.array([item]))
    with pytest.raises(IndexError):
        _ = chunks[item]


@pytest.mark.parametrize(
    ("columns", "records"),
    [
        ([text_column("word")], [{"text": "a", "split": "train"}]),
        ([table_column(FIELDS)], [{"table": {"size": 1.0}, "split": "train"}]),
        (
            [text_column("de"), text_column("en")],
            [{"de": "Haus", "en": ["house", "home"], "split": "train"}],
        ),
    ],
)
def test_that_a_dataset_without_pictures_opens(tmp_path, columns, records):
    about: dict[str, Any] = {"name": "n", "title": "", "licence": "", "source": ""}
    write_dataset(tmp_path / "d", records=records, columns=columns, **about)
    dataset = open_dataset(tmp_path / "d")
    assert dataset.images.shape == (0, 1, 1, 1)
    assert dataset.image_rows.tolist() == [-1]
    assert dataset.complete_rows("train").tolist() == []
    assert dataset.texts == [records[0].get("text", records[0].get("de", ""))]
    assert dataset.records[0]["image"] is False
    assert (dataset.manifest.image_shape, dataset.manifest.channels) == ((1, 1), 1)
    assert [column.name for column in dataset.manifest.columns] == [c.name for c in columns]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"speech": 2}, "a row that 'speech' does not have"),
        ({"speech": -1}, "malformed 'speech'"),
        ({"speech": "0"}, "malformed 'speech'"),
        ({"facts": {"weight": 1}}, "malformed 'facts'"),
        ({"facts": {"size": "big"}}, "a number is expected"),
        ({"facts": {"size": float("inf")}}, "infinite"),
        ({"facts": {"colour": 1}}, "a text is expected"),
        ({"split": "test"}, "lacks its split"),
        ({"text": 1}, "malformed 'text'"),
        ({"key": 1}, "malformed 'key'"),
        ({"text": None, "speech": None, "facts": None, "image": False}, "none of the columns"),
    ],
)
def test_that_a_malformed_record_is_refused(tmp_path, change, reason):
    with pytest.raises(DatasetCorruptError, match=f"item 1 .*{reason}"):
        four_columns(tmp_path / "four", [RECORDS[0] | change])
    assert list(tmp_path.iterdir()) == []


def test_that_a_missing_number_is_a_missing_cell(tmp_path):
    changed = [RECORDS[0] | {"facts": {"size": float("nan"), "colour": None}}, *RECORDS[1:]]
    assert four_columns(tmp_path / "four", changed).table("facts").cells(0) == {}


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [text_column(), text_column()],
        [text_column("word"), text_column()],
        [audio_column((1, 4), 8_000, name="image")],
        [image_column((1, 8, 8, 1), name="photo"), image_column((1, 8, 8, 1))],
        [text_column(f"t{number}") for number in range(17)],
    ],
)
def test_that_columns_that_cannot_be_together_are_refused(columns):
    with pytest.raises(ValueError, match="column"):
        check_columns(columns)


@pytest.mark.parametrize(
    "about",
    [
        {"name": "Image", "kind": "text"},
        {"name": "", "kind": "text"},
        {"name": "key", "kind": "text"},
        {"name": "con", "kind": "text"},
        {"name": "a_row", "kind": "text"},
        {"name": "a", "kind": "../a"},
        {"name": "a", "kind": "text", "rate": 1},
        {"name": "a", "kind": "table"},
        {"name": "a", "kind": "table", "fields": (FIELDS[0], FIELDS[0])},
        {"name": "a", "kind": "audio", "shape": (1, 4), "dtype": "int16"},
        {"name": "a", "kind": "audio", "shape": (1, 4), "dtype": "uint8", "rate": 1},
        {"name": "a", "kind": "image", "shape": (1, 4, 4, 4), "dtype": "uint8"},
        {"name": "a", "kind": "points", "shape": (1, 2), "dtype": "object"},
        {"name": "a", "kind": "points", "shape": (), "dtype": "uint8"},
    ],
)
def test_that_a_column_that_contradicts_itself_is_refused(about):
    with pytest.raises(ValueError, match="column '"):
        ColumnInfo(**about)


def test_that_a_kind_that_nobody_knows_is_stored_as_an_array(tmp_path):
    points = np.random.default_rng(0).normal(size=(2, 3, 2)).astype(np.float32)
    info = ColumnInfo(name="track", kind="points", shape=points.shape, dtype="float32")
    write_dataset(
        tmp_path / "d",
        name="n",
        title="",
        licence="",
        source="",
        records=[{"track": True, "split": "train"}, {"track": True, "split": "train"}],
        columns=[info],
        arrays={"track": points},
    )
    found = open_dataset(tmp_path / "d").array("track")
    assert found.kind == "points"
    np.testing.assert_array_equal(found.of(np.array([1, 0])), points[::-1])


def test_that_further_members_are_kept_and_damaged_ones_refused_on_access(tmp_path):
    extra = {"attributes": {"digit": 5}, "emoji": "☃", "label": "a", "tags": ["x", "y"]}
    folder = tmp_path / "four"
    dataset = four_columns(folder, [RECORDS[0] | extra, *RECORDS[1:]])
    assert dataset.records[0] == RECORDS[0] | extra
    assert dataset.groups == ["a", "", "", "", ""]
    assert dataset.tags[:2] == [("x", "y"), ()]
    content = (folder / "items.arrow").read_bytes()
    good = json.dumps({"attributes": {"digit": 5}, "emoji": "☃"}, ensure_ascii=False).encode()
    assert content.count(good) == 1
    bad = b"[" * len(good)
    (folder / "items.arrow").write_bytes(content.replace(good, bad))
    with pytest.raises(DatasetCorruptError):
        _ = open_dataset(folder).records[0]
