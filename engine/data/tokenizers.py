"""Tokenizers: word, character and byte-level BPE vocabularies.

The first three token ids of each are padding, end and unknown.

Shapes: N texts, L tokens of a padded text, T tokens of all texts together, U distinct units.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from engine.data.words import (
    WAYS,
    WORD,
    Numbers,
    SplitTexts,
    split_texts,
)

PADDING, END, UNKNOWN = 0, 1, 2
SPECIAL = ("<pad>", "<end>", "<unk>")


class Tokenizer(Protocol):
    """Convert texts to token ids and back."""

    def __len__(self) -> int:
        """Return the size of the vocabulary, with the three special tokens."""
        ...

    def encode(self, text: str, length: int) -> Numbers:
        """Encode a text: tokens, end, padding; [length]. A long text is truncated."""
        ...

    def encode_ragged(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Encode texts: the tokens of all, without ends, [T]; and how many each has, [N]."""
        ...

    def decode(self, numbers: Iterable[int]) -> str:
        """Decode token ids up to the first end token."""
        ...

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        ...

    def out_of_vocabulary(self, text: str) -> list[str]:
        """Return the tokens of a text that are not in the vocabulary, in order."""
        ...

    def tokens(self) -> list[str]:
        """Return all tokens by id, the three special ones first."""
        ...

    def to_table(self) -> dict[str, Any]:
        """Serialise to a JSON object with the ``kind`` of the tokenizer."""
        ...


def encode_all(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> Numbers:
    """Encode texts: [N, L]. Equal texts are encoded once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    rows = pad_ragged(*tokenizer.encode_ragged(list(places)), length)
    return rows[np.fromiter(map(places.__getitem__, texts), np.int64, len(texts))]


def pad_ragged(numbers: Numbers, counts: Numbers, length: int) -> Numbers:
    """Truncate texts as ``Tokenizer.encode_ragged`` returns them, add ends and pad: [N, L]."""
    rows = np.full((len(counts), length), PADDING, dtype=np.int64)
    place = np.arange(len(numbers))
    # Where each token stands in the rows, one after another.
    place += np.repeat(np.arange(len(counts)) * length - (counts.cumsum() - counts), counts)
    kept = np.minimum(counts, length - 1)
    if (kept < counts).any():
        ends = np.repeat(np.arange(len(counts)) * length + length - 1, counts)
        is_kept = place < ends
        place, numbers = place[is_kept], numbers[is_kept]
    flat = rows.reshape(-1)
    flat[place] = numbers
    flat[np.arange(len(counts)) * length + kept] = END
    return rows


def percentile_length(tokenizer: Tokenizer, texts: Iterable[str], share: float = 0.95) -> int:
    """Return the number of tokens, end included, that at least this share of the texts fits in."""
    return percentile_of((tokenizer.count(text) for text in texts), share)


def percentile_of(lengths: Iterable[int] | Numbers, share: float) -> int:
    """Return ``percentile_length`` of texts of so many tokens each, the end not counted."""
    given = lengths if isinstance(lengths, np.ndarray) else np.array(list(lengths), np.int64)
    if not len(given):
        return 1
    place = min(int(np.ceil(share * len(given))), len(given)) - 1
    return int(np.partition(given, place)[place]) + 1


def pad_to_length(numbers: Sequence[int], length: int) -> Numbers:
    """Truncate token ids, append the end token and pad: [L]."""
    kept = list(numbers)[: length - 1]
    row = np.full(length, PADDING, dtype=np.int64)
    row[: len(kept)] = kept
    row[len(kept)] = END
    return row


class Vocabulary:
    """Tokenizer with a vocabulary of whole words or of characters.

    Args:
        units: distinct tokens, without the three special ones.
        kind: ``word`` or ``characters``.

    Raises:
        ValueError: a token is listed twice, or the kind is unknown.
    """

    def __init__(self, units: Sequence[str], kind: str = WORD) -> None:
        if len(set(units)) != len(units):
            raise ValueError("a token is listed twice in the vocabulary")
        if kind not in WAYS:
            raise ValueError(f"there is no vocabulary of {kind}")
        self.units, self.kind = tuple(units), kind
        self._split, self._join = WAYS[kind]
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
        """Build the vocabulary of texts, by descending frequency and then alphabetically.

        Args:
            texts: captions.
            kind: ``word`` or ``characters``.
            size: largest size of the vocabulary, special tokens included.
            min_count: tokens that occur less often are left out.
        """
        split, _join = WAYS[kind]
        counts = Counter(unit for text in texts for unit in split(text))
        return cls.from_counts(counts, kind=kind, size=size, min_count=min_count)

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, int],
        *,
        kind: str = WORD,
        size: int | None = None,
        min_count: int = 1,
    ) -> "Vocabulary":
        """Build the vocabulary of texts in which each unit occurs so often; see ``build``."""
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

    def __deepcopy__(self, _memo: object) -> "Vocabulary":
        # It never changes, and networks that are copied have one each.
        return self

    def encode(self, text: str, length: int) -> Numbers:
        """Encode a text: tokens, end, padding; [length]. A long text is truncated."""
        numbers = [self._numbers.get(unit, UNKNOWN) for unit in self._split(text)]
        return pad_to_length(numbers, length)

    def encode_ragged(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Encode texts: the tokens of all, without ends, [T]; and how many each has, [N]."""
        return self.encode_split(split_texts(texts, self.kind))

    def encode_split(self, split: SplitTexts) -> tuple[Numbers, Numbers]:
        """Encode texts that are split into units; see ``encode_ragged``."""
        numbers = [self._numbers.get(unit, UNKNOWN) for unit in split.units]
        return np.array(numbers, dtype=np.int64)[split.numbers], split.counts

    def decode(self, numbers: Iterable[int]) -> str:
        """Decode token ids up to the first end token; invalid ids decode as unknown."""
        units: list[str] = []
        for number in numbers:
            if number == END:
                break
            if number != PADDING:
                place = int(number) - len(SPECIAL)
                is_known = 0 <= place < len(self.units)
                units.append(self.units[place] if is_known else SPECIAL[UNKNOWN])
        return self._join(units)

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self._split(text))

    def out_of_vocabulary(self, text: str) -> list[str]:
        """Return the tokens of a text that are not in the vocabulary, in order."""
        return [unit for unit in self._split(text) if unit not in self._numbers]

    def tokens(self) -> list[str]:
        """Return all tokens by id, the three special ones first."""
        return [*SPECIAL, *self.units]

    def to_table(self) -> dict[str, Any]:
        """Serialise to a JSON object."""
        return {"kind": self.kind, "units": list(self.units)}


BPE = "bpe"
BYTES = 256
_ENCODED_TOGETHER = 1_000


class BpeTokenizer:
    """Byte-level BPE; no text is out of vocabulary.

    Uses the ``tokenizers`` library, which is imported on first use.

    Source: Sennrich et al. 2016, arXiv:1508.07909 (byte-pair encoding of words); Radford et al.
    2019, "Language models are unsupervised multitask learners", section 2.2 (on bytes).

    Args:
        model: JSON of the ``tokenizers`` library.

    Raises:
        ValueError: it is damaged, or its first tokens are not the special ones.
    """

    def __init__(self, model: str) -> None:
        from tokenizers import Tokenizer

        try:
            self._model = Tokenizer.from_str(_without_added(model))
        # The library raises bare ``Exception``.
        except Exception as error:
            raise ValueError(f"not a byte-pair model: {error}") from error
        found = tuple(self._model.id_to_token(number) for number in (PADDING, END, UNKNOWN))
        if found != SPECIAL:
            raise ValueError(f"a byte-pair model must begin with {SPECIAL}, not {found}")

    @classmethod
    def build(cls, texts: Iterable[str], *, size: int, min_count: int = 0) -> "BpeTokenizer":
        """Train the tokenizer.

        Args:
            texts: captions.
            size: largest size of the vocabulary, at least all 256 bytes and the three special
                tokens.
            min_count: pairs that occur less often are not merged. As merges are learned in the
                order of frequency, the same tokenizer results from a smaller ``size``.
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        learned = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
        learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        learned.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=max(size, BYTES + len(SPECIAL)),
            min_frequency=min_count,
            special_tokens=list(SPECIAL),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        learned.train_from_iterator(map(normalise, texts), trainer)
        return cls(learned.to_str())

    def __len__(self) -> int:
        return self._model.get_vocab_size()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BpeTokenizer) and self.to_table() == other.to_table()

    def __hash__(self) -> int:
        return hash(self._model.to_str())

    def __deepcopy__(self, _memo: object) -> "BpeTokenizer":
        # It never changes, and networks that are copied have one each.
        return self

    def encode(self, text: str, length: int) -> Numbers:
        """Encode a text: tokens, end, padding; [length]. A long text is truncated."""
        return pad_to_length(self._pieces(text), length)

    def encode_ragged(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Encode texts: the tokens of all, without ends, [T]; and how many each has, [N]."""
        # What the library returns of a text takes kilobytes.
        pieces = [
            np.array(encoding.ids, dtype=np.int64)
            for start in range(0, len(texts), _ENCODED_TOGETHER)
            for encoding in self._model.encode_batch(
                [normalise(text) for text in texts[start : start + _ENCODED_TOGETHER]]
            )
        ]
        counts = np.array([len(each) for each in pieces], dtype=np.int64)
        return np.concatenate([np.empty(0, dtype=np.int64), *pieces]), counts

    def decode(self, numbers: Iterable[int]) -> str:
        """Decode token ids up to the first end token; invalid UTF-8 is replaced."""
        pieces: list[int] = []
        for number in numbers:
            if number == END:
                break
            if UNKNOWN < number < len(self):
                pieces.append(int(number))
        return self._model.decode(pieces, skip_special_tokens=False)

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self._pieces(text))

    def out_of_vocabulary(self, text: str) -> list[str]:  # noqa: ARG002 (the protocol's)
        """Return an empty list: all bytes are in the vocabulary."""
        return []

    def tokens(self) -> list[str]:
        """Return all tokens by id, the three special ones first; bytes have printable names."""
        return [str(self._model.id_to_token(number)) for number in range(len(self))]

    def to_table(self) -> dict[str, Any]:
        """Serialise to a JSON object."""
        return {"kind": BPE, "model": self._model.to_str()}

    def _pieces(self, text: str) -> list[int]:
        return self._model.encode(normalise(text)).ids


def normalise(text: str) -> str:
    """Apply NFC and collapse white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _without_added(model: str) -> str:
    """Remove the special tokens' texts, so that ``<end>`` in a caption is five characters."""
    table = json.loads(model)
    table["added_tokens"] = []
    return json.dumps(table)


def build_tokenizer(kind: str, texts: Iterable[str], *, size: int) -> Tokenizer:
    """Train a tokenizer.

    Args:
        kind: ``word``, ``bpe`` or ``characters``.
        texts: captions.
        size: largest size of the vocabulary, special tokens included.

    Raises:
        ValueError: the kind is unknown.
    """
    if kind == BPE:
        return BpeTokenizer.build(texts, size=size)
    return Vocabulary.build(texts, kind=kind, size=size)


def tokenizer_from_table(table: Mapping[str, Any]) -> Tokenizer:
    """Restore a tokenizer from ``to_table``.

    Raises:
        ValueError: the table is damaged.
    """
    kind, model, units = table.get("kind"), table.get("model"), table.get("units")
    if kind == BPE and isinstance(model, str):
        return BpeTokenizer(model)
    if isinstance(units, list) and all(isinstance(unit, str) for unit in units):
        return Vocabulary(units, str(kind))
    raise ValueError("not a tokenizer's table")
