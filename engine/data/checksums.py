"""Checksums of a dataset's content by block, and the search for what has changed.

The manifest holds a checksum for each mebibyte of pixels and of records. Datasets of older versions
have only their version, which is a hash of the whole content.

Shapes: M images, H height, W width, C channels.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path

from engine.data.manifest import IMAGES, RECORDS, Manifest
from engine.errors import DatasetCorruptError
from engine.fs.untrusted import MalformedFileError, open_regular

BLOCK_BYTES = 1 << 20
MAX_HEADER_BYTES = 1 << 16
"""Limit of what precedes the pixels in images.npy."""
MAX_RECORD_BYTES = 8_000_000
"""Limit of one line of pairs.jsonl, with all captions of an item."""
_DIGITS = 16

OnBlock = Callable[[int], None]
"""Receives the size of each block that was read; may raise to stop."""


class BlockDigest:
    """Checksums of the blocks of a stream."""

    def __init__(self) -> None:
        self._digest, self._bytes = hashlib.sha256(), 0
        self._done: list[str] = []

    def update(self, content: bytes | memoryview) -> None:
        """Append content."""
        left = memoryview(content).cast("B")
        while left:
            piece, left = (
                left[: BLOCK_BYTES - self._bytes],
                left[BLOCK_BYTES - self._bytes :],
            )
            self._digest.update(piece)
            self._bytes += len(piece)
            if self._bytes == BLOCK_BYTES:
                self._finish()

    def checksums(self) -> tuple[str, ...]:
        """Return the checksums of all blocks, of which the last may be shorter."""
        if self._bytes:
            self._finish()
        return tuple(self._done)

    def _finish(self) -> None:
        self._done.append(self._digest.hexdigest()[:_DIGITS])
        self._digest, self._bytes = hashlib.sha256(), 0


def images_shape(manifest: Manifest) -> tuple[int, int, int, int]:
    """Return [M, H, W, C] of images.npy."""
    count = manifest.pairs + manifest.image_only
    return count, manifest.image_height, manifest.image_width, manifest.channels


def open_images(folder: Path, manifest: Manifest) -> FileIO:
    """Open images.npy at its first pixel; a size that does not fit the manifest is refused.

    Raises:
        MalformedFileError, OSError: it cannot be used.
    """
    count, height, width, channels = images_shape(manifest)
    size = count * height * width * channels
    file = open_regular(folder / IMAGES, size + MAX_HEADER_BYTES)
    end = file.seek(0, 2)
    if end < size:
        file.close()
        raise MalformedFileError(f"{IMAGES} has {end:,} bytes and needs at least {size:,}")
    file.seek(end - size)
    return file


def open_records(folder: Path, manifest: Manifest) -> FileIO:
    """Open pairs.jsonl; a file that is larger than the manifest allows is refused.

    Raises:
        MalformedFileError, OSError: it cannot be used.
    """
    checksums = manifest.checksums
    max_bytes = len(checksums.records) * BLOCK_BYTES if checksums else 1 << 40
    return open_regular(folder / RECORDS, min(max_bytes, manifest.items * MAX_RECORD_BYTES))


def content_version(
    folder: Path, manifest: Manifest, on_block: OnBlock = lambda _size: None
) -> str:
    """Compute the version of a dataset from its content; it is equal to that of the manifest.

    Raises:
        DatasetCorruptError: the files cannot be read.
        Exception: that of ``on_block``.
    """
    digest = hashlib.sha256(repr(images_shape(manifest)).encode())
    for open_part in (open_images, open_records):
        for block in _blocks(folder, manifest, open_part, on_block):
            digest.update(block)
    return digest.hexdigest()[:_DIGITS]


def find_damage(
    folder: Path, manifest: Manifest, on_block: OnBlock = lambda _size: None
) -> tuple[str, ...]:
    """Compare the content of a dataset with its checksums.

    Returns:
        What has changed since the dataset was written, one clause each; empty if it is intact.

    Raises:
        DatasetCorruptError: the files cannot be read.
        Exception: that of ``on_block``.
    """
    expected = manifest.checksums
    if expected is None:
        if content_version(folder, manifest, on_block) == manifest.version:
            return ()
        return ("its content is not that of its version",)
    height, width, channels = images_shape(manifest)[1:]
    images = _changed(_blocks(folder, manifest, open_images, on_block), expected.images)
    records = _changed(_blocks(folder, manifest, open_records, on_block), expected.records)
    row_bytes, last = height * width * channels, images_shape(manifest)[0] - 1
    return (
        *(
            f"images {start // row_bytes:,} to {min((end - 1) // row_bytes, last):,} in {IMAGES}"
            for start, end in images
        ),
        *(f"bytes {start:,} to {end - 1:,} of {RECORDS}" for start, end in records),
    )


def ensure_intact(folder: Path, manifest: Manifest, on_block: OnBlock = lambda _size: None) -> None:
    """Check that a dataset has the content that was written.

    Raises:
        DatasetCorruptError: it has changed, or cannot be read.
        Exception: that of ``on_block``.
    """
    damage = find_damage(folder, manifest, on_block)
    if damage:
        raise DatasetCorruptError(folder, damage_text(damage))


def damage_text(damage: Sequence[str]) -> str:
    """Return a clause about what has changed."""
    return f"it has changed since it was written: {', '.join(damage)}"


def _blocks(
    folder: Path,
    manifest: Manifest,
    open_part: Callable[[Path, Manifest], FileIO],
    on_block: OnBlock,
) -> Iterator[bytes]:
    try:
        with open_part(folder, manifest) as file:
            # An unbuffered file may return less than was asked for only at its end.
            while block := file.read(BLOCK_BYTES):
                yield block
                on_block(len(block))
    except MalformedFileError as error:
        raise DatasetCorruptError(folder, str(error)) from error
    except OSError as error:
        raise DatasetCorruptError(folder, error.strerror or str(error)) from error


def _changed(blocks: Iterator[bytes], expected: Sequence[str]) -> list[tuple[int, int]]:
    """Return the ranges of bytes, [start, end), whose checksums differ; adjacent ones are one."""
    ranges: list[tuple[int, int]] = []
    for number, (block, checksum) in enumerate(itertools.zip_longest(blocks, expected)):
        if block is not None and hashlib.sha256(block).hexdigest()[:_DIGITS] == checksum:
            continue
        start, end = number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES
        if ranges and ranges[-1][1] == start:
            start = ranges.pop()[0]
        ranges.append((start, end))
    return ranges
