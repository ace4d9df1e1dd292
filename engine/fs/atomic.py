"""Atomic writes, and handling of disks that are full, read-only or disconnected."""

import contextlib
import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

from engine.errors import DiskFullError, EngineError, FolderNotWritableError

SPARE_BYTES = 8_000_000
"""Free space that is left for other programs."""
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
"""Errors of file systems that cannot sync folders."""
_STAGED = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d{1,10})\.(?P<is_old>old\.)?part")


class FileSystem:
    """File system calls that write; tests replace it to inject faults."""

    def create(self, path: Path) -> FileIO:
        """Create a file and open it unbuffered."""
        return FileIO(path, "xb")

    def write(self, file: FileIO, content: bytes | memoryview) -> None:
        """Write all of the content."""
        left = memoryview(content)
        while left:
            # A nearly full disk writes a part first, and raises in the next call.
            left = left[file.write(left) :]

    def sync(self, file: FileIO) -> None:
        """Flush a file to the disk."""
        os.fsync(file.fileno())

    def cut(self, file: FileIO, size: int) -> None:
        """Truncate a file to a size in bytes."""
        file.truncate(size)

    def make_folder(self, path: Path) -> None:
        """Create a folder; its parent must exist."""
        path.mkdir()

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file or folder; an existing file is replaced."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file, a link, or a folder with its content."""
        if stat.S_ISDIR(path.lstat().st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Flush a folder to the disk, to make a rename durable; does nothing on Windows."""
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
    """Convert each ``OSError`` of the block with ``wrap_os_error``."""
    try:
        yield
    except OSError as error:
        raise wrap_os_error(error, folder, needed_bytes) from error


def free_bytes(folder: Path) -> int:
    """Return the free space on the disk of a folder, which need not exist; 0 if unknown."""
    for place in (folder, *folder.absolute().parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


def check_free_space(folder: Path, needed_bytes: int) -> None:
    """Check that there is enough free space for a write.

    Raises:
        DiskFullError: there is not.
    """
    free = free_bytes(folder)
    if free < needed_bytes + SPARE_BYTES:
        # Include the spare bytes, so that the error never states less than is free.
        raise DiskFullError(folder, needed_bytes + SPARE_BYTES, free)


def ensure_writable(folder: Path) -> None:
    """Check that a file can be created in a folder, which is created if necessary.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be created.
    """
    with wrapping_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; an old file is unchanged.
    """
    atomic_write_pieces(path, (content,))


PIECE_BYTES = 1 << 20


def atomic_write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file atomically, as ``atomic_write`` does, from pieces of any size."""
    staged, waiting, size = staged_path(path), bytearray(), 0
    try:
        remove_if_there(staged)
        with files.create(staged) as file:
            for piece in pieces:
                size += len(piece)
                waiting += piece
                if len(waiting) >= PIECE_BYTES:
                    files.write(file, bytes(waiting))
                    waiting.clear()
            files.write(file, bytes(waiting))
            files.sync(file)
        files.rename(staged, path)
        files.sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            remove_if_there(staged)
        if isinstance(error, OSError):
            raise wrap_os_error(error, path.parent, size) from error
        raise


def staged_path(path: Path, *, is_old: bool = False) -> Path:
    """Return a temporary name beside ``path``, for new or (``is_old``) for replaced content."""
    return path.with_name(f".{path.name}.{os.getpid()}.{'old.' if is_old else ''}part")


def remove_abandoned(path: Path) -> None:
    """Remove the temporary files for ``path`` that killed processes left; errors are ignored.

    Windows cannot tell whether a process is alive; there, only those of this process are removed.
    """
    with contextlib.suppress(OSError):
        for found in list(path.parent.iterdir()):
            match = _STAGED.fullmatch(found.name)
            if match and match["name"] == path.name and not match["is_old"]:
                pid = int(match["pid"])
                if pid == os.getpid() or not _is_alive(pid):
                    remove_if_there(found)


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def is_staged(path: Path) -> bool:
    """Whether a path is one of ``staged_path``."""
    return _STAGED.fullmatch(path.name) is not None


def remove_if_there(path: Path) -> None:
    """Remove a file or folder if it exists.

    Raises:
        OSError: it exists and cannot be removed.
    """
    with contextlib.suppress(FileNotFoundError):
        files.remove(path)


def clean_temp_files(folder: Path) -> None:
    """Remove the temporary files of a killed process; no other process may write to the folder.

    Content that was moved aside and not replaced is restored.

    Raises:
        OSError: a file cannot be removed.
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
