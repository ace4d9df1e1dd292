"""The list of a checkpoint's files with their sizes and checksums.

It carries a checksum of itself and has exactly one way of being written, so that no byte of it can
change unseen either.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.plain_files import StrangeFileError, read_table
from engine.runs.checkpoint_facts import FACTS, FACTS_BYTES

MANIFEST = "manifest.json"
MANIFEST_BYTES = 16_384
TENSORS = "tensors.safetensors"
FORMAT = "diptych-checkpoint-2"
LARGEST = {TENSORS: 1 << 36, FACTS: FACTS_BYTES}
"""The files of a checkpoint beside its manifest, and the most bytes of each."""
_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class FileEntry:
    """What a manifest knows of one file."""

    size: int
    """Bytes."""
    sha256: str


def manifest_to_json(entries: Mapping[str, FileEntry]) -> bytes:
    """Write a manifest."""
    return _written(
        {
            "format": FORMAT,
            "files": {name: {"bytes": e.size, "sha256": e.sha256} for name, e in entries.items()},
        }
    )


def manifest_from_json(content: bytes) -> dict[str, FileEntry]:
    """Read a manifest that may be a stranger's, or damaged.

    Raises:
        StrangeFileError: a byte of it has changed, or it lists what a checkpoint does not hold.
    """
    table = read_table(content, MANIFEST)
    if table.get("format") != FORMAT:
        raise StrangeFileError(f"its format is not {FORMAT}")
    files = table.get("files")
    if not isinstance(files, dict) or files.keys() != LARGEST.keys():
        raise StrangeFileError(f"{MANIFEST} must list {' and '.join(LARGEST)}, nothing else")
    entries = {name: _entry(name, entry) for name, entry in files.items()}
    if content != manifest_to_json(entries):
        raise StrangeFileError(f"{MANIFEST} is damaged: it does not fit its own checksum")
    return entries


def _entry(name: str, entry: Any) -> FileEntry:
    if not isinstance(entry, dict) or entry.keys() != {"bytes", "sha256"}:
        raise StrangeFileError(f"{MANIFEST} has no size and checksum of {name}")
    size, sha256 = entry["bytes"], entry["sha256"]
    if type(size) is not int or not 0 <= size <= LARGEST[name]:
        raise StrangeFileError(f"{MANIFEST} gives {name} an impossible size")
    if not isinstance(sha256, str) or len(sha256) != 64 or not _DIGITS.issuperset(sha256):
        raise StrangeFileError(f"{MANIFEST} gives {name} an impossible checksum")
    return FileEntry(size, sha256)


def _written(table: dict[str, Any]) -> bytes:
    own = hashlib.sha256(_canonical(table)).hexdigest()
    return _canonical({**table, "sha256": own})


def _canonical(table: dict[str, Any]) -> bytes:
    return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"
