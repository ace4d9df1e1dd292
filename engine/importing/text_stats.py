"""Statistics of the texts of a source: scripts, lengths, words. For the wizard's text page."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.config.sections import DataConfig
from engine.data.text_choice import (
    AUTO,
    MIN_MERGE_COUNT,
    TextChoice,
    chosen_kind,
    covered_share,
    oov_share_of,
    usual_length,
)
from engine.data.tokenizers import BPE, SPECIAL, BpeTokenizer
from engine.data.words import CHARACTERS, WORD, split_characters, split_texts, split_words

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
    choice: TextChoice
    """How a run would read the texts."""
    vocabulary_size: int
    """Different units, special ones not counted."""
    frequent: tuple[tuple[str, int], ...]
    """The most frequent units, and how often they occur."""
    once: int
    """Units that occur once."""


def describe_texts(
    texts: Iterable[str],
    data: DataConfig | None = None,
    *,
    top: int = 100,
) -> TextFacts:
    """Describe texts in the units of a run's tokenizer.

    Args:
        texts: as they would be stored.
        data: how the run would read them; by default as words.
        top: how many of the most frequent units are listed.

    Raises:
        ValueError: there is no such tokenizer.
    """
    data = data or DataConfig()
    copies = Counter(texts)
    words = split_texts(list(copies))
    unknown = oov_share_of(words, list(copies.values()), data.vocabulary_size)
    kind = chosen_kind(data.tokenizer, unknown, copies.total())
    is_automatic = data.tokenizer == AUTO
    merged = MIN_MERGE_COUNT if is_automatic else 0
    split, size = _splitter(kind, list(copies), data.vocabulary_size, merged)
    units: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for text, number in copies.items():
        parts = split(text)
        lengths[len(parts)] += number
        for part in parts:
            units[part] += number
    ordered = sorted(units.items(), key=lambda item: (-item[1], item[0]))
    sizes = list(lengths.elements())
    length = data.text_length or usual_length(sizes, is_automatic=is_automatic)
    return TextFacts(
        count=copies.total(),
        distinct=len(copies),
        scripts=script_shares(copies),
        languages=_languages(copies),
        lengths=tuple(sorted(lengths.items())),
        choice=TextChoice(
            tokenizer=kind,
            is_automatic=is_automatic,
            oov_share=unknown,
            vocabulary_size=size or min(len(units) + len(SPECIAL), data.vocabulary_size),
            length=length,
            covered=covered_share(lengths, length),
        ),
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


def _splitter(
    kind: str, texts: Sequence[str], size: int, min_count: int
) -> tuple[Callable[[str], list[str]], int]:
    """Return how a text is split and, for a vocabulary that is learned for it, its size."""
    if kind == BPE:
        # Every so many, so that the sample is spread over the source.
        step = max(1, len(texts) // _BPE_LEARNED_FROM)
        pairs = BpeTokenizer.build(texts[::step], size=size, min_count=min_count)
        piece = functools.cache(lambda number: pairs.decode([number]))

        def split(text: str) -> list[str]:
            numbers = pairs.encode(text, pairs.count(text) + 1)
            return [piece(number) for number in numbers[:-1].tolist()]

        return split, len(pairs)
    ways = {WORD: split_words, CHARACTERS: split_characters}
    if kind not in ways:
        raise ValueError(f"there is no tokenizer of {kind}")
    return ways[kind], 0
