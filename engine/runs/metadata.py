"""Small untrusted files of a run folder: configuration, model metadata and notes.

Also names of run folders, and the comparison of two configurations of a run.
"""

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from engine.config.changes import SettingChange
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.config.toml import config_from_toml
from engine.data.facts import (
    IMAGE,
    TEXT,
    ColumnFacts,
    ImageFacts,
    TextFacts,
    facts_from_table,
    facts_to_table,
)
from engine.data.image_shape import SQUARE, ImageShape
from engine.data.manifest import MAX_TEXT
from engine.errors import ConfigError, Problem, RunMissingError
from engine.fs.atomic import atomic_write, wrap_os_error
from engine.fs.codec import Length, Range, Via, from_json, to_json
from engine.fs.untrusted import MalformedFileError, read_regular, read_table

CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings other than those of reporting that may change when a run is resumed."""
CONFIG_BYTES = 64_000
"""Limit of a configuration file; a typical one has 5 % of it."""
_MAX_DOTS = 8


def read_part(path: Path, max_bytes: int) -> bytes:
    """Read a small file of an untrusted run folder.

    Raises:
        RunMissingError: the file does not exist.
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
    """Parse an untrusted configuration.

    Args:
        content: content of the TOML file.
        name: name of the file, for errors.

    Raises:
        ConfigError: it is damaged.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(name, "is not UTF-8 text")]) from error
    # ``tomllib`` takes half a minute to parse a key with thousands of dots.
    if any(line.partition("=")[0].count(".") > _MAX_DOTS for line in text.splitlines()):
        raise ConfigError([Problem(name, "is nested too deeply")])
    try:
        return config_from_toml(text)
    except RecursionError as error:
        raise ConfigError([Problem(name, "is nested too deeply")]) from error
    except ValueError as error:
        # Raised for numbers of thousands of digits.
        raise ConfigError([Problem(name, f"is damaged: {str(error)[:100]}")]) from error


def changed_settings(before: RunConfig, after: RunConfig) -> list[Problem]:
    """List the settings that differ and must not change when a run is resumed."""
    return [
        Problem(name, f"was {value_at(before, name)} and cannot change when a run is resumed")
        for name, _field, _about in settings_in(before)
        if name not in CHANGEABLE
        and not name.startswith("reporting.")
        and value_at(before, name) != value_at(after, name)
    ]


def merged_changes(
    before: RunConfig, after: RunConfig, images_seen: int
) -> tuple[SettingChange, ...]:
    """Return the changes of settings of a resumed run: its own, and those that are new.

    Its changes of a setting of reporting are dropped if it is resumed with another first value.

    Args:
        before: the run's configuration.
        after: the configuration that it is resumed with; it may lack changes of the run.
        images_seen: at the checkpoint.

    Raises:
        ConfigError: a new change lies before the checkpoint.
    """
    own = [c for c in before.changes if value_at(before, c.field) == value_at(after, c.field)]
    new = [change for change in after.changes if change not in before.changes]
    problems = [
        Problem(
            c.field, f"cannot change after {c.images:,} images: the run has seen {images_seen:,}"
        )
        for c in new
        if c.images < images_seen
    ]
    if problems:
        raise ConfigError(problems)
    return tuple(sorted([*own, *new], key=lambda change: change.images))


MODEL_FORMAT, OLDEST_MODEL_FORMAT = 4, 3
"""The format that is written, and the oldest that is read; its runs have one image and one text."""


@dataclass(frozen=True, kw_only=True)
class ModelMetadata:
    """Properties of the dataset that the networks depend on; sampling needs no dataset."""

    dataset: str
    """Name of the dataset."""
    dataset_version: str
    """Content hash of the dataset."""
    columns: Annotated[Mapping[str, ColumnFacts], Via(facts_to_table, facts_from_table)]
    """By name, in the order in which items are generated."""
    notice: Annotated[str, Length(MAX_TEXT)] = ""
    """Of the dataset; see ``Manifest.notice``."""

    @property
    def image(self) -> ImageFacts | None:
        """Facts of the first column of pictures."""
        return next((f for f in self.columns.values() if isinstance(f, ImageFacts)), None)

    @property
    def text(self) -> TextFacts | None:
        """Facts of the first column of texts."""
        return next((f for f in self.columns.values() if isinstance(f, TextFacts)), None)

    def first(self, kind: str) -> str | None:
        """Return the name of the first column of a kind; None if there is none."""
        return next((name for name, facts in self.columns.items() if facts.kind == kind), None)

    def image_shape(self, longer: int) -> ImageShape:
        """Return the shape of generated images with a longer side of so many pixels.

        Runs without pictures have square previews.
        """
        return (self.image.aspect if self.image else SQUARE).scaled(longer)


def model_from_json(content: bytes, name: str) -> ModelMetadata:
    """Read the model's metadata of a run.

    Args:
        content: content of the JSON file.
        name: name of the file, for errors.

    Raises:
        MalformedFileError: it is damaged.
    """
    table = read_table(content, name)
    if table.get("format") != OLDEST_MODEL_FORMAT:
        return from_json(ModelMetadata, content, name, version=MODEL_FORMAT)
    image = {
        new: table[old]
        for new, old in {
            "channels": "channels",
            "height": "image_height",
            "width": "image_width",
            "value_range": "value_range",
            "band": "band",
        }.items()
        if old in table
    }
    text = {"tokenizer": table.get("tokenizer"), "length": table.get("text_length")}
    columns = [{"name": "text", "kind": TEXT, **text}, {"name": "image", "kind": IMAGE, **image}]
    kept = {key: table[key] for key in ("dataset", "dataset_version") if key in table}
    now = json.dumps({"format": MODEL_FORMAT, **kept, "columns": columns}).encode()
    return from_json(ModelMetadata, now, name, version=MODEL_FORMAT)


FORMAT = 2
FILE_NAME = "notes.json"
"""Name of the notes in the run folder."""
MAX_NOTE = 100_000
_MAX_FILE_BYTES = 1_000_000


def _printable(text: str) -> str:
    # Replace lone surrogates, which cannot be printed.
    return text.encode("utf-8", "replace").decode()


_Name = Annotated[str, Length(300), _printable]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Source run and checkpoint of a branch, or of a run that started from another's weights."""

    run: _Name
    """Name of the source run."""
    checkpoint: _Name
    images_seen: Annotated[int, Range(0, 2**62 - 1)] = 0
    is_branch: bool = True
    """False if only weights and words were taken over."""


@dataclass(frozen=True, kw_only=True)
class RunNotes:
    """Content of notes.json: notes, star and origin. A run without the file has the defaults."""

    text: Annotated[str, Length(MAX_NOTE), _printable] = ""
    is_starred: bool = False
    origin: Origin | None = None


def read_notes(folder: Path) -> RunNotes:
    """Read the notes of a run folder.

    Raises:
        ConfigError: the file is damaged.
    """
    try:
        content = read_regular(folder / FILE_NAME, _MAX_FILE_BYTES)
        return from_json(RunNotes, content, FILE_NAME, version=FORMAT, allows_unknown=True)
    except FileNotFoundError:
        return RunNotes()
    except (OSError, MalformedFileError) as error:
        raise ConfigError([Problem(FILE_NAME, f"is damaged: {error}")]) from error


def write_notes(folder: Path, notes: RunNotes) -> None:
    """Write the notes; a damaged file is renamed first.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written; the old notes are kept.
    """
    try:
        read_notes(folder)
    except ConfigError:
        with contextlib.suppress(OSError):
            (folder / FILE_NAME).replace(folder / "notes-damaged.json")
    content = to_json(replace(notes, text=notes.text[:MAX_NOTE]), version=FORMAT)
    atomic_write(folder / FILE_NAME, content)


def change_notes(
    folder: Path,
    *,
    text: str | None = None,
    is_starred: bool | None = None,
    origin: Origin | None = None,
) -> RunNotes:
    """Update some fields of the notes, and return the new notes.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written; the old notes are kept.
    """
    try:
        notes = read_notes(folder)
    except ConfigError:
        notes = RunNotes()
    if text is not None:
        notes = replace(notes, text=text)
    if is_starred is not None:
        notes = replace(notes, is_starred=is_starred)
    if origin is not None:
        notes = replace(notes, origin=origin)
    write_notes(folder, notes)
    return notes


FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""Characters that are invalid in folder names on some platform."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_MAX_NAME = 100
_NUMBERED = re.compile(r"(.+)-(\d{1,4})")
_DATED = re.compile(r".*\d{4}-\d\d-\d\d")


def is_usable_name(name: str) -> bool:
    """Whether a folder name is valid on all platforms."""
    return (
        0 < len(name) <= _MAX_NAME
        and not FORBIDDEN.search(name)
        and not _RESERVED.fullmatch(name)
        and name == name.strip(" .")
    )


def free_name_like(runs: Path, name: str, taken: frozenset[str] = frozenset()) -> str:
    """Return ``name`` if it is unused, or else with the next unused number, such as ``cats-2``.

    Args:
        runs: parent folder.
        name: preferred name.
        taken: further names that count as used.
    """
    # Do not increment the day of a date.
    match = None if _DATED.fullmatch(name) else _NUMBERED.fullmatch(name)
    stem, number = (match[1], int(match[2])) if match else (name, 1)
    while name in taken or (runs / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name
