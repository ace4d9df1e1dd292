"""Galleries that Diptych has saved.

Layout::

    columns.json        what the columns of the items are, and their members below
    metadata.jsonl      {"file_name": "000001.png", "speech_file_name": "000001.speech.wav",
                         "text": "a cat", "weight": 4.2}
    000001.png
    000001.speech.wav

Columns come back by name, several of a kind if need be; the fields of all tables are those of one
table. In galleries without ``columns.json``, the members of a line that are no files, texts or
provenance are cells, and further pictures are left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.gallery_info import (
    COLUMNS_FILE,
    FILE_NAME,
    MAX_INFO_BYTES,
    GalleryField,
    GalleryInfo,
    gallery_info_from_json,
)
from engine.data.table_cells import Cell
from engine.data.table_fields import FieldKind
from engine.errors import EntryError, SourceUnreadableError
from engine.importing.formats.columns import RowError, RowTexts, cell_of, find_image
from engine.importing.formats.format import (
    NOTHING,
    AudioRef,
    CaptionGrouping,
    Detection,
    FileListing,
    FileSet,
    ImageFileFormat,
    ImageRef,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import (
    ImageIndex,
    folder_of,
    image_paths,
    missing_table,
    offer_leftovers,
    split_extras,
)
from engine.importing.formats.sounds import SoundIndex
from engine.importing.formats.table_rows import Layout, Row, rows_of
from engine.importing.formats.tabular import TableScan
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import Archive

METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
README = "README.md"
PROVENANCE = ("run", "dataset", "images_seen", "step", "seed", "direction", "source_file")
"""Of a line, what the extras of its item keep."""

_MARKS = {"run", "images_seen", "config_hash"}
_NO_CELLS = (*PROVENANCE, "config_hash", "version", "notice")
_TEXT = "text"
_FURTHER_PICTURE = re.compile(r"\d+\.[a-z0-9_]+\.png")
_MAX_OPENED = 3
_ROWS_READ = 100


class Gallery(ImageFileFormat):
    """Items that a run of this program made."""

    name = "gallery"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a folder whose metadata carry a run's provenance."""
        tables = [table for table in _metadata(listing) if archive.selected_entry in ("", table)]
        members: dict[str, None] = {}
        for table in tables[:_MAX_OPENED]:
            with suppress(SourceUnreadableError):
                for row in islice(rows_of(archive, _layout(table)), 1):
                    members |= dict.fromkeys(row.values if row.values.keys() >= _MARKS else ())
        if not members:
            return None
        info = _info_beside(archive, listing, tables[0])
        if info is not None:
            return _detection(info, listing, tables)
        files = tuple(name for name in members if _is_file(name))
        cells = [name for name in members if name not in (*files, *_NO_CELLS, _TEXT)]
        return Detection(
            reading=ImportSpec(
                format=self.name,
                table=tables[0] if len(tables) == 1 else "",
                image_column=FILE_NAME,
                text_columns=(_TEXT,),
                with_fields=bool(cells),
            ),
            confidence=0.99,
            images=len(image_paths(listing)),
            columns=(FILE_NAME, _TEXT, *PROVENANCE, *files[1:], *cells),
            field_columns=tuple(cells),
            tables=tuple(tables),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items, with their provenance as extras."""
        tables = _metadata(listing)
        if reading.table or not tables:
            if listing.number_of(reading.table) < 0:
                raise missing_table(reading.table or METADATA)
            tables = [reading.table]
        index, gathering = ImageIndex(listing), CaptionGrouping(ledger)
        sounds = SoundIndex(listing, are_prepared=True)
        done = FileSet(listing, tables)
        for table in tables:
            ledger.mark_used(table)
            info = _info_beside(archive, listing, table)
            if info is None:
                chosen = replace(
                    reading,
                    image_column=FILE_NAME,
                    text_columns=reading.text_columns or (_TEXT,),
                    label_column="",
                    audio_columns=_file_members(archive, table),
                )
                scan = TableScan(archive, _layout(table), chosen, index, gathering, ledger, sounds)
                yield from scan.items(also=PROVENANCE, excluded=_NO_CELLS)
                continue
            ledger.mark_used(_info_path(table))
            done.update([_info_path(table)])
            for sample in _ItemRows(info, reading, table, index, sounds).items(archive, ledger):
                done.update(_files_of(sample))
                yield sample
        yield from gathering.samples()
        done.update(gathering.paths)
        _skip_no_items(ledger, done)
        yield from offer_leftovers(listing, ledger, done)


def _skip_no_items(ledger: FileLedger, done: FileSet) -> None:
    """Skip what is no item; other pictures that are left over become items without a text."""
    for path in done.left():
        name = path.rpartition("/")[2]
        detail = ""
        if name == CONTACT_SHEET:
            detail = "the gallery's contact sheet"  # It shows the pictures once more.
        elif name == README:
            detail = "the gallery's README"
        elif _FURTHER_PICTURE.fullmatch(name):
            detail = "a further picture of its item, whose column is not described"
        if detail:
            ledger.mark_skipped(path, Reason.NOT_USED, detail)
            done.update([path])


def _is_file(member: str) -> bool:
    """Whether a member of a line names a file."""
    return member == FILE_NAME or member.endswith(f"_{FILE_NAME}")


def _file_members(archive: Archive, table: str) -> tuple[str, ...]:
    """Return the members of a gallery's lines that name files, from the first lines."""
    rows = islice(rows_of(archive, _layout(table)), _ROWS_READ)
    return tuple(dict.fromkeys(name for row in rows for name in row.values if _is_file(name)))


def _metadata(listing: FileListing) -> list[str]:
    files = listing.of(".jsonl")
    return [entry.path for entry in files if entry.path.rpartition("/")[2] == METADATA]


def _layout(table: str) -> Layout:
    """The writer's own: it never varies."""
    return Layout(path=table, encoding="utf-8", kind="lines")


def _files_of(sample: RawSample) -> list[str]:
    refs = (*sample.pictures.values(), *sample.sounds.values())
    return [ref.path for ref in (*([sample.image] if sample.image else ()), *refs)]


def _info_path(table: str) -> str:
    folder = folder_of(table)
    return f"{folder}/{COLUMNS_FILE}" if folder else COLUMNS_FILE


def _info_beside(archive: Archive, listing: FileListing, table: str) -> GalleryInfo | None:
    """Read what is stated of the columns; None if nothing is, or it is damaged."""
    path = _info_path(table)
    if listing.number_of(path) < 0:
        return None
    try:
        return gallery_info_from_json(archive.read(path, MAX_INFO_BYTES))
    except (EntryError, ValueError):
        return None


def _detection(info: GalleryInfo, listing: FileListing, tables: Sequence[str]) -> Detection:
    """Propose what a gallery states of its columns."""
    first = {kind: info.of_kind(kind)[:1] for kind in (IMAGE, TEXT, TABLE)}
    fields = _fields(info)
    texts = tuple(column.member for column in first[TEXT])
    files = [column.member for kind in (IMAGE, AUDIO) for column in info.of_kind(kind)]
    further = [column.member for column in info.of_kind(TEXT)[1:]]
    return Detection(
        reading=ImportSpec(
            format=Gallery.name,
            table=tables[0] if len(tables) == 1 else "",
            image_column=files[0] if files else "",
            text_columns=texts,
            with_fields=bool(fields),
            names=tuple((kind, found[0].name) for kind, found in first.items() if found),
            fields=tuple((name, FieldKind(field.kind)) for name, field in fields.items()),
            notice=info.notice,
        ),
        confidence=0.99,
        images=len(image_paths(listing)),
        columns=(*files, *texts, *further, *PROVENANCE, *(f.member for f in fields.values())),
        field_columns=tuple(fields),
        tables=tuple(tables),
    )


def _fields(info: GalleryInfo) -> dict[str, GalleryField]:
    """Return the fields of all tables by their names, which those of further tables may change."""
    found: dict[str, GalleryField] = {}
    for column in info.of_kind(TABLE):
        for field in column.fields:
            name = field.name if field.name not in found else field.member
            if name not in found:
                found[name] = field
    return found


@dataclass(frozen=True)
class _ItemRows:
    """Makes items of lines whose members are described."""

    info: GalleryInfo
    reading: ImportSpec
    table: str
    images: ImageIndex
    sounds: SoundIndex

    def items(self, archive: Archive, ledger: FileLedger) -> Iterator[RawSample]:
        """Yield the items of all lines.

        Raises:
            SourceUnreadableError: the lines cannot be read, or no further.
        """
        keys: set[str] = set()
        for row in rows_of(archive, _layout(self.table)):
            key = f"{self.table}#{row.number}"
            try:
                sample = self._item(key, row)
            except RowError as error:
                ledger.mark_item_skipped(key, error.reason, error.detail)
                continue
            files = _files_of(sample)
            for path in files:
                ledger.mark_used(path)
            # An item has the name of its first file, unless an earlier line has named it.
            if files and files[0] not in keys:
                keys.add(files[0])
                sample = replace(sample, key=files[0])
            yield sample

    def _item(self, key: str, row: Row) -> RawSample:
        if row.problem:
            raise RowError(Reason.BAD_ROW, row.problem)
        values = row.values
        pictures = {n: ImageRef(path=path) for n, path in self._files(IMAGE, values).items()}
        sounds = {
            name: AudioRef(path=path, is_prepared=True)
            for name, path in self._files(AUDIO, values).items()
        }
        texts = tuple(RowTexts(self.reading).texts(values))
        further = self._further_texts(values)
        cells = self._cells(values)
        paths = [ref.path for ref in (*pictures.values(), *sounds.values())]
        if not (paths or texts or further or cells):
            raise RowError(Reason.BAD_ROW, "it has nothing that its columns name")
        first = next((column.name for column in self.info.of_kind(IMAGE)), "")
        known = {name: values.get(name) for name in (*PROVENANCE, self.reading.label_column)}
        extras = RowTexts(self.reading).extras(known, PROVENANCE)
        return RawSample(
            key=key,
            image=pictures.pop(first, None),
            texts=texts,
            extras=split_extras(self.table) | extras,
            sounds=sounds or NOTHING,
            cells=cells or NOTHING,
            pictures=pictures or NOTHING,
            further_texts=further or NOTHING,
        )

    def _files(self, kind: str, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the files of a kind that are there, by column."""
        index = self.images if kind == IMAGE else self.sounds
        found: dict[str, str] = {}
        for column in self.info.of_kind(kind):
            name = values.get(column.member)
            if isinstance(name, str) and (
                path := find_image(index, name, (folder_of(self.table), ""))
            ):
                found[column.name] = path
        return found

    def _further_texts(self, values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for column in self.info.of_kind(TEXT)[1:]:
            if column.member not in self.reading.text_columns:
                chosen = ImportSpec(format=Gallery.name, text_columns=(column.member,))
                found[column.name] = tuple(RowTexts(chosen).texts(values))
        return {name: texts for name, texts in found.items() if texts}

    def _cells(self, values: Mapping[str, Any]) -> dict[str, Cell]:
        fields = _fields(self.info) if self.reading.with_fields else {}
        return {name: cell_of(values.get(field.member)) for name, field in fields.items()}
