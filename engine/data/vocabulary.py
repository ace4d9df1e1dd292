"""Words and their numbers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

PADDING, END, UNKNOWN = 0, 1, 2
SPECIAL = ("<pad>", "<end>", "<unk>")

Numbers = npt.NDArray[np.int64]

# A word keeps its inner apostrophes and hyphens; a Chinese character is a word of its own, since
# nothing marks where Chinese words end; any other visible character stands alone.
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’-][^\W_\u3400-\u9fff]+)*|[^\w\s]|_")
_NO_SPACE_BEFORE = re.compile(r"\s+([:,.;!?)\]}%’”])")
_NO_SPACE_AFTER = re.compile(r"([(\[{#“])\s+")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def split_words(text: str) -> list[str]:
    """Split a caption into lower-case words and single signs."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def join_words(words: Iterable[str]) -> str:
    """Put words together again, with spaces where a reader expects them."""
    text = _NO_SPACE_BEFORE.sub(r"\1", " ".join(words))
    return _HAN_GAP.sub("", _NO_SPACE_AFTER.sub(r"\1", text))


class Vocabulary:
    """The words of a dataset, numbered: 0 padding, 1 end, 2 unknown, then word by word.

    Args:
        words: without the three special entries, each once.
    """

    def __init__(self, words: Sequence[str]) -> None:
        if len(set(words)) != len(words):
            raise ValueError("a word stands twice in the vocabulary")
        self.words = tuple(words)
        self._numbers = {word: number for number, word in enumerate(words, len(SPECIAL))}

    @classmethod
    def build(cls, texts: Iterable[str], min_count: int = 1) -> "Vocabulary":
        """Number the words of captions, the most frequent first, then by alphabet."""
        counts = Counter(word for text in texts for word in split_words(text))
        kept = [item for item in counts.items() if item[1] >= min_count]
        return cls([word for word, _count in sorted(kept, key=lambda item: (-item[1], item[0]))])

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def encode(self, text: str, length: int) -> Numbers:
        """Number a caption: words, the end, padding; [length]. A long caption loses its tail."""
        numbers = [self._numbers.get(word, UNKNOWN) for word in split_words(text)][: length - 1]
        row = np.full(length, PADDING, dtype=np.int64)
        row[: len(numbers)] = numbers
        row[len(numbers)] = END
        return row

    def encode_all(self, texts: Sequence[str], length: int) -> Numbers:
        """Number many captions: [N, length]. Equal captions are numbered once."""
        rows = {text: self.encode(text, length) for text in set(texts)}
        if not texts:
            return np.empty((0, length), dtype=np.int64)
        return np.stack([rows[text] for text in texts])

    def decode(self, numbers: Iterable[int]) -> str:
        """Read a caption up to its end; strange numbers read as unknown words."""
        words: list[str] = []
        for number in numbers:
            if number == END:
                break
            if number != PADDING:
                words.append(self._word(int(number)))
        return join_words(words)

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that have no number, in order."""
        return [word for word in split_words(text) if word not in self._numbers]

    def _word(self, number: int) -> str:
        place = number - len(SPECIAL)
        return self.words[place] if 0 <= place < len(self.words) else SPECIAL[UNKNOWN]


def covering_length(texts: Iterable[str], share: float = 0.95) -> int:
    """Count the slots, end included, that hold whole at least this share of the captions."""
    lengths = sorted(len(split_words(text)) for text in texts)
    if not lengths:
        return 1
    place = min(int(np.ceil(share * len(lengths))), len(lengths)) - 1
    return lengths[place] + 1
