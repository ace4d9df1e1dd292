"""Read the log of a run: events, curves, its tail, and new events while it is written."""

import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from engine.events import (
    AlertChanged,
    EvaluationCompleted,
    MetricsReported,
    RolledBack,
    RunEvent,
    RunResumed,
    SettingsChanged,
)
from engine.fs.untrusted import MalformedFileError, open_regular
from engine.runs.event_codec import MAX_BYTES, MAX_COUNT, entry_in, event_in, lines_in, open_log

Incident = AlertChanged | SettingsChanged | RolledBack
"""What happened to a run at a place of its curves."""
Point = TypeVar("Point", bound=MetricsReported | EvaluationCompleted | Incident)

log = logging.getLogger(__name__)

_SAVED = b'"CheckpointSaved"'
_AGAIN = (b'"RunResumed"', b'"RolledBack"')
_MAX_RESUMES = 100_000
"""Largest number of resumptions and rollbacks that are read from an untrusted log."""
_MAX_NEW_BYTES = 4_000_000
_COMPARED_BYTES = 256
MAX_SHORT_S = 60.0
"""Time for which a log that became shorter may be incomplete; then it was truncated."""


def read_events(path: Path) -> Iterator[RunEvent]:
    """Read all events; truncated and malformed lines are skipped.

    Previews have no images and texts, which are in their sheets; errors are ``LoggedError``.

    Args:
        path: ``events.jsonl`` of a run; a missing file yields nothing.
    """
    for line, number in _numbered(path):
        event = _event(line, path)
        if event is not None:
            yield event
        else:
            log.info("Skipped line %d of %s.", number, path)


def read_losses(path: Path) -> Iterator[MetricsReported]:
    """Read the metrics reports of a log, without those that a resumed run repeated."""
    return _points(path, MetricsReported)


def read_quality(path: Path) -> Iterator[EvaluationCompleted]:
    """Read the evaluations of a log, without those that a resumed run repeated."""
    return _points(path, EvaluationCompleted)


def read_incidents(path: Path) -> Iterator[Incident]:
    """Read alerts, changes of settings and rollbacks, without those that were repeated."""
    return _points(path, AlertChanged, SettingsChanged, RolledBack)


def last_resumption(path: Path) -> RunResumed | None:
    """Read the newest ``RunResumed`` of a log; None if the run was never resumed."""
    newest = None
    for line, _number in _numbered(path):
        event = _event(line, path) if b'"RunResumed"' in line else None
        newest = event if isinstance(event, RunResumed) else newest
    return newest


def has_saved(path: Path) -> bool:
    """Whether a log contains a saved checkpoint.

    Raises:
        MalformedFileError: it is not a regular file.
    """
    try:
        with open_log(path) as file:
            return any(_SAVED in line for line, _end in lines_in(file))
    except FileNotFoundError:
        return False


class LogTail:
    """Follow a log that another process writes.

    Only complete lines are read. Another log in its place is read from the start. One that a
    synchronised folder has replaced by a longer copy is read on, and one that it shows in part is
    waited for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0
        self._head = self._before = b""
        """First bytes of the log, and those before the place."""
        self._short_since_s: float | None = None

    def read_new(self) -> list[RunEvent]:
        """Read the events since the last call, at most a few megabytes."""
        events: list[RunEvent] = []
        with contextlib.suppress(OSError, MalformedFileError), open_log(self._path) as file:
            if self._waits_for_rest(file):
                return []
            file.seek(self._place)
            until = self._place + _MAX_NEW_BYTES
            for line, end in lines_in(file):
                self._place = end
                event = _event(line, self._path)
                if event is not None:
                    events.append(event)
                if end > until:
                    break
            self._head = _bytes_at(file, 0, min(self._place, _COMPARED_BYTES))
            before = max(0, self._place - _COMPARED_BYTES)
            self._before = _bytes_at(file, before, self._place - before)
        return events

    def _waits_for_rest(self, file: BinaryIO) -> bool:
        """Whether the log is not there completely; start over if it is another one."""
        size, place = os.fstat(file.fileno()).st_size, self._place
        if size >= place:
            self._short_since_s = None
            before = _bytes_at(file, place - len(self._before), len(self._before))
            if before != self._before:
                self._place = 0
            return False
        now_s = time.monotonic()
        since_s = self._short_since_s = self._short_since_s or now_s
        is_same = _bytes_at(file, 0, len(self._head)) == self._head[:size]
        if is_same and now_s - since_s < MAX_SHORT_S:
            return True
        self._place, self._short_since_s = 0, None
        return False


def _bytes_at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _points(path: Path, *kinds: type[Point]) -> Iterator[Point]:
    """Read events with a place on the curves; the log is read twice to limit memory."""
    names = [f'"{kind.__name__}"'.encode() for kind in kinds]
    again = _done_again(path)
    for line, number in _numbered(path):
        while again and again[0][0] <= number:
            again.popleft()
        event = _event(line, path) if any(name in line for name in names) else None
        if not isinstance(event, kinds):
            continue
        progress = event.progress if isinstance(event, MetricsReported) else event
        if progress.images_seen <= (again[0][1] if again else MAX_COUNT):
            yield event


def _done_again(path: Path) -> deque[tuple[int, int]]:
    """List the lines of resumptions and rollbacks with the minimum of images from there on.

    A point before such a line is repeated later if it has more images than the minimum.
    """
    found: list[tuple[int, int]] = []
    for line, number in _numbered(path):
        event = _event(line, path) if any(name in line for name in _AGAIN) else None
        if isinstance(event, RunResumed | RolledBack) and len(found) < _MAX_RESUMES:
            found.append((number, event.images_seen))
    fewest, suffix = MAX_COUNT, deque[tuple[int, int]]()
    for number, images in reversed(found):
        fewest = min(fewest, images)
        suffix.appendleft((number, fewest))
    return suffix


def _numbered(path: Path) -> Iterator[tuple[bytes, int]]:
    try:
        with open_log(path) as file:
            for number, (line, _end) in enumerate(lines_in(file), 1):
                yield line, number
    except FileNotFoundError:
        return
    except (OSError, MalformedFileError) as error:
        log.warning("The log %s cannot be read: %s", path, error)


def _event(line: bytes, path: Path) -> RunEvent | None:
    entry = entry_in(line)
    return None if entry is None else event_in(entry, path.parent)


def read_tail(path: Path, max_bytes: int) -> list[bytes]:
    """Read the last complete lines of an untrusted file, up to a number of bytes.

    The last line is truncated if it is longer than ``max_bytes``.

    Raises:
        MalformedFileError: it is not a regular file.
        OSError: it cannot be read.
    """
    with open_regular(path, MAX_BYTES) as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - max_bytes)
        file.seek(start)
        lines = file.read(max_bytes).splitlines()
    # The first line is incomplete unless the read started at the beginning.
    return lines[1:] or lines if start else lines
