"""Writing to disks that may be full, read-only or gone."""

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from engine.errors import DiskFullError, EngineError, FolderNotWritableError

SPARE_BYTES = 8_000_000
"""Left free for other programs."""
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
"""Errors of network drives that cannot sync folders."""
_STAGED = re.compile(r"\.(?P<name>.+)\.\d+\.(?P<is_old>old\.)?part")


class FileSystem:
    """Every call by which a run changes the disk, so that tests can inject faults."""

    def create(self, path: Path) -> FileIO:
        """Make a new file and open it; there is no buffer between it and the system."""
        return FileIO(path, "xb")

    def write(self, file: FileIO, content: bytes | memoryview) -> None:
        """Write all of the content."""
        left = memoryview(content)
        while left:
            # A disk that fills up takes a part first, and says so only when asked again.
            left = left[file.write(left) :]

    def sync(self, file: FileIO) -> None:
        """Make what is written survive a power cut."""
        os.fsync(file.fileno())

    def cut(self, file: FileIO, size: int) -> None:
        """Cut a file off after so many bytes."""
        file.truncate(size)

    def make_folder(self, path: Path) -> None:
        """Make a folder in one that is there."""
        path.mkdir()

    def rename(self, source: Path, target: Path) -> None:
        """Give a file or folder another name; a file replaces the file that has it."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a folder with all that is in it."""
        if stat.S_ISDIR(path.lstat().st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Make a rename in a folder survive a power cut; Windows needs no such call."""
        if os.name == "nt":
            return
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(handle)


files = FileSystem()


def wrap_os_error(error: OSError, folder: Path, needed_bytes: int = 0) -> EngineError:
    """Convert an ``OSError`` to an engine error that names the folder."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(folder, needed_bytes, free_bytes(folder))
    return FolderNotWritableError(folder, error.strerror or str(error))


@contextlib.contextmanager
def wrapping_os_errors(folder: Path, needed_bytes: int = 0) -> Iterator[None]:
    """Convert every ``OSError`` of the block with ``wrap_os_error``."""
    try:
        yield
    except OSError as error:
        raise wrap_os_error(error, folder, needed_bytes) from error


def free_bytes(folder: Path) -> int:
    """Free space on the disk that holds a folder, or would hold it; 0 when nothing can be told."""
    for place in (folder, *folder.absolute().parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


def check_free_space(folder: Path, needed_bytes: int) -> None:
    """Check before a large write that it will fit.

    Raises:
        DiskFullError: it will not.
    """
    free = free_bytes(folder)
    if free < needed_bytes + SPARE_BYTES:
        # Includes the spare bytes, so that the error never names less than is free.
        raise DiskFullError(folder, needed_bytes + SPARE_BYTES, free)


def ensure_writable(folder: Path) -> None:
    """Check that a file can be made in a folder, making the folder if need be.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot.
    """
    with wrapping_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises:
        FolderNotWritableError, DiskFullError: the old file, if any, is untouched.
    """
    staged = staged_path(path)
    try:
        remove_if_there(staged)
        with files.create(staged) as file:
            files.write(file, content)
            files.sync(file)
        files.rename(staged, path)
        files.sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            remove_if_there(staged)
        if isinstance(error, OSError):
            raise wrap_os_error(error, path.parent, len(content)) from error
        raise


def staged_path(path: Path, *, is_old: bool = False) -> Path:
    """Temporary name beside ``path``, for new content or (``is_old``) for what it replaces."""
    return path.with_name(f".{path.name}.{os.getpid()}.{'old.' if is_old else ''}part")


def is_staged(path: Path) -> bool:
    """Whether a name is one of those that ``staged_path`` gives."""
    return _STAGED.fullmatch(path.name) is not None


def remove_if_there(path: Path) -> None:
    """Remove a file or folder that may be gone already.

    Raises:
        OSError: it is there and cannot be removed.
    """
    with contextlib.suppress(FileNotFoundError):
        files.remove(path)


def clean_temp_files(folder: Path) -> None:
    """Remove the temporary files of a killed process from a folder that no other process writes to.

    Content whose replacement never arrived gets its name back.

    Raises:
        OSError: it cannot be removed.
    """
    for path in sorted(folder.iterdir()):
        match = _STAGED.fullmatch(path.name)
        if match is None:
            continue
        real = path.with_name(match["name"])
        if match["is_old"] and not os.path.lexists(real):
            files.rename(path, real)
        else:
            remove_if_there(path)
