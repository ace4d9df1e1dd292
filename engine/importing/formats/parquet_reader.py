"""Random access to the rows of an image column in a parquet file, with bounded memory.

A row group may hold a whole dataset, so "the last row group" cannot be cached. Rows are read in
small batches instead, and the last batches of a few files are cached.
"""

import itertools
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, Generic, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import EntryError
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.ledger import Reason
from engine.importing.sources.archive import Archive

PARQUET_ERRORS = (pa.ArrowException, *STREAM_ERRORS, KeyError, TypeError, MemoryError)
_BATCH = 32
_MAX_BATCHES = 32
_MAX_BYTES = 32_000_000


class ParquetWindow:
    """Reads the rows of one column, fastest in order; safe to use from several threads.

    Raises:
        EntryError: the file cannot be opened.
    """

    def __init__(self, archive: Archive, path: str, column: int) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stream: BinaryIO = archive.open(path)
        try:
            self._file = open_parquet(self._stream)
            self._column = self._file.schema_arrow.names[column]
        except (*PARQUET_ERRORS, IndexError) as error:
            self._stream.close()
            raise EntryError(path, Reason.DAMAGED, str(error)[:300]) from error
        metadata = self._file.metadata
        sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
        self._starts = list(itertools.accumulate(sizes, initial=0))[:-1]
        self._kept: deque[tuple[int, pa.RecordBatch]] = deque()
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._next = self._file.metadata.num_rows

    def read(self, row: int) -> bytes:
        """Return the bytes in a row.

        Raises:
            EntryError: there are none, or they cannot be read.
        """
        try:
            with self._lock:
                value = self._value(row)
        except PARQUET_ERRORS as error:
            raise EntryError(self._path, Reason.DAMAGED, str(error)[:300]) from error
        if isinstance(value, dict):
            value = value.get("bytes")
        if not isinstance(value, bytes) or not value:
            raise EntryError(self._path, Reason.EMPTY, f"row {row + 1} has no image")
        return value

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._kept.clear()
            self._batches = iter(())
            self._next = -1
            self._stream.close()

    def _value(self, row: int) -> object:
        if not 0 <= row < self._file.metadata.num_rows:
            raise ValueError("there is no such row")
        group = sum(start <= row for start in self._starts) - 1
        is_behind = not self._kept or row < self._kept[0][0]
        if (is_behind and row < self._next) or self._starts[group] > self._next:
            self._kept.clear()
            self._batches = self._file.iter_batches(
                batch_size=_BATCH,
                row_groups=list(range(group, len(self._starts))),
                columns=[self._column],
                use_threads=False,
            )
            self._next = self._starts[group]
        while self._next <= row:
            self._read_on()
        for start, batch in self._kept:
            if start <= row < start + batch.num_rows:
                return batch.column(0)[row - start].as_py()
        raise ValueError("the row is not where it should be")

    def _read_on(self) -> None:
        batch = next(self._batches, None)
        if batch is None:
            raise ValueError("the file ends before the row does")
        self._kept.append((self._next, batch))
        self._next += batch.num_rows
        while len(self._kept) > 2 and (
            len(self._kept) > _MAX_BATCHES
            or sum(batch.nbytes for _start, batch in self._kept) > _MAX_BYTES
        ):
            self._kept.popleft()


def open_parquet(stream: BinaryIO) -> pq.ParquetFile:
    """Open a parquet file so that it is read page by page, never a whole row group at once."""
    return pq.ParquetFile(
        stream,
        pre_buffer=False,
        buffer_size=1 << 18,
        thrift_string_size_limit=100_000_000,
        thrift_container_size_limit=1_000_000,
    )


class Closeable(Protocol):
    """A reader that may hold a file open."""

    def close(self) -> None:
        """Close the file and release the cache."""


Held = TypeVar("Held", bound=Closeable)


class Recent(Generic[Held]):
    """The last few readers of files, by archive and path; safe to use from several threads.

    A reader is closed when it is evicted, or when its archive is garbage collected.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[int, str], tuple[weakref.ref[Archive], Held]] = OrderedDict()

    def get(self, archive: Archive, path: str, make: Callable[[], Held]) -> Held:
        """Return the reader of a file, made by ``make`` if there is none."""
        key = (id(archive), path)
        with self._lock:
            known = self._held.pop(key, None)
            # An earlier archive may have had the same id.
            if known is None or known[0]() is not archive:
                if known is not None:
                    known[1].close()
                held = make()
                weakref.finalize(archive, held.close).atexit = False
                known = (weakref.ref(archive), held)
            self._held[key] = known
            while len(self._held) > self._most:
                self._held.popitem(last=False)[1][1].close()
            return known[1]
