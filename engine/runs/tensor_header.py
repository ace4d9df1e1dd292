"""The head of a safetensors file: which tensors lie where. Read without torch.

Format: https://huggingface.co/docs/safetensors (eight bytes with the length of a JSON table, the
table, then the tensors' bytes without gaps).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeGuard

from engine.plain_files import StrangeFileError, read_table

LENGTH_BYTES = 8
HEADER_BYTES = 16_000_000
"""Most that the table may take; a large network's takes a hundredth."""
ITEM_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "I16": 2,
    "I32": 4,
    "I64": 8,
    "F16": 2,
    "BF16": 2,
    "F32": 4,
    "F64": 8,
}
_MOST_DIMENSIONS = 16
_PICKLES = (b"PK\x03\x04", *(bytes([0x80, version]) for version in range(2, 6)))
"""How files of ``torch.save`` and ``pickle`` begin."""


@dataclass(frozen=True)
class TensorSpan:
    """Where a tensor lies, counted from the end of the head."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def header_to_bytes(spans: list[TensorSpan]) -> bytes:
    """Write the head of a file, its length included."""
    table = {
        span.name: {
            "dtype": span.dtype,
            "shape": span.shape,
            "data_offsets": (span.start, span.end),
        }
        for span in spans
    }
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    # The tensors begin at a multiple of eight; blanks are what the format fills up with.
    text += b" " * (-len(text) % LENGTH_BYTES)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def header_length(start: bytes, file_bytes: int, name: str) -> int:
    """Read how long the table is, from the first eight bytes.

    Raises:
        StrangeFileError: it is no safetensors file; a pickle is called one.
    """
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    if len(start) < LENGTH_BYTES or length + LENGTH_BYTES > file_bytes:
        reason = "is cut off, or no safetensors file: its head would reach beyond its end"
    elif length > HEADER_BYTES:
        reason = f"has a head of {length:,} bytes, and {HEADER_BYTES:,} are the most"
    else:
        return length
    if is_pickle(start):
        reason = "is a pickle, which can run any code when it is loaded"
    raise StrangeFileError(f"{name} {reason}")


def is_pickle(start: bytes) -> bool:
    """Whether a file's first bytes are those of a pickle, or of an archive with one."""
    return start.startswith(_PICKLES)


def spans_in(header: bytes, data_bytes: int, name: str) -> list[TensorSpan]:
    """List the tensors in the order in which they lie.

    Args:
        header: the table.
        data_bytes: how many bytes follow it.
        name: of the file, for the reason.

    Raises:
        StrangeFileError: the table is damaged, or does not fit what follows.
    """
    table = read_table(header, f"the head of {name}")
    table.pop("__metadata__", None)
    spans = sorted((_span(key, entry, name) for key, entry in table.items()), key=_place)
    end = 0
    for span in spans:
        if span.start != end:
            raise StrangeFileError(f"{name} has gaps or overlaps between its tensors")
        end = span.end
    if end != data_bytes:
        raise StrangeFileError(f"{name} holds {data_bytes:,} bytes of tensors, not {end:,}")
    return spans


def _place(span: TensorSpan) -> tuple[int, int]:
    return span.start, span.end


def _span(key: str, entry: Any, name: str) -> TensorSpan:
    fields: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
    shape, offsets = fields.get("shape"), fields.get("data_offsets")
    item = ITEM_BYTES.get(str(fields.get("dtype")))
    if item is None or not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise StrangeFileError(f"{name} has a strange entry for '{key[:100]}'")
    if offsets[1] - offsets[0] != prod(shape) * item:
        raise StrangeFileError(f"{name} has too few or too many bytes for '{key[:100]}'")
    return TensorSpan(key, fields["dtype"], tuple(shape), *offsets)


def _are_counts(values: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(values, list)
        and len(values) <= _MOST_DIMENSIONS
        and all(type(value) is int and 0 <= value < 1 << 48 for value in values)
    )
