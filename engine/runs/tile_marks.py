"""Stars and tags of preview tiles: ``tiles.json`` in the run folder.

All previews of a run are drawn from the same noise, so a mark belongs to the number of a tile and
is shown at every step. The file is one of its own because older versions of the program, which
ignore it, would drop unknown members of ``notes.json`` when they write it.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from engine.errors import ConfigError, Problem
from engine.fs.atomic import atomic_write
from engine.fs.codec import Length, Range, from_json, to_json
from engine.fs.untrusted import MalformedFileError, read_regular

FORMAT = 1
FILE_NAME = "tiles.json"
DAMAGED_NAME = "tiles-damaged.json"
MAX_TILES = 4096
MAX_TAGS, MAX_TAG = 16, 60
_MAX_FILE_BYTES = 4_000_000


def _printable(text: str) -> str:
    # Replace lone surrogates, which cannot be written as UTF-8.
    return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, kw_only=True)
class TileMark:
    """Star and tags of a tile."""

    tile: Annotated[int, Range(0, MAX_TILES - 1)]
    """Number of the tile, from 0."""
    images_seen: Annotated[int, Range(0, 2**62 - 1)]
    """Progress of the run at the preview on which the tile was marked."""
    is_starred: bool = False
    tags: Annotated[tuple[Annotated[str, Length(MAX_TAG), _printable], ...], Length(MAX_TAGS)] = ()


Marks = Mapping[int, TileMark]
"""Marks by number of the tile."""


@dataclass(frozen=True, kw_only=True)
class _Content:
    tiles: Annotated[tuple[TileMark, ...], Length(MAX_TILES)] = ()


def read_marks(folder: Path) -> dict[int, TileMark]:
    """Read the marks of a run; empty if it has none.

    Raises:
        ConfigError: the file is damaged.
    """
    try:
        content = read_regular(folder / FILE_NAME, _MAX_FILE_BYTES)
        read = from_json(_Content, content, FILE_NAME, version=FORMAT, allows_unknown=True)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, MalformedFileError) as error:
        raise ConfigError([Problem(FILE_NAME, f"is damaged: {error}")]) from error
    return {mark.tile: mark for mark in read.tiles}


def write_marks(folder: Path, marks: Marks) -> None:
    """Write the marks of a run; a damaged file is renamed first.

    Args:
        folder: of the run.
        marks: those without a star and tags are left out.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written; the old ones are kept.
    """
    try:
        read_marks(folder)
    except ConfigError:
        with contextlib.suppress(OSError):
            (folder / FILE_NAME).replace(folder / DAMAGED_NAME)
    kept = (mark for _tile, mark in sorted(marks.items()) if mark.is_starred or mark.tags)
    atomic_write(folder / FILE_NAME, to_json(_Content(tiles=tuple(kept)), version=FORMAT))
