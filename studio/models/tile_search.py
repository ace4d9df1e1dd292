"""Finds texts and tags in the newest previews of all runs and in the saved galleries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import fields as members
from pathlib import Path
from typing import Any, cast

from engine.control import RunControl
from engine.errors import EngineError, SheetCorruptError
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.runs.folder import RunFolder
from engine.runs.tile_marks import read_marks
from engine.sample.preview_sheet import read_sheet_header
from engine.sample.scene_file import Provenance

MAX_FOUND = 500
MAX_FOLDERS = 1_000
"""Runs and galleries that are searched, of each the newest."""
MAX_LIST_BYTES = 32_000_000
METADATA = "metadata.jsonl"
_NO_TEXTS = frozenset({"source_file", *(member.name for member in members(Provenance))})


@dataclass(frozen=True, kw_only=True)
class FoundTile:
    """A tile of a preview, or an item of a gallery."""

    folder: Path
    """Of the run or the gallery."""
    text: str
    """With the tags, if there are some."""
    images_seen: int
    tile: int = -1
    """Number of the tile; -1 for an item of a gallery."""
    is_starred: bool = False


def search_tiles(
    query: str, runs: Path, galleries: Path, control: RunControl
) -> tuple[FoundTile, ...]:
    """Find tiles and items whose texts or tags have all words of a query, whatever their case.

    Args:
        query: words separated by spaces; nothing is found without one.
        runs: folder of the runs.
        galleries: folder of the galleries.
        control: checked before each folder.

    Returns:
        At most ``MAX_FOUND``; runs first.

    Raises:
        StoppedError: a stop was requested.
    """
    words = query.casefold().split()
    found: list[FoundTile] = []
    if not words:
        return ()
    for place, read in ((runs, _tiles_of), (galleries, _items_of)):
        for folder in _newest_folders(place):
            control.stop_if_asked()
            for tile in read(folder):
                text = tile.text.casefold()
                if all(word in text for word in words):
                    found.append(tile)
                if len(found) == MAX_FOUND:
                    return tuple(found)
    return tuple(found)


def _newest_folders(place: Path) -> list[Path]:
    try:
        found = [(path.stat().st_mtime, path) for path in place.iterdir() if _is_own(path)]
    except OSError:
        return []
    return [path for _time, path in sorted(found, reverse=True)[:MAX_FOLDERS]]


def _is_own(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_dir()


def _tiles_of(run: Path) -> Iterator[FoundTile]:
    previews = RunFolder(run).preview_files()
    if not previews:
        return
    try:
        header = read_sheet_header(previews[-1])
    except SheetCorruptError:
        return
    try:
        marks = read_marks(run)
    except EngineError:
        marks = {}
    for tile, text in enumerate(header.texts):
        mark = marks.get(tile)
        yield FoundTile(
            folder=run,
            text=" · ".join(filter(None, (text, *(mark.tags if mark else ())))),
            images_seen=header.images_seen,
            tile=tile,
            is_starred=mark is not None and mark.is_starred,
        )


def _items_of(gallery: Path) -> Iterator[FoundTile]:
    try:
        content = read_regular(gallery / METADATA, MAX_LIST_BYTES)
    except (OSError, MalformedFileError):
        return
    for line in content.splitlines():
        try:
            table: Any = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(table, dict):
            item = cast("dict[str, Any]", table)
            yield FoundTile(folder=gallery, text=_text_of(item), images_seen=_seen_in(item))


def _text_of(table: dict[str, Any]) -> str:
    texts = (
        value
        for name, value in table.items()
        if isinstance(value, str) and name not in _NO_TEXTS and not name.endswith("file_name")
    )
    return " · ".join(texts)


def _seen_in(table: dict[str, Any]) -> int:
    seen = table.get("images_seen")
    return seen if isinstance(seen, int) else 0
