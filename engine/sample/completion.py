"""Completes what a user types with the words of a run, and finds words that it does not know.

Does not import torch, for the studio's prompt box.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.data.facts import TextFacts
from engine.data.tokenizers import SPECIAL, Tokenizer, Vocabulary, normalise
from engine.data.words import TOKEN, WORD

MAX_COMPLETIONS = 8
MAX_NEAREST = 3
MAX_TYPED = 10_000
"""Characters that are looked at."""
MAX_DISTANCE = 3
"""Largest number of edits to a known word that is offered."""
_BPE_SPACE = "\u0120"
"""Begins the tokens of byte-level BPE that begin a word."""


@dataclass(frozen=True, kw_only=True)
class UnknownWord:
    """A word that is not in the vocabulary of a run."""

    start: int
    """Place of its first character in the text as it was typed."""
    end: int
    """Place after its last character."""
    word: str
    """As it was typed."""
    nearest: tuple[str, ...]
    """Known words of the fewest edits, best first; empty if none is near."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What to say of a text that is being typed."""

    unknown: tuple[UnknownWord, ...]
    words: tuple[str, ...]
    """Known words that begin as the last word, frequent ones first; after a space, none."""
    start: int
    """Place of the first character of the last word, which one of ``words`` replaces."""
    tokens: int
    """Number of tokens of the text."""
    max_tokens: int
    """Number of tokens that the run reads; what exceeds them is left out."""


def suggestions(facts: TextFacts, typed: str) -> Completion:
    """Find unknown words and completions.

    Args:
        facts: of the column of texts.
        typed: the text so far; the cursor is at its end.
    """
    text = typed[:MAX_TYPED]
    tokenizer = facts.tokenizer
    words = _known_words(tokenizer)
    unknown: list[UnknownWord] = []
    start, last = len(text), ""
    is_word = isinstance(tokenizer, Vocabulary) and tokenizer.kind == WORD
    for match in TOKEN.finditer(text):
        word = match.group()
        # The tokenizer may split a word that holds compatibility characters.
        missing = tokenizer.out_of_vocabulary(word) if is_word else []
        if missing:
            nearest = nearest_words(word, words)
            unknown.append(
                UnknownWord(start=match.start(), end=match.end(), word=word, nearest=nearest)
            )
        if match.end() == len(text):
            start, last = match.start(), word
    if not is_word:
        unknown = _unknown_characters(tokenizer, text)
    return Completion(
        unknown=tuple(unknown),
        words=_completions(last, words) if last and words else (),
        start=start,
        tokens=tokenizer.count(text),
        max_tokens=facts.length - 1,
    )


def nearest_words(word: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return the known words with the fewest edits to a word.

    Args:
        word: an unknown word.
        words: known ones, frequent ones first.
    """
    typed = word.lower()
    # A third of a word may differ; a word of one letter has nothing near it.
    most = min(MAX_DISTANCE, (len(typed) + 1) // 3)
    found: list[tuple[int, int]] = []
    for place, known in enumerate(words):
        if abs(len(known) - len(typed)) <= most:
            distance = edit_distance(typed, known, most)
            if distance <= most:
                found.append((distance, place))
    return tuple(words[place] for _distance, place in sorted(found)[:MAX_NEAREST])


def edit_distance(one: str, other: str, most: int) -> int:
    """Count the insertions, deletions, replacements and swaps of neighbours between two words.

    The optimal string alignment distance: Damerau 1964, doi:10.1145/363958.363994, where no part is
    edited twice.

    Args:
        one: a word.
        other: another one.
        most: a distance above it is returned as ``most + 1``.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, theirs in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != theirs))
            is_swap = i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs
            if is_swap:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _completions(last: str, words: Sequence[str]) -> tuple[str, ...]:
    typed = last.lower()
    found = [word for word in words if word.startswith(typed) and word != typed]
    return tuple(found[:MAX_COMPLETIONS])


@lru_cache(maxsize=8)
def _known_words(tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return the words of a vocabulary, frequent ones first; none of a vocabulary of characters."""
    if isinstance(tokenizer, Vocabulary):
        is_word = tokenizer.kind == WORD
        return tuple(unit for unit in tokenizer.units if unit[0].isalnum()) if is_word else ()
    tokens = tokenizer.tokens()[len(SPECIAL) :]
    whole = [number for number, token in enumerate(tokens) if token.startswith(_BPE_SPACE)]
    # Tokens of bytes have printable names; the tokenizer knows their characters.
    words = (tokenizer.decode([number + len(SPECIAL)]).strip() for number in whole)
    return tuple(dict.fromkeys(word for word in words if len(word) > 1 and word[0].isalnum()))


def _unknown_characters(tokenizer: Tokenizer, text: str) -> list[UnknownWord]:
    """Find characters that a vocabulary of characters lacks."""
    lacking = set(tokenizer.out_of_vocabulary(text))
    return [
        UnknownWord(start=place, end=place + 1, word=letter, nearest=())
        for place, letter in enumerate(text)
        if normalise(letter) in lacking
    ]
