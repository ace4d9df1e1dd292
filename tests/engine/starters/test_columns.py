import numpy as np
import pytest

from engine.data.manifest import TRAIN, VALIDATION
from engine.starters.columns import StarterColumns, one_to_one, random_split


def two_items(**changes):
    parts = {
        "images": {"image": np.zeros((2, 4, 4, 1), np.uint8)},
        "audio": {"speech": (np.zeros((1, 8), np.int16), 8_000)},
        "rows": {"image": one_to_one(2), "speech": np.array([0, -1], np.int32)},
        "texts": {"text": ["one", "two"]},
        "tables": {"row": {"size": [1.0, None]}},
        "split": [TRAIN, VALIDATION],
        "attributes": [{"digit": "one"}, {"digit": "two"}],
    }
    return StarterColumns(**{**parts, **changes})


def test_that_items_may_share_a_sound_or_have_none():
    assert two_items().count == 2
    shared = {"image": one_to_one(2), "speech": np.array([0, 0], np.int32)}
    assert two_items(rows=shared).count == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"texts": {"text": ["one"]}}, "text: not 2 items"),
        ({"tables": {"row": {"size": [1.0]}}}, "row.size: not 2 items"),
        ({"attributes": []}, "attributes: not 2 items"),
        ({"rows": {"image": one_to_one(2)}}, "exactly the image and audio columns"),
        (
            {"rows": {"image": one_to_one(2), "speech": np.array([0, 1], np.int32)}},
            "speech: a row is outside of -1 ... 0",
        ),
    ],
)
def test_that_columns_which_disagree_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        two_items(**changes)


def test_that_a_split_has_the_size_asked_for_and_follows_from_the_seed():
    first, same, other = (random_split(50, 7, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.count(VALIDATION) == 7
    assert first.count(TRAIN) == 43
    assert first == same
    assert first != other
