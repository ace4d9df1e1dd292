"""Galleries that Diptych has saved.

Layout::

    metadata.jsonl      {"file_name": "0001.png", "text": "a cat"}
    0001.png
"""

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
from engine.importing.formats.table_rows import Layout, rows_of
from engine.importing.formats.tabular import TableScan
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import Archive

METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
PROVENANCE = ("run", "dataset", "images_seen", "step", "seed", "direction", "source_file")
"""Of a pair's line, what its extras keep."""

_MARKS = {"file_name", "text", "run", "images_seen", "config_hash"}
_MAX_OPENED = 3


class Gallery(ImageFileFormat):
    """Pairs that a run of this program made."""

    name = "gallery"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a folder whose metadata carry a run's provenance."""
        tables = [table for table in _metadata(listing) if archive.selected_entry in ("", table)]
        columns: set[str] = set()
        for table in tables[:_MAX_OPENED]:
            with suppress(SourceUnreadableError):
                row = next(islice(rows_of(archive, _layout(table)), 1), None)
                columns |= row.values.keys() if row and row.values.keys() >= _MARKS else set()
        if not columns:
            return None
        return Detection(
            reading=ImportSpec(
                format=self.name,
                table=tables[0] if len(tables) == 1 else "",
                image_column="file_name",
                text_columns=("text",),
            ),
            confidence=0.99,
            images=len(image_paths(listing)),
            columns=("file_name", "text", *PROVENANCE),
            tables=tuple(tables),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the pairs, with their provenance as extras."""
        tables = _metadata(listing)
        if reading.table or not tables:
            if reading.table not in {entry.path for entry in listing.entries}:
                raise missing_table(reading.table or METADATA)
            tables = [reading.table]
        index, gathering = ImageIndex(listing), CaptionGrouping(ledger)
        texts = reading.text_columns or ("text",)
        chosen = replace(reading, image_column="file_name", text_columns=texts, label_column="")
        for table in tables:
            ledger.mark_used(table)
            scan = TableScan(archive, _layout(table), chosen, index, gathering, ledger)
            yield from scan.items(also=PROVENANCE)
        yield from gathering.samples()
        done = {*tables, *gathering.paths}
        for entry in listing.entries:
            # It shows the pictures once more.
            if entry.path.rpartition("/")[2] == CONTACT_SHEET and entry.path not in done:
                ledger.mark_skipped(entry.path, Reason.NOT_USED, "the gallery's contact sheet")
                done.add(entry.path)
        yield from offer_leftovers(listing, ledger, done)


def _metadata(listing: FileListing) -> list[str]:
    files = listing.of(".jsonl")
    return [entry.path for entry in files if entry.path.rpartition("/")[2] == METADATA]


def _layout(table: str) -> Layout:
    """The writer's own: it never varies."""
    return Layout(path=table, encoding="utf-8", kind="lines")
