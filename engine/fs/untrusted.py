"""Safe reading of files in untrusted folders.

Nothing here follows a link, waits for a pipe or trusts a size: what is not a regular file of a
limited size is refused with a reason, a clause such as ``model.json is a symbolic link``.
"""

import json
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Any

MAX_DEPTH = 64
"""Levels of lists and tables in JSON; files of this program have less than half as many."""
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
NOFOLLOW_FLAGS = sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
"""Flags of ``os.open`` for untrusted paths: follow no link and wait for no pipe."""


class MalformedFileError(ValueError):
    """A file that is not what it should be; the text is a clause that names it."""


def open_regular(path: Path, max_bytes: int) -> FileIO:
    """Open a regular file for reading, unbuffered; never blocks.

    Raises:
        MalformedFileError: it is something else, or larger than ``max_bytes``.
        OSError: it cannot be opened, or is not there.
    """
    # Checked first: opening a device may already have an effect.
    ensure_regular(path.name, path.lstat())
    handle = os.open(path, os.O_RDONLY | NOFOLLOW_FLAGS)
    file = os.fdopen(handle, "rb", buffering=0)
    try:
        status = os.fstat(handle)
        ensure_regular(path.name, status)
        _ensure_small(path.name, status.st_size, max_bytes)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Read a whole regular file.

    Raises:
        MalformedFileError: it is something else, or larger than ``max_bytes``.
        OSError: it cannot be read, or is not there.
    """
    with open_regular(path, max_bytes) as file:
        # One byte more than allowed, to detect a file that grows meanwhile.
        content = bytearray()
        while piece := file.read(min(1 << 20, max_bytes + 1 - len(content))):
            content += piece
    _ensure_small(path.name, len(content), max_bytes)
    return bytes(content)


def ensure_folder(path: Path) -> None:
    """Check that a path is a folder, and no link to one.

    Raises:
        MalformedFileError: it is something else.
        OSError: it cannot be looked at, or is not there.
    """
    kind = stat.S_IFMT(path.lstat().st_mode)
    if kind != stat.S_IFDIR:
        raise MalformedFileError(f"{path.name} is {_KINDS.get(kind, 'a file')}")


def read_table(content: bytes, name: str) -> dict[str, Any]:
    """Read a JSON object of at most ``MAX_DEPTH`` levels.

    Raises:
        MalformedFileError: it is something else.
    """
    too_deep = f"{name} is nested more than {MAX_DEPTH} levels deep"
    try:
        table = json.loads(content.decode("utf-8"))
    except RecursionError:
        raise MalformedFileError(too_deep) from None
    except ValueError as error:
        raise MalformedFileError(f"{name} is not JSON ({str(error)[:100]})") from error
    if not isinstance(table, dict):
        raise MalformedFileError(f"{name} is not a JSON object")
    # Most files and log lines have few brackets, and need no count of their levels.
    if content.count(b"[") + content.count(b"{") > MAX_DEPTH and _is_deep(table):
        raise MalformedFileError(too_deep)
    return table


def _is_deep(table: dict[str, Any]) -> bool:
    level: list[Any] = [table]
    for _depth in range(MAX_DEPTH):
        groups = (value.values() if isinstance(value, dict) else value for value in level)
        level = [part for group in groups for part in group if isinstance(part, dict | list)]
    return bool(level)


def ensure_regular(name: str, status: os.stat_result) -> None:
    """Check from its status that a file is a regular one.

    Raises:
        MalformedFileError: it is something else.
    """
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise MalformedFileError(f"{name} is {_KINDS.get(kind, 'not a regular file')}")


def _ensure_small(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise MalformedFileError(f"{name} is larger than {max_bytes:,} bytes")
