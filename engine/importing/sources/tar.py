"""Tar archives: as a source of files, and as the shards of a WebDataset.

Headers are read by ``tarfile``, bounded by ``read_headers``; contents are read from the file
directly, by offset. A compressed archive is first unpacked into an unnamed temporary file, because
members are read in any order and by several threads.
"""

import bz2
import gzip
import lzma
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from engine.control import RunControl
from engine.errors import EngineError, SourceUnreadableError
from engine.importing.ledger import Reason
from engine.importing.sources.archive import LIMITS, Limits
from engine.importing.sources.entries import (
    CHUNK_BYTES,
    Member,
    MemberArchive,
    Members,
    Part,
    SharedFile,
    decode_name,
    guess_name_encoding,
    stream,
)

_MEMORY_BYTES = 256 << 20
"""Memory limit for unpacking .xz, which can require 4 GB; ``xz -9`` needs 65 MB."""
_HARMLESS_BYTES = 100_000_000
"""Unpacked size that is allowed for any archive, at any compression ratio."""
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz"}


def compression_of(head: bytes) -> str:
    """Return the compression of a file by its first bytes; empty if it has none."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")


def unpack(packed: BinaryIO, source: Path, limits: Limits, control: RunControl | None) -> BinaryIO:
    """Unpack into a temporary file that vanishes when it is closed.

    Raises:
        SourceUnreadableError: it is damaged, too large, or the disk is full.
        StoppedError: the control asked for it.
    """
    packed_bytes = packed.seek(0, 2)
    longest = min(limits.unpacked_bytes, max(_HARMLESS_BYTES, packed_bytes * limits.ratio))
    packed.seek(0)
    try:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 (the archive closes it)
    except OSError as error:
        raise _no_room(source, error) from error
    try:
        for chunk in _chunks(packed, source):
            spool.write(chunk)
            if spool.tell() > longest:
                raise SourceUnreadableError(source, f"it unpacks to more than {longest:,} bytes")  # noqa: TRY301 (the spool is closed below)
            if control is not None:
                control.stop_if_asked()
        spool.flush()
    except OSError as error:
        spool.close()
        raise _no_room(source, error) from error
    except BaseException:
        spool.close()
        raise
    return spool


def _chunks(packed: BinaryIO, source: Path) -> Iterator[bytes]:
    """Decompress in chunks of bounded size."""
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
    """Unpack all xz streams as lzma.LZMAFile does, but with a memory limit."""
    unpacker = lzma.LZMADecompressor(memlimit=_MEMORY_BYTES)
    left = packed.read(CHUNK_BYTES)
    while left or not unpacker.eof:
        if unpacker.eof:
            unpacker = lzma.LZMADecompressor(memlimit=_MEMORY_BYTES)
        chunk = unpacker.decompress(left, CHUNK_BYTES)
        if chunk:
            yield chunk
        if unpacker.eof:
            # Streams may be followed by padding of zeros.
            left = (unpacker.unused_data or packed.read(CHUNK_BYTES)).lstrip(b"\0")
            continue
        left = packed.read(CHUNK_BYTES) if unpacker.needs_input else b""
        if not left and not chunk and unpacker.needs_input:
            raise EOFError


def _no_room(source: Path, error: OSError) -> SourceUnreadableError:
    reason = f"it cannot be unpacked in {tempfile.gettempdir()} ({error.strerror or error})"
    return SourceUnreadableError(source, reason)


_HEADER_BYTES = 1 << 18
"""Longest header that is read; tarfile would read one of any size into memory."""
_GLOBAL_HEADERS = 1_000


class TarArchive(MemberArchive):
    """The members of a tar, plain or compressed.

    Args:
        source: the archive.
        limits: how much is read.
        control: may stop the reading of the headers, which takes a while for large archives.
    """

    def __init__(
        self, source: Path, limits: Limits = LIMITS, control: RunControl | None = None
    ) -> None:
        super().__init__(source, limits)
        self._control = control
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

    def _open(self, member: Member) -> BinaryIO:
        # A raw file may replace a buffered one as long as it is only read.
        part = cast("BinaryIO", Part(self._shared, member.place, member.size))
        return stream(part, member.path, member.size)

    def _index(self, file: BinaryIO) -> Members:
        found = list(self._headers(file))
        raw_names = [member.path.encode("utf-8", "surrogateescape") for member in found]
        encoding = guess_name_encoding(
            (raw for raw in raw_names if not _is_utf8(raw)), fallback="utf-8"
        )
        members = Members(self.source, self._limits)
        for member, raw in zip(found, raw_names, strict=True):
            name = member.path if _is_utf8(raw) else decode_name(raw, encoding)
            members.add(replace(member, path=name))
        return members

    def _headers(self, file: BinaryIO) -> Iterator[Member]:
        """Read all headers; an archive with an invalid one is refused as a whole."""
        count = 0
        file.seek(0)
        try:
            for info in read_headers(file):
                is_cut = info.offset_data + info.size > self._bytes
                if not info.isdir():
                    count += 1
                    yield self._member(info, count, is_cut=is_cut)
                if is_cut:
                    return
        except (tarfile.ReadError, OSError) as error:
            reason = f"it is no tar, or damaged after {count:,} files ({error})"
            raise SourceUnreadableError(self.source, reason) from error

    def _member(self, info: tarfile.TarInfo, count: int, *, is_cut: bool) -> Member:
        if count > self._limits.entries:
            reason = f"it holds more than {self._limits.entries:,} files"
            raise SourceUnreadableError(self.source, reason)
        if self._control is not None:
            self._control.stop_if_asked()
        reason, detail = _problem(info)
        if reason is None and is_cut:
            reason, detail = Reason.TRUNCATED, "the archive ends before the file does"
        return Member(
            path=info.name, size=info.size, place=info.offset_data, reason=reason, detail=detail
        )


def read_headers(file: BinaryIO, errors: str = "surrogateescape") -> Iterator[tarfile.TarInfo]:
    """Read the headers of a tar from the file's current position.

    The caller may read elsewhere in the file between two headers. No header is kept in memory and
    none of more than ``_HEADER_BYTES`` is read.

    Args:
        file: seekable.
        errors: how bytes of a name that are not UTF-8 are decoded.

    Raises:
        tarfile.ReadError: the archive is damaged or breaks off.
        OSError: the file cannot be read.
    """
    try:
        headers = cast("Any", _HeaderFile(file))
        tar = cast("Any", tarfile.TarFile(fileobj=headers, encoding="utf-8", errors=errors))
        while (info := _next_header(tar)) is not None:
            yield info
        file.seek(tar.offset)
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise tarfile.ReadError("there is no header where one should be")  # noqa: TRY301 (explained below)
    except (EngineError, OSError, tarfile.ReadError):
        raise
    # tarfile raises any kind of error on damaged files.
    except Exception as error:
        raise tarfile.ReadError(str(error)) from error


def read_member(file: BinaryIO, offset: int, limit: int = LIMITS.file_bytes) -> bytes:
    """Read the content of the member whose (first) header is at a byte offset.

    Raises:
        tarfile.ReadError: there is none, it is larger than the limit, or the file ends before it.
    """
    file.seek(offset)
    info = next(read_headers(file), None)
    if info is None or not is_plain_file(info):
        raise tarfile.ReadError("the archive has no member there")
    if info.size > limit:
        raise tarfile.ReadError(f"the member has {info.size:,} bytes")
    file.seek(info.offset_data)
    content = file.read(info.size)
    if len(content) < info.size:
        raise tarfile.ReadError("the archive ends before the member does")
    return content


def is_plain_file(info: tarfile.TarInfo) -> bool:
    """Whether a member is a file stored in one piece: no folder, link, device or sparse file."""
    return info.isreg() and not info.issparse()


class _HeaderFile:
    """The archive as ``tarfile`` sees it; refuses to read a header that is too long."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell = file.seek, file.tell
        self._read = file.read

    def read(self, count: int = -1) -> bytes:
        if not 0 <= count <= _HEADER_BYTES:
            raise tarfile.ReadError("a header is too long")
        return self._read(count)


def _next_header(tar: Any) -> tarfile.TarInfo | None:
    """Read the next header; drop it from the list of members that tarfile keeps."""
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


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
