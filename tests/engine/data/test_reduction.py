"""Tests of training with less than a dataset has."""

from collections import Counter

import numpy as np
import pytest

from engine.config.sections import DataConfig
from engine.data.reduction import long_tail, reduce_dataset
from engine.data.store import TRAIN, VALIDATION, open_dataset, write_dataset
from engine.errors import ConfigError
from engine.starters import notes


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """300 notes: picture, text, sound and row; 60 are held out."""
    content = notes.build(count=300, held_out=60).content()
    folder = tmp_path_factory.mktemp("reduction") / "notes"
    write_dataset(
        folder,
        name="notes",
        title="Notes",
        columns=content.columns,
        arrays=content.arrays,
        records=content.records,
        licence="CC0-1.0",
        source="test",
    )
    return open_dataset(folder)


def test_that_nothing_is_left_out_by_default(dataset):
    assert reduce_dataset(dataset, DataConfig()) is dataset


def test_that_few_items_are_drawn_from_the_training_items_alone(dataset):
    reduced = reduce_dataset(dataset, DataConfig(max_items=50))
    rows = reduced.rows(TRAIN)
    assert len(rows) == 50
    assert set(rows) < set(dataset.rows(TRAIN))
    assert (reduced.rows(VALIDATION) == dataset.rows(VALIDATION)).all()
    more = reduce_dataset(dataset, DataConfig(max_items=80)).rows(TRAIN)
    assert set(rows) < set(more)


def test_that_incomplete_items_lack_one_column_each(dataset):
    reduced = reduce_dataset(dataset, DataConfig(complete_fraction=0.25))
    rows = dataset.rows(TRAIN)
    present = np.stack([column.present for column in reduced.columns.values()])
    lacking = (~present).sum(0)
    assert Counter(lacking[rows].tolist()) == {0: 60, 1: 180}
    assert (~present)[:, rows].sum(1).tolist() == [45] * 4
    assert present[:, dataset.rows(VALIDATION)].all()


def test_that_hidden_values_cannot_be_read_and_others_are_unchanged(dataset):
    reduced = reduce_dataset(dataset, DataConfig(complete_fraction=0.25))
    text, whole = reduced.text("text"), dataset.text("text")
    shown = zip(whole.by_item(), text.present, strict=True)
    assert text.by_item() == [captions if is_shown else () for captions, is_shown in shown]
    name = next(n for n, c in dataset.columns.items() if c.kind == "table")
    table = reduced.table(name)
    hidden = np.flatnonzero(~table.present)
    assert all(table.cells(item) == {} for item in hidden.tolist())
    there = np.flatnonzero(table.present)
    for field, cells in table.of(there).items():
        np.testing.assert_array_equal(cells, dataset.table(name).of(there)[field])


def test_that_columns_cannot_be_hidden_where_there_is_one(dataset):
    alone = dataset.__class__(
        dataset.folder, dataset.manifest, {"text": dataset.text("text")}, dataset.fields
    )
    with pytest.raises(ConfigError, match="two columns"):
        reduce_dataset(alone, DataConfig(complete_fraction=0.5))


def test_that_classes_fall_exponentially():
    keys = [name for name in "abcde" for _ in range(1_000)]
    kept = Counter(name for name, stays in zip(keys, long_tail(keys, 81.0), strict=True) if stays)
    assert kept == {"a": 1000, "b": 333, "c": 111, "d": 37, "e": 12}


def test_that_a_rare_class_keeps_what_it_has():
    keys = ["a"] * 1_000 + ["b"] * 3 + ["c"] * 1_000
    kept = Counter(name for name, stays in zip(keys, long_tail(keys, 100.0), strict=True) if stays)
    assert kept == {"a": 1000, "b": 3, "c": 10}


def test_that_imbalance_counts_the_classes_of_the_configuration(dataset):
    reduced = reduce_dataset(dataset, DataConfig(imbalance_factor=20.0))
    sizes = Counter(dataset.texts[row] for row in reduced.rows(TRAIN))
    assert max(sizes.values()) > 5 * min(sizes.values())
    with pytest.raises(ConfigError, match="names no field"):
        reduce_dataset(dataset, DataConfig(imbalance_factor=20.0, balance_by="nowhere"))
