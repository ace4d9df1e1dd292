"""Where a run lives: its folder, its lock and its log. It may move while the run goes on."""

import contextlib
import logging
import shutil
import time
from pathlib import Path

from engine.config.run import RunConfig
from engine.events import Emit, RunEvent, RunMoved
from engine.runs.folder import (
    ModelFacts,
    ReopenedRun,
    RunFolder,
    create_run_folder,
    reopen_run_folder,
    write_model,
)
from engine.runs.lock import RunLock
from engine.runs.log import RunLog

log = logging.getLogger(__name__)

TOUCH_EVERY_S = 5.0
TAKEN_ALONG = ("events.jsonl", "notes.json")
"""Files that a run takes along when it moves; what it has saved stays where it is, and safe."""


class Place:
    """A run's folder, locked and with an open log from ``create`` or ``reopen`` on.

    Args:
        folder: of the run.
        emit: receives every event after the log.
    """

    def __init__(self, folder: Path, emit: Emit) -> None:
        self.folder = RunFolder(folder)
        self._emit = emit
        self._held = contextlib.ExitStack()
        self._lock: RunLock | None = None
        self._touched_s = float("-inf")
        self._log: RunLog | None = None

    def create(self, config: RunConfig) -> None:
        """Make the folder of a new run.

        Raises:
            FolderInUseError, FolderNotWritableError, DiskFullError: it cannot be made.
        """
        create_run_folder(config)
        self._lock_folder()
        self._open_log()

    def reopen(self, config: RunConfig) -> ReopenedRun:
        """Find where a run was left.

        Raises:
            RunMissingError: there is no run.
            RunLockedError: another process holds it.
            CheckpointCorruptError: none of its checkpoints can be used.
            ConfigError: a setting that matters differs from the run's.
        """
        self.folder.read_config()
        self._lock_folder()
        found = reopen_run_folder(config)
        self._open_log()
        return found

    @property
    def log_bytes(self) -> int:
        """Length of the log so far."""
        with contextlib.suppress(OSError):
            return self.folder.log_file.stat().st_size
        return 0

    def tell(self, event: RunEvent) -> None:
        """Log an event, and pass it on."""
        if self._log is not None:
            self._log.record(event)
        self.hold()
        self._emit(event)

    def hold(self) -> None:
        """Show other machines that the run is held; to be called again and again."""
        now_s = time.monotonic()
        if self._lock is not None and now_s - self._touched_s > TOUCH_EVERY_S:
            self._lock.touch()
            self._touched_s = now_s

    def move(self, target: Path, config: RunConfig, model: ModelFacts) -> None:
        """Go on in another folder.

        Args:
            target: a new or empty folder; in one that holds something the run gets a folder.
            config: of the run.
            model: of the run.

        Raises:
            FolderInUseError, FolderNotWritableError, DiskFullError: the run stays where it is.
        """
        before = self.folder
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if any(target.iterdir()):
                target = target / before.path.name
        after = create_run_folder(config.with_values(run=target))
        write_model(after, model)
        _take_along(before, after)
        if self._lock is not None:
            self._lock.release()
        self.folder = after
        self._lock_folder()
        if self._log is not None:
            # What the old disk would not take goes along.
            self._log.reopen(after.log_file)
        log.warning("The run in %s goes on in %s.", before.path, after.path)
        self.tell(RunMoved(folder=after.path))

    def close(self) -> None:
        """Let go of log and lock."""
        self._held.close()
        self._log = self._lock = None

    def _lock_folder(self) -> None:
        self._lock = self._held.enter_context(RunLock(self.folder.path))

    def _open_log(self) -> None:
        self._log = self._held.enter_context(contextlib.closing(RunLog(self.folder.log_file)))


def _take_along(before: RunFolder, after: RunFolder) -> None:
    """Copy what a run cannot do without; a disk that gives nothing more must not end it."""
    for name in TAKEN_ALONG:
        try:
            shutil.copyfile(before.path / name, after.path / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s stays behind in %s: %s", name, before.path, error)
