"""Lists the members of a tar by their headers, and reads one by its place.

The standard library's reader keeps every member in memory and trusts the sizes in extended headers;
a shard holds many members and is a stranger's.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from engine.importing.limits import LIMITS

BLOCK = 512
_EXTENDED_BYTES = 65_536
_LONG_NAME, _PAX, _GLOBAL_PAX = b"L", b"x", b"g"
# Of links, folders and devices the size says nothing.
_WITHOUT_DATA = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.DIRTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.FIFOTYPE,
)
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


class TarBrokenError(ValueError):
    """The file is no tar, or none from here on."""


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file in a tar."""

    name: str
    offset: int
    """Of its header."""
    size: int


def members(stream: BinaryIO) -> Iterator[Member]:
    """Give the regular files of a tar; links and devices are left out.

    Between two members the caller may read elsewhere in the stream.

    Raises:
        TarBrokenError: it breaks off.
        OSError: it cannot be read.
    """
    offset, long_name = 0, ""
    while True:
        info = _header(stream, offset)
        if info is None:
            return
        if info.type in (_LONG_NAME, _PAX):
            long_name = _extended_name(stream, info) or long_name
        elif info.type != _GLOBAL_PAX:
            if info.type in _REGULAR and not info.name.endswith("/"):
                yield Member(long_name or info.name, offset, info.size)
            long_name = ""
        offset += BLOCK + -(-info.size // BLOCK) * BLOCK


def read_member(stream: BinaryIO, offset: int, limit: int = LIMITS.file_bytes) -> bytes:
    """Read the member whose header stands at a place.

    Raises:
        TarBrokenError: there is none, it is larger than the limit, or the file ends before it does.
        OSError: it cannot be read.
    """
    info = _header(stream, offset)
    if info is None:
        raise TarBrokenError("the archive has no member there")
    if info.size > limit:
        raise TarBrokenError(f"the member has {info.size:,} bytes")
    content = stream.read(info.size)
    if len(content) < info.size:
        raise TarBrokenError("the archive ends before the member does")
    return content


def _header(stream: BinaryIO, offset: int) -> tarfile.TarInfo | None:
    """Read a header; None at the end of the archive."""
    stream.seek(offset)
    block = stream.read(BLOCK)
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError as error:
        raise TarBrokenError(f"the archive breaks off after {offset:,} bytes") from error
    if info.size < 0:
        raise TarBrokenError("a member has a size below zero")
    if info.type in _WITHOUT_DATA:
        info.size = 0
    return info


def _extended_name(stream: BinaryIO, info: tarfile.TarInfo) -> str:
    """Read the name that an extended header gives the member behind it."""
    content = stream.read(min(info.size, _EXTENDED_BYTES))
    if info.type == _LONG_NAME:
        return content.rstrip(b"\0").decode("utf-8", "replace")
    for record in content.split(b"\n"):
        _length, _space, field = record.partition(b" ")
        if field.startswith(b"path="):
            return field[5:].decode("utf-8", "replace")
    return ""
