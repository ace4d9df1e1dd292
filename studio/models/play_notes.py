"""What Play keeps beside a run: favourites and the names of directions, in ``play.json``."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from engine.errors import EngineError
from engine.fs.atomic import atomic_write
from engine.fs.codec import Length, Range, decode, encode
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.sample.scene import Scene
from engine.sample.scene_codec import scene_from_table, scene_to_table

FILE_NAME = "play.json"
MAX_FAVOURITES = 500
MAX_DIRECTIONS = 256
_MAX_BYTES = 32_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DirectionNote:
    """What the user has said of a direction."""

    number: Annotated[int, Range(0, 100_000)]
    name: Annotated[str, Length(200)] = ""
    is_reversed: bool = False
    is_pinned: bool = False


@dataclass(frozen=True, kw_only=True)
class PlayNotes:
    """Content of ``play.json``; a run without the file has the defaults."""

    favourites: tuple[Scene, ...] = ()
    directions: Mapping[int, DirectionNote] = field(default_factory=dict[int, DirectionNote])

    def with_favourite(self, scene: Scene) -> "PlayNotes":
        """Return the notes with one more favourite, the newest first."""
        others = tuple(one for one in self.favourites if one != scene)
        return replace(self, favourites=(scene, *others)[:MAX_FAVOURITES])

    def without_favourite(self, place: int) -> "PlayNotes":
        """Return the notes without a favourite."""
        kept = (one for number, one in enumerate(self.favourites) if number != place)
        return replace(self, favourites=tuple(kept))

    def with_direction(self, note: DirectionNote) -> "PlayNotes":
        """Return the notes with another note of a direction."""
        return replace(self, directions={**self.directions, note.number: note})


def read_play_notes(run: Path) -> PlayNotes:
    """Read the notes of a run folder; a damaged file is logged and gives the defaults."""
    try:
        table: Any = json.loads(read_regular(run / FILE_NAME, _MAX_BYTES))
        scenes = [scene_from_table(one) for one in table["favourites"][:MAX_FAVOURITES]]
        notes = [decode(DirectionNote, one) for one in table["directions"][:MAX_DIRECTIONS]]
    except FileNotFoundError:
        return PlayNotes()
    except (OSError, ValueError, KeyError, TypeError, MalformedFileError, EngineError) as error:
        _log.info("%s is not usable: %s", run / FILE_NAME, error)
        return PlayNotes()
    return PlayNotes(favourites=tuple(scenes), directions={one.number: one for one in notes})


def write_play_notes(run: Path, notes: PlayNotes) -> None:
    """Write the notes of a run folder.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written; the old ones are kept.
    """
    table = {
        "format": 1,
        "favourites": [scene_to_table(scene) for scene in notes.favourites],
        "directions": [encode(note) for note in notes.directions.values()],
    }
    atomic_write(run / FILE_NAME, json.dumps(table, ensure_ascii=False).encode())
