"""Reading a run's configuration, which may be a stranger's, and comparing two of them."""

import contextlib
import dataclasses
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.config.toml import config_from_toml
from engine.data.tokenizers import Tokenizer, tokenizer_from_table
from engine.errors import ConfigError, Problem, RunMissingError
from engine.fs.atomic import atomic_write, explain_os_error
from engine.fs.untrusted import StrangeFileError, read_plain, read_table

CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings that may differ when a run goes on, beside those of its reporting."""
CONFIG_BYTES = 64_000
"""Most that a configuration may take; ours take a twentieth."""
_MOST_DOTS = 8


def read_part(path: Path, most_bytes: int) -> bytes:
    """Read a small file of a run folder, which may be a stranger's.

    Raises:
        RunMissingError: there is no such file.
        ConfigError: it is no plain file, or too large to be one of ours.
        FolderNotWritableError: the disk fails.
    """
    try:
        return read_plain(path, most_bytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunMissingError(path.parent) from error
    except StrangeFileError as error:
        raise ConfigError([Problem(path.name, str(error))]) from error
    except OSError as error:
        raise explain_os_error(error, path.parent) from error


def config_from_bytes(content: bytes, name: str) -> RunConfig:
    """Read a configuration that may be a stranger's.

    Args:
        content: TOML.
        name: of the file.

    Raises:
        ConfigError: it is damaged, or none of ours.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(name, "is not UTF-8 text")]) from error
    # Python's reader takes half a minute for a name of so many dots; names of ours have none.
    if any(line.partition("=")[0].count(".") > _MOST_DOTS for line in text.splitlines()):
        raise ConfigError([Problem(name, "is nested too deeply")])
    try:
        return config_from_toml(text)
    except RecursionError as error:
        raise ConfigError([Problem(name, "is nested too deeply")]) from error
    except ValueError as error:
        # A number of thousands of digits.
        raise ConfigError([Problem(name, f"is damaged: {str(error)[:100]}")]) from error


def changed_settings(before: RunConfig, after: RunConfig) -> list[Problem]:
    """Name the settings that differ and decide what a run becomes."""
    return [
        Problem(name, f"was {value_at(before, name)} and cannot change in mid-run")
        for name, _field, _about in settings_in(before)
        if name not in CHANGEABLE
        and not name.startswith("reporting.")
        and value_at(before, name) != value_at(after, name)
    ]


# --------------------------------------------------------------------------
# What the dataset decided about a run's networks, and how it is written down.


MODEL_FORMAT = 2
LONGEST_TEXT = 65_536
"""Most slots for the units of a text; networks grow with them."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What the dataset decided about the networks; sampling needs no dataset beside it."""

    dataset: str
    """Name of the dataset."""
    dataset_version: str
    """Content hash of the dataset."""
    channels: int
    text_length: int
    """Slots for the units of a text, the end included."""
    tokenizer: Tokenizer


def model_to_json(facts: ModelFacts) -> bytes:
    """Write a model's facts."""
    table = {
        "format": MODEL_FORMAT,
        **{
            field.name: getattr(facts, field.name)
            for field in dataclasses.fields(facts)
            if field.name != "tokenizer"
        },
        "tokenizer": facts.tokenizer.to_table(),
    }
    return json.dumps(table, ensure_ascii=False, indent=1).encode()


def model_from_json(content: bytes, name: str) -> ModelFacts:
    """Read a model's facts that may be a stranger's, or damaged.

    Raises:
        StrangeFileError: they cannot be used.
    """
    table = read_table(content, name)
    if table.pop("format", None) != MODEL_FORMAT:
        raise StrangeFileError(f"format must be {MODEL_FORMAT}")
    try:
        tokenizer = tokenizer_from_table(table.pop("tokenizer"))
        facts = ModelFacts(tokenizer=tokenizer, **table)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StrangeFileError(f"is damaged: {str(error)[:200]}") from error
    for field in ("dataset", "dataset_version"):
        if not isinstance(getattr(facts, field), str):
            raise StrangeFileError(f"{field} must be a text")
    _ensure_count(facts.channels, "channels", 3)
    _ensure_count(facts.text_length, "text_length", LONGEST_TEXT)
    return facts


def _ensure_count(value: Any, name: str, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:
        raise StrangeFileError(f"{name} must be a whole number from 1 to {most:,}")


# --------------------------------------------------------------------------
# What a person says about a run: notes, a star, and for a branch where it came from.
#
# It stands in ``notes.json`` in the run folder, so that it goes where the folder goes.


FORMAT = 1
FILE_NAME = "notes.json"
LONGEST_NOTE = 100_000
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
        "text": notes.text[:LONGEST_NOTE],
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
        text=_text(table.get("text", ""), LONGEST_NOTE),
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


# --------------------------------------------------------------------------
# Names of run folders: which ones every system takes, and which are free.


FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""Characters that no folder's name may hold."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100
_NUMBERED = re.compile(r"(.+)-(\d{1,4})")
_DATED = re.compile(r".*\d{4}-\d\d-\d\d")


def is_usable_name(name: str) -> bool:
    """Whether every platform takes ``name`` as a folder's name."""
    return (
        0 < len(name) <= _LONGEST
        and not FORBIDDEN.search(name)
        and not _RESERVED.fullmatch(name)
        and name == name.strip(" .")
    )


def free_name_like(runs: Path, name: str, taken: frozenset[str] = frozenset()) -> str:
    """Give the name if no folder has it, or else the next number, such as ``cats-2``.

    Args:
        runs: where the folder would lie.
        name: wanted.
        taken: names that count as had.
    """
    # The day of a date is no number to count on from.
    match = None if _DATED.fullmatch(name) else _NUMBERED.fullmatch(name)
    stem, number = (match[1], int(match[2])) if match else (name, 1)
    while name in taken or (runs / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name
