"""Galleries that Diptych has saved.

Layout::

    metadata.jsonl      {"file_name": "000001.png", "speech_file_name": "000001.speech.wav",
                         "text": "a cat", "weight": 4.2}
    000001.png
    000001.speech.wav

Columns of sounds come back by name. The members of a line that are no files, texts or provenance
are cells.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from engine.errors import SourceUnreadableError
from engine.importing.formats.format import (
    CaptionGrouping,
    Detection,
    FileListing,
    ImageFileFormat,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import ImageIndex, image_paths, missing_table, offer_leftovers
from engine.importing.formats.sounds import SoundIndex
from engine.importing.formats.table_rows import Layout, rows_of
from engine.importing.formats.tabular import TableScan
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import Archive

METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
PROVENANCE = ("run", "dataset", "images_seen", "step", "seed", "direction", "source_file")
"""Of a line, what the extras of its item keep."""

_MARKS = {"run", "images_seen", "config_hash"}
_NO_CELLS = (*PROVENANCE, "config_hash", "version")
_FILE_NAME, _TEXT = "file_name", "text"
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
        files = tuple(name for name in members if _is_file(name))
        cells = [name for name in members if name not in (*files, *_NO_CELLS, _TEXT)]
        return Detection(
            reading=ImportSpec(
                format=self.name,
                table=tables[0] if len(tables) == 1 else "",
                image_column=_FILE_NAME,
                text_columns=(_TEXT,),
                with_fields=bool(cells),
            ),
            confidence=0.99,
            images=len(image_paths(listing)),
            columns=(_FILE_NAME, _TEXT, *PROVENANCE, *files[1:], *cells),
            field_columns=tuple(cells),
            tables=tuple(tables),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items, with their provenance as extras."""
        tables = _metadata(listing)
        if reading.table or not tables:
            if reading.table not in {entry.path for entry in listing.entries}:
                raise missing_table(reading.table or METADATA)
            tables = [reading.table]
        index, gathering = ImageIndex(listing), CaptionGrouping(ledger)
        sounds = SoundIndex(listing, are_prepared=True)
        for table in tables:
            ledger.mark_used(table)
            chosen = replace(
                reading,
                image_column=_FILE_NAME,
                text_columns=reading.text_columns or (_TEXT,),
                label_column="",
                audio_columns=_file_members(archive, table),
            )
            scan = TableScan(archive, _layout(table), chosen, index, gathering, ledger, sounds)
            yield from scan.items(also=PROVENANCE, excluded=_NO_CELLS)
        yield from gathering.samples()
        done = {*tables, *gathering.paths}
        for entry in listing.entries:
            # It shows the pictures once more.
            if entry.path.rpartition("/")[2] == CONTACT_SHEET and entry.path not in done:
                ledger.mark_skipped(entry.path, Reason.NOT_USED, "the gallery's contact sheet")
                done.add(entry.path)
            elif _FURTHER_PICTURE.fullmatch(entry.path.rpartition("/")[2]):
                detail = "a further picture of its item: one column of pictures is imported"
                ledger.mark_skipped(entry.path, Reason.NOT_USED, detail)
                done.add(entry.path)
        yield from offer_leftovers(listing, ledger, done)


def _is_file(member: str) -> bool:
    """Whether a member of a line names a file."""
    return member == _FILE_NAME or member.endswith(f"_{_FILE_NAME}")


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
