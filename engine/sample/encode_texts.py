"""Texts that somebody gives to be drawn."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from engine.data.tokenizers import encode_all
from engine.errors import TextsUnreadableError, UnknownWordsError
from engine.runs.metadata import ModelFacts

MAX_BYTES = 50_000_000
"""A larger file is no list of texts to draw."""


def read_texts(path: Path, *, at_least: int = 1) -> list[str]:
    """Read a file of texts, one a line; empty lines are passed over.

    Raises:
        TextsUnreadableError: not a UTF-8 text file, too large, or with too few texts.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextsUnreadableError(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise TextsUnreadableError(path, error.strerror or str(error)) from error
    if size > MAX_BYTES:
        raise TextsUnreadableError(path, f"it has more than {MAX_BYTES // 1_000_000} MB")
    texts = [line.strip() for line in text.splitlines() if line.strip()]
    if len(texts) < at_least:
        raise TextsUnreadableError(path, f"it holds {len(texts)} texts and must hold {at_least}")
    return texts


def encode_texts(texts: Sequence[str], model: ModelFacts) -> Tensor:
    """Number the units of texts: [N, L].

    Raises:
        UnknownWordsError: names every word that the run never learned.
    """
    unknown = {word: None for text in texts for word in model.tokenizer.unknown_words(text)}
    if unknown:
        raise UnknownWordsError(list(unknown))
    return torch.from_numpy(encode_all(model.tokenizer, texts, model.text_length))
