"""Normalisation of captions: spaces, case, punctuation, length and rare words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable

from engine.data.words import TOKEN, split_words
from engine.importing.encoding import clean_text
from engine.importing.plan import TextSettings

# Apostrophes and hyphens within a word, and points within a number, belong to it.
_INNER = re.compile(r"(?<=[^\W_])['’-](?=[^\W_])|(?<=\d)[.,:](?=\d)")
_SIGN = re.compile(r"[^\w\s]|_")
_INVISIBLE = re.compile(
    "[\x80-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
"""C1 controls and characters without width; joiners stay, which Persian and emoji need."""
_LOOSE_SIGN = re.compile(r"\s+(?=[,.;:!?，。；：！？])")
_JOINER = "\u200d"


def apply(plan: TextSettings, text: str) -> str:
    """Normalise a text: NFC, single spaces, then case, punctuation and length as planned.

    Applying it twice changes nothing more. Rare words need all texts: ``rare_words``.
    """
    text = _INVISIBLE.sub("", clean_text(text))
    if plan.case == "lower":
        text = text.lower()
    if plan.punctuation == "remove":
        text = _without_punctuation(text)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if plan.max_words:
        text = cut(text, plan.max_words)
        if plan.punctuation == "remove":
            # Where a number is cut, its decimal point is left.
            text = " ".join(_without_punctuation(text).split())
    return text


def apply_all(plan: TextSettings, texts: Iterable[str]) -> tuple[str, ...]:
    """Normalise the captions of an item: no empty ones or duplicates; only the first if planned."""
    formed = tuple(dict.fromkeys(text for text in (apply(plan, text) for text in texts) if text))
    return formed[:1] if plan.captions == "first" else formed


def cut(text: str, longest: int) -> str:
    """Cut a text after so many units of the word tokenizer; no emoji is cut in two."""
    for number, match in enumerate(TOKEN.finditer(text), 1):
        if number == longest:
            return text[: _whole_end(text, match.end())]
    return text


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """Count the texts that contain each word; punctuation is not counted."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({unit for unit in split_words(text) if unit[0].isalnum()})
    return counts


def rare_words(texts: Iterable[str], min_count: int) -> set[str]:
    """Find the words that occur in fewer texts than ``min_count``."""
    if min_count <= 1:
        return set()
    return {word for word, count in word_counts(texts).items() if count < min_count}


def without_rare(text: str, rare: Collection[str]) -> str:
    """Remove words from a text; ``rare`` holds them in the form of ``word_counts``."""
    if not rare or not any(unit in rare for unit in split_words(text)):
        return text

    def keep(match: re.Match[str]) -> str:
        return "" if any(unit in rare for unit in split_words(match[0])) else match[0]

    return _LOOSE_SIGN.sub("", " ".join(TOKEN.sub(keep, text).split()))


def _without_punctuation(text: str) -> str:
    inner = {match.start() for match in _INNER.finditer(text)}

    def keep(match: re.Match[str]) -> str:
        sign = match[0]
        is_sign = unicodedata.category(sign).startswith("P") and match.start() not in inner
        return " " if is_sign else sign

    return _SIGN.sub(keep, text)


def _whole_end(text: str, end: int) -> int:
    """Move the end of a cut past what belongs to the last character: marks, joined emoji."""
    while end < len(text) and (
        text[end] == _JOINER
        or text[end - 1] == _JOINER
        or unicodedata.category(text[end]) in ("Mn", "Me", "Mc", "Sk")
    ):
        end += 1
    return end
