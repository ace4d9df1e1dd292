"""Images with text files of the same name.

Layout::

    cats/
        001.jpg
        001.txt         one caption; in CUB's folders, one a line
        002.png
        002.caption
    labels/             or in a folder beside theirs
        003.txt
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from engine.errors import EntryError
from engine.importing.encoding import decode_text, detect_encoding
from engine.importing.formats.format import (
    MAX_CAPTIONS,
    Detection,
    FileListing,
    ImageFileFormat,
    ImageRef,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import (
    TEXT_SUFFIXES,
    folder_of,
    image_paths,
    skip_leftovers,
    split_extras,
    split_of_name,
    stem_of,
)
from engine.importing.formats.streams import STREAM_ERRORS, checked_encoding
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, Archive

_SAMPLES = 300
_FOLDER_SAMPLES = 20
_MIN_POOL = 3
"""Texts of a folder, apart from ASCII, that suffice to detect its encoding."""


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
        self._by_folder: dict[str, list[str]] = defaultdict(list)
        for path in paths if not self._given else ():
            self._by_folder[folder_of(path)].append(path)
        self._encodings: dict[str, str] = {}

    def read(self, path: str, ledger: FileLedger) -> str:
        """Return a file's text; empty if it is skipped. The caller marks the file as used."""
        try:
            content = self._archive.read(path, LIMITS.text_bytes)
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

    def _encoding_of(self, folder: str) -> str:
        """Detect the encoding of a folder; where it has too few texts, that of the source."""
        if folder not in self._encodings:
            pool = self._pool(self._by_folder[folder], _FOLDER_SAMPLES)
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


_IMAGE_FOLDER = re.compile(r"(?i)images?|imgs?|jpe?gs?")
_TEXT_FOLDER = re.compile(r"(?i)texts?(_c\d+)?|captions?|labels?")
_NOTES = re.compile(
    r"(?i)(read.?me|licen[cs]e|copying|notice|authors|changelog|classes|attribution)"
)
_LOOKED_AT = 8
_PARALLEL = "*"


@dataclass(slots=True)
class _Pairing:
    """Which texts belong to which image, by path."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    """Of each image, in the source's order."""
    orphans: list[str] = field(default_factory=list)
    """Texts without an image."""

    @property
    def share(self) -> float:
        """Of images that have a text."""
        return sum(bool(texts) for texts in self.texts.values()) / max(len(self.texts), 1)


class Sidecar(ImageFileFormat):
    """The habit of kohya's trainers, and that of the Oxford and CUB datasets."""

    name = "sidecar"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a source in which images have text files of their own."""
        found = [suffix for suffix in TEXT_SUFFIXES if listing.suffixes.get(suffix)]
        if archive.selected_entry or not found:
            return None
        pairing = _pair(listing, TEXT_SUFFIXES)
        if not pairing.share:
            return None
        # Files of bounding boxes hold numbers alone.
        paths = [texts[0] for texts in pairing.texts.values() if texts][:_LOOKED_AT]
        files, ignored = TextFiles(archive, paths, ""), FileLedger()
        has_words = any(c.isalpha() for path in paths for c in files.read(path, ignored))
        most = 0.9 if has_words else 0.3
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=most * (1.0 if pairing.share > 0.5 else pairing.share),
            images=len(pairing.texts),
            columns=tuple(suffix[1:] for suffix in found),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items: images with their texts, then texts that have no image."""
        suffixes = tuple(f".{column}" for column in reading.text_columns) or TEXT_SUFFIXES
        pairing = _pair(listing, suffixes)
        paths = [path for texts in pairing.texts.values() for path in texts] + pairing.orphans
        files = TextFiles(archive, paths, reading.encoding)

        def captions_of(path: str) -> tuple[str, ...]:
            """Return each line in CUB's folders, elsewhere the whole file."""
            text = files.read(path, ledger)
            if not text:
                return ()
            ledger.mark_used(path)
            if _anchor(path, _TEXT_FOLDER) is None:
                return (text,)
            lines = (line.strip() for line in text.splitlines())
            return tuple(line for line in lines if line)[:MAX_CAPTIONS]

        for image, texts in pairing.texts.items():
            ledger.mark_used(image)
            found = [caption for path in texts for caption in captions_of(path)]
            extras = split_extras(image)
            # In CUB's folders the folder of a text is its class.
            anchor = _anchor(texts[0], _TEXT_FOLDER) if texts else None
            folders = texts[0].split("/")[anchor + 1 : -1] if anchor is not None else []
            if folders and not split_of_name(folders[-1]):
                extras["label"] = folders[-1]
            yield RawSample(
                key=image, image=ImageRef(path=image), texts=tuple(found), extras=extras
            )
        for path in pairing.orphans:
            found = captions_of(path)
            if found:
                yield RawSample(key=path, image=None, texts=found, extras=split_extras(path))
        skip_leftovers(listing, ledger, {*pairing.texts, *paths})


def _pair(listing: FileListing, suffixes: tuple[str, ...]) -> _Pairing:
    """Pair by names: in the same folder, then in folders that are parallel."""
    images = image_paths(listing)
    by_place: dict[str, list[str]] = defaultdict(list)
    for path in images:
        for place in _image_places(path):
            by_place[place].append(path)
    pairing = _Pairing(texts={path: [] for path in images})
    for entry in listing.of(*suffixes):
        owners = next((by_place[p] for p in _text_places(entry.path) if p in by_place), [])
        for image in owners:
            pairing.texts[image].append(entry.path)
        if not owners and not _NOTES.match(stem_of(entry.path)):
            pairing.orphans.append(entry.path)
    return pairing


def _image_places(path: str) -> list[str]:
    """Return the places, as ``_text_places`` writes them, where an image's text may be."""
    places = [path, f"{folder_of(path)}/{stem_of(path)}"]
    anchor = _anchor(path, _IMAGE_FOLDER)
    if anchor is not None:
        parts = [*path.split("/")[:-1], stem_of(path)]
        rest = "/".join(parts[anchor + 1 :])
        places += [f"{'/'.join(parts[:anchor])}/{_PARALLEL}/{rest}"]
        # Oxford's flowers lie in one folder, and their texts in one for each class.
        if "/" not in rest:
            places.append(f"{'/'.join(parts[:anchor])}/{_PARALLEL}{_PARALLEL}/{rest}")
    return places


def _text_places(path: str) -> list[str]:
    folder, stem = folder_of(path), stem_of(path)
    # "cat.jpg.txt" belongs to "cat.jpg".
    places = [f"{folder}/{stem}" if folder else stem, f"{folder}/{stem}"]
    anchor = _anchor(path, _TEXT_FOLDER)
    if anchor is not None:
        parts = path.split("/")
        above = "/".join(parts[:anchor])
        places.append("/".join([above, _PARALLEL, *parts[anchor + 1 : -1], stem]))
        places.append(f"{above}/{_PARALLEL}{_PARALLEL}/{stem}")
    return places


def _anchor(path: str, name: re.Pattern[str]) -> int | None:
    """Return the place of the first folder of such a name in a path."""
    parts = path.split("/")[:-1]
    return next((n for n, part in enumerate(parts) if name.fullmatch(part)), None)
