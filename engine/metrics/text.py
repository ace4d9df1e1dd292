"""Quality and diversity of generated texts, independent of their images."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from engine.data.words import split_words

ORDER = 4
COMPARED = 200
"""Texts compared with each other: the cost grows with the square."""

Words = Sequence[str]
Some = TypeVar("Some")


def text_metrics(
    made: Sequence[str],
    validation: Sequence[str],
    training: frozenset[str],
    is_valid: Callable[[str], bool],
    known: "KnownWords | None" = None,
    check: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Measure texts.

    text_validity: share of valid texts; unique_share: distinct texts over all; distinct_1 and _2:
    distinct words and word pairs over all (Li et al. 2016, arXiv:1510.03055, section 4.3);
    copied_share: share that occurs among the training texts; bleu: similarity to validation texts;
    self_bleu: similarity to each other (Zhu et al. 2018, arXiv:1802.01886); known_words and
    known_bigrams: shares of the words, and of the pairs of neighbouring words, that the training
    texts have, beside those of the validation texts (``_upper_bound``). Bigrams far below it are
    words in no order, far above it are training texts learned by heart.

    Args:
        made: generated texts, at least one.
        validation: real texts that were not trained on; without any there is no ``bleu``.
        training: real texts that were, in the same form as ``made``.
        is_valid: judges one text.
        known: words of the training texts; by default those of ``training``.
        check: called between the texts that are compared; may raise.
    """
    words = [split_words(text) for text in made]
    metrics = {
        "text_validity": float(np.mean([is_valid(text) for text in made])),
        "unique_share": len(set(made)) / len(made),
        "copied_share": float(np.mean([text in training for text in made])),
        "distinct_1": _distinct(words, 1),
        "distinct_2": _distinct(words, 2),
    }
    known = known or KnownWords(training)
    metrics["known_words"], metrics["known_bigrams"] = known.shares(made)
    if validation:
        bounds = known.shares(validation)
        metrics["known_words_upper_bound"], metrics["known_bigrams_upper_bound"] = bounds
    some = _some(words)
    references = [split_words(text) for text in _some(validation)]
    if references:
        metrics["bleu"] = _mean_bleu(((text, references) for text in some), check)
    if len(some) > 1:
        others = ((text, [*some[:i], *some[i + 1 :]]) for i, text in enumerate(some))
        metrics["self_bleu"] = _mean_bleu(others, check)
    return metrics


def _mean_bleu(
    compared: Iterable[tuple[Words, Sequence[Words]]], check: Callable[[], None]
) -> float:
    scores: list[float] = []
    for text, references in compared:
        check()
        scores.append(bleu(text, references))
    return float(np.mean(scores))


class KnownWords:
    """Words, and pairs of neighbouring words, of the training texts.

    The end of a text counts as a word, so that texts of one word have a pair.

    Args:
        training: real texts.
    """

    def __init__(self, training: Iterable[str]) -> None:
        self._pairs = {pair for text in training for pair in _word_pairs(text)}
        self._words = {first for first, _second in self._pairs}

    def shares(self, texts: Iterable[str]) -> tuple[float, float]:
        """Return the shares of the texts' words and pairs that are known; 0 if they have none."""
        pairs = [pair for text in texts for pair in _word_pairs(text)]
        if not pairs:
            return 0.0, 0.0
        # Each word is the first of one pair.
        words = sum(first in self._words for first, _second in pairs)
        return words / len(pairs), sum(pair in self._pairs for pair in pairs) / len(pairs)


_TEXT_END = ""


def _word_pairs(text: str) -> Iterator[tuple[str, str]]:
    return pairwise([*split_words(text), _TEXT_END])


def bleu(text: Words, references: Sequence[Words]) -> float:
    """Return BLEU of a text against reference texts: 0 to 1.

    Geometric mean of the clipped precisions of n-grams of one to four words, with the brevity
    penalty (Papineni et al. 2002). n-grams longer than the text are left out; from two words on
    they are smoothed by adding one (Lin & Och 2004), so that short captions have a value.
    """
    if not text or not references:
        return 0.0
    logs: list[float] = []
    for size in range(1, min(ORDER, len(text)) + 1):
        groups = _groups(text, size)
        known: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            known |= _groups(reference, size)
        smooth = 1 if size > 1 else 0
        hits = sum(min(count, known[group]) for group, count in groups.items())
        precision = (hits + smooth) / (groups.total() + smooth)
        if not precision:
            return 0.0
        logs.append(math.log(precision))
    length = len(text)
    nearest = min((len(r) for r in references), key=lambda size: (abs(size - length), size))
    brevity = 1.0 if length >= nearest else math.exp(1 - nearest / length)
    return math.exp(sum(logs) / len(logs)) * brevity


def _groups(words: Words, size: int) -> "Counter[tuple[str, ...]]":
    return Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def _distinct(texts: Sequence[Words], size: int) -> float:
    groups: Counter[tuple[str, ...]] = Counter()
    for words in texts:
        groups.update(_groups(words, size))
    return len(groups) / groups.total() if groups else 0.0


def _some(texts: Sequence[Some]) -> list[Some]:
    places = np.linspace(0, len(texts) - 1, min(COMPARED, len(texts))).astype(int)
    return [texts[place] for place in places]
