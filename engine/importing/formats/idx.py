"""IDX files, the format of MNIST: a short header, then the bytes of an array.

Layout::

    train-images-idx3-ubyte.gz      [N, H, W] or [N, H, W, C]
    train-labels-idx1-ubyte.gz      [N]
    t10k-images-idx3-ubyte.gz
    t10k-labels-idx1-ubyte.gz

Shapes: N images, H height, W width, C channels.
"""

import math
import re
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.errors import ConfigError, EntryError, Problem
from engine.importing.formats.columnar_reader import Recent
from engine.importing.formats.format import (
    Detection,
    FileListing,
    FileSet,
    ImageRef,
    ImportSpec,
    Pixels,
    RawSample,
)
from engine.importing.formats.names import folder_of, skip_leftovers, split_extras
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Archive

_BYTES = 0x08
_MAX_DIMENSIONS = 4
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
_MAX_BLOCKS = 48
"""Of one file: MNIST's 47 MB fit in."""
_STEP = 1 << 16
_MAX_RATIO = 1_032
"""No stream of deflate unpacks to more."""


@dataclass(frozen=True, slots=True)
class IdxHeader:
    """The header of an IDX file."""

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
    """Random access to a file, compressed or not, that keeps no file open.

    A compressed file is decompressed from its start, and the last blocks are cached, so reading
    roughly in order takes one pass; going back further starts over. Safe to use from several
    threads.
    """

    def __init__(self, archive: Archive, path: str) -> None:
        self._archive, self._path = archive, path
        self._lock = threading.Lock()
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._is_packed = self._plain(0, 2) == _GZIP
        self._restart()

    def header(self) -> IdxHeader:
        """Read the header.

        Raises:
            EntryError: it is no IDX file of bytes, or claims too much.
        """
        magic = self.read(0, 4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= _MAX_DIMENSIONS:
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
        """Return some of the unpacked content; less where it ends.

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
        return size * _MAX_RATIO if self._is_packed else size

    def close(self) -> None:
        """Release the cache."""
        with self._lock:
            self._restart()

    def _restart(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)
        self._packed_offset, self._next = 0, 0
        self._rest, self._is_ended = b"", False
        self._blocks.clear()

    def _block(self, number: int) -> bytes:
        """Return a block of the unpacked content, nothing behind its end."""
        if number not in self._blocks and number < self._next:
            self._restart()
        while number not in self._blocks and not self._is_ended:
            block = self._unpack()
            self._blocks[self._next] = block
            self._next += 1
            self._is_ended = len(block) < _BLOCK
            if len(self._blocks) > _MAX_BLOCKS:
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
            with self._archive.open(self._path) as stream:
                stream.seek(offset)
                return stream.read(size)
        except STREAM_ERRORS as error:
            raise EntryError(self._path, Reason.UNREADABLE, str(error)) from error


_NAMED = re.compile(r"(?i)(^|[^a-z])idx\d?([^a-z]|$)|ubyte")
_KIND = re.compile(r"(?i)images?|labels?|idx\d|ubyte|gz|[^a-z0-9]+")
_MAX_OPENED = 40
_RECENT: Recent[IdxFile] = Recent(most=3)


@dataclass(frozen=True, slots=True)
class _Found:
    """The IDX files of a source."""

    images: Mapping[str, IdxHeader]
    labels: Mapping[str, IdxHeader]
    problems: Mapping[str, EntryError]
    """Files that are named like one and are none."""
    sizes: Mapping[str, int]
    """In bytes, as they lie there."""


class Idx:
    """Images as bare bytes."""

    name = "idx"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a source with files of images, or the one that the user picked."""
        found = _find(archive, listing, archive.selected_entry)
        if not found.images:
            return None
        return Detection(
            reading=ImportSpec(format=self.name, table=archive.selected_entry),
            confidence=0.92,
            images=sum(header.shape[0] for header in found.images.values()),
            columns=("label",) if found.labels else (),
            tables=tuple(found.images),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the images, file by file; each takes its label from the file of the same name."""
        found = _find(archive, listing, reading.table)
        if reading.table and reading.table not in found.images:
            message = f"names no file of images: {reading.table}"
            raise ConfigError([Problem("reading.table", message)])
        for path, error in found.problems.items():
            ledger.mark_skipped(path, Reason(error.reason), error.detail)
        done = {*found.images, *found.problems}
        for path, header in found.images.items():
            ledger.mark_used(path)
            labels = _partner(path, found.labels)
            if labels:
                ledger.mark_used(labels)
                done.add(labels)
            yield from _items(archive, (path, header), labels, found, reading, ledger)
        skip_leftovers(ledger, FileSet(listing, done))

    def load(self, archive: Archive, image: ImageRef) -> Pixels:
        """Read an image's pixels, [H, W] or [H, W, C]."""
        file = _RECENT.get(archive, image.path, lambda: IdxFile(archive, image.path))
        header = file.header()
        if not 0 <= image.part < header.shape[0]:
            raise EntryError(image.path, Reason.TRUNCATED, "it has no such image")
        size = header.item_bytes
        content = file.read(header.start + image.part * size, size)
        if len(content) < size or not size:
            raise EntryError(image.path, Reason.TRUNCATED, "the file ends before the image does")
        return np.frombuffer(content, np.uint8).reshape(header.shape[1:])


def _find(archive: Archive, listing: FileListing, picked: str) -> _Found:
    images: dict[str, IdxHeader] = {}
    labels: dict[str, IdxHeader] = {}
    problems: dict[str, EntryError] = {}
    paths = [path for path in listing.paths if _NAMED.search(path.rpartition("/")[2])]
    looked_at: list[str] = [picked, *paths] if picked else paths
    for path in list(dict.fromkeys(looked_at))[:_MAX_OPENED]:
        if listing.number_of(path) < 0:
            continue
        try:
            header = IdxFile(archive, path).header()
        except EntryError as error:
            problems[path] = error
            continue
        if len(header.shape) == 1:
            labels[path] = header
        elif len(header.shape) > 2 and (not picked or path == picked):
            images[path] = header
    sizes = {path: listing.entries[listing.number_of(path)].size for path in images}
    return _Found(images, labels, problems, sizes)


def _partner(path: str, labels: Mapping[str, IdxHeader]) -> str:
    """Find the labels of a file of images: of its name, in its folder rather than elsewhere."""
    name = _plain_name(path)
    same = [other for other in labels if _plain_name(other) == name]
    near = [other for other in same if folder_of(other) == folder_of(path)]
    if near or len(same) == 1:
        return (near or same)[0]
    return next(iter(labels)) if len(labels) == 1 and not name else ""


def _plain_name(path: str) -> str:
    return _KIND.sub("", path.rpartition("/")[2]).lower()


def _items(
    archive: Archive,
    images: tuple[str, IdxHeader],
    labels: str,
    found: _Found,
    reading: ImportSpec,
    ledger: FileLedger,
) -> Iterator[RawSample]:
    path, _header = images
    words = dict(reading.words)
    shared = split_extras(path, of_table=True)
    extras = {n: {"label": str(n)} | shared for n in range(256)}
    known = b""
    if labels:
        header = found.labels[labels]
        size = min(header.shape[0], LIMITS.entries)
        try:
            known = IdxFile(archive, labels).read(header.start, size)
        except EntryError as error:
            ledger.mark_item_skipped(f"{labels}#end", Reason(error.reason), error.detail)
    for number in range(_count(archive, images, found.sizes[path], ledger)):
        value = known[number] if number < len(known) else None
        yield RawSample(
            key=f"{path}#{number + 1}",
            image=ImageRef(path=path, part=number),
            texts=() if value is None else (words.get(str(value), str(value)),),
            extras=shared if value is None else extras[value],
        )


def _count(archive: Archive, images: tuple[str, IdxHeader], size: int, ledger: FileLedger) -> int:
    """Count the images that there can be; a header may claim any number."""
    path, header = images
    most = IdxFile(archive, path).most_bytes(size) - header.start
    there = max(most, 0) // header.item_bytes if header.item_bytes else 0
    if there < header.shape[0]:
        detail = f"it says that it has {header.shape[0]:,} images, and has {there:,} at most"
        ledger.mark_item_skipped(f"{path}#{there + 1}", Reason.TRUNCATED, detail)
    return min(there, header.shape[0], LIMITS.entries)
