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
from collections.abc import Iterator

from engine.importing.formats.format import (
    CaptionGrouping,
    Detection,
    FileListing,
    ImageFileFormat,
    ImageRef,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import (
    folder_of,
    is_image,
    lone_image,
    skip_leftovers,
    split_extras,
    split_of_name,
    split_of_path,
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
        """Offer to read a source in which at least two folders hold images."""
        paths = [entry.path for entry in listing.entries if is_image(entry.path)]
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
        done: set[str] = set()
        for entry in listing.entries:
            if not is_image(entry.path):
                continue
            done.add(entry.path)
            label = class_of(entry.path)
            if not label:
                yield lone_image(entry.path, ledger)
                continue
            ledger.mark_used(entry.path)
            plain = folder_text(label)
            text = words.get(label) or words.get(plain) or plain
            split = split_of_path(entry.path)
            extras = {"label": label} | ({"split": split} if split else {})
            image = ImageRef(path=entry.path)
            yield RawSample(key=entry.path, image=image, texts=(text,), extras=share(extras))
        skip_leftovers(listing, ledger, done)


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
        """Offer to read any source with images; if names have words, it is likelier."""
        paths = [entry.path for entry in listing.entries if is_image(entry.path)]
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
        """Find the items; an image whose name is but a number has no text."""
        words = dict(reading.words)
        done: set[str] = set()
        for entry in listing.entries:
            if not is_image(entry.path):
                continue
            done.add(entry.path)
            ledger.mark_used(entry.path)
            stem = stem_of(entry.path)
            text = words.get(stem) or words.get(name_text(stem)) or name_text(stem)
            yield RawSample(
                key=entry.path,
                image=ImageRef(path=entry.path),
                texts=(text,) if text else (),
                extras=split_extras(entry.path),
            )
        skip_leftovers(listing, ledger, done)


def name_text(stem: str) -> str:
    """Turn a file's name into words; numbers at its end are dropped."""
    parts = _NAME_SEPARATORS.sub(" ", stem).split()
    while parts and _NUMBERED.match(parts[-1]):
        last = _LETTERS.match(parts.pop())
        if last:
            parts.append(last.group())
            break
    return " ".join(parts)
