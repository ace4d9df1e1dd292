"""Write a dataset folder in a stream, with few values and items in memory at once.

Shapes: K rows of an array.
"""

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from engine.data.checksums import BlockDigest
from engine.data.column_info import ITEMS, ColumnInfo
from engine.data.content_hash import ContentHash
from engine.data.manifest import (
    FILE_NAME,
    TRAIN,
    VALIDATION,
    Manifest,
    Record,
    combinations_of,
    with_counts,
)
from engine.errors import DatasetCorruptError, EditRefusedError, EngineError, FolderInUseError
from engine.fs.atomic import (
    atomic_write,
    check_free_space,
    files,
    remove_abandoned,
    staged_path,
    wrap_os_error,
)
from engine.printable import printable


@contextlib.contextmanager
def atomic_directory(folder: Path, needed_bytes: int) -> Iterator[Path]:
    """Yield a temporary folder that is renamed to ``folder`` on success, and removed on an error.

    Args:
        folder: must not exist, or be empty.
        needed_bytes: estimated size of the content.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    staged = staged_path(folder)
    try:
        ensure_unused(folder)
        remove_abandoned(folder)
        staged.mkdir(parents=True)
        check_free_space(staged, needed_bytes)
        yield staged
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        staged.replace(folder)
        files.sync_folder(folder.parent)
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError):
            raise wrap_os_error(error, folder, needed_bytes) from error
        raise


def ensure_unused(folder: Path) -> None:
    """Check that a folder does not exist or is empty.

    Raises:
        FolderInUseError: it holds files, or is a file.
        OSError: it cannot be read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUseError(folder)


PIECE_BYTES = 4_000_000
"""Approximate size of the pieces in which values are hashed and written."""

Images = npt.NDArray[np.uint8]


class DatasetWriter:
    """Write arrays and then records, and publish the dataset with one rename.

    A context manager; a dataset that is not published is removed on exit.

    Args:
        folder: folder of the dataset; must not exist, or be empty.
        columns: of the dataset; their counts are ignored.
        staged: temporary folder on the same disk; by default beside ``folder``.
        shared: by column, a file with the same array, to be shared by a hard link if the disk
            supports it. The values must be added nevertheless, for the content hash.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written; raised by all methods.
    """

    def __init__(
        self,
        folder: Path,
        columns: Sequence[ColumnInfo],
        *,
        staged: Path | None = None,
        shared: Mapping[str, Path] | None = None,
    ) -> None:
        # Imported on use: they load Arrow.
        from engine.data.item_encoding import RecordEncoder
        from engine.data.item_file import ItemWriter

        self._folder, self._columns, self._shared = folder, tuple(columns), shared or {}
        self.staged = staged or staged_path(folder)
        """The temporary folder; further files may be written to it before ``publish``."""
        self._arrays = {column.name: column for column in columns if column.is_array}
        self._needed_bytes = sum(column.num_bytes for column in columns)
        self._content = ContentHash(columns)
        self._blocks = {name: BlockDigest() for name in (*self._arrays, ITEMS)}
        self._rows_written = dict.fromkeys(self._arrays, 0)
        self._encoder = RecordEncoder(columns)
        self._items = ItemWriter(columns, self._write_items, self._content.add_items)
        self._combinations = Counter[tuple[str, ...]]()
        self._splits = Counter[str]()
        self._files: dict[str, BinaryIO] = {}
        self._is_published = False

    def __enter__(self) -> Self:
        with self._explaining():
            ensure_unused(self._folder)
            remove_abandoned(self._folder)
            shutil.rmtree(self.staged, ignore_errors=True)
            self.staged.mkdir(parents=True)
            try:
                self._open_arrays()
                self._files[ITEMS] = (self.staged / ITEMS).open("wb")
            except (OSError, EngineError):
                self._clean_up()
                raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._clean_up()

    def add_values(self, column: str, values: npt.NDArray[Any]) -> None:
        """Append values of an array; a memory-mapped one is read in pieces.

        Args:
            column: name of the column.
            values: [K, ...] of its type, in the order of the items that have one.

        Raises:
            ValueError: they are not of the column's type and shape.
        """
        info = self._arrays[column]
        if values.shape[1:] != info.shape[1:] or values.dtype != info.dtype:
            found = f"{values.dtype} {values.shape[1:]}"
            raise ValueError(f"column '{column}' cannot hold {found}")
        step = max(1, PIECE_BYTES // info.row_bytes)
        with self._explaining():
            for start in range(0, len(values), step):
                piece = np.ascontiguousarray(values[start : start + step]).data.cast("B")
                self._content.add_values(column, piece)
                self._blocks[column].update(piece)
                if column in self._files:
                    self._files[column].write(piece)
        self._rows_written[column] += len(values)

    def add_record(self, record: Record) -> None:
        """Append an item.

        Args:
            record: see ``engine.data.manifest.Record``; True for an array takes its next row.

        Raises:
            EditRefusedError: its texts are too long to be read again, or cannot be encoded.
            DatasetCorruptError: it is malformed.
        """
        item = self._splits.total() + 1
        try:
            row, present = self._encoder.encode(record)
        except ValueError as error:
            raise DatasetCorruptError(self._folder, f"item {item:,} {error}") from error
        for name in present:
            if name in self._arrays and row[f"{name}_row"] >= self._arrays[name].shape[0]:
                reason = f"item {item:,} has a row that '{name}' does not have"
                raise DatasetCorruptError(self._folder, reason)
        try:
            self._items.add(row)
        except ValueError as error:
            raise EditRefusedError(f"the texts of item {item:,} {error}") from error
        self._combinations[present] += 1
        self._splits[record["split"]] += 1

    def manifest(
        self, *, name: str, title: str, licence: str, source: str, notice: str = ""
    ) -> Manifest:
        """Build the manifest with the content hash, after all values and records.

        Texts may come from file names in any encoding; what cannot be printed is escaped.
        """
        for column, written in self._rows_written.items():
            expected = self._arrays[column].shape[0]
            if written != expected:
                raise ValueError(f"{expected} rows of '{column}' were expected, not {written}")
        self._items.close()
        files = {column.name: column.file for column in self._columns if column.is_array}
        return Manifest(
            name=printable(name),
            title=printable(title),
            version=self._content.version(),
            columns=with_counts(self._columns, self._combinations),
            combinations=combinations_of(self._combinations),
            train_items=self._splits[TRAIN],
            validation_items=self._splits[VALIDATION],
            licence=printable(licence),
            source=printable(source),
            notice=printable(notice),
            checksums={
                files.get(part, part): digest.checksums() for part, digest in self._blocks.items()
            },
        )

    def publish(self, manifest: Manifest) -> None:
        """Write the manifest and rename the temporary folder to the dataset's."""
        with self._explaining():
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            atomic_write(self.staged / FILE_NAME, manifest.to_json().encode())
            with contextlib.suppress(FileNotFoundError):
                self._folder.rmdir()
            self.staged.replace(self._folder)
            self._is_published = True
            files.sync_folder(self._folder.parent)

    def _write_items(self, content: bytes) -> None:
        self._blocks[ITEMS].update(content)
        with self._explaining():
            self._files[ITEMS].write(content)

    def _open_arrays(self) -> None:
        new = [column for column in self._arrays.values() if not self._is_linked(column)]
        check_free_space(self.staged, sum(column.num_bytes for column in new))
        for column in new:
            file = self._files[column.name] = (self.staged / column.file).open("wb")
            np.lib.format.write_array_header_1_0(
                file,
                {
                    "descr": np.lib.format.dtype_to_descr(np.dtype(column.dtype)),
                    "fortran_order": False,
                    "shape": column.shape,
                },
            )

    def _is_linked(self, column: ColumnInfo) -> bool:
        """Whether an array could be shared by a hard link."""
        if column.name not in self._shared:
            return False
        try:
            os.link(self._shared[column.name], self.staged / column.file)
        except OSError:
            return False
        return True

    def _clean_up(self) -> None:
        for file in self._files.values():
            # Closing flushes the buffer, which fails too on a full disk.
            with contextlib.suppress(OSError):
                file.close()
        if not self._is_published:
            shutil.rmtree(self.staged, ignore_errors=True)

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise wrap_os_error(error, self._folder, self._needed_bytes) from error
