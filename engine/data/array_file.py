"""Rows of an array read from its file by position.

Training reads rows this way and not through a memory map: a disk that is gone or a file that was
truncated is then an error, where touching a map ends the process; and rows that were read do not
count as memory of the process.

Shapes: K rows.
"""

import os
import threading
import weakref
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.column_info import ColumnInfo
from engine.errors import DatasetCorruptError

Rows = npt.NDArray[np.integer[Any]]
_BRIDGED_BYTES = 2**17
"""Gaps up to which rows are announced together: announcing costs more than reading so much."""


class ArrayFile:
    """An open file of an array; may be used from several threads.

    Args:
        folder: of the dataset, for errors.
        info: of the column.
        file: opened; closing it later does not matter.
        start: position of the first value in the file.
    """

    def __init__(self, folder: Path, info: ColumnInfo, file: FileIO, start: int) -> None:
        self._folder, self._info, self._start = folder, info, start
        self._descriptor = os.dup(file.fileno())
        self._is_seeking = threading.Lock()
        weakref.finalize(self, os.close, self._descriptor)

    def read(self, rows: Rows, out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Read rows in any order, with repeats: [K, ...]; neighbours are read at once.

        Args:
            rows: [K].
            out: receives the rows, contiguous in memory; by default a new array.

        Raises:
            DatasetCorruptError: the file has been truncated or can no longer be read.
        """
        info = self._info
        if out is None:
            out = np.empty((len(rows), *info.shape[1:]), info.dtype)
        order = None if (rows[1:] > rows[:-1]).all() else np.argsort(rows, kind="stable")
        into = out if order is None else np.empty_like(out)
        content = into.reshape(-1).view(np.uint8).data
        for place, first, count in _runs(rows if order is None else rows[order]):
            target = content[place * info.row_bytes : (place + count) * info.row_bytes]
            self._fill(target, self._start + first * info.row_bytes)
        if order is not None:
            out[order] = into
        return out

    def expect(self, rows: Rows) -> None:
        """Let the system read rows, in ascending order, into its cache; does not wait for them.

        Does nothing where the system cannot do it.
        """
        if not hasattr(os, "posix_fadvise"):
            return
        size = self._info.row_bytes
        for _place, first, count in _runs(rows, 1 + _BRIDGED_BYTES // max(1, size)):
            position = self._start + first * size
            try:
                os.posix_fadvise(self._descriptor, position, count * size, os.POSIX_FADV_WILLNEED)
            except OSError:
                return  # Reading the rows will say what is wrong.

    def _fill(self, target: memoryview, position: int) -> None:
        try:
            while target:
                size = self._read_at(target, position)
                if not size:
                    reason = f"{self._info.file} is shorter than it was when it was opened"
                    raise DatasetCorruptError(self._folder, reason)
                target, position = target[size:], position + size
        except OSError as error:
            reason = f"{self._info.file} can no longer be read ({error.strerror or error})"
            raise DatasetCorruptError(self._folder, reason) from error

    def _read_at(self, target: memoryview, position: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [target], position)
        with self._is_seeking:
            os.lseek(self._descriptor, position, os.SEEK_SET)
            content = os.read(self._descriptor, len(target))
        target[: len(content)] = content
        return len(content)


def _runs(rows: Rows, largest_step: int = 1) -> Iterator[tuple[int, int, int]]:
    """Divide ascending rows into runs of neighbours.

    Args:
        rows: [K].
        largest_step: between two rows of a run.

    Yields:
        Place of the run in ``rows``, its first row, and the rows from there to its last.
    """
    if not len(rows):
        return
    steps = np.diff(rows)
    ends = (steps > largest_step) if largest_step > 1 else (steps != 1)
    starts = np.flatnonzero(np.concatenate([[True], ends]))
    lasts = np.append(starts[1:], len(rows)) - 1
    firsts, counts = rows[starts], rows[lasts] - rows[starts] + 1
    yield from zip(starts.tolist(), firsts.tolist(), counts.tolist(), strict=True)
