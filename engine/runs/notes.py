"""What a person says about a run: notes, a star, and for a branch where it came from.

It stands in ``notes.json`` in the run folder, so that it goes where the folder goes.
"""

import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.disk import atomic_write
from engine.errors import ConfigError, Problem
from engine.plain_files import read_plain, read_table

FORMAT = 1
FILE_NAME = "notes.json"
LONGEST_TEXT = 100_000
_LONGEST_NAME = 300
_LARGEST_FILE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a branch left another run."""

    run: str
    """Name of the other run."""
    checkpoint: str
    images_seen: int = 0


@dataclass(frozen=True, kw_only=True)
class RunNotes:
    """What ``notes.json`` holds; a run without the file has the defaults."""

    text: str = ""
    is_starred: bool = False
    origin: Origin | None = None


def read_notes(folder: Path) -> RunNotes:
    """Read the notes of a run folder.

    Raises:
        ConfigError: the file is damaged, or none that a run would have.
    """
    try:
        return _notes(read_table(read_plain(folder / FILE_NAME, _LARGEST_FILE), FILE_NAME))
    except FileNotFoundError:
        return RunNotes()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError([Problem(FILE_NAME, f"is damaged: {error}")]) from error


def write_notes(folder: Path, notes: RunNotes) -> None:
    """Write the notes; a damaged file is kept beside them under another name.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written; the old ones stay.
    """
    try:
        read_notes(folder)
    except ConfigError:
        with contextlib.suppress(OSError):
            (folder / FILE_NAME).replace(folder / "notes-damaged.json")
    origin = None if notes.origin is None else vars(notes.origin)
    table = {
        "format": FORMAT,
        "text": notes.text[:LONGEST_TEXT],
        "is_starred": notes.is_starred,
        "origin": origin,
    }
    atomic_write(folder / FILE_NAME, json.dumps(table, ensure_ascii=False, indent=1).encode())


def change_notes(
    folder: Path, *, text: str | None = None, is_starred: bool | None = None
) -> RunNotes:
    """Change a part of the notes and give what they are now.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written; the old ones stay.
    """
    try:
        notes = read_notes(folder)
    except ConfigError:
        notes = RunNotes()
    if text is not None:
        notes = replace(notes, text=text)
    if is_starred is not None:
        notes = replace(notes, is_starred=is_starred)
    write_notes(folder, notes)
    return notes


def _notes(table: dict[str, Any]) -> RunNotes:
    if table["format"] != FORMAT:
        raise ValueError(f"format must be {FORMAT}")
    origin = table.get("origin")
    return RunNotes(
        text=_text(table.get("text", ""), LONGEST_TEXT),
        is_starred=table.get("is_starred") is True,
        origin=None if origin is None else _origin(origin),
    )


def _origin(table: dict[str, Any]) -> Origin:
    images_seen = table.get("images_seen", 0)
    if type(images_seen) is not int or not 0 <= images_seen < 2**62:
        raise ValueError("images_seen is no count")
    return Origin(
        run=_text(table["run"], _LONGEST_NAME),
        checkpoint=_text(table["checkpoint"], _LONGEST_NAME),
        images_seen=images_seen,
    )


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError("a text is none, or too long")
    # Half a character from another system's file name would break whoever prints it.
    return value.encode("utf-8", "replace").decode()
