"""ZIP files as sources. Members are read in place; nothing is unpacked to disk."""

import stat
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from engine.errors import SourceUnreadableError
from engine.importing.ledger import Reason
from engine.importing.sources.archive import LIMITS, Limits
from engine.importing.sources.entries import (
    Member,
    MemberArchive,
    Members,
    decode_name,
    explain,
    guess_name_encoding,
    stream,
)

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others are rare, and Python unpacks them without a limit."""
_UNIX = 3
_UNICODE_PATH = 0x7075
_HARMLESS_BYTES = 1_000_000
"""Smaller members are accepted at any compression ratio."""


class ZipArchive(MemberArchive):
    """The members of a ZIP file."""

    def __init__(self, source: Path, limits: Limits = LIMITS) -> None:
        super().__init__(source, limits)
        try:
            self._file = self._opened.enter_context(source.open("rb"))
        except OSError as error:
            raise SourceUnreadableError(source, error.strerror or str(error)) from error
        try:
            # Given an open file, zipfile never closes it: its own count of readers is not
            # safe to change from several threads.
            self._zip = self._opened.enter_context(zipfile.ZipFile(self._file))
            self._infos = self._zip.infolist()
            self._members = self._index()
        # zipfile raises errors of any kind for damaged files.
        except Exception as error:
            self._opened.close()
            if isinstance(error, SourceUnreadableError):
                raise
            reason = f"its list of files is damaged ({error})"
            raise SourceUnreadableError(source, reason) from error

    def _open(self, member: Member) -> BinaryIO:
        try:
            source = self._zip.open(self._infos[member.place])
        except Exception as error:
            raise explain(member.path, error) from error
        # zipfile reads at most the claimed size, which was checked.
        return stream(source, member.path, member.size)

    def _index(self) -> Members:
        members = Members(self.source, self._limits)
        self._file.seek(0, 2)
        archive_bytes = self._file.tell()
        packed_bytes = 0
        raw_names = (i.orig_filename.encode("cp437") for i in self._infos if not _is_utf8(i))
        encoding = guess_name_encoding(raw_names, "cp437")
        for place, info in enumerate(self._infos):
            name = info.orig_filename
            if not _is_utf8(info) and not name.isascii():
                name = _unicode_path(info.extra) or decode_name(name.encode("cp437"), encoding)
            if name.endswith(("/", "\\")) and not info.file_size:
                continue
            reason, detail = self._problem(info)
            if info.header_offset + info.compress_size > archive_bytes:
                reason, detail = Reason.TRUNCATED, "the archive ends before the file does"
            elif reason is None:
                packed_bytes += info.compress_size
                if packed_bytes > archive_bytes:
                    reason, detail = Reason.DAMAGED, "its data overlaps with another file's"
            members.add(
                Member(path=name, size=info.file_size, place=place, reason=reason, detail=detail)
            )
        return members

    def _problem(self, info: zipfile.ZipInfo) -> tuple[Reason | None, str]:
        kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == _UNIX else 0
        if stat.S_ISLNK(kind):
            return Reason.LINK, "links are not followed"
        if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            return Reason.SPECIAL_FILE, "it is a device, socket or pipe"
        if info.flag_bits & _ENCRYPTED:
            return Reason.LOCKED, "it is encrypted with a password"
        if info.compress_type not in _METHODS:
            return Reason.UNREADABLE, f"it is packed by method {info.compress_type}, not Deflate"
        is_bomb = info.file_size > max(_HARMLESS_BYTES, self._limits.ratio * info.compress_size)
        if is_bomb and info.compress_type == zipfile.ZIP_DEFLATED:
            detail = f"it unpacks to more than {self._limits.ratio:,} times its size"
            return Reason.TOO_LARGE, detail
        return None, ""


def _is_utf8(info: zipfile.ZipInfo) -> bool:
    return bool(info.flag_bits & _UTF8_NAME)


def _unicode_path(extra: bytes) -> str:
    """Find the name in Info-ZIP's extra field for it (APPNOTE 4.6.9), which WinRAR writes."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _UNICODE_PATH and size > 5:
            return extra[9 : 4 + size].decode("utf-8", "ignore")
        extra = extra[4 + size :]
    return ""
