"""Choice of tokenizer, vocabulary and text length by the texts of a dataset.

A word that occurs in one text only is learned from that text alone, and a word of a new text that
no other has is unknown. Where such words are many, BPE spells them with pieces that are trained
more often. Its merges must be frequent as well: learned from few texts without a limit, they end in
whole words again, and the pieces of a new word are as rare as the word (docs/measurements.md, *Long
captions*).

Words are those of ``split_words``; nothing here imports torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.config.sections import MAX_TEXT_TOKENS, TEXT_COVERAGE, DataConfig
from engine.data.distinct_texts import DistinctTexts
from engine.data.tokenizers import (
    BPE,
    SPECIAL,
    BpeTokenizer,
    Tokenizer,
    Vocabulary,
    build_tokenizer,
    percentile_of,
)
from engine.data.words import CHARACTERS, WORD, Numbers, SplitTexts

AUTO = "auto"
MAX_OOV_SHARE = 0.1
"""Share of unknown words from which ``auto`` takes BPE, if there are enough texts."""
MIN_BPE_TEXTS = 10_000
"""Texts from which ``auto`` takes BPE. Few do not teach how pieces make words: with 451 captions
and 10 % of unknown words, 64 % of the words written by BPE were words (docs/measurements.md)."""
MIN_MERGE_COUNT = 5
"""Occurrences of a pair of tokens from which ``auto`` merges it. With five, 0.3 % of the tokens of
new captions are untrained, with none a quarter (500 captions of emoji)."""
NAMED_COVERAGE = 0.95
"""Share of the texts that fit where the configuration names the tokenizer."""


@dataclass(frozen=True, kw_only=True)
class TextChoice:
    """How a run reads texts, and the figures behind it."""

    tokenizer: str
    """``word``, ``bpe`` or ``characters``."""
    is_automatic: bool
    """Whether the data chose the tokenizer."""
    oov_share: float
    """Estimated share of the words of a new text that a vocabulary of words does not know."""
    vocabulary_size: int
    """Tokens, the three special ones included."""
    length: int
    """Tokens of the longest text, its end included."""
    covered: float
    """Share of the texts that are not truncated."""

    def sentence(self) -> str:
        """Return the choice and its reason in one English sentence."""
        names = {WORD: "words", BPE: "pieces of words (BPE)", CHARACTERS: "characters"}
        reason = ""
        if self.is_automatic:
            reason = (
                f", because as words {self.oov_share:.1%} of a new text would be unknown (BPE from "
                f"{MAX_OOV_SHARE:.0%} and {MIN_BPE_TEXTS:,} texts)"
            )
        return (
            f"Texts: {names[self.tokenizer]}{reason}; {self.vocabulary_size:,} tokens, and length "
            f"{self.length} holds {self.covered:.1%} of the texts whole."
        )


def oov_share_of(texts: SplitTexts, copies: Sequence[int] | Numbers, size: int) -> float:
    """Estimate the share of the words of a new text that a vocabulary of words does not know.

    It is what leaving out one text at a time gives: a word is unknown if no other text has it.
    Rarer words than the vocabulary has room for are unknown in any case. Source: Good 1953, "The
    population frequencies of species and the estimation of population parameters", Biometrika 40.

    Args:
        texts: distinct ones, split into words.
        copies: how often each text occurs: [N].
        size: of the vocabulary, special tokens included.
    """
    uses = uses_of(texts, copies)
    if not len(uses):
        return 0.0
    text = np.repeat(np.arange(len(texts.counts)), texts.counts)
    first, last = np.empty_like(uses), np.empty_like(uses)
    # Of several values that are assigned to one place, the last one counts.
    first[texts.numbers[::-1]], last[texts.numbers] = text[::-1], text
    is_shared = (first < last) | (np.array(copies)[first] > 1)
    # Equally frequent words are in the order in which they occur.
    kept = np.argsort(-uses, kind="stable")[: max(0, size - len(SPECIAL))]
    return 1 - int(uses[kept][is_shared[kept]].sum()) / int(uses.sum())


def uses_of(texts: SplitTexts, copies: Sequence[int] | Numbers) -> Numbers:
    """Count how often each unit occurs: [U], for texts that occur ``copies`` [N] times."""
    weights = np.repeat(np.array(copies, dtype=np.float64), texts.counts)
    return np.bincount(texts.numbers, weights, len(texts.units)).astype(np.int64)


def chosen_kind(kind: str, oov_share: float, count: int) -> str:
    """Return the kind of tokenizer; ``auto`` is decided by unknown words and number of texts."""
    if kind != AUTO:
        return kind
    return BPE if oov_share >= MAX_OOV_SHARE and count >= MIN_BPE_TEXTS else WORD


def choose_texts(data: DataConfig, texts: DistinctTexts) -> tuple[Tokenizer, TextChoice]:
    """Build the tokenizer of a run and choose the text length.

    Args:
        data: settings of the run; word vectors need words.
        texts: captions to train on.

    Raises:
        ValueError: the kind of tokenizer is unknown.
    """
    unknown = oov_share_of(texts.words, texts.copies, data.vocabulary_size)
    is_automatic = data.tokenizer == AUTO and not data.word_vectors
    kind = chosen_kind(data.tokenizer, 0.0 if data.word_vectors else unknown, len(texts))
    if kind == WORD:
        uses = uses_of(texts.words, texts.copies).tolist()
        uses_by_word = dict(zip(texts.words.units, uses, strict=True))
        tokenizer = Vocabulary.from_counts(uses_by_word, size=data.vocabulary_size)
    else:
        strings = texts.strings()
        repeated = map(strings.__getitem__, texts.numbers.tolist())
        if is_automatic:
            tokenizer = BpeTokenizer.build(
                repeated, size=data.vocabulary_size, min_count=MIN_MERGE_COUNT
            )
        else:
            tokenizer = build_tokenizer(kind, repeated, size=data.vocabulary_size)
    counts = texts.words.counts if kind == WORD else texts.ragged(tokenizer)[1]
    lengths = np.repeat(counts, texts.copies)
    length = data.text_length or usual_length(lengths, is_automatic=data.tokenizer == AUTO)
    tokens, num_texts = (found.tolist() for found in np.unique(lengths, return_counts=True))
    return tokenizer, TextChoice(
        tokenizer=kind,
        is_automatic=is_automatic,
        oov_share=unknown,
        vocabulary_size=len(tokenizer),
        length=length,
        covered=covered_share(dict(zip(tokens, num_texts, strict=True)), length),
    )


def usual_length(lengths: Sequence[int] | Numbers, *, is_automatic: bool) -> int:
    """Return the text length in tokens, the end included.

    Args:
        lengths: tokens of each text, the end not counted.
        is_automatic: whether the tokenizer is ``auto``. Where it is named, the length is the one
            that runs had before there was a choice.
    """
    if is_automatic:
        return min(MAX_TEXT_TOKENS, percentile_of(lengths, TEXT_COVERAGE))
    return percentile_of(lengths, NAMED_COVERAGE)


def covered_share(lengths: Mapping[int, int], length: int) -> float:
    """Return the share of texts that a length with an end token holds whole.

    Args:
        lengths: number of texts by their tokens, the end not counted.
        length: in tokens.
    """
    held = sum(number for tokens, number in lengths.items() if tokens < length)
    return held / max(1, sum(lengths.values()))


def settings_of_choice(choice: TextChoice, data: DataConfig) -> dict[str, object]:
    """Return the data settings that repeat an automatic choice; none where nothing was chosen."""
    if data.tokenizer != AUTO:
        return {}
    # With so many tokens, BPE stops at the same merge without ``MIN_MERGE_COUNT``.
    size = choice.vocabulary_size if choice.tokenizer == BPE else data.vocabulary_size
    return {
        "data__tokenizer": choice.tokenizer,
        "data__vocabulary_size": size,
        "data__text_length": choice.length,
    }
