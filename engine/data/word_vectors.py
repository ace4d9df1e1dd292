"""Pretrained word vectors in the text formats of word2vec and GloVe.

Each line holds a word and its vector, separated by single spaces. word2vec has a header line with
the number of words and dimensions; GloVe has none. The file is streamed, and only the wanted words
are kept, so memory is bounded by the vocabulary.

Shapes: K words found, D dimensions of a vector.
"""

import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import VectorsUnreadableError
from engine.fs.untrusted import MalformedFileError, open_regular

MAX_BYTES = 1 << 36
"""Largest file that is read; the largest pretrained ones have a tenth of it."""
MAX_LINE = 200_000
"""Characters of the longest line that is parsed."""
MAX_VALUE = 1e6
"""Largest number of a vector; pretrained ones are below 100."""


@dataclass(frozen=True, kw_only=True)
class WordVectors:
    """Vectors of the words found in a file."""

    words: tuple[str, ...]
    values: npt.NDArray[np.float32]
    """[K, D], finite."""
    skipped_lines: int
    """Number of lines of wanted words without a valid vector."""


def read_word_vectors(path: Path, wanted: Collection[str]) -> WordVectors:
    """Read the vectors of the wanted words.

    Args:
        path: a UTF-8 text file; invalid bytes are replaced.
        wanted: words of the tokenizer. The words of the file are lowercased; of duplicates the
            first is used.

    Raises:
        VectorsUnreadableError: the file cannot be read, or holds less than two of the words.
    """
    found: dict[str, npt.NDArray[np.float32]] = {}
    size = skipped = 0
    try:
        with (
            open_regular(path.resolve(), MAX_BYTES) as plain,
            io.TextIOWrapper(io.BufferedReader(plain), encoding="utf-8", errors="replace") as file,
        ):
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
    except MalformedFileError as error:
        raise VectorsUnreadableError(path, str(error)) from error
    except OSError as error:
        raise VectorsUnreadableError(path, error.strerror or str(error)) from error
    if len(found) < 2:
        # Vectors are centred, which leaves nothing of a single one.
        kind = "a vector of only one" if found else "no vector of any"
        raise VectorsUnreadableError(path, f"it holds {kind} of the dataset's words")
    return WordVectors(
        words=tuple(found), values=np.stack(list(found.values())), skipped_lines=skipped
    )


def fitted(vectors: WordVectors, size: int) -> npt.NDArray[np.float32]:
    """Reduce vectors to ``size`` dimensions: [K, size], or [K, D] if D is smaller.

    Projects the centred vectors on their principal components, whose signs are chosen such that
    the largest weight of each is positive.
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
    """Parse the numbers of a line; empty if it has less than two, or one is out of range."""
    try:
        # As doubles, which hold every number that a file may name without a warning.
        vector = np.array(numbers.split(), dtype=np.float64)
    except ValueError:
        return np.empty(0, dtype=np.float32)
    is_usable = len(vector) > 1 and bool((np.abs(vector) <= MAX_VALUE).all())
    return vector.astype(np.float32) if is_usable else np.empty(0, dtype=np.float32)
