"""Reads IDX files, the format of MNIST: a small header and then bytes.

Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".
"""

import math
import struct
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass

from engine.errors import EntryError
from engine.importing.accounts import Reason
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

_BYTES = 0x08
_MOST_DIMENSIONS = 4
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
_MOST_BLOCKS = 48
"""Of one file: MNIST's 47 MB fit in."""
_STEP = 1 << 16
_MOST_RATIO = 1_032
"""No stream of deflate unpacks to more."""


@dataclass(frozen=True, slots=True)
class IdxHeader:
    """What an IDX file says about itself."""

    shape: tuple[int, ...]
    """[N], [N, H, W] or [N, H, W, C]."""

    @property
    def start(self) -> int:
        """Where the data begin."""
        return 4 + 4 * len(self.shape)

    @property
    def item_bytes(self) -> int:
        """Of one image or label."""
        return math.prod(self.shape[1:])


class IdxFile:
    """Gives any part of a file, packed or not, with little memory and no file held open.

    A packed file is unpacked from the front, and its last blocks are kept: items that are asked for
    about in their order cost one pass. Going far back begins again. Safe to use from several
    threads.
    """

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree, self._path = tree, path
        self._lock = threading.Lock()
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._is_packed = self._plain(0, 2) == _GZIP
        self._restart()

    def header(self) -> IdxHeader:
        """Read what the file says about itself.

        Raises:
            EntryError: it is no IDX file of bytes, or claims too much.
        """
        magic = self.read(0, 4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= _MOST_DIMENSIONS:
            raise EntryError(self._path, Reason.NOT_USED, "it is no IDX file")
        if magic[2] != _BYTES:
            raise EntryError(self._path, Reason.UNSUPPORTED, "its numbers are no bytes")
        sizes = self.read(4, 4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise EntryError(self._path, Reason.TRUNCATED, "it ends within its header")
        shape = struct.unpack(f">{magic[3]}I", sizes)
        if math.prod(shape[1:]) > LIMITS.pixels:
            raise EntryError(self._path, Reason.TOO_LARGE, f"its images are {shape[1:]}")
        return IdxHeader(shape)

    def read(self, offset: int, size: int) -> bytes:
        """Give some of the unpacked content; less where it ends.

        Raises:
            EntryError: it cannot be read, or unpacks to too much.
        """
        if not self._is_packed:
            return self._plain(offset, size)
        if offset + size > LIMITS.unpacked_bytes:
            raise EntryError(self._path, Reason.TOO_LARGE, "it unpacks to too much")
        if size <= 0:
            return b""
        with self._lock:
            first, last = offset // _BLOCK, (offset + size - 1) // _BLOCK
            content = b"".join(self._block(number) for number in range(first, last + 1))
        return content[offset - first * _BLOCK :][:size]

    def most_bytes(self, size: int) -> int:
        """Say how much a file of some size can hold, unpacked."""
        return size * _MOST_RATIO if self._is_packed else size

    def close(self) -> None:
        """Let go of what is kept."""
        with self._lock:
            self._restart()

    def _restart(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)
        self._packed_offset, self._next = 0, 0
        self._rest, self._is_ended = b"", False
        self._blocks.clear()

    def _block(self, number: int) -> bytes:
        """Give a block of the unpacked content, nothing behind its end."""
        if number not in self._blocks and number < self._next:
            self._restart()
        while number not in self._blocks and not self._is_ended:
            block = self._unpack()
            self._blocks[self._next] = block
            self._next += 1
            self._is_ended = len(block) < _BLOCK
            if len(self._blocks) > _MOST_BLOCKS:
                self._blocks.popitem(last=False)
        return self._blocks.get(number, b"")

    def _unpack(self) -> bytes:
        """Unpack the next block; shorter at the end."""
        parts: list[bytes] = []
        missing = _BLOCK
        while missing and not self._unpacker.eof:
            packed = self._rest or self._plain(self._packed_offset, _STEP)
            self._packed_offset += 0 if self._rest else len(packed)
            if not packed:
                break
            try:
                parts.append(self._unpacker.decompress(packed, missing))
            except zlib.error as error:
                raise EntryError(self._path, Reason.DAMAGED, str(error)) from error
            self._rest = self._unpacker.unconsumed_tail
            missing -= len(parts[-1])
        return b"".join(parts)

    def _plain(self, offset: int, size: int) -> bytes:
        try:
            with self._tree.open(self._path) as stream:
                stream.seek(offset)
                return stream.read(size)
        except STREAM_ERRORS as error:
            raise EntryError(self._path, Reason.UNREADABLE, str(error)) from error
