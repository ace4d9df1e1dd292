"""Files within a source: bounded streams, safe and readable names, tables of archive members.

- ``stream`` and ``read_whole`` bound what is read, and turn every error into ``EntryError``.
- ``clean_path``, ``is_hidden`` and ``guess_name_encoding`` handle names, which come from archives
  made by anyone in any encoding.
- ``Members`` is the table of contents of an archive, with the reasons for refused members.
"""

import io
import lzma
import os
import re
import threading
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, cast

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import FileEntry, Limits

CHUNK_BYTES = 1 << 20


def explain(path: str, error: Exception) -> EntryError:
    """Convert an error of any reader to the one error that an archive raises."""
    if isinstance(error, EntryError):
        return error
    return EntryError(path, _reason_of(error), str(error) or type(error).__name__)


def stream(source: IO[bytes], path: str, limit: int) -> BinaryIO:
    """Wrap an open file: at most ``limit`` bytes can be read, and all errors are ``EntryError``."""
    return cast("BinaryIO", io.BufferedReader(_Guarded(source, path, limit), 1 << 16))


def read_whole(
    source: BinaryIO | io.FileIO, path: str, limit: int, *, chunk_bytes: int = CHUNK_BYTES
) -> bytes:
    """Read a file to its end, without trusting the size it claims.

    Raises:
        EntryError: it is larger than ``limit``, or, if it is guarded, cannot be read.
        OSError: it is not guarded, and cannot be read.
    """
    chunks: list[bytes] = []
    size = 0
    while chunk := source.read(chunk_bytes):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise too_large(path, limit)
    return b"".join(chunks)


def too_large(path: str, limit: int) -> EntryError:
    """Return the error for a file that is larger than allowed."""
    return EntryError(path, Reason.TOO_LARGE, f"it has more than {limit:,} bytes")


class _Guarded(io.RawIOBase):
    """Limits the bytes read from a file, and converts its errors."""

    def __init__(self, source: IO[bytes], path: str, limit: int) -> None:
        self._source, self._path, self._limit = source, path, limit

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._source.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._source.seek(offset, whence)
        except Exception as error:
            raise explain(self._path, error) from error

    def tell(self) -> int:
        return self.seek(0, os.SEEK_CUR)

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._source.read(len(buffer))
            is_over = bool(chunk) and self._source.tell() > self._limit
        # Decompressors raise errors of any kind for damaged data.
        except Exception as error:
            raise explain(self._path, error) from error
        if is_over:
            raise too_large(self._path, self._limit)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


class SharedFile:
    """One open file that several threads read at different offsets."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def read_at(self, offset: int, count: int) -> bytes:
        """Read up to ``count`` bytes; a closed file raises ``ValueError``."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, offset)
        with self._lock:  # Windows has no such call
            self._file.seek(offset)
            return self._file.read(count)


class Part(io.RawIOBase):
    """A range of a shared file as a file object."""

    def __init__(self, shared: SharedFile, start: int, size: int) -> None:
        self._shared, self._start, self._size = shared, start, size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position within the range."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        """Return the position within the range."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read up to the end of the range; raise ``EOFError`` if the archive ends before it."""
        count = max(0, min(len(buffer), self._size - self._position))
        chunk = self._shared.read_at(self._start + self._position, count) if count else b""
        if count and not chunk:
            raise EOFError("the archive ends before the file does")
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)


def _reason_of(error: Exception) -> Reason:
    match error:
        case EOFError():
            return Reason.TRUNCATED
        case zipfile.BadZipFile() | zlib.error() | lzma.LZMAError():
            return Reason.DAMAGED
        case MemoryError():
            return Reason.TOO_LARGE
        case _:
            return Reason.UNREADABLE


HIDDEN_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
HIDDEN_FOLDERS = frozenset(
    {"__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"}
)
_DRIVE = re.compile(r"[A-Za-z]:")
_SAMPLES = 2_000
"""Names that are looked at to find an archive's encoding."""
_PLAUSIBLE = 0.6
"""Share of letters that must be common ones for an encoding to be accepted."""


def clean_path(name: str) -> str | None:
    """Normalise a member's name: relative, forward slashes; None if it is unsafe.

    ``tar`` writes a leading ``./`` and some Windows programs write backslashes into ZIP files.
    """
    slashed = name.replace("\\", "/")
    if slashed.startswith("/") or "\0" in slashed or _DRIVE.match(slashed):
        return None
    parts = [part for part in slashed.split("/") if part not in {"", "."}]
    if not parts or ".." in parts:
        return None
    return "/".join(parts)


_PLAIN = re.compile(r"(?a:\w[\w .-]*/)*(?a:\w[\w .-]*)")
"""Most paths: of usual characters, and no name begins with a dot."""


def is_safe(path: str) -> bool:
    """Whether a path is in normal form, and so cannot lead out of the source."""
    return _PLAIN.fullmatch(path) is not None or clean_path(path) == path


def is_hidden(path: str) -> bool:
    """Whether a path names the system's own file, or lies in the system's own folder."""
    *folders, name = path.split("/")
    return is_hidden_file(name) or any(is_hidden_folder(folder) for folder in folders)


def is_hidden_file(name: str) -> bool:
    """Whether a file of this name is the system's own, in whatever folder."""
    return name.startswith(".") or name.lower() in HIDDEN_FILES


def is_hidden_folder(name: str) -> bool:
    """Whether a folder of this name is the system's own, with all that it holds."""
    return name.startswith(".") or name.lower() in HIDDEN_FOLDERS


def printable(name: str) -> str:
    """Write a name so that it can be printed and saved: bytes that are no text as ``%E9``."""
    if name.isascii() and "\0" not in name:
        return name
    written = {"\0": "%00"}
    for code in map(ord, set(name)):
        if 0xDC80 <= code <= 0xDCFF:  # a byte that Python could not decode (PEP 383)
            written[chr(code)] = f"%{code - 0xDC00:02X}"
        elif 0xD800 <= code <= 0xDFFF:  # half a letter, as Windows allows in names
            written[chr(code)] = f"%u{code:04X}"
    return name.translate(str.maketrans(written))


def decode_name(raw: bytes, encoding: str) -> str:
    """Decode a member's name; bytes that are invalid in the encoding become ``%E9``."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return printable(raw.decode("utf-8", "surrogateescape"))


def guess_name_encoding(names: Iterable[bytes], fallback: str) -> str:
    """Detect the encoding that an archive's names share.

    Names are hardly ever valid UTF-8 by chance. In the other encodings they often are, so most of
    their letters must also be common ones.
    """
    samples = list(islice((name for name in names if not name.isascii()), _SAMPLES))
    if not samples or _decode_all(samples, "utf-8") is not None:
        return "utf-8"
    scores = {legacy.encoding: legacy.score(samples) for legacy in _LEGACY}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= _PLAUSIBLE else fallback


@dataclass(frozen=True, slots=True)
class _Legacy:
    """A two-byte encoding whose common letters have consecutive lead bytes."""

    encoding: str
    first_lead: int
    last_lead: int
    first_trail: int
    extra: str = ""
    """Further common letters, as a character class of a regular expression."""

    def score(self, samples: Sequence[bytes]) -> float:
        text = _decode_all(samples, self.encoding)
        if text is None:
            return 0.0
        letters = [letter for letter in text if not letter.isascii()]
        return sum(self._is_common(letter) for letter in letters) / max(len(letters), 1)

    def _is_common(self, letter: str) -> bool:
        if self.extra and re.match(self.extra, letter):
            return True
        code = letter.encode(self.encoding)
        return (
            len(code) == 2
            and self.first_lead <= code[0] <= self.last_lead
            and code[1] >= self.first_trail
        )


_LEGACY = (
    _Legacy("gbk", 0xB0, 0xD7, 0xA1),  # level 1 of GB 2312: by sound, the 3,755 commonest
    _Legacy("cp932", 0x88, 0x97, 0x40, "[\u3041-\u30fe]"),  # level 1 of JIS X 0208, and kana
    _Legacy("big5", 0xA4, 0xC6, 0x40),  # level 1 of Big5: 5,401 by strokes
)


def _decode_all(samples: Sequence[bytes], encoding: str) -> str | None:
    try:
        return "\n".join(raw.decode(encoding) for raw in samples)
    except UnicodeDecodeError:
        return None


_OPENABLE = (None, Reason.HIDDEN, Reason.EMPTY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One file of an archive."""

    path: str
    """The stored name; after ``Members.add``, the normalised path."""
    size: int
    """Bytes, unpacked, as the archive claims."""
    place: int
    """Position in the archive: an index or a byte offset."""
    reason: Reason | None = None
    """Why it is skipped."""
    detail: str = ""


class Members:
    """An archive's table of contents, in the archive's order. Read-only once it is built."""

    def __init__(self, source: Path, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._rows: dict[str, Member] = {}
        self._copies: Counter[str] = Counter()
        self._unpacked_bytes = 0

    def add(self, found: Member) -> None:
        """Add a member under its stored name, which is untrusted.

        Raises:
            SourceUnreadableError: there are too many.
        """
        if len(self._rows) >= self._limits.entries:
            raise SourceUnreadableError(
                self._source, f"it holds more than {self._limits.entries:,} files"
            )
        path = clean_path(found.path)
        if path is None:
            detail = "it is absolute or leads out of the archive"
            name = printable(found.path)
            self._put(replace(found, path=name, reason=Reason.UNSAFE_PATH, detail=detail))
        else:
            self._put(self._judged(replace(found, path=printable(path))))

    def entries(self, ledger: FileLedger) -> Iterator[FileEntry]:
        """Yield the members that may be used; record the others in the ledger."""
        for member in self._rows.values():
            ledger.add()
            if member.reason is None:
                yield FileEntry(path=member.path, size=member.size)
            else:
                ledger.mark_skipped(member.path, member.reason, member.detail)

    def find(self, path: str) -> Member:
        """Return the member to open.

        Raises:
            EntryError: it is not safe, not there, or was refused; says why.
        """
        if not is_safe(path):
            raise EntryError(path, Reason.UNSAFE_PATH, "it leads out of the archive")
        member = self._rows.get(path)
        if member is None:
            raise EntryError(path, Reason.UNREADABLE, "there is no such file in the archive")
        if member.reason not in _OPENABLE:
            raise EntryError(path, str(member.reason), member.detail)
        return member

    def _judged(self, member: Member) -> Member:
        """Add the reason to skip a member, if there is one."""
        if is_hidden(member.path):
            return replace(member, reason=Reason.HIDDEN, detail="")
        if member.reason is not None:
            return member
        if member.path.count("/") > self._limits.depth:
            return replace(member, reason=Reason.TOO_LARGE, detail="folders nest too deep")
        if member.size == 0:
            return replace(member, reason=Reason.EMPTY)
        self._unpacked_bytes += member.size
        if self._unpacked_bytes > self._limits.unpacked_bytes:
            detail = f"the archive unpacks to more than {self._limits.unpacked_bytes:,} bytes"
            return replace(member, reason=Reason.TOO_LARGE, detail=detail)
        return member

    def _put(self, member: Member) -> None:
        """Store a member; of equal names the last counts, as in every program that unpacks."""
        earlier = self._rows.pop(member.path, None)
        if earlier is not None:
            self._copies[member.path] += 1
            path = f"{member.path}#{self._copies[member.path]}"
            reason = earlier.reason or Reason.DAMAGED
            detail = earlier.detail or "the archive holds a later file of the same name"
            self._put(replace(earlier, path=path, reason=reason, detail=detail))
        self._rows[member.path] = member


class MemberArchive(ABC):
    """An archive file whose members are listed when it is opened. See ``Archive``."""

    selected_entry = ""
    _members: Members

    def __init__(self, source: Path, limits: Limits) -> None:
        self.source, self._limits = source, limits
        self._opened = ExitStack()

    @abstractmethod
    def _open(self, member: Member) -> BinaryIO:
        """Open a member that may be read."""

    def entries(self, ledger: FileLedger) -> Iterator[FileEntry]:
        """List all regular files; see ``Archive.entries``."""
        return self._members.entries(ledger)

    def open(self, path: str) -> BinaryIO:
        """Open a file to be streamed; see ``Archive.open``."""
        return self._open(self._members.find(path))

    def read(self, path: str, limit: int) -> bytes:
        """Read a whole file; see ``Archive.read``."""
        member = self._members.find(path)
        if member.size > limit:
            raise too_large(path, limit)
        with self._open(member) as source:
            content = read_whole(source, path, limit)
        if len(content) < member.size:
            detail = f"it has {len(content):,} of {member.size:,} bytes"
            raise EntryError(path, Reason.TRUNCATED, detail)
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the archive and delete its temporary file."""
        self._opened.close()
