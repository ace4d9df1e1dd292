"""A file of a source as it is read: bounded, and whatever goes wrong says so in one way."""

import io
import lzma
import os
import threading
import zipfile
import zlib
from typing import IO, Any, BinaryIO, cast

from engine.errors import EntryError
from engine.importing.accounts import Reason

CHUNK_BYTES = 1 << 20


def explain(path: str, error: Exception) -> EntryError:
    """Turn whatever a reader raised into the one error that a tree raises."""
    if isinstance(error, EntryError):
        return error
    return EntryError(path, _reason_of(error), str(error) or type(error).__name__)


def stream(source: IO[bytes], path: str, limit: int) -> BinaryIO:
    """Guard an open file; it gives at most ``limit`` bytes and raises ``EntryError`` alone."""
    return cast("BinaryIO", io.BufferedReader(_Guarded(source, path, limit), 1 << 16))


def read_whole(
    source: BinaryIO | io.FileIO, path: str, limit: int, *, chunk_bytes: int = CHUNK_BYTES
) -> bytes:
    """Read a file to its end, whatever size it claims to have.

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
    """Say that a file is larger than it may be."""
    return EntryError(path, Reason.TOO_LARGE, f"it has more than {limit:,} bytes")


class _Guarded(io.RawIOBase):
    """Passes reads on, counts what comes, and translates errors."""

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
        # Unpackers raise whatever they like on damaged data.
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
    """One open file that several threads read at places of their own."""

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
    """A stretch of a shared file, as a file of its own."""

    def __init__(self, shared: SharedFile, start: int, size: int) -> None:
        self._shared, self._start, self._size = shared, start, size
        self._position = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place within the stretch."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        """Say where the next read begins, within the stretch."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read what fits; raises ``EOFError`` where the archive ends before the stretch."""
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
