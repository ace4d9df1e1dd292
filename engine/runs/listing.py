"""List runs with their metadata, including damaged ones."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.errors import EngineError
from engine.runs.exported import WEIGHTS
from engine.runs.folder import RunFolder, bytes_in
from engine.runs.metadata import FILE_NAME as NOTES_FILE
from engine.runs.metadata import RunNotes, read_notes
from engine.runs.retention import best_metrics
from engine.runs.status import Status, stored_status

MARKS = ("run.toml", "events.jsonl", "model.json", "checkpoints", WEIGHTS)
"""A folder with any of these entries is a run, possibly an incomplete one, or an exported model."""
WATCHED = ("run.toml", "events.jsonl", NOTES_FILE, "checkpoints", "samples", WEIGHTS)
"""Entries whose modification times and sizes make up the stamp of a run."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ListedRun:
    """Metadata of a run in a list."""

    folder: Path
    status: Status
    is_held: bool = False
    """Whether a process is training it."""
    holder_pid: int = 0
    """Id of that process; 0 if unknown."""
    holder_host: str = ""
    dataset: str = ""
    family: str = ""
    preset: str = ""
    images_seen: int = 0
    elapsed_s: float = 0.0
    """Training time."""
    kid: float | None = None
    """Best KID of the run."""
    joint_coherence: float | None = None
    size_bytes: int = 0
    changed_s: float = 0.0
    """Time of the last event, in seconds since 1970."""
    is_starred: bool = False
    notes: str = ""
    origin: str = ""
    """Name of the source run of a branch, or of the run whose weights this one started from."""
    is_branch: bool = False
    checkpoints: int = 0
    error: str = ""
    """Error of a failed run."""
    problem: str = ""
    """Problems of the folder; empty if there are none."""
    settings: str = ""
    """All settings for the search, as ``settings_text`` writes them."""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    def matches(self, text: str) -> bool:
        """Whether all words of a search are in the run's name or notes, or are among its settings.

        A setting is found by its value, such as ``hinge`` or ``1e-3``, or with its name:
        ``batch-size=64``.
        """
        words = f"{self.name}\n{self.notes}\n{self.dataset}\n{self.preset}\n{self.family}"
        place = words.casefold()
        return all(word in place or self._has_setting(word) for word in text.casefold().split())

    def _has_setting(self, word: str) -> bool:
        name, _equals, value = word.rpartition("=")
        if not value:
            return False
        with contextlib.suppress(ValueError):
            # A number is sought as a whole: 1 is no beginning of 128.
            value = f"{float(value)!r}\n"
        return f"{name.replace('-', '_')}={value}" in self.settings


def settings_text(config: RunConfig) -> str:
    """Return a line ``name=value`` for each setting in lower case, with numbers as floats."""
    values = ((name, value_at(config, name)) for name, _field, _about in settings_in(config))
    texts = ((n, repr(float(v)) if type(v) in (int, float) else str(v)) for n, v in values)
    return "".join(f"{name}={text.casefold()}\n" for name, text in texts)


def run_folders(runs: Path) -> list[Path]:
    """Return the run folders in a folder, sorted by name."""
    try:
        with os.scandir(runs) as entries:
            paths = [Path(e.path) for e in entries if not e.name.startswith(".") and e.is_dir()]
    except OSError:
        return []
    return sorted(path for path in paths if any(os.path.lexists(path / mark) for mark in MARKS))


def stamp_of(folder: Path) -> str:
    """Return a stamp of a run's files; if it is unchanged, the run need not be read again."""
    parts: list[str] = []
    for name in WATCHED:
        try:
            status = (folder / name).lstat()
            parts.append(f"{status.st_mtime_ns}.{status.st_size}")
        except OSError:
            parts.append("")
    return " ".join(parts)


def read_run(folder: Path) -> ListedRun:
    """Read the metadata of a run; damaged files are reported in ``problem``."""
    problems: list[str] = []
    run = RunFolder(folder)
    config = _tried(run.read_config, problems)
    notes = _tried(lambda: read_notes(folder), problems) or RunNotes()
    has_log = os.path.lexists(run.log_file)
    best = (_tried(lambda: best_metrics(run.log_file), problems) if has_log else None) or {}
    left = stored_status(folder)
    changed_s, checkpoints = left.last_s, 0
    with contextlib.suppress(OSError):
        changed_s = changed_s or folder.stat().st_mtime
        names = os.listdir(run.checkpoints)  # noqa: PTH208 (a tenth of the time)
        checkpoints = sum(name.startswith("checkpoint-") for name in names)
    return ListedRun(
        folder=folder,
        status=left.status,
        dataset=config.dataset.name if config else "",
        family=config.family if config else "",
        preset=config.preset if config else "",
        images_seen=left.images_seen,
        elapsed_s=left.elapsed_s,
        kid=best.get("kid"),
        joint_coherence=best.get("joint_coherence"),
        size_bytes=bytes_in(folder),
        changed_s=changed_s,
        is_starred=notes.is_starred,
        notes=notes.text,
        origin=notes.origin.run if notes.origin else "",
        is_branch=notes.origin is not None and notes.origin.is_branch,
        checkpoints=checkpoints,
        error=left.error,
        settings=(_tried(lambda: settings_text(config), problems) if config else None) or "",
        problem="; ".join(problems),
    )


def _tried(read: Callable[[], T], problems: list[str]) -> T | None:
    try:
        return read()
    except (EngineError, OSError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        problems.append(f"{error}"[:300] or type(error).__name__)
        return None
