import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.starter_files import HELD_OUT_PERCENT
from engine.data.store import HELD_OUT, TRAIN
from engine.importing.splits import split_of, stable_split


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 100))
def test_that_the_split_is_the_hash_of_the_name(key, percent):
    number = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
    assert stable_split(key, percent) == (HELD_OUT if number % 100 < percent else TRAIN)


def test_that_the_emoji_are_held_out_as_ever():
    emoji = ["😀", "🐸", "🚀", "🍎", "🎻", "🇨🇳", "❤️", "🦄", "☂️", "🧊", "🥨", "🎈"]
    numbers = [int.from_bytes(hashlib.sha256(e.encode()).digest()[:4]) for e in emoji]
    expected = [number % 100 < 5 for number in numbers]
    assert [stable_split(e, HELD_OUT_PERCENT) == HELD_OUT for e in emoji] == expected


def test_that_the_share_is_about_right_and_grows_steadily():
    keys = [f"images/{number}.jpg" for number in range(10_000)]
    held = {p: {k for k in keys if stable_split(k, p) == HELD_OUT} for p in (0, 5, 20, 100)}
    assert (len(held[0]), len(held[100])) == (0, 10_000)
    # Four standard deviations of a binomial share.
    assert abs(len(held[5]) - 500) < 4 * (10_000 * 0.05 * 0.95) ** 0.5
    assert held[5] < held[20]


def test_that_any_path_has_a_split():
    assert stable_split("bad\udcff.jpg", 50) in (TRAIN, HELD_OUT)


@pytest.mark.parametrize(
    ("named", "split"),
    [("Train", TRAIN), (" test ", HELD_OUT), ("validation", HELD_OUT), ("held_out", HELD_OUT)],
)
def test_that_the_source_knows_best(named, split):
    assert split_of("a", named, 0) == split_of("a", named, 50) == split


def test_that_a_name_that_is_no_split_is_not_heeded():
    assert split_of("a", "monday", 0) == TRAIN
    assert split_of("a", "", 100) == HELD_OUT
