"""A tar as a source: its headers are read once, its members where they lie."""

import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from engine.control import RunControl
from engine.errors import EntryError, SourceUnreadableError, StoppedError
from engine.importing.accounts import Accounts, Reason
from engine.importing.entry_names import decode_name, guess_name_encoding
from engine.importing.entry_stream import Part, SharedFile, read_whole, stream, too_large
from engine.importing.limits import LIMITS, Limits
from engine.importing.members import Member, Members
from engine.importing.tar_spool import compression_of, unpack
from engine.importing.tree import Entry

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
