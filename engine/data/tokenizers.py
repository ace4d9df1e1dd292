"""Makes tokenizers, and reads them back."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.data.byte_pairs import BPE, BytePairs
from engine.data.tokenizer import Tokenizer
from engine.data.vocabulary import Vocabulary


def build_tokenizer(kind: str, texts: Iterable[str], *, size: int) -> Tokenizer:
    """Learn the units of texts.

    Args:
        kind: ``word``, ``bpe`` or ``characters``.
        texts: captions.
        size: most entries, the special ones included.

    Raises:
        ValueError: there is no such kind.
    """
    if kind == BPE:
        return BytePairs.build(texts, size=size)
    return Vocabulary.build(texts, kind=kind, size=size)


def tokenizer_from_table(table: Mapping[str, Any]) -> Tokenizer:
    """Read a tokenizer that ``to_table`` wrote.

    Raises:
        ValueError: the table is damaged.
    """
    kind, model, units = table.get("kind"), table.get("model"), table.get("units")
    if kind == BPE and isinstance(model, str):
        return BytePairs(model)
    if isinstance(units, list) and all(isinstance(unit, str) for unit in units):
        return Vocabulary(units, str(kind))
    raise ValueError("not a tokenizer's table")
