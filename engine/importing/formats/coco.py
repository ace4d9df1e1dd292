"""COCO's annotations: captions, or else the names of the categories of its boxes.

Layout::

    captions_val2017.json   {"images": [{"id": 7, "file_name": "000007.jpg"}],
                             "annotations": [{"image_id": 7, "caption": "a cat"}]}
    instances_val2017.json  {"images": [...], "categories": [{"id": 18, "name": "dog"}],
                             "annotations": [{"image_id": 7, "category_id": 18, "bbox": [...]}]}
    val2017/
        000007.jpg

The JSON file is streamed, because COCO's own does not fit into little memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.formats.columns import RowError, find_image
from engine.importing.formats.format import (
    MAX_CAPTIONS,
    CaptionGrouping,
    Detection,
    FileListing,
    FileSet,
    ImageFileFormat,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.json_stream import JsonBrokenError, JsonStream
from engine.importing.formats.names import (
    ImageIndex,
    folder_of,
    folders_named,
    missing_table,
    offer_leftovers,
    split_extras,
    stem_of,
)
from engine.importing.formats.streams import STREAM_ERRORS, encoding_of, text_of
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Archive


@dataclass(slots=True)
class _Image:
    name: str = ""
    captions: list[str] = field(default_factory=list)
    categories: dict[str, None] = field(default_factory=dict)
    """Numbers of the categories of its boxes, in their order."""


class CocoScan:
    """Reads the samples of one file of captions."""

    def __init__(
        self,
        archive: Archive,
        table: str,
        listing: FileListing,
        index: ImageIndex,
        ledger: FileLedger,
    ) -> None:
        self._archive, self._table, self._index = archive, table, index
        self._ledger = ledger
        self._folders = (folder_of(table), "", *folders_named(listing, stem_of(table)))
        self._extras = split_extras(table, of_table=True)
        # An annotation may come before its image, so both lists are grouped by the image's number.
        self._images: dict[str, _Image] = {}
        self._categories: dict[str, str] = {}

    def items(self, encoding: str, gathering: CaptionGrouping) -> Iterator[RawSample]:
        """Group captions by image, and yield those whose image is missing as samples.

        An image without captions has one that lists the categories of its boxes.

        Raises:
            SourceUnreadableError: it is no JSON at all, or cannot be read.
        """
        self._read(JsonStream(text_of(self._archive, self._table, encoding), encoding))
        for number, image in self._images.items():
            key = f"{self._table}#images/{number}"
            names = [self._categories[n] for n in image.categories if n in self._categories]
            if names and not image.captions:
                image.captions = [", ".join(names)]
            try:
                path = find_image(self._index, image.name, self._folders)
            except RowError as error:
                self._ledger.mark_item_skipped(key, error.reason, error.detail)
                continue
            if path:
                gathering.add(path, image.captions, self._extras, key)
            elif image.captions:
                extras = self._extras | ({"missing_image": image.name} if image.name else {})
                yield RawSample(key=key, image=None, texts=tuple(image.captions), extras=extras)
            else:
                self._ledger.mark_item_skipped(key, Reason.BAD_ROW, f"{image.name} is not there")

    def _read(self, stream: JsonStream) -> None:
        try:
            for key in stream.members():
                readers = {
                    "images": self._read_image,
                    "annotations": self._read_annotation,
                    "categories": self._read_category,
                }
                if key not in readers or stream.peek() != "[":
                    stream.skip()
                    continue
                for number, item in enumerate(stream.items(), 1):
                    if problem := readers[key](item.value):
                        self._ledger.mark_item_skipped(f"{self._table}#{key}/{number}", *problem)
        except JsonBrokenError as error:
            if not self._images:
                table = self._archive.source / self._table
                raise SourceUnreadableError(table, str(error)) from error
            self._ledger.mark_item_skipped(f"{self._table}#end", Reason.BAD_ROW, str(error))

    def _read_image(self, value: object) -> tuple[Reason, str] | None:
        match value:
            case {"id": int() | str() as number, "file_name": str(name)} if len(name) < 4_096:
                self._of(number).name = name
                return None
            case _:
                return Reason.BAD_ROW, "it has no id or no file name"

    def _read_category(self, value: object) -> tuple[Reason, str] | None:
        match value:
            case {"id": int() | str() as number, "name": str(name)} if name.strip():
                self._categories[str(number)[:100]] = name.strip()[:1_000]
                return None
            case _:
                return Reason.BAD_ROW, "it has no id or no name"

    def _read_annotation(self, value: object) -> tuple[Reason, str] | None:
        match value:
            case {"image_id": int() | str() as number, "caption": str(text)} if text.strip():
                captions, text = self._of(number).captions, text.strip()
            case {"image_id": int() | str() as number, "category_id": int() | str() as category}:
                self._of(number).categories[str(category)[:100]] = None
                return None
            case _:
                return Reason.BAD_ROW, "it has no caption, no category or no image"
        if len(text) > LIMITS.text_bytes:
            return Reason.TOO_LARGE, "the caption is too long"
        if "\ufffd" in text:
            return Reason.BAD_ENCODING, "it holds bytes that are no text"
        if len(captions) >= MAX_CAPTIONS:
            return Reason.BAD_ROW, "its image has too many captions"
        captions.append(text)
        return None

    def _of(self, number: int | str) -> _Image:
        return self._images.setdefault(str(number)[:100], _Image())


_HEAD = 1 << 17
_MAX_OPENED = 8
_IMAGES = re.compile(rb'"images"\s*:\s*\[')
_NAMED = re.compile(rb'"file_name"\s*:')
_TEXTS = (re.compile(rb'"caption"\s*:'), re.compile(rb'"category_id"\s*:'))
"""What the annotations have, the better first."""


class Coco(ImageFileFormat):
    """Captions or categories as the COCO datasets have them."""

    name = "coco"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect JSON files that hold images and captions, going by start and end."""
        tables = _tables(archive, listing)
        if not tables:
            return None
        index = ImageIndex(listing)
        return Detection(
            reading=ImportSpec(format=self.name, table=tables[0] if len(tables) == 1 else ""),
            confidence=0.97 if index.paths else 0.3,
            images=len(index.paths),
            columns=("caption",),
            tables=tuple(tables),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the images with all their captions, then captions whose image is not there."""
        tables = [reading.table] if reading.table else _tables(archive, listing)
        if not tables or any(listing.number_of(table) < 0 for table in tables):
            raise missing_table(reading.table or "captions")
        index, gathering = ImageIndex(listing), CaptionGrouping(ledger)
        for table in tables:
            ledger.mark_used(table)
            encoding = encoding_of(archive, table, reading.encoding)
            ledger.encodings[encoding] += 1
            scan = CocoScan(archive, table, listing, index, ledger)
            yield from scan.items(encoding, gathering)
        yield from gathering.samples()
        done = FileSet(listing, chain(tables, gathering.paths))
        yield from offer_leftovers(listing, ledger, done)


def _tables(archive: Archive, listing: FileListing) -> list[str]:
    files = [e for e in listing.of(".json") if archive.selected_entry in ("", e.path)]
    # Those that are called so first, then the largest.
    files.sort(key=lambda e: ("caption" not in e.path.lower(), -e.size, e.path))
    heads = {e.path: _head_of(archive, e.path, e.size) for e in files[:_MAX_OPENED]}
    for texts in _TEXTS:
        if found := sorted(path for path, head in heads.items() if texts.search(head)):
            return found
    return []


def _head_of(archive: Archive, path: str, size: int) -> bytes:
    """Return the start and end of a file that lists images as COCO's do; empty for others."""
    try:
        with archive.open(path) as stream:
            content = stream.read(_HEAD)
            if size > 2 * _HEAD:
                stream.seek(size - _HEAD)
            content += stream.read(_HEAD)
    except (EntryError, *STREAM_ERRORS):
        return b""
    # "images" may come after all annotations, in the middle of a large file.
    has_images = bool(_IMAGES.search(content)) or size > 2 * _HEAD
    return content if has_images and _NAMED.search(content) else b""
