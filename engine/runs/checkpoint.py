"""Checkpoints: named tensors and a few facts, in a folder that is written whole or not at all.

``tensors.safetensors`` and ``facts.json`` hold them, ``manifest.json`` how long they are and their
checksums. Nothing is ever unpickled.
"""

import hashlib
from collections.abc import Iterator, Mapping
from io import FileIO
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from engine.errors import CheckpointCorruptError
from engine.runs.checkpoint_files import (
    ITEM_BYTES,
    PIECE_BYTES,
    TENSORS,
    CheckpointFacts,
    TensorSpan,
    ensure_checksum,
    head_of,
    header_to_bytes,
    open_tensors,
    publish_checkpoint,
    read_exactly,
)

_DTYPES = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "I16": torch.int16,
    "I32": torch.int32,
    "I64": torch.int64,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], facts: CheckpointFacts) -> int:
    """Write a checkpoint; the folder appears whole or not at all.

    Args:
        path: its folder; the one around it must be there, or be made in one that is.
        tensors: on any device.
        facts: go beside them.

    Returns:
        Bytes written.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; older ones are untouched.
    """
    spans = _laid_out(tensors)
    head = header_to_bytes(spans)
    size = len(head) + (spans[-1].end if spans else 0)
    return publish_checkpoint(path, _content(head, spans, tensors), size, facts)


def read_tensors(path: Path, prefix: str) -> dict[str, Tensor]:
    """Read the tensors whose names start with ``prefix``, on the CPU, without the prefix.

    All of the file is read, so that its checksum is known before any tensor is used.

    Raises:
        CheckpointCorruptError: it is damaged, or holds no such tensor.
    """
    tensors: dict[str, Tensor] = {}
    with open_tensors(path) as (file, entry):
        head, spans = head_of(file, entry.size)
        digest = hashlib.sha256(head)
        for span in spans:
            if span.name.startswith(prefix):
                content = read_exactly(file, span.end - span.start)
                digest.update(content)
                tensors[span.name.removeprefix(prefix)] = _tensor(span, content)
            else:
                for piece in _pieces(file, span.end - span.start):
                    digest.update(piece)
        ensure_checksum(digest.hexdigest(), entry, TENSORS)
    if not tensors:
        raise CheckpointCorruptError(path, f"it holds no tensor named {prefix}*")
    return tensors


def _laid_out(tensors: Mapping[str, Tensor]) -> list[TensorSpan]:
    """Give each tensor its place: the widest numbers first, so that all lie at multiples."""
    spans, end = [], 0
    for name in sorted(tensors, key=lambda name: (-tensors[name].element_size(), name)):
        tensor = tensors[name]
        dtype, shape = _NAMES[tensor.dtype], tuple(tensor.shape)
        start, end = end, end + prod(shape) * ITEM_BYTES[dtype]
        spans.append(TensorSpan(name, dtype, shape, start, end))
    return spans


def _content(
    head: bytes, spans: list[TensorSpan], tensors: Mapping[str, Tensor]
) -> Iterator[bytes | memoryview]:
    yield head
    for span in spans:
        dense = tensors[span.name].detach().cpu().contiguous()
        if dense.numel():
            yield dense.reshape(-1).view(torch.uint8).numpy().data


def _tensor(span: TensorSpan, content: bytearray) -> Tensor:
    if not content:
        return torch.empty(span.shape, dtype=_DTYPES[span.dtype])
    return torch.frombuffer(content, dtype=_DTYPES[span.dtype]).reshape(span.shape)


def _pieces(file: FileIO, size: int) -> Iterator[bytearray]:
    for start in range(0, size, PIECE_BYTES):
        yield read_exactly(file, min(PIECE_BYTES, size - start))
