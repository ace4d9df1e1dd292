"""Tests of classes of items and of how often each item is drawn."""

import numpy as np
import pytest

from engine.data.class_balance import (
    class_balanced_weights,
    group_keys,
    weight_paired_items,
)
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


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([{"group": "g", "label": "l", "text": "t"}], ["g"]),
        ([{"label": 7, "text": "t"}], ["7"]),
        ([{"attributes": {"digit": 3}, "text": "t"}], ["{'digit': 3}"]),
        ([{"attributes": {"size": "s", "colour": "c"}, "text": "t"}], ["t"]),
        ([{"label": 7, "text": "t"}, {"text": "u"}], ["t", "u"]),
        ([{"text": None}], ["None"]),
    ],
)
def test_that_auto_finds_what_means_a_group(records, expected):
    assert group_keys(records, "auto") == expected


def test_that_a_named_field_is_taken_and_a_missing_one_refused():
    records = [{"text": "a", "kind": "x"}, {"text": "b", "kind": "y"}]
    assert group_keys(records, "kind") == ["x", "y"]
    with pytest.raises(ConfigError, match="colour"):
        group_keys(records, "colour")


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
