"""Checkpoints: named tensors and a few facts in one safetensors file, written atomically."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from engine.disk import atomic_write, ensure_room
from engine.errors import CheckpointCorruptError

FORMAT = "diptych-checkpoint-1"


@dataclass(frozen=True, kw_only=True)
class CheckpointFacts:
    """What a checkpoint says about itself."""

    step: int
    images_seen: int
    elapsed_s: float
    config_hash: str


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], facts: CheckpointFacts) -> None:
    """Write a checkpoint; the file appears whole or not at all.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; older ones are untouched.
    """
    dense = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {"format": FORMAT, "facts": json.dumps(vars(facts))}
    content = save(dense, header)
    ensure_room(path.parent, len(content))
    atomic_write(path, content)


def read_facts(path: Path) -> CheckpointFacts:
    """Read what a checkpoint says about itself, without its tensors.

    Raises:
        CheckpointCorruptError: it is damaged or not one of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
        if header.get("format") != FORMAT:
            raise CheckpointCorruptError(path, f"its format is not {FORMAT}")
        return CheckpointFacts(**json.loads(header["facts"]))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointCorruptError(path, str(error)) from error


def read_tensors(path: Path, prefix: str) -> dict[str, Tensor]:
    """Read the tensors whose names start with ``prefix``, on the CPU, without the prefix.

    Raises:
        CheckpointCorruptError: it is damaged, or holds no such tensor.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (no mapping)
            tensors = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise CheckpointCorruptError(path, str(error)) from error
    if not tensors:
        raise CheckpointCorruptError(path, f"it holds no tensor named {prefix}*")
    return tensors
