"""Reading parquet and Arrow files: their schema, rows in batches, and single images by row.

- ``open_columnar`` opens either kind behind one interface, ``ColumnarFile``.
- ``ColumnWindow`` gives random access to a column of images, with bounded memory. A row group may
  hold a whole dataset, so "the last row group" cannot be cached. Rows are read in small batches
  instead, and the last batches of a few files are cached.
"""

import itertools
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from engine.errors import EntryError
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.ledger import Reason
from engine.importing.sources.archive import Archive

COLUMNAR_SUFFIXES = (".parquet", ".pq", ".arrow", ".feather")
COLUMNAR_ERRORS = (pa.ArrowException, *STREAM_ERRORS, KeyError, TypeError, MemoryError)
_BATCH = 32
_MAX_BATCHES = 32
_MAX_BYTES = 32_000_000


class ColumnarFile(Protocol):
    """An open file of rows in columns."""

    @property
    def schema(self) -> pa.Schema:
        """Columns with their types and metadata."""
        ...

    @property
    def group_rows(self) -> Sequence[int]:
        """Number of rows of each group that reading may start at."""
        ...

    def null_count(self, leaf: str) -> int:
        """Count the nulls of a column, or of ``column.field``; 1 if that is not known."""
        ...

    def batches(
        self, columns: Sequence[str], rows: int, first_group: int = 0
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most ``rows`` rows of some columns, from a group to the end."""
        ...


class ParquetFile:
    """A parquet file, read page by page, never a whole row group at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._file = pq.ParquetFile(
            stream,
            pre_buffer=False,
            buffer_size=1 << 18,
            thrift_string_size_limit=100_000_000,
            thrift_container_size_limit=1_000_000,
        )
        self.schema = self._file.schema_arrow
        groups = range(self._file.metadata.num_row_groups)
        self.group_rows = [self._file.metadata.row_group(n).num_rows for n in groups]

    def null_count(self, leaf: str) -> int:
        """Count by the file's statistics; see ``ColumnarFile``."""
        paths = {self._file.schema.column(n).path: n for n in range(len(self._file.schema))}
        if leaf not in paths:
            return 0
        total = 0
        for group in range(len(self.group_rows)):
            statistics = self._file.metadata.row_group(group).column(paths[leaf]).statistics
            if statistics is None or not statistics.has_null_count:
                return 1
            total += statistics.null_count
        return total

    def batches(
        self, columns: Sequence[str], rows: int, first_group: int = 0
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches; see ``ColumnarFile``."""
        return self._file.iter_batches(
            batch_size=rows,
            row_groups=list(range(first_group, len(self.group_rows))),
            columns=list(columns),
            use_threads=False,
        )


class ArrowFile:
    """An Arrow IPC file or stream, as ``datasets`` keeps them on disk; a group is one batch.

    A stream has no index, so its batches are counted by reading it once.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        magic = stream.read(len(_ARROW_FILE))
        self._is_file = magic == _ARROW_FILE
        self.schema = self._open().schema
        self.group_rows = [batch.num_rows for batch in self._from(0)]

    def null_count(self, leaf: str) -> int:
        """Count by reading; see ``ColumnarFile``."""
        column, _dot, field = leaf.partition(".")
        total = 0
        for batch in self._from(0):
            values = batch.column(column)
            if field:
                # A row without the whole is one without the field; flatten() knows it, field() not.
                names = [part.name for part in values.type]
                values = values.flatten()[names.index(field)]
            total += values.null_count
        return total

    def batches(
        self, columns: Sequence[str], rows: int, first_group: int = 0
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches; see ``ColumnarFile``."""
        for batch in self._from(first_group):
            chosen = batch.select(list(columns))
            for start in range(0, chosen.num_rows, rows):
                yield chosen.slice(start, rows)

    def _open(self) -> Any:
        self._stream.seek(0)
        reader = pa.ipc.open_file if self._is_file else pa.ipc.open_stream
        return reader(self._stream)

    def _from(self, first: int) -> Iterator[pa.RecordBatch]:
        reader = self._open()
        if self._is_file:
            batches = map(reader.get_batch, range(first, reader.num_record_batches))
        else:
            batches = itertools.islice(reader, first, None)
        for batch in batches:
            # Unlike parquet's, the buffers are used as they are: damaged offsets end the process.
            batch.validate(full=True)
            yield batch


_ARROW_FILE = b"ARROW1"


def open_columnar(stream: BinaryIO) -> ColumnarFile:
    """Open a parquet or Arrow file, told apart by its first bytes."""
    is_parquet = stream.read(4) == b"PAR1"
    stream.seek(0)
    return ParquetFile(stream) if is_parquet else ArrowFile(stream)


class ColumnWindow:
    """Reads the rows of one column, fastest in order; safe to use from several threads.

    Raises:
        EntryError: the file cannot be opened.
    """

    def __init__(self, archive: Archive, path: str, column: int) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stream: BinaryIO = archive.open(path)
        try:
            self._file = open_columnar(self._stream)
            self._column = self._file.schema.names[column]
        except (*COLUMNAR_ERRORS, IndexError) as error:
            self._stream.close()
            raise EntryError(path, Reason.DAMAGED, str(error)[:300]) from error
        *self._starts, self._rows = itertools.accumulate(self._file.group_rows, initial=0)
        self._kept: deque[tuple[int, pa.RecordBatch]] = deque()
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._next = self._rows

    def read(self, row: int) -> bytes:
        """Return the bytes in a row.

        Raises:
            EntryError: there are none, or they cannot be read.
        """
        try:
            with self._lock:
                value = self._value(row)
        except COLUMNAR_ERRORS as error:
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
        if not 0 <= row < self._rows:
            raise ValueError("there is no such row")
        group = sum(start <= row for start in self._starts) - 1
        is_behind = not self._kept or row < self._kept[0][0]
        if (is_behind and row < self._next) or self._starts[group] > self._next:
            self._kept.clear()
            self._batches = self._file.batches([self._column], _BATCH, group)
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
