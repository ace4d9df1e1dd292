"""Safe reading of files in untrusted folders.

Nothing here follows a link, waits for a pipe or trusts a size: what is not a regular file of a
limited size is refused with a reason, a clause such as ``model.json is a symbolic link``.
"""

import json
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Any, NoReturn

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
    try:
        table = json.loads(content.decode("utf-8"))
    except RecursionError:
        _refuse_depth(name)
    except ValueError as error:
        raise MalformedFileError(f"{name} is not JSON ({str(error)[:100]})") from error
    if not isinstance(table, dict):
        raise MalformedFileError(f"{name} is not a JSON object")
    # A line of a log has few brackets; then there is nothing to count.
    if content.count(b"[") + content.count(b"{") > MAX_DEPTH:
        _ensure_shallow(table, name)
    return table


def _ensure_shallow(table: dict[str, Any], name: str) -> None:
    level: list[Any] = [table]
    for _depth in range(MAX_DEPTH):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return
    _refuse_depth(name)


def _parts(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value
    return [part for part in inner if isinstance(part, dict | list)]


def _refuse_depth(name: str) -> NoReturn:
    raise MalformedFileError(f"{name} is nested more than {MAX_DEPTH} levels deep")


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
