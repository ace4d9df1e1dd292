"""Texts in names: of the folders that images are in, or of the image files.

Layout of class folders::

    train/
        cat/            the text is "cat"
            001.jpg
        golden_dog/     the text is "golden dog"
            001.jpg

Layout of file names::

    red_cat_012.jpg     the text is "red cat"
"""

import re
from collections.abc import Iterator, Mapping

from engine.importing.formats.format import (
    CaptionGrouping,
    Detection,
    FileListing,
    ImageFileFormat,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import (
    folder_of,
    image_paths,
    scan_images,
    skip_leftovers,
    split_extras,
    split_of_name,
    stem_of,
)
from engine.importing.ledger import FileLedger
from engine.importing.sources.archive import Archive

# "001.Black_footed_Albatross" is CUB's habit.
_NUMBER = re.compile(r"^\d+\.(?=\D)")
_SEPARATORS = re.compile(r"[_\-\s]+")


class ClassFolders(ImageFileFormat):
    """A folder for each class."""

    name = "class_folders"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a source in which at least two folders hold images."""
        paths = image_paths(listing)
        classes = {name for path in paths if (name := class_of(path))}
        if archive.selected_entry or not classes:
            return None
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=0.6 if len(classes) > 1 else 0.1,
            images=len(paths),
        )

    def scan(
        self,
        archive: Archive,  # noqa: ARG002 - required by the protocol
        listing: FileListing,
        reading: ImportSpec,
        ledger: FileLedger,
    ) -> Iterator[RawSample]:
        """Find the items; an image outside of all class folders has no text."""
        words, share = dict(reading.words), CaptionGrouping(ledger).share

        def describe(path: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
            label = class_of(path)
            if not label:
                return (), split_extras(path)
            plain = folder_text(label)
            text = words.get(label) or words.get(plain) or plain
            return (text,), share({"label": label} | split_extras(path))

        paths = image_paths(listing)
        yield from scan_images(paths, ledger, describe)
        skip_leftovers(listing, ledger, set(paths))


def class_of(path: str) -> str:
    """Return the name of an image's class folder; empty where it lies in none."""
    name = folder_of(path).rpartition("/")[2]
    return "" if split_of_name(name) or not folder_text(name) else name


def folder_text(name: str) -> str:
    """Turn a folder's name into words."""
    return _SEPARATORS.sub(" ", _NUMBER.sub("", name)).strip()


_NAME_SEPARATORS = re.compile(r"[_\-+.\s]+")
# A number of its own at the end, or one of three digits and more behind a word.
_NUMBERED = re.compile(r"^(?:\(?\d+\)?|[^\W\d]+(?:\d{3,}|\(\d+\)))$")
_LETTERS = re.compile(r"^[^\W\d]+")


class FileNames(ImageFileFormat):
    """File names as texts: what is left where nothing else says what images show."""

    name = "file_names"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect any source with images; if names have words, it is likelier."""
        paths = image_paths(listing)
        if archive.selected_entry or not paths:
            return None
        named = sum(bool(name_text(stem_of(path))) for path in paths)
        confidence = 0.05 + 0.15 * named / len(paths)
        return Detection(
            reading=ImportSpec(format=self.name), confidence=confidence, images=len(paths)
        )

    def scan(
        self,
        archive: Archive,  # noqa: ARG002 - required by the protocol
        listing: FileListing,
        reading: ImportSpec,
        ledger: FileLedger,
    ) -> Iterator[RawSample]:
        """Find the items; an image whose name is only a number has no text."""
        words = dict(reading.words)

        def describe(path: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
            stem = stem_of(path)
            text = words.get(stem) or words.get(name_text(stem)) or name_text(stem)
            return (text,) if text else (), split_extras(path)

        paths = image_paths(listing)
        yield from scan_images(paths, ledger, describe)
        skip_leftovers(listing, ledger, set(paths))


def name_text(stem: str) -> str:
    """Turn a file's name into words; numbers at its end are dropped."""
    parts = _NAME_SEPARATORS.sub(" ", stem).split()
    while parts and _NUMBERED.match(parts[-1]):
        last = _LETTERS.match(parts.pop())
        if last:
            parts.append(last.group())
            break
    return " ".join(parts)
