"""Follows a run that another process trains, such as the command line, and sends it requests."""

import dataclasses
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance, Slot

from engine.control import RunControl
from engine.errors import SheetCorruptError
from engine.events import (
    MetricsReported,
    Outcome,
    PreviewReady,
    Progress,
    RequestAnswered,
    RunEnded,
    RunEvent,
    RunRelocated,
    RunRequest,
)
from engine.fs.lock import holder_of
from engine.runs.event_reader import LogTail
from engine.runs.folder import RunFolder
from engine.runs.requests import new_nonce, send_request
from engine.sample.preview_sheet import read_sheet
from studio.jobs.task import CancellingJob, TaskEnded, Tell
from studio.jobs.training import RunEvents

POLL_S = 0.5
SILENCE_S = 120.0
"""Time after which a run on another computer counts as interrupted if its lock looks abandoned and
nothing is added to its log: a synchronised folder shows both late."""
SHEET_S = 60.0
"""Time for which a preview waits for its sheet, which a synchronised folder may show later."""
ANSWER_MS = 30_000
"""Time after which a request without an answer is reported."""

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
        patience_s: silence after which it is given up if no process seems to train it; by default
            none for a run on this computer.
    """

    def __init__(
        self,
        folder: Path,
        tail: Tail | None = None,
        is_held: Callable[[], bool] | None = None,
        patience_s: float | None = None,
    ) -> None:
        self._folder = folder
        self._tail = tail or LogTail(RunFolder(folder).log_file)
        self._is_held = is_held or (lambda: holder_of(folder) is not None)
        if patience_s is None:
            holder = holder_of(folder, trusts_others=True)
            patience_s = SILENCE_S if holder is not None and not holder.is_here else 0.0
        self._patience_s = patience_s
        self._ended: RunEnded | None = None
        self._waiting: list[tuple[PreviewReady, float]] = []
        """Previews whose sheets are not there yet, and until when they are waited for."""

    def watch(self, shown: Progress | None, tell: Tell, control: RunControl) -> Followed:
        """Emit the events of the run until it ends.

        Args:
            shown: the latest loss report that is already shown; earlier events are skipped.
            tell: receives every event except the last.
            control: checked between two reads.
        """
        events = _newer(self._read_all(control), shown)
        heard_s = time.monotonic()
        while not control.is_stop_requested:
            # Checked before reading, so that everything written before the lock was released is
            # read.
            is_held = self._is_held()
            events += self._tail.read_new()
            for event in events:
                self._pass_on(event, tell)
                if isinstance(event, RunRelocated):
                    return Followed(folder=self._folder, moved_to=event.folder)
            self._show_late_previews(tell)
            now_s = time.monotonic()
            if is_held or events:
                heard_s = now_s
            elif self._ended is not None or now_s - heard_s >= self._patience_s:
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
        if isinstance(event, PreviewReady):
            self._waiting.append((event, time.monotonic() + SHEET_S))
            self._show_late_previews(tell)
        elif self._ended is None:
            tell(event)

    def _show_late_previews(self, tell: Tell) -> None:
        """Emit the previews whose sheets have become readable; give up those that never do."""
        waiting, self._waiting = self._waiting, []
        for event, until_s in waiting:
            path = RunFolder(self._folder).samples / event.path.name
            try:
                sheet = read_sheet(path)
            except SheetCorruptError as error:
                if time.monotonic() < until_s:
                    self._waiting.append((event, until_s))
                else:
                    _log.info("Skipping a damaged preview: %s", error)
                continue
            tell(dataclasses.replace(event, path=path, images=sheet.images, texts=sheet.texts))


class RunLogFollower(RunEvents):
    """Emits the events of a run in another process, as ``TrainingJob`` does for its own run.

    ``run_started`` is never emitted. ``following_ended`` is emitted last, after ``RunEnded`` if
    the run has ended. Requests go through the folder of the run, and ``RequestAnswered`` follows.
    """

    following_ended = Signal(object)
    """Carries ``Followed``."""
    pause_asked = Signal()
    resume_asked = Signal()
    stop_asked = Signal()
    request_failed = Signal(object)
    """Carries the error: a request cannot be sent."""
    unanswered = Signal()
    """A request has had no answer for ``ANSWER_MS``; it may still come."""

    def __init__(
        self, parent: QObject | None = None, *, watch: Callable[[Path], RunWatch] = RunWatch
    ) -> None:
        super().__init__(parent)
        self._make_watch = watch
        self._job = CancellingJob("following", self)
        self._job.progressed.connect(self.event_emitted)
        self._job.ended.connect(self._end)
        self._sender = CancellingJob("requests", self)
        self._sender.ended.connect(self._on_sent)
        self._to_send: deque[tuple[Path, RunRequest, str]] = deque()
        self._awaited: set[str] = set()
        """Nonces of the requests without an answer."""
        self._patience = QTimer(self, singleShot=True, interval=ANSWER_MS)
        self._patience.timeout.connect(self._on_silence)
        self.event_emitted.connect(self._on_event)
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
        self._awaited.clear()
        self._patience.stop()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the threads have ended, when quitting. Returns whether they did in time."""
        return self._job.wait(timeout_ms) and self._sender.wait(timeout_ms)

    def pause(self, *, release: bool = False) -> None:
        """Request a pause; with ``release`` the run saves a checkpoint and frees its memory."""
        self._request(RunRequest.RELEASE if release else RunRequest.PAUSE, self.pause_asked)

    def go_on(self) -> None:
        """Request a paused run to continue."""
        self._request(RunRequest.CONTINUE, self.resume_asked)

    def stop(self) -> None:
        """Request the run to save a checkpoint and stop."""
        self._request(RunRequest.STOP, self.stop_asked)

    def request_checkpoint(self) -> None:
        """Request a checkpoint; ``CheckpointSaved`` follows."""
        self._request(RunRequest.SAVE)

    def request_sample(self) -> None:
        """Request a preview; ``PreviewReady`` follows."""
        self._request(RunRequest.PREVIEW)

    def request_evaluation(self) -> None:
        """Request an evaluation; ``EvaluationStarted`` follows."""
        self._request(RunRequest.EVALUATE)

    def _request(self, request: RunRequest, asked: SignalInstance | None = None) -> None:
        """Write a request in a thread, because the folder may be on a slow network."""
        if not self.is_running:
            return
        _log.info("Request for %s: %s", self.folder, request)
        nonce = new_nonce()
        self._awaited.add(nonce)
        self._patience.start()
        self._to_send.append((self.folder, request, nonce))
        if asked is not None:
            asked.emit()
        if not self._sender.is_running:
            self._send_next()

    def _send_next(self) -> None:
        if self._to_send:
            folder, request, nonce = self._to_send.popleft()
            self._sender.request(lambda _tell, _control: send_request(folder, request, nonce))

    @Slot(object)
    def _on_sent(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            # It is not known which one; those that were sent will be answered all the same.
            self._awaited.clear()
            self._patience.stop()
            self.request_failed.emit(ended.error)
        self._send_next()

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        if isinstance(event, RequestAnswered):
            self._awaited.discard(event.nonce)
            if not self._awaited:
                self._patience.stop()

    @Slot()
    def _on_silence(self) -> None:
        self._awaited.clear()
        _log.info("%s has not answered", self.folder)
        self.unanswered.emit()

    @Slot(object)
    def _end(self, ended: TaskEnded) -> None:
        if ended.outcome is Outcome.FINISHED:
            followed: Followed = ended.result
        else:
            followed = Followed(folder=self.folder, error=ended.error)
        _log.info("Following %s ended: %s", followed.folder, followed)
        self._awaited.clear()
        self._patience.stop()
        if followed.ended is not None:
            self.event_emitted.emit(followed.ended)
        self.following_ended.emit(followed)


def _newer(events: list[RunEvent], shown: Progress | None) -> list[RunEvent]:
    """Drop everything up to the loss report that is already shown.

    Its images may be shown as more than it reports, if the log knows of more.
    """
    for place in reversed(range(len(events))):
        event = events[place]
        if (
            shown
            and isinstance(event, MetricsReported)
            and event.progress.elapsed_s == shown.elapsed_s
        ):
            return events[place + 1 :]
    return events
