"""Safe reading of files in untrusted folders.

Never follows links, blocks on pipes or trusts sizes: anything but a regular file of limited size
is refused with a reason such as ``model.json is a symbolic link``.
"""

import json
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Any

MAX_DEPTH = 64
"""Largest nesting depth of JSON; files of this program have less than half of it."""
MAX_DIGITS = 100
"""Digits of the largest integer in JSON, which a float can hold."""
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
"""Flags of ``os.open`` for untrusted paths: do not follow links or block on pipes."""


class MalformedFileError(ValueError):
    """A malformed file; the message is a clause that starts with its name."""


def open_regular(path: Path, max_bytes: int) -> FileIO:
    """Open a regular file for reading, unbuffered; never blocks.

    Raises:
        MalformedFileError: it is not a regular file, or larger than ``max_bytes``.
        OSError: it does not exist or cannot be opened.
    """
    # Check first, because opening a device may have side effects.
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
        MalformedFileError: it is not a regular file, or larger than ``max_bytes``.
        OSError: it does not exist or cannot be read.
    """
    with open_regular(path, max_bytes) as file:
        # Read one byte more than allowed, to detect a file that grows.
        content = bytearray()
        while piece := file.read(min(1 << 20, max_bytes + 1 - len(content))):
            content += piece
    _ensure_small(path.name, len(content), max_bytes)
    return bytes(content)


def ensure_folder(path: Path) -> None:
    """Check that a path is a folder and not a link.

    Raises:
        MalformedFileError: it is not a folder.
        OSError: it does not exist or cannot be read.
    """
    kind = stat.S_IFMT(path.lstat().st_mode)
    if kind != stat.S_IFDIR:
        raise MalformedFileError(f"{path.name} is {_KINDS.get(kind, 'a file')}")


_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS + digits.startswith("-"):
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_bounded_int)


def read_table(content: bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object of at most ``MAX_DEPTH`` levels, with integers of ``MAX_DIGITS``.

    Raises:
        MalformedFileError: it is not such an object.
    """
    try:
        table = _DECODER.decode(content.decode("utf-8"))
    except RecursionError:
        raise MalformedFileError(f"{name} {_TOO_DEEP}") from None
    except ValueError as error:
        raise MalformedFileError(f"{name} is not JSON ({str(error)[:100]})") from error
    if not isinstance(table, dict):
        raise MalformedFileError(f"{name} is not a JSON object")
    # Skip the depth check for the common case of few brackets.
    if content.count(b"[") + content.count(b"{") > MAX_DEPTH and _is_deep(table):
        raise MalformedFileError(f"{name} {_TOO_DEEP}")
    if b"\\u" in content and _has_surrogates(table):
        raise MalformedFileError(f"{name} holds half a character")
    return table


def _is_deep(table: dict[str, Any]) -> bool:
    level: list[Any] = [table]
    for _depth in range(MAX_DEPTH):
        groups = (value.values() if isinstance(value, dict) else value for value in level)
        level = [part for group in groups for part in group if isinstance(part, dict | list)]
    return bool(level)


def _has_surrogates(table: dict[str, Any]) -> bool:
    try:
        json.dumps(table, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def ensure_regular(name: str, status: os.stat_result) -> None:
    """Check by its status that a file is a regular file.

    Raises:
        MalformedFileError: it is not.
    """
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise MalformedFileError(f"{name} is {_KINDS.get(kind, 'not a regular file')}")


def _ensure_small(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise MalformedFileError(f"{name} is larger than {max_bytes:,} bytes")
