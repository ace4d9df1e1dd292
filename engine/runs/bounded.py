"""Small files of folders that somebody else may have made: never followed, never too much."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Opening a pipe would otherwise wait for whoever writes into it."""


def open_plain(path: Path) -> BinaryIO:
    """Open a regular file for reading; links, pipes and devices are refused.

    Raises:
        OSError: it is none, or cannot be read.
    """
    flags = os.O_RDONLY | NO_LINK | NO_WAIT | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    try:
        _ensure_plain(handle, path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_bounded(path: Path, largest: int) -> bytes:
    """Read a whole file of at most ``largest`` bytes.

    Raises:
        ValueError: it is larger.
        OSError: it is no plain file, or cannot be read.
    """
    with open_plain(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{path.name} is larger than {largest:,} bytes")
    return content


def read_tail(path: Path, longest: int) -> list[bytes]:
    """Read the last lines of a file, as far as they fit into so many bytes.

    They are whole, but for the one line of a file that has none that fits.
    """
    with open_plain(path) as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - longest)
        file.seek(start)
        lines = file.read(longest).splitlines()
    # The first line was cut unless the reading began at the file's beginning.
    return lines[1:] or lines if start else lines


def _ensure_plain(handle: int, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "is no plain file", str(path))
