"""Files of any size read in chunks: as bytes, as text and line by line."""

import codecs
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from engine.errors import ConfigError, EntryError, Problem, SourceUnreadableError
from engine.importing.encoding import detect_encoding
from engine.importing.sources.archive import LIMITS, Archive

STREAM_ERRORS = (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, tarfile.TarError)
"""What reading an open file of a folder or an archive may raise."""

CHUNK = 1 << 18
_LOOKED_AT = 4_000_000
_SAMPLE = 1 << 16
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def open_table(archive: Archive, path: str) -> BinaryIO:
    """Open a file that the import cannot do without.

    Raises:
        SourceUnreadableError: it cannot be opened.
    """
    try:
        return archive.open(path)
    except EntryError as error:
        raise unreadable(archive, path, error) from error


def unreadable(archive: Archive, path: str, reason: object) -> SourceUnreadableError:
    """Make the error that says that a table cannot be read."""
    return SourceUnreadableError(archive.source / path, f"reading it fails: {reason}")


def bytes_of(archive: Archive, path: str) -> Iterator[bytes]:
    """Yield a file's content in chunks.

    Raises:
        SourceUnreadableError: it cannot be read, or no further.
    """
    with open_table(archive, path) as stream:
        while True:
            try:
                chunk = stream.read(CHUNK)
            except STREAM_ERRORS as error:
                raise unreadable(archive, path, error) from error
            if not chunk:
                return
            yield chunk


def text_of(archive: Archive, path: str, encoding: str) -> Iterator[str]:
    """Yield a file's text in chunks; what is no text in the encoding becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in bytes_of(archive, path):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def encoding_of(archive: Archive, path: str, wanted: str = "") -> str:
    """Find a file's encoding from those of its first lines that are not plain ASCII.

    Raises:
        ConfigError: there is no such encoding as the user wants.
        SourceUnreadableError: the file cannot be read.
    """
    if wanted:
        return checked_encoding(wanted)
    sample, looked_at = b"", 0
    for chunk in bytes_of(archive, path):
        if not looked_at and (chunk.startswith(_MARKS) or b"\0" in chunk[:_SAMPLE]):
            return _known(detect_encoding([chunk[:_SAMPLE]]))
        looked_at += len(chunk)
        if not chunk.isascii():
            lines = [line for line in chunk.split(b"\n")[1:-1] if not line.isascii()]
            sample += b"\n".join(lines) or chunk
        if len(sample) >= _SAMPLE or looked_at >= _LOOKED_AT:
            break
    return _known(detect_encoding([sample[:_SAMPLE]])) if sample else "utf-8"


def checked_encoding(wanted: str) -> str:
    """Return the given name after checking that it is a known encoding, or empty.

    Raises:
        ConfigError: there is no such encoding.
    """
    if wanted and _known(wanted, "") != wanted:
        message = f"names no encoding that is known: {wanted}"
        raise ConfigError([Problem("reading.encoding", message)])
    return wanted


def _known(encoding: str, otherwise: str = "utf-8") -> str:
    try:
        # Python's "encodings" hold some that turn bytes into bytes, such as zlib.
        blank = " ".encode(encoding)
        codecs.getincrementaldecoder(encoding)(errors="replace").decode(blank)
    except (LookupError, ValueError, TypeError, AttributeError):
        return otherwise
    return encoding


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file."""

    text: str
    """With its end, without NULs."""
    offset: int
    """Of its first byte in the file; -1 where it is not known."""


def lines_of(archive: Archive, path: str, encoding: str) -> Iterator[Line]:
    """Yield a file line by line; a line beyond ``row_bytes`` is cut there.

    Bytes that are no text in the encoding become U+FFFD: the rows that hold one are bad, and the
    others are not.
    """
    chunks, is_wide = bytes_of(archive, path), False
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        # In these encodings the byte of a line's end is half of other characters, too.
        chunks = (text.encode("utf-8", "replace") for text in text_of(archive, path, encoding))
        encoding, is_wide = "utf-8", True
    offset = 0
    for line in _cut(chunks):
        text = line.decode(encoding, "replace")
        yield Line(text.removeprefix("\ufeff").replace("\0", ""), -1 if is_wide else offset)
        offset += len(line)


def _cut(chunks: Iterator[bytes]) -> Iterator[bytes]:
    end = b"\n"
    rest: list[bytes] = []
    length = 0
    for chunk in chunks:
        # Old Macs end their lines with a carriage return alone.
        if not rest and end not in chunk and b"\r" in chunk:
            end = b"\r"
        *whole, last = chunk.split(end)
        for piece in (*(part + end for part in whole), *([last] if last else [])):
            rest.append(piece)
            length += len(piece)
            if piece.endswith(end) or length > LIMITS.row_bytes:
                yield b"".join(rest)
                rest, length = [], 0
    if rest:
        yield b"".join(rest)
