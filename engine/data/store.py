"""Datasets on disk: written atomically once, and memory-mapped for reading.

A dataset has items and columns; see ``engine.data.column_info``. Its folder holds

- ``manifest.json``: ``engine.data.manifest.Manifest``;
- ``items.arrow``: the items with their texts and cells, see ``engine.data.item_encoding``;
- ``images.npy`` of a column ``image``, ``<name>.npy`` of other arrays.

Datasets of formats 3 and 4 (``images.npy`` and ``pairs.jsonl``) are converted when they are opened.
A folder is untrusted: kinds and sizes of its files are checked before they are read.

Shapes: N items, M images, H height, W width, C channels.
"""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.array_file import ArrayFile
from engine.data.column_info import (
    IMAGE,
    TEXT,
    ColumnInfo,
    image_column,
    text_column,
)
from engine.data.columns import ArrayColumn, Chunks, Column, Mask, TableColumn, TextColumn
from engine.data.content_hash import validity
from engine.data.distinct_texts import DistinctTexts
from engine.data.manifest import (
    FORMAT,
    GROUP_FIELDS,
    TRAIN,
    VALIDATION,
    Manifest,
    Record,
    open_values,
    read_manifest,
)
from engine.data.records import Records
from engine.data.writer import DatasetWriter, Images
from engine.errors import DatasetCorruptError
from engine.fs.untrusted import MalformedFileError

_FIELDS = ("split", "key", "label", "group", "tags", "extra")
"""Columns of Arrow that are not columns of the dataset."""


@dataclass(frozen=True, eq=False)
class StoredDataset:
    """A dataset folder, opened for reading.

    ``images``, ``texts`` and the like are of the first column of pictures, and the first of texts.
    """

    folder: Path
    manifest: Manifest
    columns: Mapping[str, Column]
    """By name, in the order of the manifest."""
    fields: Mapping[str, Chunks]
    """What the items have besides, in Arrow."""

    @property
    def count(self) -> int:
        """Number of items, N."""
        return self.manifest.items

    @functools.cached_property
    def records(self) -> Sequence[Record]:
        """One for each of the N items, read when it is asked for."""
        return Records(self.folder, self.fields, self.columns)

    def array(self, name: str) -> ArrayColumn:
        """Return a column that is an array; raises ``KeyError`` if there is no such one."""
        column = self.columns[name]
        if not isinstance(column, ArrayColumn):
            raise KeyError(name)
        return column

    def text(self, name: str) -> TextColumn:
        """Return a column of texts; raises ``KeyError`` if there is no such one."""
        column = self.columns[name]
        if not isinstance(column, TextColumn):
            raise KeyError(name)
        return column

    def table(self, name: str) -> TableColumn:
        """Return a column of table rows; raises ``KeyError`` if there is no such one."""
        column = self.columns[name]
        if not isinstance(column, TableColumn):
            raise KeyError(name)
        return column

    @property
    def text_column(self) -> TextColumn | None:
        """The first column of texts; None if there is none."""
        found = (column for column in self.columns.values() if isinstance(column, TextColumn))
        return next(found, None)

    @property
    def image_column(self) -> ArrayColumn | None:
        """The first column of pictures; None if there is none."""
        arrays = (column for column in self.columns.values() if isinstance(column, ArrayColumn))
        return next((column for column in arrays if column.kind == IMAGE), None)

    @property
    def images(self) -> Images:
        """[M, H, W, C], memory-mapped; [0, 1, 1, 1] if there is no column of pictures."""
        column = self.image_column
        return np.empty((0, 1, 1, 1), np.uint8) if column is None else column.values

    @functools.cached_property
    def texts(self) -> list[str]:
        """The first caption of each item; empty if there is none."""
        return [captions[0] if captions else "" for captions in self.captions]

    @functools.cached_property
    def captions(self) -> list[tuple[str, ...]]:
        """All captions of each item; empty for an image alone."""
        column = self.text_column
        return [()] * self.count if column is None else column.by_item()

    @functools.cached_property
    def has_text(self) -> Mask:
        """Whether each item has a text: [N]."""
        column = self.text_column
        return np.zeros(self.count, dtype=bool) if column is None else column.present

    @functools.cached_property
    def image_rows(self) -> npt.NDArray[np.int64]:
        """Row of each item's image in ``images``, -1 if it has none: [N]."""
        column = self.image_column
        rows = np.full(self.count, -1) if column is None else column.rows
        return rows.astype(np.int64)

    @functools.cached_property
    def is_validation(self) -> Mask:
        """Whether each item is in the validation split: [N]."""
        parts = [array.to_numpy() for array in self.fields["split"].arrays]
        return np.concatenate([np.empty(0, np.uint8), *parts]) == 1

    def strings(self, name: str) -> list[str]:
        """Return ``key``, ``label`` or ``group`` of each item; empty if it has none."""
        arrays = self.fields[name].arrays
        if all(array.null_count == len(array) for array in arrays):
            return [""] * self.count
        return [value or "" for array in arrays for value in array.to_pylist()]

    @functools.cached_property
    def groups(self) -> list[str]:
        """The group of each item, or else its label; empty if it has neither."""
        found = zip(*(self.strings(name) for name in GROUP_FIELDS), strict=True)
        return [group or label for group, label in found]

    @functools.cached_property
    def tags(self) -> list[tuple[str, ...]]:
        """The tags of each item."""
        arrays = self.fields["tags"].arrays
        if not any(len(array.flatten()) for array in arrays):
            return [()] * self.count
        return [tuple(tags) for array in arrays for tags in array.to_pylist()]

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Return the items of a split, ``train`` or ``held_out``, in ascending order."""
        return np.flatnonzero(self.is_validation == (split == VALIDATION))

    def complete_rows(
        self, split: str, names: Collection[str] | None = None
    ) -> npt.NDArray[np.int64]:
        """Return the items of a split that have columns, in ascending order.

        Args:
            split: ``train`` or ``held_out``.
            names: of the columns; None for the first of pictures and the first of texts, of which
                no item has both if the dataset lacks one.
        """
        rows = self.rows(split)
        if names is None:
            return rows[self.has_text[rows] & (self.image_rows[rows] >= 0)]
        masks = [self.columns[name].present[rows] for name in names]
        return rows[np.logical_and.reduce(masks)] if masks else rows

    def images_of(self, rows: npt.NDArray[np.int64]) -> Images:
        """Return the images of items that have one: [K, H, W, C]."""
        return np.ascontiguousarray(self.images[self.image_rows[rows]])


def open_dataset(folder: Path) -> StoredDataset:
    """Open a dataset and check that its files are consistent.

    Raises:
        DatasetMissingError: there is no dataset in the folder.
        DatasetCorruptError: a file is missing, damaged or inconsistent with the others.
    """
    manifest = read_manifest(folder)
    # Imported on use: they load Arrow.
    from engine.data.item_file import chunks_of, read_batches
    from engine.data.pair_files import read_pair_batches

    read = read_pair_batches if manifest.format < FORMAT else read_batches
    try:
        batches = list(read(folder, manifest))
        columns = {
            info.name: _column(
                folder, info, chunks_of(batches, f"{info.name}_row" if info.is_array else info.name)
            )
            for info in manifest.columns
        }
    except MalformedFileError as error:
        raise DatasetCorruptError(folder, str(error)) from error
    except OSError as error:
        raise DatasetCorruptError(folder, f"{error.filename}: {error.strerror}") from error
    fields = {name: chunks_of(batches, name) for name in _FIELDS}
    dataset = StoredDataset(folder, manifest, columns, fields)
    _check(dataset)
    return dataset


def _column(folder: Path, info: ColumnInfo, chunks: Chunks) -> Column:
    """Open a column.

    Raises:
        MalformedFileError: it does not fit the manifest.
        OSError: its file cannot be read.
    """
    if info.is_array:
        empty = np.empty(0, np.int32)
        rows = np.concatenate([empty, *(array.to_numpy() for array in chunks.arrays)])
        if len(rows) and not -1 <= rows.min() <= rows.max() < info.shape[0]:
            raise MalformedFileError(f"an item has a row that {info.file} does not have")
        values, file = _open_array(folder, info)
        return ArrayColumn(info, values, rows, file)
    if info.kind == TEXT:
        counts = [np.diff(array.offsets.to_numpy()) for array in chunks.arrays]
        return TextColumn(info, chunks, np.concatenate([np.empty(0, np.int32), *counts]))
    present = np.concatenate([np.empty(0, bool), *map(validity, chunks.arrays)])
    return TableColumn(info, chunks, present)


def _open_array(folder: Path, info: ColumnInfo) -> tuple[npt.NDArray[Any], ArrayFile]:
    """Map the file of an array, [M, ...], and open it for reading by position.

    Raises:
        MalformedFileError: it is not an array of the manifest's shape and type.
        OSError: it cannot be read.
    """
    expected = (info.shape, False, np.dtype(info.dtype))
    with open_values(folder, info) as file:
        start = file.tell()
        file.seek(0)
        try:
            np.lib.format.read_magic(file)
            shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
        except (ValueError, EOFError) as error:
            raise MalformedFileError(f"{info.file} is not an array ({str(error)[:100]})") from error
        if (shape, is_fortran, dtype) != expected or file.tell() != start:
            raise MalformedFileError(
                f"{info.file} is {dtype} {shape}, not {info.dtype} {info.shape}"
            )
        values = np.memmap(file, info.dtype, "r", start, shape)
        return values, ArrayFile(folder, info, file, start)


def _check(dataset: StoredDataset) -> None:
    """Compare what the manifest counts with what the items have.

    Raises:
        DatasetCorruptError: it differs.
    """
    manifest, names = dataset.manifest, list(dataset.columns)
    masks = [
        column.present.astype(np.int64) << n for n, column in enumerate(dataset.columns.values())
    ]
    counts = np.bincount(np.sum(masks, axis=0)).tolist()
    found = {
        tuple(name for place, name in enumerate(names) if number >> place & 1): count
        for number, count in enumerate(counts)
        if count
    }
    problem = None
    if found != {each.columns: each.items for each in manifest.combinations}:
        problem = "its items do not have the columns that its manifest counts"
    elif int(dataset.is_validation.sum()) != manifest.validation_items:
        problem = "its splits are not those that its manifest counts"
    elif manifest.train_items < 1:
        problem = "it has no training items"
    if problem:
        raise DatasetCorruptError(dataset.folder, problem)


def training_texts(dataset: StoredDataset) -> DistinctTexts:
    """Return the captions to train on of the first column of texts."""
    column = dataset.text_column
    return DistinctTexts.of_arrays([]) if column is None else column.distinct(dataset.rows(TRAIN))


def write_dataset(
    folder: Path,
    *,
    name: str,
    title: str,
    images: Images | None = None,
    records: Iterable[Record],
    licence: str,
    source: str,
    columns: Sequence[ColumnInfo] = (),
    arrays: Mapping[str, npt.NDArray[Any]] | None = None,
    notice: str = "",
) -> Manifest:
    """Write a dataset folder atomically.

    Args:
        folder: must not exist, or be empty.
        name: short name, for folders and commands.
        title: display name.
        images: [M, H, W, C] uint8, C 1 or 3, of the column ``image``, in the order of the records
            that have one; may be memory-mapped.
        records: one for each of the N items; see ``engine.data.manifest.Record``.
        licence: licence of the dataset, one line.
        source: origin of the dataset, one line.
        columns: by default ``image`` and ``text``.
        arrays: values of further columns that are arrays, by name; may be memory-mapped.
        notice: see ``Manifest.notice``.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
        DatasetCorruptError: a record is malformed.
    """
    values = {**({} if images is None else {IMAGE: images}), **(arrays or {})}
    if not columns:
        columns = (image_column(values[IMAGE].shape), text_column())
    with DatasetWriter(folder, columns) as writer:
        for column, array in values.items():
            writer.add_values(column, array)
        for record in records:
            writer.add_record(record)
        manifest = writer.manifest(
            name=name, title=title, licence=licence, source=source, notice=notice
        )
        writer.publish(manifest)
    return manifest
