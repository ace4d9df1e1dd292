"""What a line of ``pairs.jsonl`` may say beside its text and its split.

Optional: ``texts`` (all captions of an image, ``text`` first), ``tags``, ``key`` (what the item was
called where it came from), ``label`` and ``group``.
"""

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]
GROUP_FIELDS = ("group", "label")


def captions_of(record: Record) -> tuple[str, ...]:
    """Give all captions of an item; none for an image alone."""
    if record.get("texts"):
        return tuple(record["texts"])
    return () if record["text"] is None else (record["text"],)


def tags_of(record: Record) -> tuple[str, ...]:
    """Give the tags of an item."""
    return tuple(record.get("tags", ()))


def group_of(record: Record) -> str:
    """Give the group of an item, or else its label; empty where it has neither."""
    return next((str(record[name]) for name in GROUP_FIELDS if name in record), "")


def key_of(record: Record, number: int) -> str:
    """Name an item: by its key, or its number where it was not imported from files."""
    return str(record.get("key", f"#{number}"))


def has_image(record: Record) -> bool:
    """Whether images.npy holds a row for the item."""
    return record.get("image", True) is not False


def has_sound_extras(record: Record) -> bool:
    """Whether what is optional has the right types where it is there."""
    texts = record.get("texts", [])
    return (
        _is_texts(texts)
        and (record.get("text") is not None or not texts)
        and _is_texts(record.get("tags", []))
        and isinstance(record.get("key", ""), str)
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
