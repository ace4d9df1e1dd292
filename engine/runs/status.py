"""Status of a run folder, from its lock and the end of its log."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.events import Outcome
from engine.fs.lock import Holder, holder_of
from engine.runs.event_codec import entry_in
from engine.runs.event_reader import read_tail
from engine.runs.exported import is_exported, read_exported
from engine.runs.folder import RunFolder

TAIL_BYTES = 64_000
"""Bytes that are read from the end of a log."""
MAX_COUNT = 2**62
_OUTCOMES = frozenset(outcome.value for outcome in Outcome)


class Status(StrEnum):
    """Status of a run."""

    RUNNING = "running"
    """A live process holds the lock of the run."""
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The log has no ``RunEnded``, and no process holds the lock: the run crashed."""
    NEW = "new"
    """The run was never trained."""
    EXPORTED = "exported"
    """An exported model: it can be sampled and not trained."""


@dataclass(frozen=True, kw_only=True)
class StoredStatus:
    """Status and progress of a run."""

    status: Status
    holder: Holder | None = None
    """The process that is training it."""
    images_seen: int = 0
    elapsed_s: float = 0.0
    error: str = ""
    """Error of a failed run."""
    last_s: float = 0.0
    """Time of the last event, in seconds since 1970; 0 if there is none."""


def status_of(folder: Path) -> StoredStatus:
    """Read the status of a run from its lock and the end of its log; never raises."""
    left = stored_status(folder)
    holder = holder_of(folder)
    return replace(left, status=Status.RUNNING, holder=holder) if holder else left


def stored_status(folder: Path) -> StoredStatus:
    """Read the status of a run from its log alone; an exported model has none."""
    if is_exported(folder):
        return _exported_status(folder)
    try:
        lines = read_tail(RunFolder(folder).log_file, TAIL_BYTES)
    except (OSError, ValueError):
        lines = []
    entries = [entry for line in lines if (entry := entry_in(line))]
    if not entries:
        # A log without any valid entry belongs to a run that was started.
        status = Status.INTERRUPTED if any(lines) else Status.NEW
        return StoredStatus(status=status)
    last = entries[-1]
    status = Status.INTERRUPTED
    if last.get("event") == "RunEnded":
        outcome = str(last.get("outcome"))
        status = Status(outcome) if outcome in _OUTCOMES else Status.FAILED
    return StoredStatus(
        status=status,
        images_seen=int(_latest(entries, "images_seen")),
        elapsed_s=_latest(entries, "elapsed_s"),
        error=str(last.get("error") or "")[:1000],
        last_s=number_in(last, "time") or 0.0,
    )


def _exported_status(folder: Path) -> StoredStatus:
    try:
        found = read_exported(folder)
    except EngineError:
        return StoredStatus(status=Status.EXPORTED)
    return StoredStatus(
        status=Status.EXPORTED, images_seen=found.images_seen, elapsed_s=found.elapsed_s
    )


def number_in(entry: Mapping[str, Any], name: str) -> float | None:
    """Return a number of an entry if it is finite and in range, else None."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value < MAX_COUNT else None


def _latest(entries: Iterable[Mapping[str, Any]], name: str) -> float:
    """Return the newest value of a field of the entries or of their ``progress``."""
    for entry in reversed(list(entries)):
        progress = entry.get("progress")
        for place in (entry, progress if isinstance(progress, dict) else {}):
            value = number_in(place, name)
            if value is not None:
                return value
    return 0.0
