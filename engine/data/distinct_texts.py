"""The texts of a column without their repeats, in Arrow.

A million captions as Python objects take a hundred bytes each and a second to count. Here they stay
in Arrow, and only what is distinct of them is looked at.

Shapes: N texts, U distinct texts.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.data.tokenizers import Tokenizer, Vocabulary, pad_ragged
from engine.data.words import WORD, Numbers, SplitTexts, split_array


@dataclass(frozen=True, eq=False)
class DistinctTexts:
    """Texts, each once, in the order of their first occurrence."""

    array: Any
    """Arrow array of U strings."""
    numbers: Numbers
    """Place in ``array`` of each text: [N]."""

    @classmethod
    def of_arrays(cls, arrays: Iterable[Any]) -> "DistinctTexts":
        """Find the distinct texts of Arrow arrays of strings, one after another."""
        # Imported on use: the studio starts without it.
        import pyarrow as pa

        chunks = pa.chunked_array(list(arrays), pa.utf8()).dictionary_encode().chunks
        if not chunks:
            return cls(pa.array([], pa.utf8()), np.empty(0, dtype=np.int64))
        numbers = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
        # Later chunks know all that the earlier ones have, and more.
        return cls(chunks[-1].dictionary, numbers.astype(np.int64))

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> "DistinctTexts":
        """Find the distinct ones of texts, none of which may hold half a character."""
        import pyarrow as pa

        return cls.of_arrays([pa.array(texts, pa.utf8())])

    def __len__(self) -> int:
        """Return N."""
        return len(self.numbers)

    @functools.cached_property
    def copies(self) -> Numbers:
        """How often each distinct text occurs: [U]."""
        return np.bincount(self.numbers, minlength=len(self.array)).astype(np.int64)

    @functools.cached_property
    def words(self) -> SplitTexts:
        """The distinct texts, split into words."""
        return split_array(self.array)

    def strings(self, places: Numbers | None = None) -> list[str]:
        """Return distinct texts as Python strings: those of some places, or all."""
        return (self.array if places is None else self.array.take(places)).to_pylist()

    def ragged(self, tokenizer: Tokenizer) -> tuple[Numbers, Numbers]:
        """Encode the distinct texts; see ``Tokenizer.encode_ragged``."""
        if isinstance(tokenizer, Vocabulary) and tokenizer.kind == WORD:
            return tokenizer.encode_split(self.words)
        return tokenizer.encode_ragged(self.strings())

    def encoded(self, tokenizer: Tokenizer, length: int) -> Numbers:
        """Encode all texts: [N, L]."""
        return pad_ragged(*self.ragged(tokenizer), length)[self.numbers]
