"""Unpacks a compressed tar once, into a nameless file, so that it can be read anywhere in it."""

import bz2
import gzip
import lzma
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.control import RunControl
from engine.errors import SourceUnreadableError, StoppedError
from engine.importing.entry_stream import CHUNK_BYTES
from engine.importing.limits import Limits

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
