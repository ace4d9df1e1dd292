"""Word vectors that somebody brings: word2vec's and GloVe's text format.

A line a word: the word, then its numbers, between single spaces. word2vec's first line says how
many words and numbers there are; GloVe has none. The file is read line by line, and only words that
are wanted are kept, so memory is bounded by the vocabulary.

Shapes: K words found, D numbers of a vector.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import VectorsUnreadableError

MAX_LINE = 200_000
"""Characters; a longer line is no vector."""


@dataclass(frozen=True, kw_only=True)
class WordVectors:
    """Vectors of the words that were found."""

    words: tuple[str, ...]
    values: npt.NDArray[np.float32]
    """[K, D], finite."""
    skipped_lines: int
    """Lines that were no vector of the file's length."""


def read_word_vectors(path: Path, wanted: Collection[str]) -> WordVectors:
    """Read the vectors of some words.

    Args:
        path: a text file in UTF-8; bytes that are none are replaced.
        wanted: words as the tokenizer writes them; the file's words count in lower case, the first
            of equal ones wins.

    Raises:
        VectorsUnreadableError: it cannot be read, or holds none of the words.
    """
    found: dict[str, npt.NDArray[np.float32]] = {}
    size = skipped = 0
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = True
            while line := file.readline(MAX_LINE):
                word, _, numbers = line.rstrip().partition(" ")
                is_header, first = first and len(numbers.split()) == 1, False
                if is_header:
                    continue
                if word.lower() not in wanted or word.lower() in found:
                    continue
                vector = _vector(numbers)
                size = size or len(vector)
                if not len(vector) or len(vector) != size:
                    skipped += 1
                    continue
                found[word.lower()] = vector
    except OSError as error:
        raise VectorsUnreadableError(path, error.strerror or str(error)) from error
    if not found:
        raise VectorsUnreadableError(path, "it holds no vector of any of the dataset's words")
    return WordVectors(
        words=tuple(found), values=np.stack(list(found.values())), skipped_lines=skipped
    )


def fitted(vectors: WordVectors, size: int) -> npt.NDArray[np.float32]:
    """Bring vectors to another length: [K, size], or [K, D] if they are shorter.

    Longer ones keep the directions in which they differ most: principal components, with signs
    such that the largest weight of each is positive.
    """
    values = vectors.values - vectors.values.mean(0)
    if values.shape[1] <= size:
        return values
    _left, _scales, directions = np.linalg.svd(values, full_matrices=False)
    kept = directions[:size]
    largest = np.abs(kept).argmax(1)
    signs = np.sign(kept[np.arange(len(kept)), largest])
    return (values @ (kept * signs[:, None]).T).astype(np.float32)


def _vector(numbers: str) -> npt.NDArray[np.float32]:
    """Read the numbers of a line; nothing if one is no finite number."""
    try:
        vector = np.array(numbers.split(), dtype=np.float32)
    except ValueError:
        return np.empty(0, dtype=np.float32)
    return vector if np.isfinite(vector).all() else np.empty(0, dtype=np.float32)
