import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.tokenizer import END, PADDING, UNKNOWN, covering_length, encode_all
from engine.data.vocabulary import Vocabulary, join_words, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Small red circle", ["small", "red", "circle"]),
        ("flag: Côte d’Ivoire", ["flag", ":", "côte", "d’ivoire"]),
        ("man’s t-shirt (blue)", ["man’s", "t-shirt", "(", "blue", ")"]),
        ("笑脸 smile", ["笑", "脸", "smile"]),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("  ", []),
    ],
)
def test_that_captions_are_split_into_words_and_signs(text, words):
    assert split_words(text) == words


@pytest.mark.parametrize("text", ["flag: aland islands", "keycap: 3", "嘿嘿", "a (b) c, d!"])
def test_that_joining_gives_readable_text_back(text):
    assert join_words(split_words(text)) == text


def test_that_words_are_numbered_by_frequency_then_alphabet():
    vocabulary = Vocabulary.build(["b a", "b c", "b c d"])
    assert vocabulary.units == ("b", "c", "a", "d")
    assert Vocabulary.build(["b a", "b c", "b c d"], min_count=2).units == ("b", "c")


def test_that_a_caption_becomes_words_end_and_padding():
    vocabulary = Vocabulary(["red", "circle"])
    assert vocabulary.encode("red circle", 5).tolist() == [3, 4, END, PADDING, PADDING]
    assert vocabulary.encode("red blue", 5).tolist() == [3, UNKNOWN, END, PADDING, PADDING]
    assert vocabulary.unknown_words("red blue square") == ["blue", "square"]


def test_that_a_long_caption_keeps_its_end_token():
    assert Vocabulary(["a", "b"]).encode("a b a b", 3).tolist() == [3, 4, END]


def test_that_strange_numbers_read_as_unknown():
    assert Vocabulary(["a"]).decode([99, 3, -5, END, 3]) == "<unk> a <unk>"


def test_that_a_word_may_stand_only_once():
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(["a", "a"])


def test_that_no_captions_give_an_empty_array():
    assert encode_all(Vocabulary(["a"]), [], 4).shape == (0, 4)


@given(st.lists(st.text(), min_size=1, max_size=8))
def test_that_any_known_text_survives_encoding(texts):
    vocabulary = Vocabulary.build(texts)
    length = max(len(split_words(text)) for text in texts) + 1
    rows = encode_all(vocabulary, texts, length)
    for text, row in zip(texts, rows, strict=True):
        assert vocabulary.decode(row) == join_words(split_words(text))
        assert np.flatnonzero(row == END).size == 1


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(0.05, 1))
def test_that_the_length_covers_the_share_and_no_more(lengths, share):
    chosen = covering_length(
        Vocabulary(["w"]), [" ".join(["w"] * length) for length in lengths], share
    )
    covered = sum(length + 1 <= chosen for length in lengths)
    assert covered >= share * len(lengths) - 1e-9
    assert sum(length + 1 <= chosen - 1 for length in lengths) < np.ceil(share * len(lengths))
