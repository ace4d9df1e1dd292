"""Tests of classes of items and of how often each item is drawn."""

import numpy as np
import pytest

from engine.data.class_balance import (
    class_balanced_weights,
    group_keys,
    weight_paired_items,
)
from engine.data.store import open_dataset, write_dataset
from engine.errors import ConfigError


def test_that_weights_are_the_formula():
    keys = ["a"] * 100 + ["b"] * 4 + ["c"]
    counts = np.array([100] * 100 + [4] * 4 + [1])
    for alpha in (0.0, 0.5, 1.0):
        expected = counts**-alpha
        np.testing.assert_allclose(class_balanced_weights(keys, alpha), expected / expected.sum())


def test_that_full_balance_makes_groups_equally_likely():
    keys = ["a"] * 100 + ["b"] * 4 + ["c"]
    weights = class_balanced_weights(keys, 1.0)
    shares = [weights[np.array(keys) == key].sum() for key in "abc"]
    np.testing.assert_allclose(shares, [1 / 3] * 3)


def written(folder, records):
    """Write items that have a picture each, and what is given."""
    write_dataset(
        folder,
        name="classes",
        title="",
        images=np.zeros((len(records), 8, 8, 1), np.uint8),
        records=[{"text": None, "split": "train", **record} for record in records],
        licence="",
        source="",
    )
    return open_dataset(folder)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([{"group": "g", "label": "l", "text": "t"}], ["g"]),
        ([{"label": 7, "text": "t"}], ["7"]),
        ([{"attributes": {"digit": 3}, "text": "t"}], ["{'digit': 3}"]),
        ([{"attributes": {"size": "s", "colour": "c"}, "text": "t"}], ["t"]),
        ([{"label": 7, "text": "t"}, {"text": "u"}], ["t", "u"]),
        ([{"text": "a", "texts": ["a", "b"]}, {}, {"text": "None"}], ["a", "None", "None"]),
        ([{}], ["None"]),
    ],
)
def test_that_auto_finds_what_means_a_group(tmp_path, records, expected):
    dataset = written(tmp_path / "data", records)
    assert group_keys(dataset, np.arange(len(records)), "auto") == expected


def test_that_only_the_asked_items_count(tmp_path):
    dataset = written(tmp_path / "data", [{"label": 7}, {"text": "u"}, {"label": 8}])
    assert group_keys(dataset, np.array([2, 0]), "auto") == ["8", "7"]


@pytest.mark.parametrize("by", ["kind", "key", "tags", "text", "label", "split"])
def test_that_a_named_member_is_that_of_the_records(tmp_path, by):
    record = {"text": "a", "kind": {"x": 1}, "key": "k", "tags": ["t"], "label": 3}
    dataset = written(tmp_path / "data", [record, record | {"kind": 2.5, "key": "l"}])
    expected = [str(record[by]) for record in dataset.records]
    assert group_keys(dataset, np.arange(2), by) == expected


@pytest.mark.parametrize("by", ["colour", "key", "label", "tags"])
def test_that_a_member_that_an_item_lacks_is_refused(tmp_path, by):
    first = {"text": "a", "kind": "x", "key": "k", "label": "l", "tags": ["t"], "colour": 1}
    dataset = written(tmp_path / "data", [first, {"text": "b", "kind": "y"}])
    with pytest.raises(ConfigError, match=by):
        group_keys(dataset, np.arange(2), by)


def test_that_whole_pairs_are_drawn_at_least_so_often():
    weights = class_balanced_weights(["a"] * 6 + ["b"] * 4, 1.0)
    is_whole = np.array([True, False, False, False, False, False, True, False, False, False])
    favoured = weight_paired_items(weights, is_whole, 0.5)
    assert favoured.sum() == pytest.approx(1)
    assert favoured[is_whole].sum() == pytest.approx(0.5)
    # Within complete and within unpaired items, the relative weights of the groups are kept.
    assert favoured[6] / favoured[0] == pytest.approx(weights[6] / weights[0])
    assert favoured[9] / favoured[1] == pytest.approx(weights[9] / weights[1])


@pytest.mark.parametrize(
    ("is_whole", "share"),
    [
        ([True, True, False], 0.5),
        ([True] * 3, 0.5),
        ([False] * 3, 0.5),
        ([True, False, False], 0.0),
    ],
)
def test_that_pairs_are_not_favoured_without_need(is_whole, share):
    weights = np.full(3, 1 / 3)
    assert np.array_equal(
        weight_paired_items(weights, np.array(is_whole, dtype=bool), share), weights
    )


def test_that_nothing_but_pairs_may_be_drawn():
    drawn = weight_paired_items(np.full(4, 0.25), np.array([True, False, False, False]), 1.0)
    assert drawn.tolist() == [1, 0, 0, 0]
