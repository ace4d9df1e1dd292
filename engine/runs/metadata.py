"""Small files of a run folder, all untrusted: configuration, model metadata and notes.

Also what a folder of a run may be called, and how two configurations of a run differ.
"""

import contextlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.config.toml import config_from_toml
from engine.data.tokenizers import Tokenizer, tokenizer_from_table
from engine.errors import ConfigError, Problem, RunMissingError
from engine.fs.atomic import atomic_write, wrap_os_error
from engine.fs.codec import Length, Range, Via, from_json, to_json
from engine.fs.untrusted import MalformedFileError, read_regular

CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings that may differ when a run is resumed, beside those of its reporting."""
CONFIG_BYTES = 64_000
"""Limit of a configuration; a real one takes a twentieth."""
_MAX_DOTS = 8


def read_part(path: Path, max_bytes: int) -> bytes:
    """Read a small file of an untrusted run folder.

    Raises:
        RunMissingError: there is no such file.
        ConfigError: it is not a regular file, or too large.
        FolderNotWritableError: the disk fails.
    """
    try:
        return read_regular(path, max_bytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunMissingError(path.parent) from error
    except MalformedFileError as error:
        raise ConfigError([Problem(path.name, str(error))]) from error
    except OSError as error:
        raise wrap_os_error(error, path.parent) from error


def config_from_bytes(content: bytes, name: str) -> RunConfig:
    """Read an untrusted configuration.

    Args:
        content: TOML.
        name: of the file.

    Raises:
        ConfigError: it is damaged.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(name, "is not UTF-8 text")]) from error
    # Python's parser takes half a minute for a name of thousands of dots; real names have none.
    if any(line.partition("=")[0].count(".") > _MAX_DOTS for line in text.splitlines()):
        raise ConfigError([Problem(name, "is nested too deeply")])
    try:
        return config_from_toml(text)
    except RecursionError as error:
        raise ConfigError([Problem(name, "is nested too deeply")]) from error
    except ValueError as error:
        # A number of thousands of digits.
        raise ConfigError([Problem(name, f"is damaged: {str(error)[:100]}")]) from error


def changed_settings(before: RunConfig, after: RunConfig) -> list[Problem]:
    """List the settings that differ and must not change when a run is resumed."""
    return [
        Problem(name, f"was {value_at(before, name)} and cannot change in mid-run")
        for name, _field, _about in settings_in(before)
        if name not in CHANGEABLE
        and not name.startswith("reporting.")
        and value_at(before, name) != value_at(after, name)
    ]


MODEL_FORMAT = 3
MAX_TEXT_LENGTH = 65_536
"""Slots for the units of a text; networks grow with them."""


@dataclass(frozen=True, kw_only=True)
class ModelMetadata:
    """What the dataset decided about the networks; sampling needs no dataset beside it."""

    dataset: str
    """Name of the dataset."""
    dataset_version: str
    """Content hash of the dataset."""
    channels: Annotated[int, Range(1, 3)]
    text_length: Annotated[int, Range(1, MAX_TEXT_LENGTH)]
    """Slots for the units of a text, the end included."""
    tokenizer: Annotated[Tokenizer, Via(lambda one: one.to_table(), tokenizer_from_table)]


FORMAT = 2
FILE_NAME = "notes.json"
"""In the run folder, so that the notes move with it."""
MAX_NOTE = 100_000
_MAX_FILE_BYTES = 1_000_000


def _printable(text: str) -> str:
    # Half a character from another system's file name would break whoever prints it.
    return text.encode("utf-8", "replace").decode()


_Name = Annotated[str, Length(300), _printable]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The checkpoint of another run that a branch started from."""

    run: _Name
    """Name of the other run."""
    checkpoint: _Name
    images_seen: Annotated[int, Range(0, 2**62 - 1)] = 0


@dataclass(frozen=True, kw_only=True)
class RunNotes:
    """A user's notes on a run, its star, and the origin of a branch; the content of notes.json.

    A run without the file has the defaults.
    """

    text: Annotated[str, Length(MAX_NOTE), _printable] = ""
    is_starred: bool = False
    origin: Origin | None = None


def read_notes(folder: Path) -> RunNotes:
    """Read the notes of a run folder.

    Raises:
        ConfigError: the file is damaged, or none that a run would have.
    """
    try:
        content = read_regular(folder / FILE_NAME, _MAX_FILE_BYTES)
        return from_json(RunNotes, content, FILE_NAME, version=FORMAT, allows_unknown=True)
    except FileNotFoundError:
        return RunNotes()
    except (OSError, MalformedFileError) as error:
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
    content = to_json(replace(notes, text=notes.text[:MAX_NOTE]), version=FORMAT)
    atomic_write(folder / FILE_NAME, content)


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


FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""Characters that no folder's name may hold."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_MAX_NAME = 100
_NUMBERED = re.compile(r"(.+)-(\d{1,4})")
_DATED = re.compile(r".*\d{4}-\d\d-\d\d")


def is_usable_name(name: str) -> bool:
    """Whether every platform takes ``name`` as a folder's name."""
    return (
        0 < len(name) <= _MAX_NAME
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
