"""The file items.arrow: an Arrow IPC file of record batches, uncompressed, without dictionaries.

The file is untrusted. It is read as the stream that it contains, one message after another, so that
the offsets at its end are never followed. Schema and kinds of messages are those that the manifest
implies, or the file is refused; each batch is validated in full before it is used, because Arrow
reads outside of its buffers otherwise.

This module loads Arrow; import it on use.
"""

import io
import mmap
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from engine.data.column_info import ITEMS, MAX_ITEM_BYTES, ColumnInfo
from engine.data.columns import Chunks
from engine.data.content_hash import text_offsets
from engine.data.item_encoding import (
    SPLITS,
    Row,
    schema_of,
    table_of_rows,
    text_bytes,
)
from engine.data.manifest import Manifest, open_items
from engine.fs.untrusted import MalformedFileError

BATCH_ITEMS, BATCH_BYTES = 65_536, 64_000_000
"""Most items of a batch, and about the size of its texts."""
_MAGIC = b"ARROW1\0\0"
OnBatch = Callable[[pa.RecordBatch], None]


class ItemWriter:
    """Write items in batches.

    Args:
        columns: of the dataset.
        write: receives the content of the file in pieces.
        on_batch: receives each batch.
    """

    def __init__(
        self, columns: Sequence[ColumnInfo], write: Callable[[bytes], None], on_batch: OnBatch
    ) -> None:
        self._schema = schema_of(columns)
        self._write, self._on_batch = write, on_batch
        self._sink = _Sink()
        self._writer = pa.ipc.new_file(self._sink, self._schema)
        self._rows: list[Row] = []
        self._bytes = 0

    def add(self, row: Row) -> None:
        """Append an item.

        Raises:
            ValueError: its texts are too long to be read again, or cannot be encoded.
        """
        size = text_bytes(row)
        if size > MAX_ITEM_BYTES:
            raise ValueError(f"have more than {MAX_ITEM_BYTES // 1_000_000} MB")
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) == BATCH_ITEMS or self._bytes > BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the items that are left as a batch."""
        if self._rows:
            batch = table_of_rows(self._rows, self._schema)
            self._rows, self._bytes = [], 0
            self._on_batch(batch)
            self._writer.write_batch(batch)
        self._write(self._sink.take())

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        self.flush()
        self._writer.close()
        self._write(self._sink.take())


class _Sink(io.RawIOBase):
    """Keeps what Arrow writes, so that no error of the disk passes through Arrow."""

    def __init__(self) -> None:
        super().__init__()
        self._content, self._taken = bytearray(), 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._taken + len(self._content)

    def write(self, content: Any, /) -> int:
        self._content += content
        return len(memoryview(content).cast("B"))

    def take(self) -> bytes:
        """Return what was written since the last time."""
        content = bytes(self._content)
        self._taken += len(content)
        self._content.clear()
        return content


def read_batches(folder: Path, manifest: Manifest) -> Iterator[pa.RecordBatch]:
    """Read items.arrow, memory-mapped, and check it.

    Raises:
        MalformedFileError: it is damaged, or does not fit the manifest.
        OSError: it cannot be read.
    """
    with open_items(folder, manifest) as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # It is empty.
            raise MalformedFileError(f"{ITEMS} is empty") from error
    schema, items = schema_of(manifest.columns), 0
    try:
        for batch in _batches(pa.py_buffer(mapped), schema):
            items += batch.num_rows
            yield batch
    except (pa.ArrowException, ValueError, OSError, MemoryError, struct.error) as error:
        raise MalformedFileError(f"{ITEMS} is damaged ({str(error)[:200]})") from error
    if hasattr(mmap, "MADV_DONTNEED"):
        # The check has read everything; most of it is not needed soon.
        mapped.madvise(mmap.MADV_DONTNEED)
    if items != manifest.items:
        raise MalformedFileError(f"{ITEMS} has {items:,} items, not {manifest.items:,}")


def _batches(content: pa.Buffer, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    if content.slice(0, len(_MAGIC)).to_pybytes() != _MAGIC:
        raise ValueError("it is not an Arrow file")
    messages = pa.ipc.MessageReader.open_stream(pa.BufferReader(content.slice(len(_MAGIC))))
    first = next(iter(messages), None)
    if first is None or not pa.ipc.read_schema(first).equals(schema):
        raise ValueError("its columns are not those of the manifest")
    for message in messages:
        if message.type != "record batch" or _is_compressed(memoryview(message.metadata)):
            raise ValueError(f"it holds a {message.type} message, or compressed content")
        batch = pa.ipc.read_record_batch(message, schema)
        batch.validate(full=True)
        _check(batch)
        yield batch


def _is_compressed(metadata: memoryview) -> bool:
    """Whether a message with a record batch has compressed buffers, which may expand without bound.

    Arrow decompresses before it can be asked. The message is a flatbuffer, whose structure Arrow
    has verified. Source: Arrow columnar format, Message.fbs (``header`` is the third member of
    ``Message``, ``compression`` the fourth of ``RecordBatch``) and the flatbuffers' binary format.
    """

    def member(table: int, number: int) -> int:
        """Return the position of a member of a table, 0 if it is absent."""
        entries = table - struct.unpack_from("<i", metadata, table)[0]
        place = 4 + 2 * number
        if place >= struct.unpack_from("<H", metadata, entries)[0]:
            return 0
        offset = struct.unpack_from("<H", metadata, entries + place)[0]
        return table + offset if offset else 0

    header = member(struct.unpack_from("<I", metadata, 0)[0], 2)
    batch = header + struct.unpack_from("<I", metadata, header)[0]
    return member(batch, 3) != 0


def _check(batch: pa.RecordBatch) -> None:
    """Check what the schema cannot say.

    Raises:
        ValueError: a value is out of its range.
    """
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if not field.nullable and array.null_count:
            raise ValueError(f"'{field.name}' lacks values")
        _check_sizes(field.name, array)
    if np.max(batch.column("split").to_numpy(), initial=0) >= len(SPLITS):
        raise ValueError("an item has no known split")


def _check_sizes(name: str, array: Any) -> None:
    """Check texts for their length, and numbers for being finite or missing."""
    if pa.types.is_string(array.type):
        sizes = np.diff(text_offsets(array))
    elif pa.types.is_list(array.type):
        texts = array.values
        if texts.null_count:
            raise ValueError(f"'{name}' has a list with nothing in it")
        sizes = np.diff(text_offsets(texts)[array.offsets.to_numpy()])
    elif pa.types.is_struct(array.type):
        for member in array.flatten():
            _check_sizes(name, member)
        return
    else:
        if np.isinf(array.to_numpy(zero_copy_only=False)).any():
            raise ValueError(f"'{name}' has an infinite number")
        return
    if np.max(sizes, initial=0) > MAX_ITEM_BYTES:
        raise ValueError(f"a text in '{name}' is too long")


def chunks_of(batches: Sequence[pa.RecordBatch], name: str) -> Chunks:
    """Return a column of the items."""
    return Chunks([batch.column(name) for batch in batches])
