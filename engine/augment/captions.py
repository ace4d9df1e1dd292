"""Which changes would make the captions of a dataset lie.

A red circle whose hue turns is a green circle that is called red, and a generator would learn it
so. The training texts say what must stay as it is.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from engine.augment.caption_words import (
    CHARACTER_COMPANIONS,
    CHARACTER_NAMES,
    HAN_COMPANIONS,
    HAN_NUMERALS,
    OTHER_MEANINGS,
    TOPICS,
    WRITING,
    Topic,
)
from engine.augment.changes import Change

LEAST_COUNT = 3
LEAST_SHARE = 0.005
"""A topic counts when its words stand in at least this share of the captions, and in at least
three (in all, where there are fewer). Rarer lies do less harm than no augmentation."""
SLIGHT = frozenset({Change.HORIZONTAL_MOVE, Change.VERTICAL_MOVE, Change.SCALING})
SLIGHT_SHARE = 0.05
"""The same for slight changes: what is moved by an eighth of the side or scaled by a fifth mostly
stays on the left, or small."""

_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_OTHER_MEANINGS = re.compile("|".join(OTHER_MEANINGS))
_CHINESE = {topic: re.compile("|".join(topic.chinese)) for topic in TOPICS}
_HAN_NUMBER = re.compile(
    rf"(?:{'|'.join(HAN_COMPANIONS)})?\s*[{HAN_NUMERALS}\d]+(?:{'|'.join(HAN_COMPANIONS)})?"
)


def forbidden_changes(texts: Iterable[str]) -> frozenset[Change]:
    """Say which changes an augmentation must leave out.

    Args:
        texts: captions of the training images, one an image.
    """
    return frozenset(reasons_against(texts))


def reasons_against(texts: Iterable[str]) -> Mapping[Change, str]:
    """Give each forbidden change with the word that speaks against it most often."""
    captions = Counter(map(_normalise, texts))
    reasons: dict[Change, tuple[int, str]] = {}
    for topic in TOPICS:
        frequencies, speaking = _count_words(topic, captions)
        for change in topic.forbids:
            if not 0 < _captions_needed(change, captions.total()) <= speaking:
                continue
            # The most frequent word; of equally frequent ones the first by alphabet.
            word = min(frequencies, key=lambda found: (-frequencies[found], found))
            reasons[change] = max(reasons.get(change, (0, "")), (frequencies[word], word))
    return {change: reasons[change][1] for change in Change if change in reasons}


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().strip()


def _captions_needed(change: Change, total: int) -> int:
    share = SLIGHT_SHARE if change in SLIGHT else LEAST_SHARE
    return min(total, max(LEAST_COUNT, math.ceil(share * total)))


def _count_words(topic: Topic, captions: Counter[str]) -> tuple[Counter[str], int]:
    """In how many captions each word of a topic stands, and in how many any of them does."""
    frequencies: Counter[str] = Counter()
    speaking = 0
    for caption, count in captions.items():
        words = _words_on(topic, caption)
        frequencies.update(dict.fromkeys(words, count))
        speaking += count if words else 0
    return frequencies, speaking


def _words_on(topic: Topic, caption: str) -> set[str]:
    words = topic.english.intersection(_LETTERS.findall(caption))
    found = set(words) | set(_CHINESE[topic].findall(_OTHER_MEANINGS.sub(" ", caption)))
    if topic is WRITING and _is_character(caption):
        found.add(caption)
    return found


def _is_character(caption: str) -> bool:
    """Whether a caption is nothing but the name of a written character: ``seven``, ``B``, ``七``.

    Such an image shows the character itself, and mirrored it is another one or none.
    """
    if _HAN_NUMBER.fullmatch(caption):
        return True
    words = _WORDS.findall(caption)
    names = [word for word in words if word not in CHARACTER_COMPANIONS]
    return bool(names) and all(_names_character(name) for name in names)


def _names_character(word: str) -> bool:
    is_letter = len(word) == 1 and not "\u3400" <= word <= "\u9fff"
    return word in CHARACTER_NAMES or word.isdecimal() or is_letter
