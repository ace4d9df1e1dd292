"""Parquet and Arrow files, as Hugging Face stores datasets: images as bytes, or by name.

Layout::

    data/
        train-00000-of-00002.parquet    columns image: {bytes, path}, text or caption, label
        test-00000-of-00001.parquet
    images/                             if the image column holds names
        001.jpg

    cases.parquet                       or rows without images, if their columns become fields

    data-00000-of-00001.arrow           what ``save_to_disk`` and the cache of ``datasets`` hold

Column types come from the schema and from the metadata that ``datasets`` writes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from engine.errors import EntryError
from engine.importing.formats.columnar_reader import (
    COLUMNAR_ERRORS,
    COLUMNAR_SUFFIXES,
    ColumnarFile,
    ColumnWindow,
    Recent,
    open_columnar,
)
from engine.importing.formats.columns import (
    Guess,
    RowError,
    RowTexts,
    cells_of,
    complete,
    find_image,
    guess_columns,
)
from engine.importing.formats.format import (
    MAX_LISTED,
    NO_MEMBERS,
    CaptionGrouping,
    Detection,
    FileListing,
    ImageRef,
    ImportSpec,
    Members,
    RawSample,
)
from engine.importing.formats.names import (
    GROUP_NAMES,
    SPLIT_NAMES,
    ImageIndex,
    folder_of,
    missing_table,
    offer_leftovers,
    plain,
    skip_leftovers,
    split_extras,
)
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Archive

PATH, BYTES, STRUCT = "path", "bytes", "struct"
MAX_COLUMNS = 1_000
"""Of a file; ``ImageRef.part`` combines row and column in one number."""


def image_kinds(schema: pa.Schema) -> dict[str, str]:
    """Return how each column may hold images: as names, as bytes, or as a struct of both."""
    kinds: dict[str, str] = {}
    for field in schema:
        if _is_bytes(field.type):
            kinds[field.name] = BYTES
        elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            kinds[field.name] = PATH
        elif pa.types.is_struct(field.type) and any(
            part.name == "bytes" and _is_bytes(part.type) for part in field.type
        ):
            kinds[field.name] = STRUCT
    return kinds


def text_columns(schema: pa.Schema) -> list[str]:
    """Return the columns that may hold texts or classes."""
    return [field.name for field in schema if _may_be_text(field.type)]


def field_columns(schema: pa.Schema) -> list[str]:
    """Return the columns that may become fields of a table: numbers, words and yes or no."""
    return [field.name for field in schema if _may_be_cell(field.type)]


def _may_be_cell(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return is_text or is_number or pa.types.is_boolean(kind)


def label_meanings(schema: pa.Schema) -> dict[str, Callable[[Any], Any]]:
    """Return functions from class numbers to names, for the columns whose names are listed."""
    try:
        notes = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = notes["info"]["features"]
        names = {c: f["names"] for c, f in features.items() if f.get("_type") == "ClassLabel"}
        return {column: _meaning([str(n) for n in listed]) for column, listed in names.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _meaning(names: Sequence[str]) -> Callable[[Any], Any]:
    def name_of(value: object) -> object:
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else value

    return name_of


def _same(value: object) -> object:
    return value


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _may_be_text(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)


_BATCH = 64


class ParquetScan:
    """Reads the samples of one file."""

    def __init__(
        self, archive: Archive, path: str, reading: ImportSpec, ledger: FileLedger
    ) -> None:
        self._archive, self._path, self._reading = archive, path, reading
        self._ledger = ledger
        self._folders = (folder_of(path), "")
        self._split = split_extras(path, of_table=True)
        self._has_gaps = False
        self.has_names = False
        """Whether rows name image files, so that images beside the table are items too."""

    def items(self, index: ImageIndex, gathering: CaptionGrouping) -> Iterator[RawSample]:
        """Yield the rows' own items; captions of image files go to the gathering."""
        number = 0
        try:
            with self._archive.open(self._path) as stream:
                for number, row in enumerate(self._rows(open_columnar(stream)), 1):
                    yield from self._item(number, row, index, gathering)
                    if number >= LIMITS.entries:
                        raise ValueError(f"it has more than {LIMITS.entries:,} rows")
        except (EntryError, *COLUMNAR_ERRORS) as error:
            detail = f"the rows from here on cannot be read: {str(error)[:200]}"
            self._ledger.mark_item_skipped(f"{self._path}#{number + 1}", Reason.DAMAGED, detail)

    def _rows(self, file: ColumnarFile) -> Iterator[Mapping[str, Any]]:
        schema = file.schema
        image = self._reading.image_column
        self._kind = image_kinds(schema).get(image, PATH)
        self._column = schema.names.index(image) if image else -1
        self.has_names = self.has_names or (self._kind == PATH and bool(image))
        self._meanings = label_meanings(schema)
        self._texts = RowTexts(self._reading, self._meanings)
        known = text_columns(schema)
        wanted = {*self._reading.text_columns, self._reading.label_column}
        wanted |= {c for c in known if plain(c) in (*GROUP_NAMES, *SPLIT_NAMES)}
        columns = [c for c in known if c in wanted]
        used = {image, *self._reading.text_columns}
        self._cells = field_columns(schema) if self._reading.with_fields else []
        self._cells = [column for column in self._cells if column not in used]
        columns += [c for c in self._cells if c not in columns] + self._image_parts(file)
        if not columns:
            yield from ({} for _row in range(sum(file.group_rows)))
            return
        for batch in file.batches(columns, _BATCH):
            yield from batch.to_pylist()

    def _image_parts(self, file: ColumnarFile) -> list[str]:
        """Choose the part of the image column that shows which rows have an image."""
        image = self._reading.image_column
        if not image:
            return []
        if self._kind == PATH:
            return [image]
        # Reading the bytes takes long, and is needed only where some rows have none.
        leaf = image if self._kind == BYTES else f"{image}.bytes"
        if not file.null_count(leaf):
            return []
        self._has_gaps = True
        return [image]

    def _item(
        self, number: int, row: Mapping[str, Any], index: ImageIndex, gathering: CaptionGrouping
    ) -> Iterator[RawSample]:
        key = f"{self._path}#{number}"
        try:
            texts = self._texts.texts(row)
            extras = self._split | self._texts.extras(row)
            image = self._image(number, row, index)
        except RowError as error:
            self._ledger.mark_item_skipped(key, error.reason, error.detail)
            return
        members = self._members(row)
        if image is not None and image.part < 0:
            self.has_names = True
            gathering.add(image.path, texts, extras, key, members)
        elif image is not None or texts or members.cells:
            yield RawSample(
                key=key,
                image=image,
                texts=tuple(texts),
                extras=gathering.share(extras),
                cells=members.cells,
            )
        else:
            detail = "it has neither an image that is there nor a text"
            self._ledger.mark_item_skipped(key, Reason.BAD_ROW, detail)

    def _members(self, row: Mapping[str, Any]) -> Members:
        """Return the cells of a row; class numbers are given by name."""
        values = {c: self._meanings.get(c, _same)(row.get(c)) for c in self._cells}
        cells = cells_of(values, ())
        return Members(cells=cells) if cells else NO_MEMBERS

    def _image(self, number: int, row: Mapping[str, Any], index: ImageIndex) -> ImageRef | None:
        """Return the location of a row's image; None if it has none."""
        if not self._reading.image_column:
            return None
        value = row.get(self._reading.image_column)
        inside = ImageRef(path=self._path, part=(number - 1) * MAX_COLUMNS + self._column)
        content = value.get("bytes") if isinstance(value, dict) else value
        has_bytes = isinstance(content, bytes) and len(content) > 0
        if self._kind != PATH and (has_bytes or not self._has_gaps):
            return inside
        name = value.get("path") if isinstance(value, dict) else value
        if not isinstance(name, str) or not name:
            return None
        path = find_image(index, name, self._folders)
        return ImageRef(path=path) if path else None


_LOOKED_AT = 50
_MAX_OPENED = 3
_MAX_COUNTED = 20
_USUAL = ("image", "img", "picture", "photo", "bytes", "image_bytes", "jpg", "png")
_RECENT: Recent[ColumnWindow] = Recent(most=3)


class Parquet:
    """Tables in columns."""

    name = "parquet"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect parquet files with images, going by the first of them."""
        tables, index = _tables(archive, listing), ImageIndex(listing)
        looks = [(path, _look(archive, path, index)) for path in tables[:_MAX_OPENED]]
        path, guess = next(((p, g) for p, g in looks if g and g.image), ("", None))
        if guess is None:
            return None
        return Detection(
            reading=ImportSpec(
                format=self.name,
                table=path if len(tables) == 1 else "",
                image_column=guess.image,
                text_columns=guess.texts,
                label_column=guess.label,
            ),
            confidence=0.94 if guess.matched >= 0.5 else 0.3,
            images=_rows(archive, tables),
            columns=guess.columns,
            field_columns=_field_columns(archive, path),
            tables=tuple(tables[:MAX_LISTED]),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items, file by file; one that cannot be read is skipped."""
        every = [entry.path for entry in listing.of(*COLUMNAR_SUFFIXES)]
        tables = [path for path in every if reading.table in ("", path)]
        if not tables:
            raise missing_table(reading.table or "*.parquet")
        index, gathering = ImageIndex(listing), CaptionGrouping(ledger)
        has_loose = False
        for path in tables:
            guess = _look(archive, path, index)
            if guess is None:
                ledger.mark_skipped(
                    path, Reason.DAMAGED, "it is no parquet or Arrow file that can be read"
                )
                continue
            ledger.mark_used(path)
            scan = ParquetScan(archive, path, complete(reading, guess, path), ledger)
            yield from scan.items(index, gathering)
            has_loose = has_loose or scan.has_names
        yield from gathering.samples()
        done = {*tables, *gathering.paths}
        if has_loose:
            yield from offer_leftovers(listing, ledger, done)
        skip_leftovers(listing, ledger, done)

    def load(self, archive: Archive, image: ImageRef) -> bytes:
        """Read an image's file, or the bytes in its row."""
        if image.part < 0:
            return archive.read(image.path, LIMITS.file_bytes)
        row, column = divmod(image.part, MAX_COLUMNS)
        window = _RECENT.get(
            archive, f"{image.path}#{column}", lambda: ColumnWindow(archive, image.path, column)
        )
        content = window.read(row)
        if len(content) > LIMITS.file_bytes:
            raise EntryError(image.path, Reason.TOO_LARGE, f"row {row + 1} is too large")
        return content


def columnar_alone(archive: Archive, listing: FileListing) -> Detection | None:
    """Detect files whose rows are items of their own, as ``tabular.table_alone`` does."""
    tables, index = _tables(archive, listing), ImageIndex(listing, ())
    for path in tables[:_MAX_OPENED]:
        guess, fields = _look(archive, path, index), _field_columns(archive, path)
        if guess is not None and len(fields) > 1:
            return Detection(
                reading=ImportSpec(
                    format=Parquet.name,
                    table=path if len(tables) == 1 else "",
                    text_columns=guess.sentences,
                    label_column=guess.label,
                    with_fields=True,
                ),
                confidence=0.0,
                images=0,
                columns=guess.columns,
                field_columns=fields,
                tables=tuple(tables[:MAX_LISTED]),
            )
    return None


def _tables(archive: Archive, listing: FileListing) -> list[str]:
    """Return the files to read; only the selected one, if any."""
    every = listing.of(*COLUMNAR_SUFFIXES)
    return [e.path for e in every if archive.selected_entry in ("", e.path)]


def _field_columns(archive: Archive, path: str) -> tuple[str, ...]:
    """Return the columns of a file that may become fields; none if it cannot be read."""
    try:
        with archive.open(path) as stream:
            return tuple(field_columns(open_columnar(stream).schema))
    except (EntryError, *COLUMNAR_ERRORS):
        return ()


def _look(archive: Archive, path: str, index: ImageIndex) -> Guess | None:
    """Look at a file's schema and first rows; None if it cannot be read."""
    try:
        with archive.open(path) as stream:
            file = open_columnar(stream)
            schema = file.schema
            kinds = image_kinds(schema)
            texts = text_columns(schema)[:MAX_COLUMNS]
            batch = next(file.batches(texts, _LOOKED_AT), None)
            rows = batch.to_pylist() if batch is not None and texts else []
    except (EntryError, *COLUMNAR_ERRORS):
        return None
    guess = guess_columns(rows, index, (folder_of(path), ""))
    inside = [column for column, kind in kinds.items() if kind != PATH]
    columns = tuple(dict.fromkeys([*inside, *texts]))
    if not inside:
        return replace(guess, columns=columns)
    usual = [column for column in inside if column.lower() in _USUAL]
    return replace(guess, image=(usual or inside)[0], columns=columns, matched=1.0)


def _rows(archive: Archive, tables: Sequence[str]) -> int:
    """Count the rows of all files; of many, extrapolate from the first few."""
    counts: list[int] = []
    for path in tables[:_MAX_COUNTED]:
        try:
            with archive.open(path) as stream:
                counts.append(sum(open_columnar(stream).group_rows))
        except (EntryError, *COLUMNAR_ERRORS):
            counts.append(0)
    return sum(counts) * len(tables) // max(len(counts), 1)
