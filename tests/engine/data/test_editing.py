"""Edits, and find and replace."""

import pytest

from engine.control import RunControl
from engine.data import find_replace
from engine.data.editing import EditKind, Edits, original_states
from engine.data.find_replace import Search, find_changes
from engine.errors import (
    EditRefusedError,
    PatternInvalidError,
    StoppedError,
)
from tests.helpers.datasets import RECORDS, mixed


@pytest.fixture
def dataset(tmp_path):
    return mixed(tmp_path / "mixed")


@pytest.fixture
def edits(dataset):
    return Edits(dataset)


def everything(edits):
    return [edits.state(item) for item in range(len(RECORDS))]


def test_that_captions_are_read_from_both_forms(edits):
    captions = [state.captions for state in everything(edits)]
    assert captions == [
        ("a red cat", "Cat!"), ("a dog",), (), ("only words",), ("concatenate",),
    ]  # fmt: skip
    assert edits.state(1).tags == ("pet",)


def test_that_undo_and_redo_go_through_every_kind_of_edit(edits):
    seen = [everything(edits)]
    for make in (
        lambda: edits.set_captions(0, ["one", " ", "two ", "one"]),
        lambda: edits.set_tags(1, ["x", "y"]),
        lambda: edits.add_tags([0, 1], ["y", "z"]),
        lambda: edits.set_excluded([0, 4], is_excluded=True),
        lambda: edits.set_split([1, 2], "held_out"),
        lambda: edits.set_all_captions({1: ("new",)}),
    ):
        assert make() is not None
        seen.append(everything(edits))
    assert edits.state(0).captions == ("one", "two")
    assert (edits.state(1).tags, edits.state(0).tags) == (("x", "y", "z"), ("y", "z"))
    for state in reversed(seen[:-1]):
        assert edits.undo() is not None
        assert everything(edits) == state
    assert edits.undo() is None
    assert (edits.change_count, edits.can_redo) == (0, True)
    for state in seen[1:]:
        edits.redo()
        assert everything(edits) == state
    assert edits.redo() is None


def test_that_a_new_edit_forgets_what_was_undone(edits):
    edits.set_captions(1, ["one"])
    edits.undo()
    edits.set_captions(1, ["two"])
    assert not edits.can_redo


def test_that_an_edit_that_changes_nothing_is_no_step(edits):
    assert edits.set_captions(1, ["a dog", ""]) is None
    assert edits.set_split([4], "held_out") is None
    assert not edits.can_undo


def test_that_going_back_by_hand_counts_as_unchanged(edits):
    edits.set_excluded([0], is_excluded=True)
    edits.set_excluded([0], is_excluded=False)
    assert (edits.change_count, edits.can_undo) == (0, True)


def test_that_a_text_alone_keeps_its_text(edits):
    with pytest.raises(EditRefusedError, match="without an image"):
        edits.set_captions(3, [" "])
    with pytest.raises(EditRefusedError, match="no split"):
        edits.set_split([0], "validation")
    assert edits.change_count == 0


def test_that_a_copy_is_its_own(edits):
    edits.set_captions(1, ["before"])
    copy = edits.copy()
    edits.set_captions(1, ["after"])
    assert copy.state(1).text == "before"


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(find="cat", replacement="cow"), {0: ("a red cow", "cow!"), 4: ("concowenate",)}),
        (Search(find="Cat", replacement="x", matches_case=True), {0: ("a red cat", "x!")}),
        (Search(find="cat", replacement="", is_whole_words=True), {0: ("a red", "!")}),
        (Search(find="(a) (d)", replacement=r"\2\1", is_regex=True), {1: ("daog",)}),
        (Search(find="a dog|.*words", replacement="", is_regex=True), {1: ()}),
        (Search(find="a dog", replacement=r"\1\n"), {1: (r"\1\n",)}),
        (Search(find="!", is_whole_words=True, replacement="."), {0: ("a red cat", "Cat!")}),
        (Search(find=".", replacement="x", matches_case=True), {}),
        (Search(find=""), {}),
    ],
)
def test_that_search_and_replace_shows_what_would_change(edits, search, expected):
    found = find_changes(edits, search, range(5))
    # "!" is not a word character, so after a letter it is not a whole word.
    if search.find == "!":
        expected = {}
    assert found.changes == expected
    assert edits.change_count == 0


def test_that_the_preview_counts_captions_and_what_it_leaves_alone(edits):
    edits.set_excluded([1], is_excluded=True)
    found = find_changes(edits, Search(find=".+", replacement="", is_regex=True), range(5))
    assert set(found.changes) == {0, 4}
    assert (found.captions, found.refused) == (3, 1)
    edits.set_all_captions(found.changes)
    assert edits.state(0).captions == ()
    assert edits.undo().kind is EditKind.REPLACED


@pytest.mark.parametrize(
    "search",
    [
        Search(find="(", is_regex=True),
        Search(find="a)(b", is_regex=True, is_whole_words=True),
        Search(find="a", replacement=r"\1", is_regex=True),
        Search(find="a", replacement=r"\g<x>", is_regex=True),
        Search(find="a{99999999999}", is_regex=True),
    ],
)
def test_that_a_wrong_pattern_is_refused_with_its_reason(edits, search):
    with pytest.raises(PatternInvalidError) as caught:
        find_changes(edits, search, range(5))
    assert caught.value.pattern == search.find
    assert caught.value.reason


def test_that_a_pattern_that_runs_wild_is_given_up(edits):
    edits.set_captions(1, ["a" * 60 + "!"])
    with pytest.raises(PatternInvalidError, match="too long"):
        find_changes(edits, Search(find="(a+)+$", is_regex=True), range(5), max_wait_s=0.3)


def test_that_a_search_can_be_stopped(edits):
    edits.set_captions(1, ["a" * 60 + "!"])
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        find_changes(edits, Search(find="(a+)+$", is_regex=True), range(5), control=control)


def test_that_texts_do_not_grow_without_end(edits, monkeypatch):
    monkeypatch.setattr(find_replace, "MAX_TEXT_LENGTH", 20)
    for is_regex in (False, True):
        search = Search(find="a", replacement="b" * 30, is_regex=is_regex)
        with pytest.raises(PatternInvalidError, match="grow"):
            find_changes(edits, search, range(5))


def test_that_originals_read_before_change_nothing(dataset, edits):
    quick = Edits(dataset, originals=original_states(dataset))
    for one in (quick, edits):
        one.set_excluded(range(5), is_excluded=True)
        one.set_tags(1, ["x"])
        one.set_excluded([0, 3], is_excluded=False)
    assert everything(quick) == everything(edits)
    assert set(quick.changed) == set(edits.changed) == {1, 2, 4}
    assert [quick.record(item) for item in range(5)] == [edits.record(item) for item in range(5)]
    while quick.undo():
        pass
    assert quick.change_count == 0


def test_that_the_latest_step_tells_whether_anything_happened_since(edits):
    first = edits.set_tags(1, ["x"])
    assert edits.latest is first
    second = edits.set_tags(1, ["y"])
    assert edits.has_made(first)
    assert edits.has_made(second)
    edits.undo()
    assert edits.latest is first
    assert not edits.has_made(second)
    edits.redo()
    assert edits.latest is second


def test_that_splitting_again_holds_out_these_and_no_others(edits):
    assert edits.split_again([1, 3]) is not None
    assert [state.split for state in everything(edits)] == [
        "train", "held_out", "train", "held_out", "train",
    ]  # fmt: skip
    assert set(edits.changed) == {1, 3, 4}
    assert edits.split_again([1, 3]) is None
    edits.undo()
    assert edits.change_count == 0
