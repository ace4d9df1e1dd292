"""Writing to disks that may be full, read-only or gone."""

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path

from engine.errors import DiskFullError, EngineError, FolderNotWritableError

SPARE_BYTES = 8_000_000
"""Left free for whoever else writes to the disk."""


def explain_os_error(error: OSError, folder: Path, needed_bytes: int = 0) -> EngineError:
    """Turn what the system says into a fact that names the folder."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(folder, needed_bytes, free_bytes(folder))
    return FolderNotWritableError(folder, error.strerror or str(error))


def free_bytes(folder: Path) -> int:
    """Free space on the disk that holds a folder, or would hold it; 0 when nothing can be told."""
    for place in (folder, *folder.absolute().parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


def ensure_room(folder: Path, needed_bytes: int) -> None:
    """Check before a large write that it will fit.

    Raises:
        DiskFullError: it will not.
    """
    free = free_bytes(folder)
    if free < needed_bytes + SPARE_BYTES:
        raise DiskFullError(folder, needed_bytes, free)


def ensure_writable(folder: Path) -> None:
    """Check that a file can be made in a folder, making the folder if need be.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise explain_os_error(error, folder) from error


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whatever happens in between.

    Raises:
        FolderNotWritableError, DiskFullError: the old file, if any, is untouched.
    """
    staged = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with staged.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)
        raise explain_os_error(error, path.parent, len(content)) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut. Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
