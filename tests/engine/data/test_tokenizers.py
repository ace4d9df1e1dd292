import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.byte_pairs import BytePairs, normalise
from engine.data.tokenizer import END, PADDING, SPECIAL, UNKNOWN, encode_all
from engine.data.tokenizers import build_tokenizer, tokenizer_from_table
from engine.data.vocabulary import join_characters, split_characters

TEXTS = ["a red cat", "a red car", "红色的猫 cat", "e\u0301tude 👩‍🚀 <end>", "Größe"]
BYTE_PAIRS = BytePairs.build(TEXTS * 5, size=300)


@pytest.mark.parametrize("kind", ["word", "bpe", "characters"])
def test_that_every_kind_reads_back_its_own_texts(kind):
    made = build_tokenizer(kind, TEXTS, size=400)
    for text in TEXTS:
        again = made.decode(made.encode(text, 80))
        assert made.decode(made.encode(again, 80)) == again
        assert made.unknown_words(text) == []
    if kind != "word":
        assert [made.decode(made.encode(text, 80)) for text in TEXTS] == [
            normalise(text) for text in TEXTS
        ]


@pytest.mark.parametrize("kind", ["word", "bpe", "characters"])
def test_that_a_table_brings_back_the_same(kind):
    made = build_tokenizer(kind, TEXTS, size=400)
    again = tokenizer_from_table(json.loads(json.dumps(made.to_table())))
    assert len(again) == len(made)
    for text in [*TEXTS, "something new"]:
        assert np.array_equal(made.encode(text, 30), again.encode(text, 30))


@pytest.mark.parametrize("kind", ["word", "bpe", "characters"])
def test_that_texts_end_and_are_padded(kind):
    made = build_tokenizer(kind, TEXTS, size=400)
    count = made.count("a red cat")
    row = made.encode("a red cat", count + 3).tolist()
    assert row[count:] == [END, PADDING, PADDING]
    assert made.encode("a red cat", 2)[1] == END
    assert encode_all(made, ["a red cat", "a red cat"], 4).shape == (2, 4)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_that_byte_pairs_know_every_text(text):
    row = BYTE_PAIRS.encode(text, 400)
    assert UNKNOWN not in row
    assert BYTE_PAIRS.decode(row) == normalise(text)
    assert (row == END).sum() == 1


@given(st.text(max_size=40))
def test_that_characters_survive(text):
    characters = split_characters(text)
    assert join_characters(characters) == normalise(text)
    made = build_tokenizer("characters", [text], size=10_000)
    assert made.decode(made.encode(text, 60)) == normalise(text)


def test_that_learning_pieces_is_repeatable_and_bounded():
    again = BytePairs.build(TEXTS * 5, size=300)
    assert again == BYTE_PAIRS
    assert hash(again) == hash(BYTE_PAIRS)
    assert 256 + len(SPECIAL) <= len(BYTE_PAIRS) <= 300
    assert BYTE_PAIRS.count("a red cat") < len("a red cat")
    assert len(BytePairs.build(["a"], size=16)) == 256 + len(SPECIAL)


def test_that_strange_numbers_are_passed_over():
    row = [*BYTE_PAIRS.encode("cat", 9)[:2].tolist(), 10**6, -3, UNKNOWN, END, 50]
    assert "cat".startswith(BYTE_PAIRS.decode(row)[:1])


def test_that_the_rarest_words_make_room():
    made = build_tokenizer("word", ["a a b c"], size=5)
    assert len(made) == 5
    assert made.unknown_words("a b c") == ["c"]


def test_that_there_is_no_other_kind():
    with pytest.raises((ValueError, KeyError)):
        build_tokenizer("syllables", TEXTS, size=100)


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"kind": "word"},
        {"kind": "word", "units": [1, 2]},
        {"kind": "word", "units": ["a", "a"]},
        {"kind": "runes", "units": ["a"]},
        {"kind": "bpe", "model": 3},
        {"kind": "bpe", "model": "{}"},
        {"kind": "bpe", "model": "not json"},
        {"kind": "bpe", "model": "[]"},
        {"kind": "bpe", "units": 3},
    ],
)
def test_that_a_damaged_table_is_refused(table):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the sentence, it is a ValueError
        tokenizer_from_table(table)
