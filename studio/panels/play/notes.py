"""Keeps favourites and names of directions beside the run, reading and writing in a thread."""

import contextlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.errors import EngineError
from engine.events import Outcome
from engine.sample.scene import Scene
from studio.jobs.task import CancellingJob, TaskEnded
from studio.models.play_notes import (
    DirectionNote,
    PlayNotes,
    read_play_notes,
    write_play_notes,
)

_PATIENCE_MS = 10_000


class NotesKeeper(QObject):
    """Holds the notes of the run that is played with."""

    changed = Signal(object)
    """Carries the ``PlayNotes``."""
    failed = Signal(object)
    """Carries the error of a write."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.notes = PlayNotes()
        self._run: Path | None = None
        self._reading = CancellingJob("read play notes", self)
        self._reading.ended.connect(self._on_read)
        self._writing = CancellingJob("write play notes", self, finishes=True)
        self._writing.ended.connect(self._on_written)

    def open(self, run: Path) -> None:
        """Read the notes of a run; ``changed`` follows."""
        self._run, self.notes = run, PlayNotes()
        self._reading.request(lambda _tell, _control: (run, read_play_notes(run)))

    def add_favourite(self, scene: Scene) -> None:
        """Add a favourite in front."""
        self._change(self.notes.with_favourite(scene))

    def remove_favourite(self, place: int) -> None:
        """Remove a favourite."""
        self._change(self.notes.without_favourite(place))

    @Slot(object)
    def set_direction(self, note: DirectionNote) -> None:
        """Keep a note of a direction."""
        self._change(self.notes.with_direction(note))

    def shut_down(self) -> None:
        """Finish writing, when quitting."""
        self._reading.forget()
        self._reading.wait(_PATIENCE_MS)
        if self._writing.is_running and self._run is not None:
            # The newest notes may still wait for their turn.
            self._writing.forget()
            self._writing.wait(_PATIENCE_MS)
            with contextlib.suppress(EngineError):
                write_play_notes(self._run, self.notes)

    def _change(self, notes: PlayNotes) -> None:
        self.notes = notes
        self.changed.emit(notes)
        if (run := self._run) is not None:
            self._writing.request(lambda _tell, _control: write_play_notes(run, notes))

    @Slot(object)
    def _on_read(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.FINISHED and event.result[0] == self._run:
            self.notes = event.result[1]
            self.changed.emit(self.notes)

    @Slot(object)
    def _on_written(self, event: TaskEnded) -> None:
        if event.error is not None:
            self.failed.emit(event.error)
