"""Locks on folders for one process, in particular on run folders.

A lock is an operating system lock on a file that names the holder, and ends with its process. On
network drives that do not share locks between hosts, the file of another host counts as held while
its modification time is recent; the holder updates it with ``touch``.
"""

import contextlib
import errno
import json
import logging
import os
import re
import socket
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.errors import EngineError, FolderNotWritableError, RunLockedError, RunMissingError
from engine.fs.atomic import wrapping_os_errors
from engine.fs.untrusted import NOFOLLOW_FLAGS
from engine.printable import printable

log = logging.getLogger(__name__)

FRESH_S = 60.0
"""Time for which the file of another host counts as held after it was last touched."""
TRIES, BETWEEN_TRIES_S = 5, 0.02
"""Retry, because a process that checks the lock holds it briefly."""
SESSION = re.compile(r"[0-9a-f]{16}")
"""Name of a session: a random number that no other session has."""
_MAX_BYTES = 4096
_LOCKED_BYTE = 1 << 20
"""Position of the lock on Windows: beyond the text, which other processes read."""
_BUSY = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})
_LOCKLESS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EINVAL})

Refusal = Callable[[Path, int, str], EngineError]
"""Factory of the error for a held folder, from folder, process id and host."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a folder."""

    pid: int
    """Process id; 0 if unknown."""
    host: str
    is_us: bool
    session: str = ""
    """Name of its session, for requests to it; empty if it takes none."""

    @property
    def is_here(self) -> bool:
        """Whether the process runs on this machine."""
        return self.host == socket.gethostname()


class FolderLock:
    """Lock on a folder; a context manager.

    Args:
        folder: folder to lock.
        file: lock file; its parent must exist.
        refusal: factory of the error to raise if the lock is held.
        session: published in the file; ``SESSION`` says its form.

    Raises:
        EngineError: from ``refusal``, if a live process holds the lock, even this one.
        FolderNotWritableError, DiskFullError: the file cannot be written.
    """

    def __init__(self, folder: Path, file: Path, refusal: Refusal, session: str = "") -> None:
        self._folder, self._path, self._refusal = folder, file, refusal
        self._session = session
        self._started_s = 0.0
        self._beats = 0
        self._handle = -1

    def __enter__(self) -> Self:
        with wrapping_os_errors(self._folder):
            self._handle = self._acquire()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    def touch(self) -> None:
        """Change content and modification time for other hosts; disk errors are ignored.

        Programs that synchronise folders transfer a file when its content changes.
        """
        with contextlib.suppress(OSError):
            self._beats += 1
            self._write(self._handle)

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        if self._handle < 0:
            return
        with contextlib.suppress(OSError):
            # Remove the file while it is locked, and only if it is still ours. Windows must close
            # it first.
            if os.name != "nt" and _is_same(self._handle, self._path):
                self._path.unlink()
        os.close(self._handle)
        self._handle = -1
        if os.name == "nt":
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _acquire(self) -> int:
        holder = Holder(0, "", is_us=False)
        for _try in range(TRIES):
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | NOFOLLOW_FLAGS, 0o644)
            try:
                if self._is_taken_over(handle):
                    return handle
                holder = _read_holder(handle)
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            time.sleep(BETWEEN_TRIES_S)
        raise self._refusal(self._folder, holder.pid, holder.host)

    def _is_taken_over(self, handle: int) -> bool:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FolderNotWritableError(self._folder, f"{self._path.name} is not a regular file")
        # The former holder may have removed the file before it was locked.
        if not _lock(handle, is_shared=False) or not _is_same(handle, self._path):
            return False
        # Take over the lock of a dead process, unless its holder may run on another host.
        holder = _read_holder(handle)
        if _is_foreign_and_fresh(handle, holder):
            raise self._refusal(self._folder, holder.pid, holder.host)
        if holder.pid:
            log.info("Took over %s of dead process %s.", self._path, holder.pid)
        os.ftruncate(handle, 0)
        self._started_s, self._beats = round(time.time(), 3), 0
        self._write(handle)
        return True

    def _write(self, handle: int) -> None:
        us: dict[str, object] = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": self._started_s,
        }
        if self._session:
            us["session"] = self._session
        # Text of the same length each time, so that a reader never sees a part of it.
        us["beats"] = f"{self._beats:010}"
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(us).encode())


def _is_foreign_and_fresh(handle: int, holder: Holder) -> bool:
    age_s = abs(time.time() - os.fstat(handle).st_mtime)
    return bool(holder.host) and holder.host != socket.gethostname() and age_s < FRESH_S


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _read_holder(handle: int) -> Holder:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        table = json.loads(os.read(handle, _MAX_BYTES))
        pid, host = table["pid"], table["host"]
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return Holder(0, "", is_us=False)
    if type(pid) is not int or not 0 < pid < 1 << 32 or not isinstance(host, str):
        return Holder(0, "", is_us=False)
    session = table.get("session", "")
    return Holder(
        pid,
        printable(host[:255]),
        is_us=pid == os.getpid() and host == socket.gethostname(),
        session=session if isinstance(session, str) and SESSION.fullmatch(session) else "",
    )


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, is_shared: bool) -> bool:
        """Lock for as long as the handle is open; False if another has it."""
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            if is_shared:
                os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
                msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        except OSError as error:
            if error.errno in _BUSY:
                return False
            raise
        return True

else:
    import fcntl

    def _lock(handle: int, *, is_shared: bool) -> bool:
        """Lock for as long as the handle is open; False if another has it."""
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _BUSY:
                return False
            # File systems without locks rely on the age of the file.
            if error.errno not in _LOCKLESS:
                raise
        return True


LOCK_NAME = "run.lock"


class RunLock(FolderLock):
    """Lock on a run folder; a context manager.

    Args:
        folder: the run folder; it must exist.
        session: of a process that takes requests (``engine.runs.requests``).

    Raises:
        RunMissingError: there is no such folder.
        RunLockedError: a live process holds it, even this one.
        FolderNotWritableError, DiskFullError: the lock cannot be written.
    """

    def __init__(self, folder: Path, session: str = "") -> None:
        if not folder.is_dir():
            raise RunMissingError(folder)
        super().__init__(folder, folder / LOCK_NAME, RunLockedError, session)


def holder_of(folder: Path, *, trusts_others: bool = False) -> Holder | None:
    """Return the process that holds a run folder, without taking the lock; None if none does.

    Args:
        folder: the run folder.
        trusts_others: count a lock file of another host as held however old it looks, because a
            synchronised folder may show it late.
    """
    path = folder / LOCK_NAME
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        handle = os.open(path, (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | NOFOLLOW_FLAGS)
    except OSError:
        return None
    try:
        holder = _read_holder(handle)
        if not _lock(handle, is_shared=True) or _is_foreign_and_fresh(handle, holder):
            return holder
        if trusts_others and holder.host and not holder.is_here:
            return holder
    except OSError:
        return None
    finally:
        os.close(handle)
    return None
