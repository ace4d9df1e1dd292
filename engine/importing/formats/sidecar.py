"""Images with text files of the same name; sounds, where a source has no image.

Layout::

    cats/
        001.jpg
        001.txt         one caption; in CUB's folders, one a line
        002.png
        002.caption     also .cap, .tags, .md
        003.jpg
        003.jpg.json    a record with a caption or tags, where there is no text file
    labels/             or in a folder beside theirs
        004.txt
    s504/               or one text for all images of a folder:
        005.jpg
        caption.txt     in it, if its images have none of their own,
    s504.txt            or beside it
"""

import json
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

import numpy as np

from engine.errors import EntryError
from engine.importing.encoding import decode_text, detect_encoding
from engine.importing.formats.format import (
    MAX_CAPTIONS,
    Detection,
    FileListing,
    FileSet,
    ImageFileFormat,
    ImportSpec,
    RawSample,
    suffix_of,
)
from engine.importing.formats.names import (
    TEXT_SUFFIXES,
    folded,
    folder_of,
    skip_leftovers,
    split_extras,
    split_of_name,
    stem_of,
)
from engine.importing.formats.records import captions_of
from engine.importing.formats.sounds import media_numbers, media_sample
from engine.importing.formats.streams import STREAM_ERRORS, checked_encoding
from engine.importing.language import is_language, without_settings
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import Groups, Numbers, Picked
from engine.importing.sources.archive import LIMITS, Archive

_SAMPLES = 300
_FOLDER_SAMPLES = 20
_MIN_POOL = 3
"""Texts of a folder, apart from ASCII, that suffice to detect its encoding."""
RECORD_SUFFIX = ".json"
_IMAGE_FOLDER = re.compile(r"(?i)images?|imgs?|jpe?gs?|audios?|sounds?|wavs?|clips?")
_TEXT_FOLDER = re.compile(r"(?i)texts?(_c\d+)?|captions?|labels?")
_NOTES = re.compile(
    r"(?i)(read.?me|licen[cs]e|copying|notice|authors|changelog|classes|attribution|contributing)"
)
_OF_FOLDER = re.compile(r"(?i)(captions?|descriptions?|prompt|text|title|info|label|folder)")
"""Stems of text files that describe all images of their folder."""
_LOOSE_SUFFIXES = (".txt", ".caption", ".captions", ".cap", ".tags", ".text", ".prompt")
"""Of texts that count without an image, too."""
_LOOKED_AT = 12
_PARALLEL = "*"


class TextFiles:
    """Text files that are read in one encoding, or in one for each folder.

    Args:
        archive: the source.
        paths: of all of them; some of each folder are looked at to find its encoding.
        encoding: what the user says; empty detects it.

    Raises:
        ConfigError: there is no such encoding.
    """

    def __init__(self, archive: Archive, paths: Sequence[str], encoding: str) -> None:
        self._archive, self._paths = archive, paths
        self._given = checked_encoding(encoding)
        # Places in ``paths``.
        self._by_folder: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for place, path in enumerate(paths if not self._given else ()):
            self._by_folder[folder_of(path)].append(place)
        self._encodings: dict[str, str] = {}
        self._last: tuple[str, tuple[str, ...]] = "", ()

    def read(self, path: str, ledger: FileLedger) -> str:
        """Return a file's text; empty if it is skipped. The caller marks the file as used."""
        try:
            # Labelme writes the image into its record, too.
            is_record = suffix_of(path) == RECORD_SUFFIX
            limit = LIMITS.row_bytes if is_record else LIMITS.text_bytes
            content = self._archive.read(path, limit)
            decoded = decode_text(content, self._given or self._encoding_of(folder_of(path)))
        except EntryError as error:
            ledger.mark_skipped(path, Reason(error.reason), error.detail)
            return ""
        except STREAM_ERRORS as error:
            ledger.mark_skipped(path, Reason.UNREADABLE, str(error))
            return ""
        text = decoded.text.strip()
        if text:
            ledger.encodings[decoded.encoding] += 1
        else:
            ledger.mark_skipped(path, Reason.EMPTY)
        return text

    def captions(self, path: str, ledger: FileLedger) -> tuple[str, ...]:
        """Return a file's captions, and mark the file as used if it has any.

        That is the whole text, each line in CUB's folders, or the captions of a JSON record.
        Numbers, such as boxes, are none.
        """
        # Images of a folder that share a text follow each other.
        if path == self._last[0]:
            return self._last[1]
        text = self.read(path, ledger)
        captions: list[str] = []
        if suffix_of(path) == RECORD_SUFFIX:
            with suppress(ValueError, RecursionError):
                captions = captions_of(json.loads(text))
        elif _anchor(folder_of(path), _TEXT_FOLDER) is None:
            captions = [without_settings(text)] if is_language(text) else []
        else:
            captions = [line.strip() for line in text.splitlines() if is_language(line)]
        if captions:
            ledger.mark_used(path)
        elif text:
            ledger.mark_skipped(path, Reason.NOT_LANGUAGE, text[:100])
        self._last = path, tuple(captions[:MAX_CAPTIONS])
        return self._last[1]

    def _encoding_of(self, folder: str) -> str:
        """Detect the encoding of a folder; where it has too few texts, that of the source."""
        if folder not in self._encodings:
            places = np.array(self._by_folder[folder])
            pool = self._pool(Picked(self._paths, places), _FOLDER_SAMPLES)
            is_enough = len(pool) >= _MIN_POOL
            self._encodings[folder] = detect_encoding(pool) if is_enough else self._of_source
        return self._encodings[folder]

    @cached_property
    def _of_source(self) -> str:
        return detect_encoding(self._pool(self._paths, _SAMPLES))

    def _pool(self, paths: Sequence[str], most: int) -> list[bytes]:
        """Read some of the files, spread over all; return those that are not ASCII."""
        samples: list[bytes] = []
        for path in paths[:: max(len(paths) // most, 1)][:most]:
            try:
                samples.append(self._archive.read(path, LIMITS.text_bytes))
            except (EntryError, *STREAM_ERRORS):
                continue
        return [sample for sample in samples if not sample.isascii()]


@dataclass(frozen=True, kw_only=True)
class _Pairing:
    """Which texts belong to which image; all are numbers of files."""

    images: Numbers
    """[I], in the source's order."""
    starts: Numbers
    """[I + 1], where the texts of each image are in ``texts``."""
    texts: Numbers
    """The texts of all images, one image after another, in the source's order."""
    orphans: Numbers
    """Texts without an image."""

    def texts_of(self, paths: Sequence[str]) -> Iterator[list[str]]:
        """Yield the paths of the texts of each image."""
        texts = iter(Picked(paths, self.texts))
        for count in np.diff(self.starts).data:
            yield list(islice(texts, count))

    @property
    def text_numbers(self) -> Numbers:
        """The texts that belong to an image, each once, in the order of the images."""
        found, first = np.unique(self.texts, return_index=True)
        return found[np.argsort(first, kind="stable")]

    @property
    def share(self) -> float:
        """Of images that have a text."""
        return np.count_nonzero(np.diff(self.starts)) / max(len(self.images), 1)


class Sidecar(ImageFileFormat):
    """The habit of kohya's trainers, of taggers and downloaders, of the Oxford and CUB datasets."""

    name = "sidecar"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a source in which images have text files of their own."""
        suffixes = (*TEXT_SUFFIXES, RECORD_SUFFIX)
        found = [suffix for suffix in suffixes if listing.suffixes.get(suffix)]
        if archive.selected_entry or not found:
            return None
        pairing = _pair(listing, suffixes)
        if not pairing.share:
            return None
        # Files of bounding boxes hold numbers alone.
        paths = Picked(listing.paths, pairing.text_numbers)
        sample = paths[:: max(len(paths) // _LOOKED_AT, 1)][:_LOOKED_AT]
        files, ignored = TextFiles(archive, sample, ""), FileLedger()
        if not any(files.captions(path, ignored) for path in sample):
            return None
        # A text of its own says more about an image than the name of its folder.
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=0.9 if pairing.share > 0.5 else 0.65 + 0.3 * pairing.share,
            images=len(pairing.images),
            columns=tuple(suffix[1:] for suffix in found),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items: images with their texts, then texts that have no image."""
        suffixes = tuple(f".{column}" for column in reading.text_columns)
        pairing = _pair(listing, suffixes or (*TEXT_SUFFIXES, RECORD_SUFFIX))
        numbers = np.concatenate([pairing.text_numbers, pairing.orphans])
        files = TextFiles(archive, Picked(listing.paths, numbers), reading.encoding)
        texts_of = pairing.texts_of(listing.paths)
        for image, texts in zip(Picked(listing.paths, pairing.images), texts_of, strict=True):
            # Of an image, or of a sound where the source has no image.
            ledger.mark_used(image)
            found = [caption for path in texts for caption in files.captions(path, ledger)]
            extras = split_extras(image)
            # In CUB's folders the folder of a text is its class.
            anchor = _anchor(folder_of(texts[0]), _TEXT_FOLDER) if texts else None
            folders = texts[0].split("/")[anchor + 1 : -1] if anchor is not None else []
            if folders and not split_of_name(folders[-1]):
                extras["label"] = folders[-1]
            yield media_sample(image, found, extras)
        for path in Picked(listing.paths, pairing.orphans):
            found = files.captions(path, ledger)
            if found:
                yield RawSample(key=path, image=None, texts=found, extras=split_extras(path))
        done = FileSet(listing, numbers=np.concatenate([pairing.images, numbers]))
        skip_leftovers(ledger, done)


def _pair(listing: FileListing, suffixes: Sequence[str]) -> _Pairing:
    """Pair by names: in the same folder, in folders that are parallel, then folder by folder.

    Text files come before records, and what an image has of its own before what its folder has.
    """
    numbers = media_numbers(listing)
    images = Picked(listing.paths, numbers)
    by_place = Groups(
        (place, number) for number, path in enumerate(images) for place in _image_places(path)
    )
    pairs, orphans = _Pairs(), array("I")
    by_folder = _FolderImages(images)
    texts = listing.numbers_of(suffixes)
    for number, path in zip(texts.tolist(), Picked(listing.paths, texts), strict=True):
        rank = int(suffix_of(path) == RECORD_SUFFIX)
        owners = next((found for p in _text_places(path) if (found := by_place.get(p))), ())
        if not owners and not rank:
            rank, owners = 2, by_folder.described_by(path)
        if owners:
            pairs.add(rank, number, owners)
        elif suffix_of(path) in _LOOSE_SUFFIXES and not _NOTES.match(stem_of(path)):
            orphans.append(number)
    return pairs.pairing(numbers, np.array(orphans, dtype=np.int64))


class _Pairs:
    """Pairs of an image, by its place, and a text, by its number."""

    def __init__(self) -> None:
        self._by_rank = [(array("I"), array("I")) for _rank in range(3)]

    def add(self, rank: int, text: int, images: Sequence[int]) -> None:
        """Add the images that a text may belong to; those of lower rank have precedence."""
        self._by_rank[rank][0].extend(images)
        self._by_rank[rank][1].extend([text] * len(images))

    def pairing(self, images: Numbers, orphans: Numbers) -> _Pairing:
        """Return the pairs that hold: an image has all texts of rank 0, or one of a higher rank."""
        has_text = bytearray(len(images))
        taken, texts = array("I"), array("I")
        for rank, found in enumerate(self._by_rank):
            for image, text in zip(*found, strict=True):
                if not rank or not has_text[image]:
                    has_text[image] = True
                    taken.append(image)
                    texts.append(text)
        owners = np.array(taken, dtype=np.int64)
        counts = np.bincount(owners, minlength=len(images))
        return _Pairing(
            images=images,
            starts=np.append(0, np.cumsum(counts)),
            texts=np.array(texts, dtype=np.int64)[np.argsort(owners, kind="stable")],
            orphans=orphans,
        )


class _FolderImages:
    """The images of each folder, by their places; listed when they are first asked for."""

    def __init__(self, images: Sequence[str]) -> None:
        self._images = images

    def described_by(self, path: str) -> Sequence[int]:
        """Return the images that a text describes as a folder: that of its name, or its own."""
        folder, stem = folder_of(path), stem_of(path)
        named = self._by_folder.get(f"{folder}/{stem}" if folder else stem)
        return named or (self._by_folder.get(folder) if _OF_FOLDER.fullmatch(stem) else ())

    @cached_property
    def _by_folder(self) -> Groups:
        return Groups((folder_of(path), place) for place, path in enumerate(self._images))


def _image_places(path: str) -> list[str]:
    """Return the places, as ``_text_places`` writes them, where an image's text may be."""
    path = folded(path)
    folder, stem = folder_of(path), stem_of(path)
    places = [path, f"{folder}/{stem}"]
    anchor = _anchor(folder, _IMAGE_FOLDER)
    if anchor is not None:
        parts = [*path.split("/")[:-1], stem]
        rest = "/".join(parts[anchor + 1 :])
        places += [f"{'/'.join(parts[:anchor])}/{_PARALLEL}/{rest}"]
        # Oxford's flowers lie in one folder, and their texts in one for each class.
        if "/" not in rest:
            places.append(f"{'/'.join(parts[:anchor])}/{_PARALLEL}{_PARALLEL}/{rest}")
    return places


def _text_places(path: str) -> list[str]:
    path = folded(path)
    folder, stem = folder_of(path), stem_of(path)
    # "cat.jpg.txt" belongs to "cat.jpg".
    places = [f"{folder}/{stem}" if folder else stem, f"{folder}/{stem}"]
    anchor = _anchor(folder, _TEXT_FOLDER)
    if anchor is not None:
        parts = path.split("/")
        above = "/".join(parts[:anchor])
        places.append("/".join([above, _PARALLEL, *parts[anchor + 1 : -1], stem]))
        places.append(f"{above}/{_PARALLEL}{_PARALLEL}/{stem}")
    return places


@lru_cache(maxsize=1_024)
def _anchor(folder: str, name: re.Pattern[str]) -> int | None:
    """Return the place of the first folder of such a name on the way to a folder."""
    return next((n for n, part in enumerate(folder.split("/")) if name.fullmatch(part)), None)
