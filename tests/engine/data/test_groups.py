import numpy as np
import pytest

from engine.data.groups import group_keys, item_weights
from engine.errors import ConfigError


def test_that_weights_are_the_formula():
    keys = ["a"] * 100 + ["b"] * 4 + ["c"]
    counts = np.array([100] * 100 + [4] * 4 + [1])
    for alpha in (0.0, 0.5, 1.0):
        expected = counts**-alpha
        np.testing.assert_allclose(item_weights(keys, alpha), expected / expected.sum())


def test_that_full_balance_makes_groups_equally_likely():
    keys = ["a"] * 100 + ["b"] * 4 + ["c"]
    weights = item_weights(keys, 1.0)
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
