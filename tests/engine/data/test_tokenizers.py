import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.sections import DataConfig
from engine.data.distinct_texts import DistinctTexts
from engine.data.text_choice import choose_texts, oov_share_of, settings_of_choice
from engine.data.tokenizers import (
    END,
    PADDING,
    SPECIAL,
    UNKNOWN,
    BpeTokenizer,
    Vocabulary,
    build_tokenizer,
    encode_all,
    normalise,
    percentile_length,
    tokenizer_from_table,
)
from engine.data.words import join_words, split_characters, split_texts, split_words

TEXTS = ["a red cat", "a red car", "红色的猫 cat", "e\u0301tude 👩‍🚀 <end>", "Größe"]
BPE_TOKENIZER = BpeTokenizer.build(TEXTS * 5, size=300)


@pytest.mark.parametrize("kind", ["word", "bpe", "characters"])
def test_that_every_kind_reads_back_its_own_texts(kind):
    made = build_tokenizer(kind, TEXTS, size=400)
    for text in TEXTS:
        again = made.decode(made.encode(text, 80))
        assert made.decode(made.encode(again, 80)) == again
        assert made.out_of_vocabulary(text) == []
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
    row = BPE_TOKENIZER.encode(text, 400)
    assert UNKNOWN not in row
    assert BPE_TOKENIZER.decode(row) == normalise(text)
    assert (row == END).sum() == 1


@given(st.text(max_size=40))
def test_that_characters_survive(text):
    characters = split_characters(text)
    assert "".join(characters) == normalise(text)
    made = build_tokenizer("characters", [text], size=10_000)
    assert made.decode(made.encode(text, 60)) == normalise(text)


def test_that_learning_pieces_is_repeatable_and_bounded():
    again = BpeTokenizer.build(TEXTS * 5, size=300)
    assert again == BPE_TOKENIZER
    assert hash(again) == hash(BPE_TOKENIZER)
    assert 256 + len(SPECIAL) <= len(BPE_TOKENIZER) <= 300
    assert BPE_TOKENIZER.count("a red cat") < len("a red cat")
    assert len(BpeTokenizer.build(["a"], size=16)) == 256 + len(SPECIAL)


def test_that_strange_numbers_are_passed_over():
    row = [*BPE_TOKENIZER.encode("cat", 9)[:2].tolist(), 10**6, -3, UNKNOWN, END, 50]
    assert "cat".startswith(BPE_TOKENIZER.decode(row)[:1])


def test_that_the_rarest_words_make_room():
    made = build_tokenizer("word", ["a a b c"], size=5)
    assert len(made) == 5
    assert made.out_of_vocabulary("a b c") == ["c"]


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
    assert vocabulary.out_of_vocabulary("red blue square") == ["blue", "square"]


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


ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["ΑΣ", "e\u0301", "\u0301e", "it's", "A\0b", "猫 cat", ""]
)
ASCII_TEXT = st.text(st.characters(codec="ascii") | st.sampled_from("aB1'-_ \n"), max_size=12)


@settings(deadline=None)  # the first call loads Arrow
@given(
    st.lists(ANY_TEXT, max_size=8) | st.lists(ASCII_TEXT, max_size=8),
    st.sampled_from(["word", "characters"]),
    st.integers(1, 3),
)
def test_that_many_texts_are_split_as_each_is(texts, kind, together):
    split = split_words if kind == "word" else split_characters
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.data.words._SPLIT_TOGETHER", together)
        patch.setattr("engine.data.words._MIN_CHARACTERS", 0)
        found = split_texts(texts, kind)
    units = [found.units[number] for number in found.numbers]
    assert units == [unit for text in texts for unit in split(text)]
    assert found.counts.tolist() == [len(split(text)) for text in texts]
    assert list(found.units) == list(dict.fromkeys(units))


@pytest.mark.parametrize("length", [1, 3, 20])
@pytest.mark.parametrize("kind", ["word", "characters", "bpe"])
def test_that_many_texts_are_encoded_as_each_is(monkeypatch, kind, length):
    monkeypatch.setattr("engine.data.tokenizers._ENCODED_TOGETHER", 2)
    tokenizer = build_tokenizer(kind, ["a red cat", "a blue dog"], size=300)
    texts = ["a red dog", "", "a red dog", "猫 sees A cat", "a"]
    rows = encode_all(tokenizer, texts, length)
    assert rows.tolist() == [tokenizer.encode(text, length).tolist() for text in texts]
    numbers, counts = tokenizer.encode_ragged(texts)
    assert counts.tolist() == [tokenizer.count(text) for text in texts]
    assert len(numbers) == counts.sum()


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(0.05, 1))
def test_that_the_length_covers_the_share_and_no_more(lengths, share):
    chosen = percentile_length(
        Vocabulary(["w"]), [" ".join(["w"] * length) for length in lengths], share
    )
    covered = sum(length + 1 <= chosen for length in lengths)
    assert covered >= share * len(lengths) - 1e-9
    assert sum(length + 1 <= chosen - 1 for length in lengths) < np.ceil(share * len(lengths))


# --------------------------------------------------------------------------
# The choice by the data.


WORDS = st.sampled_from(["red", "blue", "cat", "dog", "sky", "a", "zoo", "ox", "elm", "ivy"])


def unknown_share(copies, size):
    return oov_share_of(split_texts(list(copies)), list(copies.values()), size)


@given(st.lists(st.lists(WORDS, max_size=5).map(" ".join), min_size=2, max_size=12))
def test_that_unknown_words_are_those_that_leaving_one_text_out_makes_unknown(texts):
    missing = total = 0
    for number, text in enumerate(texts):
        others = {word for t in [*texts[:number], *texts[number + 1 :]] for word in t.split()}
        missing += sum(word not in others for word in text.split())
        total += len(text.split())
    assert unknown_share(Counter(texts), 100) == pytest.approx(missing / max(1, total))


def test_that_words_beyond_the_vocabulary_are_unknown():
    texts = Counter({"a b": 4, "a c": 3, "a d": 2})
    # All words are in several texts; the two most frequent of nine and nine uses are known.
    assert unknown_share(texts, 100) == 0.0
    assert unknown_share(texts, len(SPECIAL) + 2) == pytest.approx(1 - (9 + 4) / 18)
    assert unknown_share(texts, 0) == 1.0
    assert unknown_share(Counter(), 100) == 0.0


@given(st.lists(st.lists(WORDS, max_size=5).map(" ".join), min_size=1), st.integers(3, 9))
def test_that_of_equally_frequent_words_the_first_are_known(texts, size):
    copies, uses, found_in = Counter(texts), Counter(), Counter()
    for text, number in copies.items():
        for word, count in Counter(text.split()).items():
            uses[word] += count * number
            found_in[word] += number
    ranked = uses.most_common(size - len(SPECIAL))
    known = sum(count for word, count in ranked if found_in[word] > 1)
    assert unknown_share(copies, size) == (1 - known / uses.total() if uses else 0.0)


def test_that_few_unknown_words_give_words_and_many_give_pieces(monkeypatch):
    monkeypatch.setattr("engine.data.text_choice.MIN_BPE_TEXTS", 490)
    common = ["a red cat sits on a mat"] * 90
    few, many = [f"a red cat sees item{n}" for n in range(10)], [f"odd{n}ness" for n in range(400)]
    _tokenizer, words = choose_texts(
        DataConfig(tokenizer="auto"), DistinctTexts.of_texts(common + few)
    )
    assert (words.tokenizer, words.length) == ("word", 8)
    assert words.oov_share == pytest.approx(10 / (90 * 7 + 10 * 5))
    tokenizer, pieces = choose_texts(
        DataConfig(tokenizer="auto"), DistinctTexts.of_texts(common + many)
    )
    assert pieces.tokenizer == "bpe"
    assert pieces.oov_share == pytest.approx(400 / (90 * 7 + 400))
    assert "38.8% of a new text would be unknown (BPE from 10% and 490 " in pieces.sentence()
    fewer = choose_texts(DataConfig(tokenizer="auto"), DistinctTexts.of_texts((common + many)[1:]))[
        1
    ]
    assert fewer.tokenizer == "word"
    assert f"length {pieces.length} holds 100.0%" in pieces.sentence()
    # A new word is spelled with pieces of the others, all of them trained at least five times.
    uses = Counter(int(t) for text in common + many for t in tokenizer.encode(text, 40))
    spelled = tokenizer.encode("odd987ness", 40)
    assert tokenizer.decode(spelled) == "odd987ness"
    assert min(uses[int(token)] for token in spelled) >= 5
    vectors = DataConfig(tokenizer="auto", word_vectors="vectors.txt")
    assert choose_texts(vectors, DistinctTexts.of_texts(common + many))[1].tokenizer == "word"


@pytest.mark.parametrize("limit", [8192, 300])
def test_that_a_run_repeats_its_choice_from_what_it_stores(monkeypatch, limit):
    monkeypatch.setattr("engine.data.text_choice.MIN_BPE_TEXTS", 30)
    texts = [f"{a}{b} of {b}{a}s" for a in ("sun", "moon", "lark") for b in "abcdefghij"]
    data = DataConfig(tokenizer="auto", vocabulary_size=limit)
    tokenizer, choice = choose_texts(data, DistinctTexts.of_texts(texts))
    assert choice.tokenizer == "bpe"
    stored = settings_of_choice(choice, data)
    values: dict[str, Any] = {name.removeprefix("data__"): stored[name] for name in stored}
    again = DataConfig(**values)
    assert (again.tokenizer, again.text_length) == ("bpe", choice.length)
    same, repeated = choose_texts(again, DistinctTexts.of_texts(texts))
    assert same == tokenizer
    assert repeated.length == choice.length
    assert settings_of_choice(repeated, again) == {}


@given(st.lists(st.integers(1, 120), min_size=1, max_size=60))
def test_that_automatic_texts_have_at_most_77_tokens_and_named_ones_what_they_had(lengths):
    texts = [" ".join(["w"] * length) for length in lengths] * 2
    counts = np.array(lengths) + 1
    _tokenizer, auto = choose_texts(DataConfig(tokenizer="auto"), DistinctTexts.of_texts(texts))
    assert auto.length <= 77
    assert auto.covered == pytest.approx((counts <= auto.length).mean())
    assert auto.length == 77 or auto.covered >= 0.99
    tokenizer, named = choose_texts(DataConfig(), DistinctTexts.of_texts(texts))
    assert named.length == percentile_length(tokenizer, texts, 0.95)
    assert not named.is_automatic
    _tokenizer, chosen = choose_texts(DataConfig(text_length=9), DistinctTexts.of_texts(texts))
    assert chosen.length == 9
