import json

import pytest

import resources
from engine.augment import caption_filter
from engine.augment.caption_filter import TOPICS, blocked_transforms, conflicts_with_captions
from engine.augment.transforms import Transform
from engine.data.distinct_texts import DistinctTexts
from engine.starters.mnist import WORDS as DIGIT_WORDS
from engine.starters.shapes import render_shapes

COLOUR = {Transform.HUE, Transform.SATURATION}
LIGHT = {Transform.BRIGHTNESS, Transform.CONTRAST}
SIDES = {Transform.FLIP, Transform.ROTATION, Transform.HORIZONTAL_MOVE}
HEIGHTS = {Transform.ROTATION, Transform.VERTICAL_MOVE}
PLACES = {Transform.HORIZONTAL_MOVE, Transform.VERTICAL_MOVE}
WRITING = {Transform.FLIP, Transform.ROTATION}


@pytest.mark.parametrize(
    ("caption", "blocked"),
    [
        ("a red car", COLOUR),
        ("Golden retriever.", COLOUR),
        ("a dark street", LIGHT),
        ("a black cat", COLOUR | LIGHT),
        ("a man on the left", SIDES),
        ("right-facing fist", SIDES),
        ("a bird above the sea", HEIGHTS),
        ("UP ARROW", HEIGHTS),
        ("a dog in the corner", PLACES),
        ("vertical stripes", {Transform.ROTATION}),
        ("a tiny house", {Transform.SCALING}),
        ("a love letter", WRITING),
        ("a dog runs on grass", set()),
        ("a bored person with a blueprint, upset, on a rightful throne", set()),
        ("", set()),
        ("一辆红色的汽车", COLOUR),
        ("黑猫", COLOUR | LIGHT),
        ("昏暗的街道", LIGHT),
        ("站在左边的人", SIDES),
        ("鸟在海上飞", HEIGHTS),
        ("桌子下面的狗", HEIGHTS),
        ("中间有一只狗", PLACES),
        ("垂直的条纹", {Transform.ROTATION}),
        ("一座很小的房子", {Transform.SCALING}),
        ("大房子", {Transform.SCALING}),
        ("手写的字母", WRITING),
        ("狗在草地奔跑", set()),
    ],
)
def test_that_captions_forbid_what_would_contradict_them(caption, blocked):
    assert blocked_transforms([caption] * 5) == blocked


@pytest.mark.parametrize("caption", ["大象", "小狗", "下雨", "早上的青蛙", "上海大学"])
def test_that_chinese_compounds_with_another_meaning_do_not_count(caption):
    assert blocked_transforms([caption] * 5) == set()


def test_that_a_compound_does_not_hide_the_word_beside_it():
    assert blocked_transforms(["大大象"] * 5) == {Transform.SCALING}


@pytest.mark.parametrize(
    "captions",
    [
        ["seven", "Nine", "zero"],
        ["a handwritten seven", "the digit two", "number nine"],
        ["3", "42", "7"],
        ["A", "b", "ж"],
        ["letter q", "capital letter B", "alpha"],
        ["七", "二十", "九"],
        ["数字7", "手写数字三", "手写的 八"],
    ],
)
def test_that_written_characters_are_neither_mirrored_nor_turned(captions):
    assert blocked_transforms(captions) == WRITING


@pytest.mark.parametrize("caption", ["two dogs", "7 birds", "two by two", "猫", "三只狗"])
def test_that_counting_is_not_writing(caption):
    assert blocked_transforms([caption] * 5) == set()


def test_that_a_topic_counts_from_three_captions_on():
    others = ["a dog"] * 100
    assert blocked_transforms([*others, *["a red dog"] * 2]) == set()
    assert blocked_transforms([*others, *["a red dog"] * 3]) == COLOUR


def test_that_a_topic_counts_by_all_of_its_words():
    others = ["a dog"] * 100
    assert blocked_transforms([*others, "a red dog", "a blue dog", "一只绿色的狗"]) == COLOUR


def test_that_a_topic_counts_from_half_a_percent_on():
    assert blocked_transforms([*["a dog"] * 9_951, *["a red dog"] * 49]) == set()
    assert blocked_transforms([*["a dog"] * 9_950, *["a red dog"] * 50]) == COLOUR


def test_that_a_slight_change_needs_a_twentieth_of_the_captions():
    assert blocked_transforms([*["a dog"] * 960, *["a dog on the left"] * 40]) == WRITING
    assert blocked_transforms([*["a dog"] * 950, *["a dog on the left"] * 50]) == SIDES
    assert blocked_transforms([*["a dog"] * 960, *["a small dog"] * 40]) == set()


def test_that_a_handful_of_captions_can_forbid_too():
    assert blocked_transforms(["a red dog"]) == COLOUR
    assert blocked_transforms(["a red dog", "a dog"]) == set()
    assert blocked_transforms([]) == set()


def test_that_a_caption_counts_once_for_a_topic():
    assert blocked_transforms([*["a dog"] * 9, "red, red and blue"]) == set()


def test_that_the_reason_is_the_most_frequent_word():
    captions = [*["red left"] * 4, *["blue up"] * 5, *["blue arrow"] * 2]
    reasons = conflicts_with_captions(DistinctTexts.of_texts(captions))
    assert reasons == {
        Transform.FLIP: "left",
        Transform.ROTATION: "up",
        Transform.HORIZONTAL_MOVE: "left",
        Transform.VERTICAL_MOVE: "up",
        Transform.SATURATION: "blue",
        Transform.HUE: "blue",
    }
    assert blocked_transforms(captions) == set(reasons)


def test_that_the_reason_for_characters_is_one_of_them():
    assert (
        conflicts_with_captions(DistinctTexts.of_texts(["two", "seven", "seven"]))[Transform.FLIP]
        == "seven"
    )


def test_that_full_width_and_capital_letters_are_read():
    assert (
        conflicts_with_captions(DistinctTexts.of_texts(["ＲＥＤ Dog"] * 3))[Transform.HUE] == "red"
    )


def test_that_digits_keep_their_orientation_alone():
    assert blocked_transforms(DIGIT_WORDS * 100) == WRITING


def test_that_shapes_leave_cutout_alone():
    _pictures, records = render_shapes(400, seed=0)
    blocked = blocked_transforms([str(record["text"]) for record in records])
    assert set(Transform) - blocked == {Transform.CUTOUT}


def test_that_emoji_may_be_moved_and_scaled_but_keep_orientation_and_colour():
    metadata = (resources.starters_folder() / "emoji" / "metadata.jsonl").read_text("utf-8")
    texts = [json.loads(line)["text"] for line in metadata.splitlines()]
    reasons = conflicts_with_captions(DistinctTexts.of_texts(texts))
    assert set(reasons) == {Transform.FLIP, Transform.ROTATION} | COLOUR | LIGHT
    assert reasons[Transform.FLIP] == "right"
    assert reasons[Transform.BRIGHTNESS] == "white"


def test_that_a_sample_of_many_captions_decides(monkeypatch):
    monkeypatch.setattr(caption_filter, "MAX_CAPTIONS", 2_000)
    others = [f"dog number{n}" for n in range(9_000)]
    often, rarely = [f"red dog{n}" for n in range(150)], [f"dark dog{n}" for n in range(5)]
    assert blocked_transforms([*others, *often, *rarely]) == COLOUR | WRITING
    # A frequent caption is as likely to be drawn as its copies together.
    assert blocked_transforms([*others, *["a dark dog"] * 150]) == LIGHT | WRITING


def test_that_every_word_of_the_table_can_be_found():
    for topic in TOPICS:
        for word in (*topic.english, *topic.chinese):
            assert topic.blocks <= blocked_transforms([f"x {word} x"]), word


def test_that_every_compound_holds_a_word_of_the_table():
    words = [word for topic in TOPICS for word in topic.chinese]
    for compound in caption_filter.OTHER_MEANINGS:
        assert any(word in compound for word in words), compound
