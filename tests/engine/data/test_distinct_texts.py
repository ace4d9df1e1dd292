"""Tests of texts without their repeats."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from engine.data import words
from engine.data.distinct_texts import DistinctTexts
from engine.data.tokenizers import BpeTokenizer, Vocabulary, build_tokenizer
from engine.data.words import split_array, split_texts, split_words

TEXTS = [
    "A red cat, and a t-shirt",
    "",
    "a red cat",
    "红色的猫 cat",
    " two  spaces\tand a tab ",
    "a red cat",
    "-odd 'quotes' at-",
    "man’s Größe",
    "under_score 3.5",
    "",
]


def test_that_texts_are_found_in_the_order_of_their_first_occurrence():
    found = DistinctTexts.of_arrays([pa.array(TEXTS[:4]), pa.array(TEXTS[4:])])
    counts = Counter(TEXTS)
    assert found.strings() == list(counts)
    assert found.copies.tolist() == list(counts.values())
    assert [found.strings()[number] for number in found.numbers] == TEXTS
    assert len(found) == len(TEXTS)
    assert found.strings(np.array([2, 0])) == [list(counts)[2], next(iter(counts))]


def test_that_nothing_has_no_texts():
    nothing = DistinctTexts.of_arrays([])
    assert (len(nothing), nothing.strings(), nothing.copies.tolist()) == (0, [], [])
    assert nothing.encoded(Vocabulary(["a"]), 4).shape == (0, 4)


@pytest.mark.parametrize("together", [2, 3, 50_000])
@pytest.mark.parametrize("texts", [TEXTS, [t for t in TEXTS if t.isascii()], ["a\0b c", "d"]])
def test_that_arrow_is_split_as_python_is(texts, together, monkeypatch):
    monkeypatch.setattr(words, "_SMALL_ARRAY", 0)
    monkeypatch.setattr(words, "_SPLIT_TOGETHER", together)
    found, expected = split_array(pa.array(texts)), split_texts(texts)
    assert found.units == expected.units
    assert found.numbers.tolist() == expected.numbers.tolist()
    assert found.counts.tolist() == expected.counts.tolist()
    split = [found.units[number] for number in found.numbers]
    assert split == [word for text in texts for word in split_words(text)]


def test_that_a_slice_of_an_array_is_split():
    array = pa.array([*TEXTS, *TEXTS]).slice(3, 9)
    assert split_array(array).units == split_texts(array.to_pylist()).units


@pytest.mark.parametrize("kind", ["word", "bpe", "characters"])
@pytest.mark.parametrize("length", [1, 3, 30])
def test_that_texts_are_encoded_one_by_one(kind, length):
    tokenizer = build_tokenizer(kind, TEXTS, size=300)
    rows = DistinctTexts.of_texts(TEXTS).encoded(tokenizer, length)
    assert rows.tolist() == [tokenizer.encode(text, length).tolist() for text in TEXTS]
    assert isinstance(tokenizer, Vocabulary | BpeTokenizer)
