"""Texts in units that are written down one by one: whole words, or characters."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.data.tokenizer import END, PADDING, SPECIAL, UNKNOWN, Numbers, lay_out

WORD, CHARACTERS = "word", "characters"

# A word keeps its inner apostrophes and hyphens; a Chinese character is a word of its own, since
# nothing marks where Chinese words end; any other visible character stands alone.
TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’-][^\W_\u3400-\u9fff]+)*|[^\w\s]|_")
_NO_SPACE_BEFORE = re.compile(r"\s+([:,.;!?)\]}%’”])")
_NO_SPACE_AFTER = re.compile(r"([(\[{#“])\s+")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def split_words(text: str) -> list[str]:
    """Split a caption into lower-case words and single signs."""
    return TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def split_characters(text: str) -> list[str]:
    """Split a caption into its characters, with single spaces between words."""
    return list(" ".join(unicodedata.normalize("NFC", text).split()))


def join_words(words: Iterable[str]) -> str:
    """Put words together again, with spaces where a reader expects them."""
    text = _NO_SPACE_BEFORE.sub(r"\1", " ".join(words))
    return _HAN_GAP.sub("", _NO_SPACE_AFTER.sub(r"\1", text))


def join_characters(characters: Iterable[str]) -> str:
    """Put characters together again."""
    return "".join(characters)


_WAYS: Mapping[str, tuple[Callable[[str], list[str]], Callable[[Iterable[str]], str]]] = {
    WORD: (split_words, join_words),
    CHARACTERS: (split_characters, join_characters),
}


class Vocabulary:
    """The units of a dataset's texts, numbered: 0 padding, 1 end, 2 unknown, then one by one.

    Args:
        units: without the three special entries, each once.
        kind: ``word`` or ``characters``.

    Raises:
        ValueError: a unit stands twice, or there is no such kind.
    """

    def __init__(self, units: Sequence[str], kind: str = WORD) -> None:
        if len(set(units)) != len(units):
            raise ValueError("a unit stands twice in the vocabulary")
        if kind not in _WAYS:
            raise ValueError(f"there is no vocabulary of {kind}")
        self.units, self.kind = tuple(units), kind
        self._split, self._join = _WAYS[kind]
        self._numbers = {unit: number for number, unit in enumerate(units, len(SPECIAL))}

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        *,
        kind: str = WORD,
        size: int | None = None,
        min_count: int = 1,
    ) -> "Vocabulary":
        """Number the units of captions, the most frequent first, then by alphabet.

        Args:
            texts: captions.
            kind: ``word`` or ``characters``.
            size: most entries, the three special ones included.
            min_count: rarer units stay unknown.
        """
        split, _join = _WAYS[kind]
        counts = Counter(unit for text in texts for unit in split(text))
        kept = [item for item in counts.items() if item[1] >= min_count]
        ordered = [unit for unit, _count in sorted(kept, key=lambda item: (-item[1], item[0]))]
        room = len(ordered) if size is None else max(0, size - len(SPECIAL))
        return cls(ordered[:room], kind)

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.units)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.to_table() == other.to_table()

    def __hash__(self) -> int:
        return hash((self.kind, self.units))

    def encode(self, text: str, length: int) -> Numbers:
        """Number a caption: units, the end, padding; [length]. A long caption loses its tail."""
        numbers = [self._numbers.get(unit, UNKNOWN) for unit in self._split(text)]
        return lay_out(numbers, length)

    def decode(self, numbers: Iterable[int]) -> str:
        """Read a caption up to its end; strange numbers read as unknown units."""
        units: list[str] = []
        for number in numbers:
            if number == END:
                break
            if number != PADDING:
                units.append(self._unit(int(number)))
        return self._join(units)

    def count(self, text: str) -> int:
        """Count the units of a caption."""
        return len(self._split(text))

    def unknown_words(self, text: str) -> list[str]:
        """List the units of a text that have no number, in order."""
        return [unit for unit in self._split(text) if unit not in self._numbers]

    def to_table(self) -> dict[str, Any]:
        """Give what JSON can hold of it."""
        return {"kind": self.kind, "units": list(self.units)}

    def _unit(self, number: int) -> str:
        place = number - len(SPECIAL)
        return self.units[place] if 0 <= place < len(self.units) else SPECIAL[UNKNOWN]
