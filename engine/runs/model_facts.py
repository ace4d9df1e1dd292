"""What the dataset decided about a run's networks, and how it is written down."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from engine.data.tokenizer import Tokenizer
from engine.data.tokenizers import tokenizer_from_table
from engine.plain_files import StrangeFileError, read_table

MODEL_FORMAT = 2
LONGEST_TEXT = 65_536
"""Most slots for the units of a text; networks grow with them."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What the dataset decided about the networks; sampling needs no dataset beside it."""

    dataset: str
    """Name of the dataset."""
    dataset_version: str
    """Content hash of the dataset."""
    channels: int
    text_length: int
    """Slots for the units of a text, the end included."""
    tokenizer: Tokenizer


def model_to_json(facts: ModelFacts) -> bytes:
    """Write a model's facts."""
    table = {
        "format": MODEL_FORMAT,
        **{
            field.name: getattr(facts, field.name)
            for field in dataclasses.fields(facts)
            if field.name != "tokenizer"
        },
        "tokenizer": facts.tokenizer.to_table(),
    }
    return json.dumps(table, ensure_ascii=False, indent=1).encode()


def model_from_json(content: bytes, name: str) -> ModelFacts:
    """Read a model's facts that may be a stranger's, or damaged.

    Raises:
        StrangeFileError: they cannot be used.
    """
    table = read_table(content, name)
    if table.pop("format", None) != MODEL_FORMAT:
        raise StrangeFileError(f"format must be {MODEL_FORMAT}")
    try:
        tokenizer = tokenizer_from_table(table.pop("tokenizer"))
        facts = ModelFacts(tokenizer=tokenizer, **table)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StrangeFileError(f"is damaged: {str(error)[:200]}") from error
    for field in ("dataset", "dataset_version"):
        if not isinstance(getattr(facts, field), str):
            raise StrangeFileError(f"{field} must be a text")
    _ensure_count(facts.channels, "channels", 3)
    _ensure_count(facts.text_length, "text_length", LONGEST_TEXT)
    return facts


def _ensure_count(value: Any, name: str, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:
        raise StrangeFileError(f"{name} must be a whole number from 1 to {most:,}")
