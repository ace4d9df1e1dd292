import string
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.sections import DataConfig
from engine.data.distinct_texts import DistinctTexts
from engine.data.text_choice import choose_texts
from engine.data.words import split_words
from engine.importing.captions import apply, apply_all, cut, rare_words, without_rare, word_counts
from engine.importing.plan import CAPTIONS, CASES, PUNCTUATION, TextSettings
from engine.importing.text_stats import describe_texts

PLANS = st.builds(
    TextSettings,
    case=st.sampled_from(CASES),
    punctuation=st.sampled_from(PUNCTUATION),
    captions=st.sampled_from(CAPTIONS),
    max_words=st.integers(0, 6),
)
CAPTION = st.lists(
    st.sampled_from(["red", "cat", "Dog", ",", "猫", "t-shirt", "3.5"]), max_size=8
).map(" ".join)


@pytest.mark.parametrize(
    ("plan", "text", "formed"),
    [
        (TextSettings(), "  A\tred\n cat ", "A red cat"),
        (TextSettings(), "e\u0301te\u0301", "été"),
        (TextSettings(case="lower"), "ÉTÉ Rouge", "été rouge"),
        (TextSettings(punctuation="remove"), "A red, big cat!", "A red big cat"),
        (TextSettings(punctuation="remove"), "man’s t-shirt - 3.5 m", "man’s t-shirt 3.5 m"),
        (TextSettings(punctuation="remove"), "你好，世界。", "你好 世界"),
        (TextSettings(punctuation="remove"), "snake_case 🙂 + 1", "snake case 🙂 + 1"),
        (TextSettings(max_words=3), "a big red cat", "a big red"),
        (TextSettings(max_words=2), "可爱的小猫", "可爱"),
        (TextSettings(max_words=3, punctuation="remove"), "+0.5", "+0"),
        (TextSettings(max_words=1), "👩‍👩‍👧 family", "👩‍👩‍👧"),
        (TextSettings(), "a\x80b\0c", "abc"),
    ],
)
def test_that_a_text_is_formed_as_planned(plan, text, formed):
    assert apply(plan, text) == formed


@given(PLANS, st.text())
def test_that_forming_twice_changes_nothing_more(plan, text):
    once = apply(plan, text)
    assert apply(plan, once) == once
    assert once == " ".join(once.split())
    assert unicodedata.is_normalized("NFC", once)


@given(st.lists(st.sampled_from(string.ascii_lowercase), max_size=9), st.integers(1, 9))
def test_that_a_cut_text_has_so_many_words(words, longest):
    assert cut(" ".join(words), longest).split() == words[:longest]


def test_that_captions_are_kept_once_or_the_first_alone():
    texts = ["a cat", "", " a  cat ", "two cats"]
    assert apply_all(TextSettings(), texts) == ("a cat", "two cats")
    assert apply_all(TextSettings(captions="first"), texts) == ("a cat",)
    assert apply_all(TextSettings(), ["", " "]) == ()


@given(st.lists(CAPTION, max_size=12), st.integers(1, 4))
def test_that_rare_words_are_those_in_few_texts(texts, least):
    counts = {}
    for text in texts:
        for word in {w for w in split_words(text) if w not in ",."}:
            counts[word] = counts.get(word, 0) + 1
    assert word_counts(texts) == counts
    assert rare_words(texts, least) == {word for word, n in counts.items() if n < least}


@given(st.lists(CAPTION, min_size=1, max_size=8), st.integers(2, 4))
def test_that_rare_words_are_taken_out_and_no_others(texts, least):
    rare = rare_words(texts, least)
    for text in texts:
        left = [word for word in split_words(text) if word not in rare]
        assert split_words(without_rare(text, rare)) == left


def test_that_a_text_without_rare_words_stays_letter_by_letter():
    assert without_rare("A  Red cat , so", {"dog"}) == "A  Red cat , so"
    assert without_rare("A zebra, then a Cat", {"zebra", "cat"}) == "A, then a"


@given(st.lists(CAPTION, max_size=20), st.sampled_from(["word", "auto"]))
def test_that_the_facts_add_up(texts, tokenizer):
    facts = describe_texts(texts, DataConfig(tokenizer=tokenizer))
    if facts.choice.tokenizer != "word":
        return
    sizes = [len(split_words(text)) for text in texts]
    units = Counter(unit for text in texts for unit in split_words(text))
    assert facts.count == sum(n for _size, n in facts.lengths) == len(texts)
    assert dict(facts.lengths) == Counter(sizes)
    assert facts.vocabulary_size == len(units)
    assert dict(facts.frequent) == units
    assert facts.once == list(units.values()).count(1)
    assert facts.choice.vocabulary_size == len(units) + 3
    if texts:
        # One token is the end.
        held = sum(size + 1 <= facts.choice.length for size in sizes)
        assert facts.choice.covered == held / len(texts) >= (0.95 if tokenizer == "word" else 0.99)
        assert sum(size + 1 < facts.choice.length for size in sizes) < len(texts)


def test_that_the_wizard_reads_texts_as_the_run_will():
    texts = [f"a picture of number{n} and more" for n in range(40)] * 2 + ["one"] * 9
    texts += [f"only here{n}" for n in range(60)]
    for kind in ("auto", "word", "bpe", "characters"):
        data = DataConfig(tokenizer=kind, vocabulary_size=400)
        tokenizer, choice = choose_texts(data, DistinctTexts.of_texts(texts))
        assert describe_texts(texts, data).choice == choice
        assert choice.vocabulary_size == len(tokenizer)


def test_that_scripts_and_languages_are_told_apart():
    facts = describe_texts(["红色的猫", "abcd", "кошк", "3 🙂!"])
    assert dict(facts.scripts) == {"Han": 1 / 3, "Latin": 1 / 3, "Cyrillic": 1 / 3}
    assert facts.languages == (("Chinese", 0.25),)
    japanese = describe_texts(["赤い猫", "雪山", "ねこ", "빨간"])
    assert dict(japanese.languages) == {"Japanese": 0.75, "Korean": 0.25}


def test_that_facts_are_in_units_of_the_tokenizer():
    texts = ["red cat", "red"]
    assert describe_texts(texts, DataConfig()).choice.length == 3
    assert describe_texts(texts, DataConfig(tokenizer="characters")).choice.length == 8
    pieces = describe_texts(texts * 9, DataConfig(tokenizer="bpe", vocabulary_size=300))
    assert 2 <= pieces.choice.length <= 8
    assert "".join(unit for unit, _n in pieces.frequent)
    with pytest.raises(ValueError, match="no tokenizer"):
        describe_texts(texts, replace(DataConfig(), tokenizer="syllables"))


def test_that_no_tensors_are_needed():
    program = (
        "import sys, engine.importing.text_stats, engine.importing.checks\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
