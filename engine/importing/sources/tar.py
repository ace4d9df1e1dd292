"""A tar as a source: its headers are read once, its members where they lie."""

import bz2
import gzip
import lzma
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from engine.control import RunControl
from engine.errors import EntryError, SourceUnreadableError, StoppedError
from engine.importing.ledger import Accounts, Reason
from engine.importing.sources.archive import LIMITS, Entry, Limits
from engine.importing.sources.entries import (
    CHUNK_BYTES,
    Member,
    Members,
    Part,
    SharedFile,
    decode_name,
    guess_name_encoding,
    read_whole,
    stream,
    too_large,
)

# --------------------------------------------------------------------------
# Unpacks a compressed tar once, into a nameless file, so that it can be read anywhere in it.


_MEMORY_BYTES = 256 << 20
"""What unpacking an .xz may take; its makers can ask for 4 GB. ``xz -9`` needs 65 MB."""
_HARMLESS_BYTES = 100_000_000
"""So much may come out of any archive, however small."""
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz"}


def compression_of(head: bytes) -> str:
    """Tell from its first bytes how a file is compressed; empty if it is not."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")


def unpack(packed: BinaryIO, source: Path, limits: Limits, control: RunControl | None) -> BinaryIO:
    """Unpack into a temporary file that vanishes when it is closed.

    Raises:
        SourceUnreadableError: it is damaged, too large, or the disk is full.
        StoppedError: the control said so.
    """
    packed_bytes = packed.seek(0, 2)
    longest = min(limits.unpacked_bytes, max(_HARMLESS_BYTES, packed_bytes * limits.ratio))
    packed.seek(0)
    try:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 (the tree closes it)
    except OSError as error:
        raise _no_room(source, error) from error
    try:
        for chunk in _chunks(packed, source):
            spool.write(chunk)
            _check(spool.tell(), longest, source, control)
        spool.flush()
    except OSError as error:
        spool.close()
        raise _no_room(source, error) from error
    except BaseException:
        spool.close()
        raise
    return spool


def _check(size: int, longest: int, source: Path, control: RunControl | None) -> None:
    if size > longest:
        raise SourceUnreadableError(source, f"it unpacks to more than {longest:,} bytes")
    if control is not None and control.is_stop_requested:
        raise StoppedError


def _chunks(packed: BinaryIO, source: Path) -> Iterator[bytes]:
    """Give out the content piece by piece, however well it was packed."""
    kind = compression_of(packed.read(8))
    packed.seek(0)
    try:
        if kind == "xz":
            yield from _xz_chunks(packed)
            return
        with gzip.GzipFile(fileobj=packed) if kind == "gz" else bz2.BZ2File(packed) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except EOFError as error:
        raise SourceUnreadableError(source, "it ends too early: a part is missing") from error
    except Exception as error:
        raise SourceUnreadableError(source, f"its compression is damaged ({error})") from error


def _xz_chunks(packed: BinaryIO) -> Iterator[bytes]:
    """Unpack one xz stream after another, which is what lzma.LZMAFile does, without a bound."""
    unpacker = lzma.LZMADecompressor(memlimit=_MEMORY_BYTES)
    left = packed.read(CHUNK_BYTES)
    while left or not unpacker.eof:
        if unpacker.eof:
            unpacker = lzma.LZMADecompressor(memlimit=_MEMORY_BYTES)
        chunk = unpacker.decompress(left, CHUNK_BYTES)
        if chunk:
            yield chunk
        if unpacker.eof:
            # Padding of zeros may stand between streams and at the end.
            left = (unpacker.unused_data or packed.read(CHUNK_BYTES)).lstrip(b"\0")
            continue
        left = packed.read(CHUNK_BYTES) if unpacker.needs_input else b""
        if not left and not chunk and unpacker.needs_input:
            raise EOFError


def _no_room(source: Path, error: OSError) -> SourceUnreadableError:
    reason = f"it cannot be unpacked in {tempfile.gettempdir()} ({error.strerror or error})"
    return SourceUnreadableError(source, reason)


_HEADER_BYTES = 1 << 18
"""The longest header that is believed; tarfile would read one of any size into memory."""
_GLOBAL_HEADERS = 1_000


class TarTree:
    """The members of a tar, plain or compressed.

    Args:
        source: the archive.
        limits: how much is read.
        control: may stop the reading of the headers, which takes a while for large archives.
    """

    focus = ""

    def __init__(
        self, source: Path, limits: Limits = LIMITS, control: RunControl | None = None
    ) -> None:
        self.source = source
        self._limits, self._control = limits, control
        with ExitStack() as opened:
            try:
                file = opened.enter_context(source.open("rb"))
                is_compressed = bool(compression_of(file.read(8)))
            except OSError as error:
                raise SourceUnreadableError(source, error.strerror or str(error)) from error
            if is_compressed:
                file = opened.enter_context(unpack(file, source, limits, control))
            self._bytes = file.seek(0, 2)
            self._members = self._index(file)
            self._shared = SharedFile(file)
            self._opened = opened.pop_all()

    def entries(self, accounts: Accounts) -> Iterator[Entry]:
        """List all regular files; see ``Tree.entries``."""
        return self._members.entries(accounts)

    def has(self, path: str) -> bool:
        """Whether ``open`` would find such a file."""
        return self._members.has(path)

    def open(self, path: str) -> BinaryIO:
        """Open a file to be streamed; see ``Tree.open``."""
        member = self._members.find(path)
        # A raw file can stand for any other as long as it is only read.
        part = cast("BinaryIO", Part(self._shared, member.place, member.size))
        return stream(part, path, member.size)

    def read(self, path: str, limit: int) -> bytes:
        """Read a whole file; see ``Tree.read``."""
        member = self._members.find(path)
        if member.size > limit:
            raise too_large(path, limit)
        with self.open(path) as source:
            return read_whole(source, path, limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the archive; what was unpacked vanishes with that."""
        self._opened.close()

    def _index(self, file: BinaryIO) -> Members:
        found = list(self._headers(file))
        raw_names = (_raw(member.path) for member in found if not member.path.isascii())
        encoding = guess_name_encoding(
            (raw for raw in raw_names if not _is_utf8(raw)), fallback="utf-8"
        )
        members = Members(self.source, self._limits)
        for member in found:
            raw = _raw(member.path)
            name = member.path if _is_utf8(raw) else decode_name(raw, encoding)
            members.add(
                Member(
                    path=name,
                    size=member.size,
                    place=member.place,
                    reason=member.reason,
                    detail=member.detail,
                )
            )
        return members

    def _headers(self, file: BinaryIO) -> Iterator[Member]:
        """Read the headers, every one: an archive that stops making sense is refused as a whole."""
        count, is_cut = 0, False
        file.seek(0)
        try:
            headers = cast("Any", _Headers(file))
            tar = tarfile.TarFile(fileobj=headers, encoding="utf-8", errors="surrogateescape")
            while not is_cut and (info := _next(tar)) is not None:
                is_cut = info.offset_data + info.size > self._bytes
                if not info.isdir():
                    count += 1
                    yield self._member(info, count, is_cut=is_cut)
            file.seek(tar.offset)
            if not is_cut and file.read(tarfile.BLOCKSIZE).strip(b"\0"):
                raise tarfile.ReadError("there is no header where one should be")  # noqa: TRY301 (explained below)
        except (SourceUnreadableError, StoppedError):
            raise
        # tarfile raises whatever it likes on damaged files.
        except Exception as error:
            reason = f"it is no tar, or damaged after {count:,} files ({error})"
            raise SourceUnreadableError(self.source, reason) from error

    def _member(self, info: tarfile.TarInfo, count: int, *, is_cut: bool) -> Member:
        if count > self._limits.entries:
            reason = f"it holds more than {self._limits.entries:,} files"
            raise SourceUnreadableError(self.source, reason)
        if self._control is not None and self._control.is_stop_requested:
            raise StoppedError
        reason, detail = _problem(info)
        if reason is None and is_cut:
            reason, detail = Reason.TRUNCATED, "the archive ends before the file does"
        return Member(
            path=info.name, size=info.size, place=info.offset_data, reason=reason, detail=detail
        )


class _Headers:
    """The archive as tarfile sees it: it reads headers, and nothing that is too long for one."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell = file.seek, file.tell
        self._read = file.read

    def read(self, count: int = -1) -> bytes:
        if not 0 <= count <= _HEADER_BYTES:
            raise EntryError("", Reason.TOO_LARGE, "a header is too long")
        return self._read(count)


def _next(tar: Any) -> tarfile.TarInfo | None:
    """Read the next header and forget it: tarfile keeps them all otherwise.

    Raises:
        tarfile.ReadError: it does not lead onwards, or there are too many headers for all files.
    """
    before = tar.offset
    is_first = tar.firstmember is not None
    info = tar.next()
    tar.members.clear()
    if info is not None and (info.size < 0 or (tar.offset <= before and not is_first)):
        raise tarfile.ReadError("a header leads backwards")
    if len(tar.pax_headers) > _GLOBAL_HEADERS:
        raise tarfile.ReadError("there are too many headers for all files")
    return info


def _problem(info: tarfile.TarInfo) -> tuple[Reason | None, str]:
    if info.issym() or info.islnk():
        return Reason.LINK, "links are not followed"
    if not info.isreg():
        return Reason.SPECIAL_FILE, "it is neither file nor folder"
    if info.issparse():
        return Reason.UNREADABLE, "it is stored with holes (sparse)"
    return None, ""


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# --------------------------------------------------------------------------
# Lists the members of a tar by their headers, and reads one by its place.
#
# The standard library's reader keeps every member in memory and trusts the sizes in extended
# headers; a shard holds many members and is a stranger's.


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
class TarMember:
    """A regular file in a tar."""

    name: str
    offset: int
    """Of its header."""
    size: int


def members(stream: BinaryIO) -> Iterator[TarMember]:
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
                yield TarMember(long_name or info.name, offset, info.size)
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
