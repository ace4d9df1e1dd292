"""Words while they are typed: completions, unknown words and the nearest known ones."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.facts import TextFacts
from engine.data.tokenizers import BpeTokenizer, Vocabulary
from engine.data.words import CHARACTERS
from engine.sample.completion import edit_distance, suggestions

WORDS = ("red", "circle", "a", "blue", "square", "cirrus", "on", ",")
FACTS = TextFacts(tokenizer=Vocabulary(WORDS), length=6)


def test_the_last_word_is_completed_with_frequent_words_first():
    found = suggestions(FACTS, "a red cir")
    assert found.words == ("circle", "cirrus")
    assert "a red cir"[found.start :] == "cir"
    assert suggestions(FACTS, "a red ").words == ()
    assert suggestions(FACTS, "").words == ()
    assert suggestions(FACTS, "A RED CIR").words == ("circle", "cirrus")


def test_unknown_words_have_positions_and_near_words():
    text = "a  bleu sqare, purple"
    found = suggestions(FACTS, text)
    assert [text[w.start : w.end] for w in found.unknown] == ["bleu", "sqare", "purple"]
    assert [w.nearest for w in found.unknown] == [("blue",), ("square",), ()]


def test_tokens_are_counted_against_what_the_run_reads():
    found = suggestions(FACTS, "a red circle, a blue square")
    assert (found.tokens, found.max_tokens) == (7, 5)


def test_byte_pairs_know_every_word_and_complete_whole_ones():
    texts = ["a yellow triangle", "the yellow dog", "yes"] * 20
    facts = TextFacts(tokenizer=BpeTokenizer.build(texts, size=400), length=20)
    found = suggestions(facts, "zzz yel")
    assert found.unknown == ()
    assert found.words == ("yellow",)


def test_characters_that_a_run_does_not_know_are_marked():
    facts = TextFacts(tokenizer=Vocabulary(tuple("abc "), CHARACTERS), length=9)
    found = suggestions(facts, "ab xz")
    assert [(w.start, w.word) for w in found.unknown] == [(3, "x"), (4, "z")]
    assert found.words == ()


def naive(one, other):
    """The definition, by recursion."""
    if not one or not other:
        return len(one) + len(other)
    options = [
        naive(one[:-1], other) + 1,
        naive(one, other[:-1]) + 1,
        naive(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if one[-2:] == other[-2:][::-1] and len(one) > 1 and len(other) > 1:
        options.append(naive(one[:-2], other[:-2]) + 1)
    return min(options)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(0, 6))
def test_the_edit_distance_follows_its_definition(one, other, most):
    assert edit_distance(one, other, most) == min(naive(one, other), most + 1)


@pytest.mark.parametrize(
    "module", ["completion", "scene_codec", "scene_file", "scene_sources", "play_results"]
)
def test_what_the_window_needs_does_not_import_torch(module):
    code = f"import engine.sample.{module}, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
