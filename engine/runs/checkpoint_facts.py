"""What a checkpoint says about itself, as JSON, and nothing else than that."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.plain_files import StrangeFileError, read_table

FACTS = "facts.json"
FACTS_BYTES = 8_000_000
"""Most that the facts may take; a run's own take a few thousand."""
MOST = 10**15
"""No run takes so many steps, images or seconds."""


@dataclass(frozen=True, kw_only=True)
class CheckpointFacts:
    """What a checkpoint says about itself."""

    step: int
    images_seen: int
    elapsed_s: float
    config_hash: str
    config: str = ""
    """The run's configuration, as TOML."""
    dataset_version: str = ""
    """Content hash of the dataset."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the software that wrote it, by name."""
    positions: Mapping[str, Any] = field(default_factory=dict)
    """What the loop must remember beside its tensors, as JSON can hold it."""


def facts_to_json(facts: CheckpointFacts) -> bytes:
    """Write facts.

    Raises:
        ValueError: they hold what JSON cannot, or too much of it; that is a bug of ours.
    """
    content = json.dumps(vars(facts), ensure_ascii=False, indent=1).encode()
    facts_from_json(content)
    return content


def facts_from_json(content: bytes) -> CheckpointFacts:
    """Read facts that may be a stranger's.

    Raises:
        StrangeFileError: they are none of ours.
    """
    if len(content) > FACTS_BYTES:
        raise StrangeFileError(f"{FACTS} is larger than {FACTS_BYTES:,} bytes")
    table = read_table(content, FACTS)
    known = {entry.name: entry for entry in dataclasses.fields(CheckpointFacts)}
    for name in table.keys() - known.keys():
        raise StrangeFileError(f"{FACTS} holds '{name[:100]}', which is none of its facts")
    for name in ("step", "images_seen", "elapsed_s", "config_hash"):
        if name not in table:
            raise StrangeFileError(f"{FACTS} lacks '{name}'")
    for name, value in table.items():
        if not _is_sane(name, value):
            raise StrangeFileError(f"{FACTS} has no usable '{name}'")
    return CheckpointFacts(**table)


def _is_sane(name: str, value: Any) -> bool:
    match name:
        case "step" | "images_seen":
            return type(value) is int and 0 <= value <= MOST
        case "elapsed_s":
            return type(value) in {int, float} and 0 <= value <= MOST
        case "versions":
            return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        case "positions":
            return isinstance(value, dict)
        case _:
            return isinstance(value, str)
