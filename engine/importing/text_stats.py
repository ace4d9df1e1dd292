"""Statistics of the texts of a source: scripts, lengths, words. For the wizard's text page."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.data.tokenizers import (
    BPE,
    CHARACTERS,
    WORD,
    BpeTokenizer,
    split_characters,
    split_words,
)

_SCRIPTS = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "HALFWIDTH": "Kana"}
_NO_SCRIPT = ("MODIFIER", "MASCULINE", "FEMININE", "MICRO", "FULLWIDTH", "IDEOGRAPHIC")
_ENOUGH_KANA = 0.1
_BPE_LEARNED_FROM = 20_000


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """Statistics of a collection of texts."""

    count: int
    """Texts, equal ones included."""
    distinct: int
    scripts: tuple[tuple[str, float], ...]
    """Share of letters in each script (``Latin``, ``Han``, ``Kana``), the largest first."""
    languages: tuple[tuple[str, float], ...]
    """Share of texts in Chinese, Japanese and Korean, as far as scripts tell; none is zero."""
    lengths: tuple[tuple[int, int], ...]
    """Units of a text, and how many texts have so many; ascending."""
    percentile_length: int
    """Units that hold whole at least ``share`` of the texts, without the end mark."""
    share: float
    vocabulary_size: int
    """Different units, special ones not counted."""
    frequent: tuple[tuple[str, int], ...]
    """The most frequent units, and how often they occur."""
    once: int
    """Units that occur once."""


def describe_texts(
    texts: Iterable[str],
    tokenizer_kind: str = WORD,
    *,
    size: int = 4_096,
    share: float = 0.95,
    top: int = 100,
) -> TextFacts:
    """Describe texts in units of a kind of tokenizer.

    Args:
        texts: as they would be stored.
        tokenizer_kind: ``word``, ``characters`` or ``bpe``.
        size: entries of a vocabulary of pieces (``bpe``), which is learned for it.
        share: which share of texts is to be held whole.
        top: how many of the most frequent units are listed.

    Raises:
        ValueError: there is no such kind.
    """
    copies = Counter(texts)
    split = _splitter(tokenizer_kind, list(copies), size)
    units: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for text, number in copies.items():
        parts = split(text)
        lengths[len(parts)] += number
        for part in parts:
            units[part] += number
    ordered = sorted(units.items(), key=lambda item: (-item[1], item[0]))
    return TextFacts(
        count=copies.total(),
        distinct=len(copies),
        scripts=script_shares(copies),
        languages=_languages(copies),
        lengths=tuple(sorted(lengths.items())),
        percentile_length=covering(lengths, share),
        share=share,
        vocabulary_size=len(units),
        frequent=tuple(ordered[:top]),
        once=sum(number == 1 for number in units.values()),
    )


def covering(lengths: Mapping[int, int], share: float) -> int:
    """Return the least length that holds whole at least this share of texts; 0 for none."""
    wanted, held = share * sum(lengths.values()), 0
    for length, number in sorted(lengths.items()):
        held += number
        # Sums of shares are off by a rounding error.
        if held >= wanted - 1e-9:
            return length
    return 0


def script_shares(copies: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    """Return each script's share of the letters of texts, given how often each text occurs."""
    counts: Counter[str] = Counter()
    for text, number in copies.items():
        for script, letters in Counter(map(script_of, text)).items():
            counts[script] += letters * number
    del counts[""]
    total = max(1, counts.total())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((script, number / total) for script, number in ordered)


@functools.lru_cache(maxsize=65_536)
def script_of(character: str) -> str:
    """Return the script of a letter, such as ``Latin``; empty for other characters."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    # Unicode names begin with the script, which the standard library gives nowhere else.
    name = unicodedata.name(character, "").partition(" ")[0]
    return "" if name in _NO_SCRIPT else _SCRIPTS.get(name, name.capitalize())


def _languages(copies: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    """Return the shares of Chinese, Japanese and Korean texts, by their scripts.

    A text of Han characters alone is Chinese, unless many of the other such texts hold Kana.
    """
    counts: Counter[str] = Counter()
    for text, number in copies.items():
        scripts = {script_of(character) for character in text}
        known = (("Kana", "Japanese"), ("Hangul", "Korean"), ("Han", "Chinese"))
        counts[next((name for script, name in known if script in scripts), "")] += number
    if counts["Japanese"] > _ENOUGH_KANA * (counts["Japanese"] + counts["Chinese"]):
        counts["Japanese"] += counts.pop("Chinese", 0)
    del counts[""]
    total = max(1, sum(copies.values()))
    return tuple((name, number / total) for name, number in counts.most_common() if number)


def _splitter(kind: str, texts: Sequence[str], size: int) -> Callable[[str], list[str]]:
    if kind == BPE:
        # Every so many, so that the sample is spread over the source.
        step = max(1, len(texts) // _BPE_LEARNED_FROM)
        pairs = BpeTokenizer.build(texts[::step], size=size)
        piece = functools.cache(lambda number: pairs.decode([number]))

        def split(text: str) -> list[str]:
            numbers = pairs.encode(text, pairs.count(text) + 1)
            return [piece(number) for number in numbers[:-1].tolist()]

        return split
    ways = {WORD: split_words, CHARACTERS: split_characters}
    if kind not in ways:
        raise ValueError(f"there is no tokenizer of {kind}")
    return ways[kind]
