"""Tables with a row for each image, sound or caption: CSV, TSV, JSON and JSON lines.

Layout::

    captions.csv            file_name,text
    images/                 001.jpg,a cat
        001.jpg

    train/                  or a table in each folder, as ``datasets.ImageFolder`` and
                            ``datasets.AudioFolder`` have them
        metadata.jsonl      {"file_name": "001.jpg", "text": "a cat"}
        001.jpg
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice

from engine.errors import ConfigError, EntryError, Problem, SourceUnreadableError
from engine.importing.formats.columns import (
    Guess,
    RowError,
    RowTexts,
    cells_of,
    complete,
    find_image,
    guess_columns,
    is_embedded,
    place_in,
    read_embedded,
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
    suffix_of,
)
from engine.importing.formats.names import (
    ImageIndex,
    ImageNameError,
    folder_of,
    image_paths,
    missing_table,
    offer_leftovers,
    split_extras,
    stem_of,
)
from engine.importing.formats.sounds import (
    MAX_AUDIO_COLUMNS,
    SoundIndex,
    is_sound,
    sound_paths,
)
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.formats.table_rows import (
    TABLE_SUFFIXES,
    Layout,
    NoTableError,
    Row,
    layout_of,
    rows_of,
)
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import StringSet
from engine.importing.sources.archive import LIMITS, Archive


class TableScan:
    """Reads the samples of one table."""

    def __init__(
        self,
        archive: Archive,
        layout: Layout,
        reading: ImportSpec,
        index: ImageIndex,
        gathering: CaptionGrouping,
        ledger: FileLedger,
        sounds: SoundIndex,
    ) -> None:
        self._archive, self._layout, self._index = archive, layout, index
        self._gathering, self._ledger, self._sounds = gathering, ledger, sounds
        self._reading, self._column = reading, reading.image_column
        self._used = {reading.image_column, *reading.text_columns, *reading.audio_columns}
        self._also: Sequence[str] = ()
        self._mapping = RowTexts(reading)
        self._folders = (folder_of(layout.path), "")
        self._split = split_extras(layout.path)

    def items(self, also: Sequence[str] = (), excluded: Sequence[str] = ()) -> Iterator[RawSample]:
        """Yield the table's own items; what belongs to an image or a sound goes to the gathering.

        Args:
            also: columns that the extras keep.
            excluded: columns that are no cells.

        Raises:
            SourceUnreadableError: the table cannot be read, or no further.
        """
        self._also = also
        self._used |= set(excluded)
        for row in rows_of(self._archive, self._layout):
            key = f"{self._layout.path}#{row.number}"
            try:
                sample = self._item(key, row)
            except RowError as error:
                self._ledger.mark_item_skipped(key, error.reason, error.detail)
            else:
                if sample:
                    yield sample

    def _item(self, key: str, row: Row) -> RawSample | None:
        """Make an item of a row, or give its captions to its image."""
        if row.problem:
            raise RowError(Reason.BAD_ROW, row.problem)
        name = row.values.get(self._column)
        texts = self._mapping.texts(row.values)
        extras = self._split | self._mapping.extras(row.values, self._also)
        if isinstance(name, str) and is_embedded(name):
            place = place_in(row.raw, name, self._layout.encoding) if row.offset >= 0 else None
            if place is None:
                raise RowError(Reason.BAD_ROW, "its image is no base64 that can be read in place")
            image = ImageRef(path=self._layout.path, part=row.offset + place)
            shared = self._gathering.share(extras)
            return self._sample(key, image, texts, shared, self._members(row))
        path, members = self._path(name), self._members(row)
        sounds = [sound.path for sound in members.sounds.values()]
        owner = path or next(iter(sounds), "")
        if owner and (not sounds or not self._gathering.has_other_sounds(owner, members.sounds)):
            self._gathering.add(owner, texts, extras, key, members)
            return None
        if not texts and not owner and not members.cells:
            raise RowError(Reason.BAD_ROW, self._lacking)
        missing = {"missing_image": str(name)[:1_000]} if name and not owner else {}
        shared = self._gathering.share(extras | missing)
        return self._sample(key, ImageRef(path=path) if path else None, texts, shared, members)

    @property
    def _lacking(self) -> str:
        if self._reading.audio_columns and not self._column:
            return "it has neither a sound that is there nor a text"
        return "it has neither an image that is there nor a text"

    def _sample(
        self,
        key: str,
        image: ImageRef | None,
        texts: Sequence[str],
        extras: Mapping[str, str],
        members: Members,
    ) -> RawSample:
        """Make the sample of a row that no other row adds to."""
        files = [sound.path for sound in members.sounds.values()]
        for file in (*files, *([image.path] if image else ())):
            self._ledger.mark_used(file)
        return RawSample(
            key=key,
            image=image,
            texts=tuple(texts),
            extras=extras,
            sounds=members.sounds,
            cells=members.cells,
        )

    def _members(self, row: Row) -> Members:
        sounds = {
            self._sounds.column_of(column, path): AudioRef(
                path=path, is_prepared=self._sounds.are_prepared
            )
            for column in self._reading.audio_columns[:MAX_AUDIO_COLUMNS]
            if (path := self._sound(row.values.get(column)))
        }
        cells = cells_of(row.values, self._used) if self._reading.with_fields else {}
        if not sounds and not cells:
            return NO_MEMBERS
        return Members(sounds=sounds or NOTHING, cells=cells or NOTHING)

    def _sound(self, name: object) -> str | None:
        if not isinstance(name, str) or not is_sound(name):
            return None
        # The row may hold more than a sound; one without anything has a reason of its own.
        with suppress(ImageNameError):
            return self._sounds.find(name, self._folders)
        return None

    def _path(self, name: object) -> str | None:
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if name is None or name == "":
            return None
        if not isinstance(name, str):
            raise RowError(Reason.BAD_ROW, f"'{self._column}' holds no name of a file")
        return find_image(self._index, name, self._folders)


METADATA = "metadata"
"""Stem of the tables of Hugging Face's ImageFolder."""
_MAX_OPENED = 6
_LOOKED_AT = 100
_PLAIN_TEXT = ".txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    layout: Layout
    guess: Guess

    @property
    def has_media(self) -> bool:
        """Whether a column holds images or sounds."""
        return bool(self.guess.image or self.guess.sounds)


class TableFile:
    """A table beside images, or with the images in it."""

    name = "table_file"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect the table whose rows find the most images."""
        index, sounds = ImageIndex(listing), SoundIndex(listing)
        tables = possible_tables(archive, listing)
        found = [(path, _look(archive, path, index, sounds)) for path in tables[:_MAX_OPENED]]
        known = {path: table for path, table in found if table and table.has_media}
        if not known:
            return None
        # "max" keeps the first of equals, and the likeliest comes first.
        best = max(known, key=lambda path: known[path].guess.matched)
        guess = known[best].guess
        is_metadata = stem_of(best) == METADATA
        confidence = 0.96 if is_metadata or archive.selected_entry else 0.95
        if not guess.matched and not archive.selected_entry:
            confidence = 0.1
        elif not guess.texts and not guess.flags:
            confidence = 0.15
        elif guess.matched < 0.5 and not is_metadata:
            # A text of its own says more about an image than the name of its folder.
            confidence = 0.65 + 0.3 * guess.matched
        reading = ImportSpec(
            format=self.name,
            table="" if is_metadata and not archive.selected_entry else best,
            image_column=guess.image,
            text_columns=guess.texts,
            flag_columns=guess.flags,
            label_column=guess.label,
            audio_columns=guess.sounds,
        )
        return Detection(
            reading=reading,
            confidence=confidence,
            images=len(index.paths) or _LOOKED_AT,
            columns=guess.columns,
            field_columns=guess.columns,
            tables=tuple(tables[:MAX_LISTED]),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items: first those of the table's own, then images with all their captions."""
        index, sounds = ImageIndex(listing), SoundIndex(listing)
        gathering = CaptionGrouping(ledger)
        tables = _chosen(archive, listing, reading, index, sounds)
        for table in tables:
            ledger.mark_used(table.layout.path)
            ledger.encodings[table.layout.encoding] += 1
            chosen = complete(reading, table.guess, table.layout.path)
            scan = TableScan(archive, table.layout, chosen, index, gathering, ledger, sounds)
            yield from scan.items()
        yield from gathering.samples()
        done = FileSet(listing, (table.layout.path for table in tables))
        done.update(gathering.paths)
        yield from offer_leftovers(listing, ledger, done)

    def load(self, archive: Archive, image: ImageRef) -> bytes:
        """Read an image's file, or its bytes from the table."""
        if image.part < 0:
            return archive.read(image.path, LIMITS.file_bytes)
        try:
            with archive.open(image.path) as stream:
                return read_embedded(stream, image.part)
        except STREAM_ERRORS as error:
            raise EntryError(image.path, Reason.DAMAGED, str(error)) from error


def table_alone(archive: Archive, listing: FileListing) -> Detection | None:
    """Detect a table whose rows are items of their own, without images or sounds.

    No source is read so unless the user asks for it: most such tables are something else.
    """
    index, sounds = ImageIndex(listing, ()), SoundIndex(listing)
    for path in possible_tables(archive, listing)[:_MAX_OPENED]:
        table = _look(archive, path, index, sounds)
        if table is not None and len(table.guess.columns) > 1:
            return Detection(
                reading=ImportSpec(
                    format=TableFile.name,
                    table=path,
                    text_columns=table.guess.sentences,
                    label_column=table.guess.label,
                    with_fields=True,
                ),
                confidence=0.0,
                images=0,
                columns=table.guess.columns,
                field_columns=table.guess.columns,
                tables=(path,),
            )
    return None


def possible_tables(archive: Archive, listing: FileListing) -> list[str]:
    """Return the files that may be tables, the likeliest first; only the selected one, if any."""
    if selected := archive.selected_entry:
        return [selected] if suffix_of(selected) in TABLE_SUFFIXES else []
    tables = listing.of(*TABLE_SUFFIXES)
    places = StringSet(_place_of(entry.path) for entry in tables)
    is_taken = bytearray(len(places))
    for path in chain(image_paths(listing), sound_paths(listing)) if tables else ():
        number = places.find(_place_of(path))
        if number >= 0:
            is_taken[number] = True
    found = [entry for entry in tables if not is_taken[places.find(_place_of(entry.path))]]
    found.sort(
        key=lambda e: (
            stem_of(e.path) != METADATA,
            suffix_of(e.path) == _PLAIN_TEXT,
            e.path.count("/"),
            -e.size,
            e.path,
        )
    )
    return [entry.path for entry in found]


def _place_of(path: str) -> str:
    """Folder and stem: a table beside an image of its name is that image's sidecar."""
    return f"{folder_of(path)}/{stem_of(path)}"


def _open_table(
    archive: Archive, path: str, index: ImageIndex, sounds: SoundIndex, encoding: str = ""
) -> _Table:
    """Read the first rows of a table."""
    layout = layout_of(archive, path, encoding)
    rows = [row.values for row in islice(rows_of(archive, layout), _LOOKED_AT) if row.values]
    folders = (folder_of(path), "")
    return _Table(layout=layout, guess=guess_columns(rows, index, folders, sounds))


def _look(
    archive: Archive, path: str, index: ImageIndex, sounds: SoundIndex, encoding: str = ""
) -> _Table | None:
    """Read the first rows of what may be a table; None if it is none."""
    try:
        return _open_table(archive, path, index, sounds, encoding)
    except (NoTableError, ConfigError, SourceUnreadableError):
        return None


def _chosen(
    archive: Archive,
    listing: FileListing,
    reading: ImportSpec,
    index: ImageIndex,
    sounds: SoundIndex,
) -> list[_Table]:
    """Find the tables to read: the one that is named, or all of ImageFolder's, or the best."""
    if reading.table:
        if listing.number_of(reading.table) < 0:
            raise missing_table(reading.table)
        try:
            return [_open_table(archive, reading.table, index, sounds, reading.encoding)]
        except NoTableError as error:
            message = f"names a file that is no table: {reading.table}"
            raise ConfigError([Problem("reading.table", message)]) from error
    paths = possible_tables(archive, listing)
    folders = [p for p in paths if stem_of(p) == METADATA]
    if folders:
        tables = [_look(archive, path, index, sounds, reading.encoding) for path in sorted(folders)]
        return [table for table in tables if table]
    looks = [_look(archive, path, index, sounds, reading.encoding) for path in paths[:_MAX_OPENED]]
    tables = [table for table in looks if table and (table.has_media or reading.with_fields)]
    if not tables:
        raise ConfigError([Problem("reading.table", "is not given, and no table is found")])
    return [max(tables, key=lambda table: table.guess.matched)]
