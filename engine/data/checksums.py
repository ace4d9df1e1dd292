"""Checksums of a dataset's content by block, and the search for what has changed.

The manifest holds a checksum for each mebibyte of every file. Datasets of format 3 have only their
version, which is a hash of the whole content.

Shapes: M rows of an array.
"""

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.data.column_info import IMAGE, ColumnInfo
from engine.data.content_hash import DIGITS, ContentHash
from engine.data.manifest import (
    BLOCK_BYTES,
    FORMAT,
    Manifest,
    items_file,
    open_items,
    open_values,
)
from engine.errors import DatasetCorruptError
from engine.fs.untrusted import MalformedFileError

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
        self._done.append(self._digest.hexdigest()[:DIGITS])
        self._digest, self._bytes = hashlib.sha256(), 0


def content_version(
    folder: Path, manifest: Manifest, on_block: OnBlock = lambda _size: None
) -> str:
    """Compute the version of a dataset from its content; it is equal to that of the manifest.

    Raises:
        DatasetCorruptError: the files cannot be read.
        Exception: that of ``on_block``.
    """
    arrays = [column for column in manifest.columns if column.is_array]
    if manifest.format < FORMAT:
        digest = hashlib.sha256(repr(arrays[0].shape).encode())
        for name in (arrays[0].file, items_file(manifest)):
            for block in _blocks(folder, manifest, name, on_block):
                digest.update(block)
        return digest.hexdigest()[:DIGITS]
    # Imported on use: it loads Arrow.
    from engine.data.item_file import read_batches

    content = ContentHash(manifest.columns)
    for column in arrays:
        for block in _blocks(folder, manifest, column.file, on_block):
            content.add_values(column.name, block)
    with _as_corrupt(folder):
        for batch in read_batches(folder, manifest):
            content.add_items(batch)
            on_block(batch.nbytes)
    return content.version()


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
    damage: list[str] = []
    for column in manifest.columns:
        if column.is_array:
            blocks = _blocks(folder, manifest, column.file, on_block)
            ranges = _changed(blocks, expected[column.file])
            damage += [_rows_clause(column, start, end) for start, end in ranges]
    name = items_file(manifest)
    ranges = _changed(_blocks(folder, manifest, name, on_block), expected[name])
    return (*damage, *(f"bytes {start:,} to {end - 1:,} of {name}" for start, end in ranges))


def _rows_clause(column: ColumnInfo, start: int, end: int) -> str:
    what = "images" if column.kind == IMAGE else "rows"
    first = start // column.row_bytes
    last = min((end - 1) // column.row_bytes, column.shape[0] - 1)
    return f"{what} {first:,} to {last:,} in {column.file}"


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


def _blocks(folder: Path, manifest: Manifest, name: str, on_block: OnBlock) -> Iterator[bytes]:
    arrays = {column.file: column for column in manifest.columns if column.is_array}
    with _as_corrupt(folder):
        file = open_values(folder, arrays[name]) if name in arrays else open_items(folder, manifest)
        with file:
            # An unbuffered file may return less than was asked for only at its end.
            while block := file.read(BLOCK_BYTES):
                yield block
                on_block(len(block))


@contextlib.contextmanager
def _as_corrupt(folder: Path) -> Iterator[None]:
    try:
        yield
    except MalformedFileError as error:
        raise DatasetCorruptError(folder, str(error)) from error
    except OSError as error:
        raise DatasetCorruptError(folder, error.strerror or str(error)) from error


def _changed(blocks: Iterator[bytes], expected: Sequence[str]) -> list[tuple[int, int]]:
    """Return the ranges of bytes, [start, end), whose checksums differ; adjacent ones are one."""
    ranges: list[tuple[int, int]] = []
    for number, (block, checksum) in enumerate(itertools.zip_longest(blocks, expected)):
        if block is not None and hashlib.sha256(block).hexdigest()[:DIGITS] == checksum:
            continue
        start, end = number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES
        if ranges and ranges[-1][1] == start:
            start = ranges.pop()[0]
        ranges.append((start, end))
    return ranges
