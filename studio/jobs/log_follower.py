"""Follows a run that another process trains, such as the command line."""

import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from engine.errors import SheetCorruptError
from engine.events import (
    MetricsReported,
    Outcome,
    PreviewReady,
    Progress,
    RunEnded,
    RunEvent,
    RunRelocated,
)
from engine.fs.lock import holder_of
from engine.runs.event_reader import LogTail
from engine.runs.folder import RunFolder
from engine.sample.preview_sheet import read_sheet
from studio.jobs.task import CancellingJob, TaskEnded, Tell
from studio.jobs.training import RunEvents

POLL_S = 0.5

_log = logging.getLogger(__name__)


class Tail(Protocol):
    """Reads additions to a log."""

    def read_new(self) -> list[RunEvent]:
        """Return the events added since the last call."""
        ...


@dataclass(frozen=True, kw_only=True)
class Followed:
    """Why following ended."""

    folder: Path
    ended: RunEnded | None = None
    """Set if the run ended."""
    moved_to: Path | None = None
    """Set if the run continues in another folder."""
    error: Exception | None = None
    """Set if the log cannot be read any more."""

    @property
    def is_interrupted(self) -> bool:
        """Whether the training process disappeared without an end event."""
        return self.ended is None and self.moved_to is None and self.error is None


class RunWatch:
    """Reads the log of a run until the run ends; used in a worker thread.

    Args:
        folder: of the run.
        tail: of its log.
        is_held: whether a process currently trains it.
    """

    def __init__(
        self, folder: Path, tail: Tail | None = None, is_held: Callable[[], bool] | None = None
    ) -> None:
        self._folder = folder
        self._tail = tail or LogTail(RunFolder(folder).log_file)
        self._is_held = is_held or (lambda: holder_of(folder) is not None)
        self._ended: RunEnded | None = None

    def watch(self, shown: Progress | None, tell: Tell, control: RunControl) -> Followed:
        """Emit the events of the run until it ends.

        Args:
            shown: the latest loss report that is already shown; earlier events are skipped.
            tell: receives every event except the last.
            control: checked between two reads.
        """
        events = _newer(self._read_all(control), shown)
        while not control.is_stop_requested:
            # Checked before reading, so that everything written before the lock was released is
            # read.
            is_held = self._is_held()
            events += self._tail.read_new()
            for event in events:
                self._pass_on(event, tell)
                if isinstance(event, RunRelocated):
                    return Followed(folder=self._folder, moved_to=event.folder)
            if not is_held and not events:
                return Followed(folder=self._folder, ended=self._ended)
            events = []
            control.wait(POLL_S)
        return Followed(folder=self._folder)

    def _read_all(self, control: RunControl) -> list[RunEvent]:
        """Read the log so far; drop what precedes the last loss report of each earlier chunk."""
        events: list[RunEvent] = []
        while (new := self._tail.read_new()) and not control.is_stop_requested:
            losses = [i for i, event in enumerate(events) if isinstance(event, MetricsReported)]
            events = events[losses[-1] if losses else 0 :] + new
        return events

    def _pass_on(self, event: RunEvent, tell: Tell) -> None:
        # If events follow an end event, the run was resumed and that end was not the last.
        self._ended = event if isinstance(event, RunEnded) else None
        passed = self._with_pictures(event) if isinstance(event, PreviewReady) else event
        if passed is not None and self._ended is None:
            tell(passed)

    def _with_pictures(self, event: PreviewReady) -> PreviewReady | None:
        path = RunFolder(self._folder).samples / event.path.name
        try:
            sheet = read_sheet(path)
        except SheetCorruptError as error:
            _log.info("Skipping a damaged preview: %s", error)
            return None
        return dataclasses.replace(event, path=path, images=sheet.images, texts=sheet.texts)


class RunLogFollower(RunEvents):
    """Emits the events of a run in another process, as ``TrainingJob`` does for its own run.

    ``run_started`` is never emitted. ``following_ended`` is emitted last, after ``RunEnded`` if
    the run has ended.
    """

    following_ended = Signal(object)
    """Carries ``Followed``."""

    def __init__(
        self, parent: QObject | None = None, *, watch: Callable[[Path], RunWatch] = RunWatch
    ) -> None:
        super().__init__(parent)
        self._make_watch = watch
        self._job = CancellingJob("following", self)
        self._job.progressed.connect(self.event_emitted)
        self._job.ended.connect(self._end)
        self.folder = Path()
        """Folder of the followed run, or of the last one."""

    @property
    def is_running(self) -> bool:
        """Whether a run is being followed."""
        return self._job.is_running

    def follow(self, folder: Path, shown: Progress | None = None) -> None:
        """Follow a run, in place of another one if necessary.

        Args:
            folder: of the run.
            shown: the latest of its loss reports that is already shown.
        """
        watch = self._make_watch(folder)
        self.folder = folder
        self._job.request(lambda tell, control: watch.watch(shown, tell, control))
        _log.info("Following %s", folder)

    def leave(self) -> None:
        """Stop following without emitting anything."""
        self._job.forget()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        return self._job.wait(timeout_ms)

    @Slot(object)
    def _end(self, ended: TaskEnded) -> None:
        if ended.outcome is Outcome.FINISHED:
            followed: Followed = ended.result
        else:
            followed = Followed(folder=self.folder, error=ended.error)
        _log.info("Following %s ended: %s", followed.folder, followed)
        if followed.ended is not None:
            self.event_emitted.emit(followed.ended)
        self.following_ended.emit(followed)


def _newer(events: list[RunEvent], shown: Progress | None) -> list[RunEvent]:
    """Drop everything up to the loss report that is already shown."""
    for place, event in enumerate(events):
        if shown and isinstance(event, MetricsReported):
            progress = event.progress
            if (progress.images_seen, progress.elapsed_s) == (shown.images_seen, shown.elapsed_s):
                return events[place + 1 :]
    return events
