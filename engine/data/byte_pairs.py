"""Texts in learned pieces of words, down to single bytes: nothing is ever unknown.

Source: Sennrich et al. 2016, arXiv:1508.07909 (byte-pair encoding of words); Radford et al. 2019,
"Language models are unsupervised multitask learners", section 2.2 (on bytes). The work is done by
the ``tokenizers`` library, which is imported on first use.
"""

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from engine.data.tokenizer import END, PADDING, SPECIAL, UNKNOWN, Numbers, lay_out

BPE = "bpe"
BYTES = 256


class BytePairs:
    """Cuts texts into frequent pieces.

    Args:
        model: the library's own JSON.

    Raises:
        ValueError: it is damaged, or its first numbers are not the special ones.
    """

    def __init__(self, model: str) -> None:
        from tokenizers import Tokenizer

        try:
            self._model = Tokenizer.from_str(_without_added(model))
        # The library raises bare exceptions.
        except Exception as error:
            raise ValueError(f"not a byte-pair model: {error}") from error
        found = tuple(self._model.id_to_token(number) for number in (PADDING, END, UNKNOWN))
        if found != SPECIAL:
            raise ValueError(f"a byte-pair model must begin with {SPECIAL}, not {found}")

    @classmethod
    def build(cls, texts: Iterable[str], *, size: int) -> "BytePairs":
        """Learn the pieces of captions.

        Args:
            texts: captions.
            size: most entries; all 256 bytes and the three special ones are always there.
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        learned = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
        learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        learned.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=max(size, BYTES + len(SPECIAL)),
            special_tokens=list(SPECIAL),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        learned.train_from_iterator(map(normalise, texts), trainer)
        return cls(learned.to_str())

    def __len__(self) -> int:
        return self._model.get_vocab_size()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BytePairs) and self.to_table() == other.to_table()

    def __hash__(self) -> int:
        return hash(self._model.to_str())

    def encode(self, text: str, length: int) -> Numbers:
        """Number a caption: pieces, the end, padding; [length]. A long caption loses its tail."""
        return lay_out(self._pieces(text), length)

    def decode(self, numbers: Iterable[int]) -> str:
        """Read a caption up to its end; bytes that are no UTF-8 read as replacement characters."""
        pieces: list[int] = []
        for number in numbers:
            if number == END:
                break
            if UNKNOWN < number < len(self):
                pieces.append(int(number))
        return self._model.decode(pieces, skip_special_tokens=False)

    def count(self, text: str) -> int:
        """Count the pieces of a caption."""
        return len(self._pieces(text))

    def unknown_words(self, text: str) -> list[str]:  # noqa: ARG002 (the protocol's)
        """Nothing is unknown: every text is bytes."""
        return []

    def to_table(self) -> dict[str, Any]:
        """Give what JSON can hold of it."""
        return {"kind": BPE, "model": self._model.to_str()}

    def _pieces(self, text: str) -> list[int]:
        return self._model.encode(normalise(text)).ids


def normalise(text: str) -> str:
    """Compose characters, and leave single spaces between words."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _without_added(model: str) -> str:
    """Keep the special entries' numbers and forget what they look like.

    Somebody who writes ``<end>`` in a caption means five characters.
    """
    table = json.loads(model)
    table["added_tokens"] = []
    return json.dumps(table)
