"""What a tokenizer is: texts to numbers and back.

All have padding, end and unknown as their first three numbers. How they are made and stored is in
``engine.data.tokenizers``.

Shapes: N texts, L slots.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

PADDING, END, UNKNOWN = 0, 1, 2
SPECIAL = ("<pad>", "<end>", "<unk>")

Numbers = npt.NDArray[np.int64]


class Tokenizer(Protocol):
    """Cuts texts into units and numbers them."""

    def __len__(self) -> int:
        """How many numbers there are, the three special ones included."""
        ...

    def encode(self, text: str, length: int) -> Numbers:
        """Number a text: units, the end, padding; [length]. A long text loses its tail."""
        ...

    def decode(self, numbers: Iterable[int]) -> str:
        """Read a text up to its end."""
        ...

    def count(self, text: str) -> int:
        """Count the units of a text."""
        ...

    def unknown_words(self, text: str) -> list[str]:
        """List what of a text has no number, in order."""
        ...

    def to_table(self) -> dict[str, Any]:
        """Give what JSON can hold of it, with its ``kind``."""
        ...


def encode_all(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> Numbers:
    """Number many texts: [N, L]. Equal texts are numbered once."""
    rows = {text: tokenizer.encode(text, length) for text in set(texts)}
    if not texts:
        return np.empty((0, length), dtype=np.int64)
    return np.stack([rows[text] for text in texts])


def covering_length(tokenizer: Tokenizer, texts: Iterable[str], share: float = 0.95) -> int:
    """Count the slots, end included, that hold whole at least this share of the texts."""
    lengths = sorted(tokenizer.count(text) for text in texts)
    if not lengths:
        return 1
    place = min(int(np.ceil(share * len(lengths))), len(lengths)) - 1
    return lengths[place] + 1


def lay_out(numbers: Sequence[int], length: int) -> Numbers:
    """Lay units out in slots: the first of them, the end, padding; [L]."""
    kept = list(numbers)[: length - 1]
    row = np.full(length, PADDING, dtype=np.int64)
    row[: len(kept)] = kept
    row[len(kept)] = END
    return row
