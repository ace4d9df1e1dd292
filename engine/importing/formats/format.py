"""The interface of a format, and the types that it passes on: samples, specs and detections.

A format detects one layout of images and texts in a source and lists its samples, without decoding
an image. Adding a format takes a file in this package and a line in ``registry``.

Shapes: H height, W width, C channels.
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from engine.data.table_cells import Cell
from engine.data.table_fields import FieldKind
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import Lazy, Numbers, Picked, StringIndex, Strings, StringSet
from engine.importing.sources.archive import LIMITS, Archive, FileEntry

Pixels = npt.NDArray[np.uint8]
"""[H, W] or [H, W, C]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """The location of an image. Small, so that a million of them fit into memory."""

    path: str
    """Path of a file of the source."""
    part: int = -1
    """Which of several in that file (row of a table, image of an IDX file, byte offset of a
    shard's member); -1 where the file is the image."""
    frame: int = 0
    """Which frame or page of the image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioRef:
    """The location of a sound."""

    path: str
    """Path of a file of the source."""
    part: int = -1
    """Which of several in that file, as in ``ImageRef``; -1 where the file is the sound."""
    is_prepared: bool = False
    """Whether a gallery of this program holds it, so that its wave is stored as it is."""


NOTHING: Mapping[str, Any] = {}
"""Shared by all samples that have no sounds or cells, to save memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawSample:
    """One sample before its image is decoded and checked."""

    key: str
    """Identifies it within the source, always the same: the image's path, or ``table.csv#12``."""
    image: ImageRef | None
    texts: tuple[str, ...]
    """All its captions, as found; none for an image-only item."""
    extras: Mapping[str, str] = field(default_factory=dict)
    """What else is known: ``label``, ``group``, ``split``."""
    sounds: Mapping[str, AudioRef] = field(default_factory=lambda: NOTHING)
    """By column of the dataset."""
    cells: Mapping[str, Cell] = field(default_factory=lambda: NOTHING)
    """By field of the table, as the source holds them."""
    pictures: Mapping[str, ImageRef] = field(default_factory=lambda: NOTHING)
    """Pictures of further columns of the dataset."""
    further_texts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NOTHING)
    """Captions of further columns of the dataset."""

    @property
    def split_key(self) -> str:
        """Key that decides the split: that of the first frame, so that no file is in both."""
        is_later = self.image is not None and self.image.frame > 0
        return self.key.rpartition("#")[0] if is_later else self.key


class FileEntries(Lazy[FileEntry]):
    """The files of a source, in the archive's order; grows while the source is listed."""

    def __init__(self, entries: Iterable[FileEntry] = ()) -> None:
        self.paths = Strings()
        self.places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        """The numbers of the files of each suffix."""
        self.sizes = array("Q")
        """Bytes of each file."""
        for entry in entries:
            self.append(entry)

    def append(self, entry: FileEntry) -> None:
        """Append a file."""
        path = entry.path
        self.places[suffix_of(path)].append(len(self.sizes))
        self.paths.append(path)
        self.sizes.append(entry.size)

    def entry(self, number: int) -> FileEntry:
        """Return a file."""
        return FileEntry(path=self.paths.entry(number), size=self.sizes[number])

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, kw_only=True)
class FileListing:
    """The files of a source. Each has a number: its place in ``entries``."""

    entries: Sequence[FileEntry]
    """All files, in the archive's order."""
    suffixes: Mapping[str, int]
    """How many files there are of each suffix, lower case with its dot."""
    unnamed_images: frozenset[str] = frozenset()
    """Files without a suffix that start as an image does; looked for where no file is named like
    an image."""

    def of(self, *suffixes: str) -> Sequence[FileEntry]:
        """Return the files of some suffixes (``.jpg``; empty for none), in order."""
        return Picked(self.entries, self.numbers_of(suffixes))

    def numbers_of(self, suffixes: Iterable[str]) -> Numbers:
        """Return the numbers of the files of some suffixes, ascending."""
        places = self._packed.places
        found = [np.array(places.get(each, ()), np.int64) for each in ("\0", *set(suffixes))]
        return np.sort(np.concatenate(found))

    def size_of(self, suffixes: Iterable[str]) -> int:
        """Return the bytes of the files of some suffixes."""
        return int(np.array(self._packed.sizes)[self.numbers_of(suffixes)].sum())

    @property
    def paths(self) -> Sequence[str]:
        """The paths of all files, in order."""
        return self._packed.paths

    def number_of(self, path: str) -> int:
        """Return the number of a file, -1 if there is none of this path."""
        return self._index.find(path)

    @cached_property
    def _index(self) -> StringIndex:
        return StringIndex(self.paths)

    @cached_property
    def _packed(self) -> FileEntries:
        entries = self.entries
        return entries if isinstance(entries, FileEntries) else FileEntries(entries)


class FileSet(Collection[str]):
    """Some files of a listing, in its order.

    Args:
        listing: of the source.
        paths: of the files, of which those that are not in the listing are left out.
        numbers: of further files.
    """

    def __init__(
        self,
        listing: FileListing,
        paths: Iterable[str] = (),
        numbers: npt.NDArray[np.integer[Any]] | Sequence[int] = (),
    ) -> None:
        self._listing = listing
        self._has = np.zeros(len(listing.entries), dtype=bool)
        self.update(paths, numbers)

    @property
    def numbers(self) -> Numbers:
        """The numbers of the files, ascending."""
        return np.flatnonzero(self._has)

    def update(
        self,
        paths: Iterable[str] = (),
        numbers: npt.NDArray[np.integer[Any]] | Sequence[int] = (),
    ) -> None:
        """Add files by path, and by number."""
        self._has[np.asarray(numbers, dtype=np.int64)] = True
        for path in paths:
            number = self._listing.number_of(path)
            if number >= 0:
                self._has[number] = True

    def left(self) -> Sequence[str]:
        """Return the paths of the files that are not in the set."""
        return Picked(self._listing.paths, np.flatnonzero(~self._has))

    def __contains__(self, path: object) -> bool:
        number = self._listing.number_of(path) if isinstance(path, str) else -1
        return number >= 0 and bool(self._has[number])

    def __iter__(self) -> Iterator[str]:
        return iter(Picked(self._listing.paths, self.numbers))

    def __len__(self) -> int:
        return int(np.count_nonzero(self._has))


def suffix_of(path: str) -> str:
    """Return the suffix of a path as ``pathlib`` defines it, in lower case."""
    at = path.rfind(".")
    return path[at:].lower() if path.rfind("/") + 1 < at < len(path) - 1 else ""


@dataclass(frozen=True, kw_only=True)
class ImportSpec:
    """How a source is read: its format and columns. Hashable and JSON-serialisable.

    An empty field lets the format choose; which fields matter depends on the format.
    """

    format: str
    """Name of the format."""
    table: str = ""
    """Entry that holds the table or the annotations."""
    image_column: str = ""
    text_columns: tuple[str, ...] = ()
    """Columns, keys or metadata fields that hold texts; several give several captions."""
    flag_columns: tuple[str, ...] = ()
    """Columns of 1 and 0, or of 1 and -1; the names of those that are 1 make one caption."""
    label_column: str = ""
    """A column that makes groups, such as a class."""
    audio_columns: tuple[str, ...] = ()
    """Columns that name files of sounds."""
    with_fields: bool = False
    """Whether the remaining columns become fields of a table."""
    names: tuple[tuple[str, str], ...] = ()
    """Names of the first columns by their kind where the source states them: (``table``,
    ``facts``). Other columns have the name of their kind."""
    fields: tuple[tuple[str, FieldKind], ...] = ()
    """Kinds of the columns that become fields, where the source states them."""
    notice: str = ""
    """The dataset's notice, where the source states one; see ``Manifest.notice``."""
    encoding: str = ""
    """Of the texts; empty detects it."""
    words: tuple[tuple[str, str], ...] = ()
    """What labels, numbers or folder names mean in words: (``3``, ``three``)."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A format that can read a source."""

    reading: ImportSpec
    confidence: float
    """0 to 1; the source is read as the highest unless the user says otherwise."""
    images: int
    """Image files or rows that it would look at, as far as known without opening them all."""
    columns: tuple[str, ...] = ()
    """What ``image_column``, ``text_columns``, ``audio_columns`` and ``label_column`` may be."""
    field_columns: tuple[str, ...] = ()
    """What ``with_fields`` makes fields of, unless it holds images, sounds or texts."""
    tables: tuple[str, ...] = ()
    """What ``table`` may be."""


class Format(Protocol):
    """Detects and reads one layout of files. Instances hold no state of a source."""

    @property
    def name(self) -> str:
        """Key in the table of formats, such as ``sidecar``."""
        ...

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect whether a source has this format; fast, opens at most a few small files.

        Never raises for what the source holds: a malformed table is not detected.
        """
        ...

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Yield the samples, always in the same order.

        Every file of ``listing`` ends up used or skipped in ``ledger``; so does every row that
        makes no item (``mark_item_skipped``). Images without a text and texts without an image
        are yielded too: the checks decide about them. Images are not opened.

        Raises:
            ConfigError: the spec names a table or column that does not exist.
            SourceUnreadableError: the main table cannot be read.
        """
        ...

    def load(self, archive: Archive, image: ImageRef) -> bytes | Pixels:
        """Read an image's file content, or its pixels where the format has no files.

        Sounds within files (``AudioRef.part``) are read so, too.

        May be called from several threads at once.

        Raises:
            EntryError: it cannot be read; says why.
        """
        ...


MAX_CAPTIONS = 1_000
"""Of one image, so that a malicious source cannot exhaust the memory."""
MAX_LISTED = 50
"""Tables listed in one detection."""


class ImageFileFormat:
    """Base of formats whose images are files of the source."""

    def load(self, archive: Archive, image: ImageRef) -> bytes:
        """Read an image's file."""
        return archive.read(image.path, LIMITS.file_bytes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """What a row of a table holds besides image and texts."""

    sounds: Mapping[str, AudioRef] = field(default_factory=lambda: NOTHING)
    cells: Mapping[str, Cell] = field(default_factory=lambda: NOTHING)


NO_MEMBERS = Members()


class CaptionGrouping:
    """Groups captions by image, in the order in which images are first named.

    Captions of sounds without an image are grouped by the first sound.
    """

    def __init__(self, ledger: FileLedger) -> None:
        self._ledger = ledger
        self._paths, self._texts = StringSet(), Strings()
        # By number of an image its last text and the number of its texts; by number of a text
        # the one before it, -1 for none.
        self._last, self._counts, self._before = array("q"), array("I"), array("q")
        self._extras = array("I")
        self._members: dict[int, Members] = {}
        self._shared: dict[tuple[tuple[str, str], ...], int] = {}
        self._mappings: list[Mapping[str, str]] = []

    def add(
        self,
        path: str,
        texts: Iterable[str],
        extras: Mapping[str, str],
        row: str = "",
        members: Members = NO_MEMBERS,
    ) -> None:
        """Add captions to an image; one that it has already is not added again.

        Args:
            path: of the image, or of the first sound of an item without an image.
            texts: captions.
            extras: what else is known; those of the first row count.
            row: key of the row.
            members: sounds and cells; those of the first row count.
        """
        number = self._paths.add(path)
        if number == len(self._last):
            self._last.append(-1)
            self._counts.append(0)
            self._extras.append(self._number_of(extras))
        if members is not NO_MEMBERS:
            self._members.setdefault(number, members)
        for text in texts:
            if self._counts[number] >= MAX_CAPTIONS:
                detail = f"{path} has {MAX_CAPTIONS:,} captions already"
                self._ledger.mark_item_skipped(row or path, Reason.BAD_ROW, detail)
                return
            if text not in self._known(number):
                self._before.append(self._last[number])
                self._last[number] = len(self._texts)
                self._counts[number] += 1
                self._texts.append(text)

    def _known(self, number: int) -> Iterator[str]:
        """Yield the captions of an image, the last one first."""
        place = self._last[number]
        while place >= 0:
            yield self._texts.entry(place)
            place = self._before[place]

    def share(self, extras: Mapping[str, str]) -> Mapping[str, str]:
        """Return one mapping for all samples with equal extras, to save memory."""
        return self._mappings[self._number_of(extras)]

    def _number_of(self, extras: Mapping[str, str]) -> int:
        number = self._shared.setdefault(tuple(extras.items()), len(self._mappings))
        if number == len(self._mappings):
            self._mappings.append(extras)
        return number

    def has_other_sounds(self, path: str, sounds: Mapping[str, AudioRef]) -> bool:
        """Whether an earlier row gave the same image other sounds."""
        number = self._paths.find(path)
        return number >= 0 and self._members.get(number, NO_MEMBERS).sounds != sounds

    def samples(self) -> Iterator[RawSample]:
        """Yield the images and sounds, and use their files."""
        for number, path in enumerate(self._paths):
            members = self._members.get(number, NO_MEMBERS)
            sounds = [sound.path for sound in members.sounds.values()]
            for file in (path, *sounds):
                self._ledger.mark_used(file)
            yield RawSample(
                key=path,
                image=None if path in sounds else ImageRef(path=path),
                texts=tuple(self._known(number))[::-1],
                extras=self._mappings[self._extras[number]],
                sounds=members.sounds,
                cells=members.cells,
            )

    @property
    def paths(self) -> Iterator[str]:
        """The images and sounds that were named; some more than once."""
        yield from self._paths
        for members in self._members.values():
            yield from (sound.path for sound in members.sounds.values())
