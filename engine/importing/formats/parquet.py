"""Parquet and Arrow files, as Hugging Face stores datasets: images and sounds as bytes, or by name.

Layout::

    data/
        train-00000-of-00002.parquet    columns image and audio: {bytes, path}, text or caption,
                                        label
        test-00000-of-00001.parquet
    images/                             if a column holds names
        001.jpg

    cases.parquet                       or rows without images, if their columns become fields

    data-00000-of-00001.arrow           what ``save_to_disk`` and the cache of ``datasets`` hold

Column types come from the schema and from the metadata that ``datasets`` writes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from engine.data.audio_headers import is_audio
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
    NOTHING,
    AudioRef,
    CaptionGrouping,
    Detection,
    FileListing,
    FileSet,
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
from engine.importing.formats.sounds import (
    MAX_AUDIO_COLUMNS,
    SoundIndex,
    column_of,
)
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Archive

PATH, BYTES, STRUCT = "path", "bytes", "struct"
MAX_COLUMNS = 1_000
"""Of a file; ``ImageRef.part`` combines row and column in one number."""


def media_kinds(schema: pa.Schema) -> dict[str, str]:
    """Return how each column may hold images or sounds: as names, bytes, or a struct of both."""
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
        self._kinds: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._with_gaps: set[str] = set()
        """Columns of bytes that some rows lack."""
        self.has_names = False
        """Whether rows name image files, so that images beside the table are items too."""

    def items(
        self, index: ImageIndex, sounds: SoundIndex, gathering: CaptionGrouping
    ) -> Iterator[RawSample]:
        """Yield the rows' own items; captions of image files go to the gathering."""
        self._indices: Mapping[bool, ImageIndex] = {True: sounds, False: index}
        number = 0
        try:
            with self._archive.open(self._path) as stream:
                for number, row in enumerate(self._rows(open_columnar(stream)), 1):
                    yield from self._item(number, row, gathering)
                    if number >= LIMITS.entries:
                        raise ValueError(f"it has more than {LIMITS.entries:,} rows")
        except (EntryError, *COLUMNAR_ERRORS) as error:
            detail = f"the rows from here on cannot be read: {str(error)[:200]}"
            self._ledger.mark_item_skipped(f"{self._path}#{number + 1}", Reason.DAMAGED, detail)

    def _rows(self, file: ColumnarFile) -> Iterator[Mapping[str, Any]]:
        schema = file.schema
        image = self._reading.image_column
        self._kinds = media_kinds(schema)
        self._places = {name: place for place, name in enumerate(schema.names)}
        media = [name for name in (image, *self._reading.audio_columns) if name]
        self.has_names = self.has_names or any(self._kind_of(name) == PATH for name in media)
        self._meanings = label_meanings(schema)
        self._texts = RowTexts(self._reading, self._meanings)
        known = text_columns(schema)
        wanted = {*self._reading.text_columns, self._reading.label_column}
        wanted |= {c for c in known if plain(c) in (*GROUP_NAMES, *SPLIT_NAMES)}
        columns = [c for c in known if c in wanted]
        used = {*media, *self._reading.text_columns}
        self._cells = field_columns(schema) if self._reading.with_fields else []
        self._cells = [column for column in self._cells if column not in used]
        columns += [c for c in self._cells if c not in columns]
        columns += [c for c in media if c not in columns and self._is_read(c, file)]
        if not columns:
            yield from ({} for _row in range(sum(file.group_rows)))
            return
        for batch in file.batches(columns, _BATCH):
            yield from batch.to_pylist()

    def _kind_of(self, column: str) -> str:
        return self._kinds.get(column, PATH)

    def _is_read(self, column: str, file: ColumnarFile) -> bool:
        """Whether a column of images or sounds has to be read to know which rows have one."""
        kind = self._kind_of(column)
        if kind == PATH:
            return True
        # Reading the bytes takes long, and is needed only where some rows have none.
        if file.null_count(column if kind == BYTES else f"{column}.bytes"):
            self._with_gaps.add(column)
        return column in self._with_gaps

    def _item(
        self, number: int, row: Mapping[str, Any], gathering: CaptionGrouping
    ) -> Iterator[RawSample]:
        key = f"{self._path}#{number}"
        try:
            texts = self._texts.texts(row)
            extras = self._split | self._texts.extras(row)
            found = self._find(self._reading.image_column, number, row)
            image = None if found is None else ImageRef(path=found[0], part=found[1])
        except RowError as error:
            self._ledger.mark_item_skipped(key, error.reason, error.detail)
            return
        members = self._members(number, row)
        sounds = members.sounds
        if image is not None and self._is_grouped(image, sounds, gathering):
            self.has_names = True
            gathering.add(image.path, texts, extras, key, members)
        elif image is not None or texts or sounds or members.cells:
            for ref in (*([image] if image else ()), *sounds.values()):
                self._ledger.mark_used(ref.path)
            yield RawSample(
                key=key,
                image=image,
                texts=tuple(texts),
                extras=gathering.share(extras),
                sounds=sounds,
                cells=members.cells,
            )
        else:
            detail = "it has neither an image nor a sound that is there, nor a text"
            self._ledger.mark_item_skipped(key, Reason.BAD_ROW, detail)

    def _is_grouped(
        self, image: ImageRef, sounds: Mapping[str, AudioRef], gathering: CaptionGrouping
    ) -> bool:
        """Whether a row adds to the item of its image file."""
        has_others = sounds and gathering.has_other_sounds(image.path, sounds)
        return image.part < 0 and not has_others

    def _members(self, number: int, row: Mapping[str, Any]) -> Members:
        """Return the sounds and cells of a row; class numbers are given by name."""
        sounds: dict[str, AudioRef] = {}
        for column in self._reading.audio_columns[:MAX_AUDIO_COLUMNS]:
            # The row may hold more than a sound.
            with suppress(RowError):
                if found := self._find(column, number, row):
                    sounds[column_of(column)] = AudioRef(path=found[0], part=found[1])
        values = {c: self._meanings.get(c, _same)(row.get(c)) for c in self._cells}
        cells = cells_of(values, ())
        if not sounds and not cells:
            return NO_MEMBERS
        return Members(sounds=sounds or NOTHING, cells=cells or NOTHING)

    def _find(self, column: str, number: int, row: Mapping[str, Any]) -> tuple[str, int] | None:
        """Return path and part of a row's image or sound; None if it has none.

        Raises:
            RowError: it names a file out of the source, or in the web.
        """
        if not column:
            return None
        value = row.get(column)
        content = value.get("bytes") if isinstance(value, dict) else value
        has_bytes = isinstance(content, bytes) and len(content) > 0
        if self._kind_of(column) != PATH and (has_bytes or column not in self._with_gaps):
            return self._path, (number - 1) * MAX_COLUMNS + self._places[column]
        name = value.get("path") if isinstance(value, dict) else value
        if not isinstance(name, str) or not name:
            return None
        index = self._indices[column in self._reading.audio_columns]
        path = find_image(index, name, self._folders)
        return None if path is None else (path, -1)


_LOOKED_AT = 50
_SNIFFED, _MAX_SNIFFED = 2, 25
"""Rows of a batch and batches that are read to find a column's first image or sound."""
_MAX_OPENED = 3
_MAX_COUNTED = 20
_USUAL = ("image", "img", "picture", "photo", "bytes", "image_bytes", "jpg", "png")
_RECENT: Recent[ColumnWindow] = Recent(most=3)


class Parquet:
    """Tables in columns."""

    name = "parquet"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect parquet files with images or sounds, going by the first of them."""
        tables, index, sounds = _tables(archive, listing), ImageIndex(listing), SoundIndex(listing)
        looks = [(path, _look(archive, path, index, sounds)) for path in tables[:_MAX_OPENED]]
        path, guess = next(((p, g) for p, g in looks if g and (g.image or g.sounds)), ("", None))
        if guess is None:
            return None
        return Detection(
            reading=ImportSpec(
                format=self.name,
                table=path if len(tables) == 1 else "",
                image_column=guess.image,
                text_columns=guess.texts,
                label_column=guess.label,
                audio_columns=guess.sounds,
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
        index, sounds = ImageIndex(listing), SoundIndex(listing)
        gathering = CaptionGrouping(ledger)
        has_loose = False
        for path in tables:
            guess = _look(archive, path, index, sounds)
            if guess is None:
                ledger.mark_skipped(
                    path, Reason.DAMAGED, "it is no parquet or Arrow file that can be read"
                )
                continue
            ledger.mark_used(path)
            scan = ParquetScan(archive, path, complete(reading, guess, path), ledger)
            yield from scan.items(index, sounds, gathering)
            has_loose = has_loose or scan.has_names
        yield from gathering.samples()
        done = FileSet(listing, chain(tables, gathering.paths))
        if has_loose:
            yield from offer_leftovers(listing, ledger, done)
        skip_leftovers(ledger, done)

    def load(self, archive: Archive, image: ImageRef) -> bytes:
        """Read the file of an image or a sound, or the bytes in its row."""
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
        guess = _look(archive, path, index, SoundIndex(listing))
        fields = _field_columns(archive, path)
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


def _look(archive: Archive, path: str, index: ImageIndex, sounds: SoundIndex) -> Guess | None:
    """Look at a file's schema and first rows; None if it cannot be read."""
    try:
        with archive.open(path) as stream:
            file = open_columnar(stream)
            schema = file.schema
            kinds = media_kinds(schema)
            texts = text_columns(schema)[:MAX_COLUMNS]
            batch = next(file.batches(texts, _LOOKED_AT), None)
            rows = batch.to_pylist() if batch is not None and texts else []
            inside = [column for column, kind in kinds.items() if kind != PATH]
            heard = [column for column in inside if _holds_sounds(file, column)]
    except (EntryError, *COLUMNAR_ERRORS):
        return None
    guess = guess_columns(rows, index, (folder_of(path), ""), sounds)
    columns = tuple(dict.fromkeys([*inside, *texts]))
    seen = [column for column in inside if column not in heard]
    guess = replace(guess, columns=columns, sounds=(*heard, *guess.sounds))
    if inside:
        guess = replace(guess, matched=1.0)
    if not seen:
        return guess
    usual = [column for column in seen if column.lower() in _USUAL]
    return replace(guess, image=(usual or seen)[0])


def _holds_sounds(file: ColumnarFile, column: str) -> bool:
    """Whether a column of bytes holds sounds, going by what it is declared as or its first rows."""
    try:
        notes = json.loads((file.schema.metadata or {}).get(b"huggingface", b"{}"))
        kind = notes["info"]["features"][column]["_type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        kind = ""
    if kind in ("Image", "Audio"):
        return kind == "Audio"
    for batch in islice(file.batches([column], _SNIFFED), _MAX_SNIFFED):
        for row in batch.to_pylist():
            value = row.get(column)
            content = value.get("bytes") if isinstance(value, dict) else value
            if isinstance(content, bytes) and content:
                return is_audio(content)
    return False


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
