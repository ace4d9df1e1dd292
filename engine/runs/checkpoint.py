"""Checkpoints: named tensors and metadata, in a folder that is written atomically.

Nothing is ever unpickled. See ``checkpoint_files`` for the folder's files.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.errors import CheckpointCorruptError
from engine.fs.atomic import files
from engine.runs.checkpoint_files import (
    TENSORS,
    CheckpointMetadata,
    ensure_safetensors,
    explaining,
    publish_checkpoint,
    verify_tensors,
)

_DTYPE_NAMES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
}


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Copy of what a checkpoint holds, or of some of its tensors; it is never modified."""

    tensors: Mapping[str, Tensor]
    """By name, on the CPU."""
    metadata: CheckpointMetadata


def write_checkpoint(
    path: Path, tensors: Mapping[str, Tensor], metadata: CheckpointMetadata
) -> int:
    """Write a checkpoint atomically.

    Args:
        path: folder of the checkpoint; the parent of its parent must exist.
        tensors: tensors by name, on any device.
        metadata: metadata to store with them.

    Returns:
        Bytes written.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; older ones are untouched.
    """
    # Largest element size first, so that every tensor is aligned to its element size.
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header = _header([(name, tensors[name]) for name in names])
    size = len(header) + sum(tensor.nbytes for tensor in tensors.values())
    content = itertools.chain([header], (_bytes_of(tensors[name]) for name in names))
    return publish_checkpoint(path, content, size, metadata)


def read_tensors(path: Path, prefix: str) -> dict[str, Tensor]:
    """Read the tensors whose names start with ``prefix``, on the CPU, without the prefix.

    The checksum of the whole file is verified before any tensor is used.

    Raises:
        CheckpointCorruptError: it is damaged, or holds no such tensor.
    """
    with explaining(path):
        verify_tensors(path)
        tensors = _load(path / TENSORS, prefix)
    if not tensors:
        raise CheckpointCorruptError(path, f"it holds no tensor named {prefix}*")
    return tensors


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a safetensors file that has no manifest, on the CPU.

    Raises:
        CheckpointCorruptError: it is missing or damaged.
    """
    with explaining(path):
        ensure_safetensors(path)
        return _load(path, "")


def write_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file with texts in its header.

    Raises:
        OSError: it cannot be written.
    """
    table = {"__metadata__": dict(metadata)}
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    with files.create(path) as file:
        files.write(file, _header([(name, tensors[name]) for name in names], table))
        for name in names:
            files.write(file, _bytes_of(tensors[name]))
        files.sync(file)


def _load(path: Path, prefix: str) -> dict[str, Tensor]:
    """Read the tensors whose names start with ``prefix``, without the prefix.

    Raises:
        CheckpointCorruptError: the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            # Cloned, because a tensor that maps the file would keep it open.
            return {
                name.removeprefix(prefix): file.get_tensor(name).clone()
                for name in file.keys()  # noqa: SIM118 (no mapping)
                if name.startswith(prefix)
            }
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointCorruptError(path, str(error).partition("\n")[0]) from error


def _header(tensors: list[tuple[str, Tensor]], first: Mapping[str, Any] | None = None) -> bytes:
    """Build the safetensors header: length of the JSON table, and the table.

    Args:
        tensors: in the order of their data.
        first: entries before those of the tensors.
    """
    table, end = dict(first or {}), 0
    for name, tensor in tensors:
        table[name] = {
            "dtype": _DTYPE_NAMES[tensor.dtype],
            "shape": tuple(tensor.shape),
            "data_offsets": (end, end + tensor.nbytes),
        }
        end += tensor.nbytes
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    # Pad with spaces, so that the data starts at a multiple of 8 bytes.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _bytes_of(tensor: Tensor) -> bytes | memoryview:
    dense = tensor.detach().cpu().contiguous()
    return dense.reshape(-1).view(torch.uint8).numpy().data if dense.numel() else b""
