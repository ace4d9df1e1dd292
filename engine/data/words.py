"""How texts are split into words or characters, one by one or a million at once.

Shapes: N texts, T units of all texts together, U distinct units.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

WORD, CHARACTERS = "word", "characters"

# Words keep inner apostrophes and hyphens. Each Chinese character is a token, because Chinese does
# not separate words; so is any other visible character.
TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’-][^\W_\u3400-\u9fff]+)*|[^\w\s]|_")
_NO_SPACE_BEFORE = re.compile(r"\s+([:,.;!?)\]}%’”])")
_NO_SPACE_AFTER = re.compile(r"([(\[{#“])\s+")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def split_words(text: str) -> list[str]:
    """Split a text into lower-case words and punctuation characters."""
    return TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def split_characters(text: str) -> list[str]:
    """Split a text into characters, with single spaces between words."""
    return list(" ".join(unicodedata.normalize("NFC", text).split()))


def join_words(words: Iterable[str]) -> str:
    """Join words to a text with conventional spacing."""
    text = _NO_SPACE_BEFORE.sub(r"\1", " ".join(words))
    return _HAN_GAP.sub("", _NO_SPACE_AFTER.sub(r"\1", text))


WAYS: Mapping[str, tuple[Callable[[str], list[str]], Callable[[Iterable[str]], str]]] = {
    WORD: (split_words, join_words),
    CHARACTERS: (split_characters, "".join),
}
"""How texts are split and joined, by kind of vocabulary."""


_TEXT_END = "\0"
"""A unit of its own, which few texts contain."""
_SPLIT_TOGETHER = 50_000
_SMALL_ARRAY = 1_000
_MIN_CHARACTERS = 100_000
"""Length from which ASCII is split by Arrow, which takes a third of a second to load."""


@dataclass(frozen=True, eq=False)
class SplitTexts:
    """Texts as the units of a vocabulary."""

    units: tuple[str, ...]
    """The U distinct units, by first occurrence."""
    numbers: Numbers
    """Place in ``units`` of each unit of the texts, one text after another: [T]."""
    counts: Numbers
    """Units of each text: [N]."""


def split_texts(texts: Sequence[str], kind: str = WORD) -> SplitTexts:
    """Split texts into ``word`` or ``characters``, each as ``split_words`` would.

    Thousands of texts at a time are joined and split as one, which takes much less time.
    """
    split, _join = WAYS[kind]
    # No text may contain what marks the ends.
    is_joined = kind == WORD and _TEXT_END not in "".join(texts)
    end = _TEXT_END if is_joined else None
    numbers: dict[str | None, int] = {end: 0}
    parts: list[Numbers] = []
    for start in range(0, len(texts), _SPLIT_TOGETHER):
        part = texts[start : start + _SPLIT_TOGETHER]
        if end is None:
            parts.append(_number([unit for text in part for unit in (*split(text), None)], numbers))
            continue
        joined = end.join((*part, ""))
        if joined.isascii() and len(joined) >= _MIN_CHARACTERS:
            parts.append(_number_ascii_words(joined.encode(), numbers))
        else:
            parts.append(_number(split(joined), numbers))
    return _split_by_ends(parts, numbers, end)


def split_array(texts: Any) -> SplitTexts:
    """Split an Arrow array of strings into words, as ``split_texts`` does.

    Strings of ASCII never become Python objects.
    """
    # Imported on use: the studio starts without it.
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(texts) <= _SMALL_ARRAY:
        return split_texts(texts.to_pylist())
    numbers: dict[str | None, int] = {_TEXT_END: 0}
    parts: list[Numbers] = []
    for start in range(0, len(texts), _SPLIT_TOGETHER):
        part = texts.slice(start, _SPLIT_TOGETHER)
        whole = pa.ListArray.from_arrays(pa.array([0, len(part)], pa.int32()), part)
        joined = pc.call_function("binary_join", [whole, _TEXT_END])[0].as_buffer().to_pybytes()
        joined += _TEXT_END.encode()
        if joined.count(_TEXT_END.encode()) > len(part):
            # A text contains what marks the ends.
            return split_texts(texts.to_pylist())
        if joined.isascii():
            parts.append(_number_ascii_words(joined, numbers))
        else:
            parts.append(_number(split_words(joined.decode()), numbers))
    return _split_by_ends(parts, numbers, _TEXT_END)


def _split_by_ends(
    parts: Sequence[Numbers], numbers: dict[str | None, int], end: str | None
) -> SplitTexts:
    """Divide numbered units where the end, number 0, stands."""
    found = np.concatenate([np.empty(0, dtype=np.int64), *parts])
    counts = np.diff(np.flatnonzero(found == 0), prepend=-1) - 1
    del numbers[end]
    found = found[found > 0]
    found -= 1
    return SplitTexts(tuple(map(str, numbers)), found, counts)


def _number(units: Sequence[str | None], numbers: dict[str | None, int]) -> Numbers:
    """Number units [T]; new ones are added to ``numbers``."""
    for unit in dict.fromkeys(units):
        numbers.setdefault(unit, len(numbers))
    return np.fromiter(map(numbers.__getitem__, units), np.int64, len(units))


_SPACE, _LETTER, _JOINER, _OTHER = range(4)


def _ascii_class(character: str) -> int:
    """Classify an ASCII character as ``TOKEN`` does; digits are letters here."""
    if character.isspace():
        return _SPACE
    if character.isalnum():
        return _LETTER
    return _JOINER if character in "'-" else _OTHER


_ASCII_CLASSES = bytes(_ascii_class(chr(code)) for code in range(128)).ljust(256, b"\0")


def _number_ascii_words(content: bytes, numbers: dict[str | None, int]) -> Numbers:
    """Number the words [T] of an ASCII text, as ``_number`` those of ``split_words``."""
    # Imported on use: the studio starts without it.
    import pyarrow as pa

    content = content.lower()
    classes = np.frombuffer(content.translate(_ASCII_CLASSES), dtype=np.uint8)
    is_letter = classes == _LETTER
    is_in_word = is_letter.copy()
    joiners = np.flatnonzero(classes[1:-1] == _JOINER) + 1
    is_in_word[joiners] = is_letter[joiners - 1] & is_letter[joiners + 1]
    is_start = classes != _SPACE
    is_start[1:] &= ~(is_in_word[1:] & is_in_word[:-1])
    offsets = np.append(np.flatnonzero(is_start), len(content)).astype(np.int32)
    # A word reaches to the next one here, so that what lies between them belongs to it.
    words = pa.StringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(content)
    )
    encoded = words.dictionary_encode()
    stripped = [word.rstrip() for word in encoded.dictionary.to_pylist()]
    new = [numbers.setdefault(word, len(numbers)) for word in stripped]
    return np.array(new, dtype=np.int64)[encoded.indices.to_numpy()]
