"""Stars and tags of the shown run's tiles, and changes of them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError
from engine.runs.tile_marks import MAX_TAG, MAX_TAGS, Marks, TileMark, read_marks


class RunMarks(QObject):
    """The marks of one run; ``app`` and the panel write what ``changed`` says."""

    shown = Signal()
    """Another run is shown, or its marks have changed."""
    changed = Signal()
    """The user has changed marks, which are to be written."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = Path()
        """Folder of the run; empty if there is none."""
        self.marks: Marks = {}

    def show_run(self, run: Path, unwritten: Marks | None = None) -> None:
        """Show the marks of a run; those of a damaged file are none.

        Args:
            run: folder; empty for none.
            unwritten: marks that are newer than the file.
        """
        self.run = run
        if unwritten is not None:
            self.marks = unwritten
        else:
            self.marks = _read(run) if run != Path() else {}
        self.shown.emit()

    @property
    def starred(self) -> tuple[int, ...]:
        """Numbers of the starred tiles."""
        return tuple(sorted(tile for tile, mark in self.marks.items() if mark.is_starred))

    def are_starred(self, tiles: Iterable[int]) -> bool:
        """Whether all of some tiles are starred."""
        wanted = tuple(tiles)
        return bool(wanted) and all(tile in self.starred for tile in wanted)

    def toggle_star(self, tiles: tuple[int, ...], images_seen: int) -> None:
        """Star tiles, or remove their stars if all have one.

        Args:
            tiles: their numbers.
            images_seen: of the preview that is shown.
        """
        is_starred = not self.are_starred(tiles)
        marks = (replace(self._mark(t, images_seen), is_starred=is_starred) for t in tiles)
        self._change(marks)

    def tag(self, tiles: tuple[int, ...], text: str, images_seen: int) -> None:
        """Replace the tags of tiles.

        Args:
            tiles: their numbers.
            text: tags separated by commas.
            images_seen: of the preview that is shown.
        """
        parts = (part.strip()[:MAX_TAG] for part in text.split(","))
        tags = tuple(dict.fromkeys(part for part in parts if part))[:MAX_TAGS]
        self._change(replace(self._mark(tile, images_seen), tags=tags) for tile in tiles)

    def tags_of(self, tiles: Iterable[int]) -> tuple[str, ...]:
        """Return the tags that any of some tiles has."""
        found = (tag for tile in tiles if tile in self.marks for tag in self.marks[tile].tags)
        return tuple(dict.fromkeys(found))

    def _mark(self, tile: int, images_seen: int) -> TileMark:
        return self.marks.get(tile) or TileMark(tile=tile, images_seen=images_seen)

    def _change(self, marks: Iterable[TileMark]) -> None:
        self.marks = {**self.marks, **{mark.tile: mark for mark in marks}}
        self.shown.emit()
        self.changed.emit()


def _read(run: Path) -> Marks:
    try:
        return read_marks(run)
    except EngineError:
        return {}  # The file is renamed, not overwritten, when marks are written.
