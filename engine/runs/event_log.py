"""Event log of a run: one JSON object per line, appended during training."""

import contextlib
import logging
import os
import time
from collections import deque
from io import FileIO
from pathlib import Path

from engine.events import (
    CheckpointSaved,
    LogRestored,
    MetricsReported,
    RequestAnswered,
    RunEnded,
    RunEvent,
    RunPaused,
)
from engine.fs.atomic import files
from engine.fs.untrusted import NOFOLLOW_FLAGS, MalformedFileError, ensure_regular
from engine.runs.event_codec import MAX_LINE, entry_in, line_of, line_of_fields

log = logging.getLogger(__name__)

LOSSES_EVERY_S = 1.0
"""Interval of logged metrics reports; the live plot receives four per second."""
SYNC_EVERY_S = 1.0
"""Interval of fsync; until then, written lines survive a crash of the process only."""
MAX_WAITING = 10_000
"""Largest number of lines buffered while the disk fails; the oldest are dropped first."""
_URGENT = CheckpointSaved | RunEnded | RunPaused | RequestAnswered
_PIECE_BYTES = 1 << 16
_MAX_SEARCHED = 4 * MAX_LINE


def open_for_append(path: Path) -> tuple[FileIO, int]:
    """Open a log for appending, and repair its last line.

    A complete last line without a line end gets one; a truncated one is removed.

    Returns:
        The file, and the number of bytes removed.

    Raises:
        MalformedFileError: it is not a regular file.
        OSError: it cannot be opened or written.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | NOFOLLOW_FLAGS, 0o644)
    file = FileIO(handle, "r+b")
    try:
        ensure_regular(path.name, os.fstat(handle))
        return file, _repair(file)
    except BaseException:
        file.close()
        raise


def _repair(file: FileIO) -> int:
    size = file.seek(0, os.SEEK_END)
    whole = _end_of_last_line(file, size)
    if whole == size:
        return 0
    if whole < size - _MAX_SEARCHED:
        # No line of ours; end it, and readers skip it.
        files.write(file, b"\n")
        return 0
    file.seek(whole)
    last = file.read(MAX_LINE + 1)
    if len(last) <= MAX_LINE and entry_in(last) is not None:
        files.write(file, b"\n")
        return 0
    files.cut(file, whole)
    return size - whole


def _end_of_last_line(file: FileIO, size: int) -> int:
    """Return the position after the last line end, searching backwards through a few lines."""
    end = size
    while end > size - _MAX_SEARCHED - _PIECE_BYTES and end:
        start = max(0, end - _PIECE_BYTES)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


class RunLog:
    """Append the events of a run to its log file, unbuffered.

    A truncated last line is repaired first. Disk errors do not raise: they are logged once, and
    unwritten events are written with the next event. A log that is deleted while it is written is
    restored.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._is_failing = False
        self._last_losses_s = float("-inf")
        self._synced_s = time.monotonic()
        self._restored: LogRestored | None = None
        self._write()

    def record(self, event: RunEvent) -> LogRestored | None:
        """Append an event; metrics reports at most once per second.

        Returns:
            An event that is already appended, if the log had been deleted; None if not.
        """
        if isinstance(event, MetricsReported):
            if 0 <= event.progress.elapsed_s - self._last_losses_s < LOSSES_EVERY_S:
                return None
            self._last_losses_s = event.progress.elapsed_s
        self._waiting.append(line_of(event))
        # Sync, so that a checkpoint is not on disk before the log entries that precede it, and that
        # who watches from another machine sees an answer although nothing may follow it.
        self._write(is_urgent=isinstance(event, _URGENT))
        restored, self._restored = self._restored, None
        return restored

    def reopen(self, path: Path) -> None:
        """Switch to another file, which also receives unwritten events."""
        self.close()
        self._path = path
        self._write()

    def close(self) -> None:
        """Close the file; the next event reopens it."""
        self._write(is_urgent=True)
        self._drop()

    def _write(self, *, is_urgent: bool = False) -> None:
        try:
            if self._file is None:
                self._file, cut = open_for_append(self._path)
                if cut:
                    log.info("Removed a truncated line of %d bytes from %s.", cut, self._path)
                    self._waiting.appendleft(line_of_fields("LogRepaired", {"bytes_cut": cut}))
            is_due = is_urgent or time.monotonic() - self._synced_s >= SYNC_EVERY_S
            if is_due:
                self._follow_path(self._file)
            file = self._file
            while self._waiting:
                _append(file, self._waiting[0])
                self._waiting.popleft()
            if is_due:
                self._synced_s = time.monotonic()
                files.sync(file)
        except (OSError, MalformedFileError) as error:
            self._tell(error)
            # Reopening it repairs a partly written line.
            self._drop()
        else:
            self._tell(None)

    def _follow_path(self, deleted: FileIO) -> None:
        """Write a deleted log again from its open file, which still holds the content.

        Raises:
            MalformedFileError, OSError: it cannot be written.
        """
        with contextlib.suppress(FileNotFoundError):
            if not os.path.samestat(os.fstat(deleted.fileno()), self._path.lstat()):
                # Replaced, as by an editor that saves: append to the new file.
                deleted.close()
                self._file, _cut = open_for_append(self._path)
            return
        restored, _cut = open_for_append(self._path)
        try:
            deleted.seek(0)
            for piece in iter(lambda: deleted.read(_PIECE_BYTES), b""):
                files.write(restored, piece)
        except OSError:
            restored.close()
            raise
        deleted.close()
        self._file = restored
        log.warning("The log %s was deleted; it is restored.", self._path)
        self._restored = LogRestored(bytes_restored=restored.tell())
        self._waiting.appendleft(line_of(self._restored))

    def _drop(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None

    def _tell(self, error: Exception | None) -> None:
        """Log the first failure, and the first success after it."""
        if error is not None and not self._is_failing:
            log.warning("The log %s cannot be written, events wait: %s", self._path, error)
        if error is None and self._is_failing:
            log.info("The log %s is written again.", self._path)
        self._is_failing = error is not None


def _append(file: FileIO, line: bytes) -> None:
    end = file.seek(0, os.SEEK_END)
    try:
        files.write(file, line)
    except OSError:
        # Remove a partly written line, which is written again later.
        with contextlib.suppress(OSError):
            files.cut(file, end)
        raise
