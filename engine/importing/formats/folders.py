"""Texts in names: of the folders that images are in, or of the image files.

Where a source has no image, sounds take their place.

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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.importing.formats.format import (
    CaptionGrouping,
    Detection,
    FileListing,
    FileSet,
    ImageFileFormat,
    ImportSpec,
    RawSample,
)
from engine.importing.formats.names import (
    folder_of,
    skip_leftovers,
    split_extras,
    split_of_name,
    stem_of,
)
from engine.importing.formats.sounds import media_numbers, media_paths, scan_media
from engine.importing.language import is_repeats_folder, words_of_folder, words_of_name
from engine.importing.ledger import FileLedger
from engine.importing.sources.archive import Archive

_DIGITS = re.compile(r"\d+")


class ClassFolders(ImageFileFormat):
    """A folder for each class."""

    name = "class_folders"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect a source whose images lie in folders that name something.

        One folder for all images, or folders that only count, say little.
        """
        paths = media_paths(listing)
        if archive.selected_entry or not paths:
            return None
        class_of = class_names(archive)
        found = Counter(class_of(folder_of(path)) for path in paths)
        names = {name for name in found if name}
        counted = {_DIGITS.sub("", words_of_folder(name)) for name in names}
        is_counted = len(names) > 1 and len(counted) == 1 and counted != {""}
        if not names:
            return None
        is_likely = any(map(is_repeats_folder, names)) or (len(names) > 1 and not is_counted)
        named = (len(paths) - found[""]) / len(paths)
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=0.3 + 0.3 * named if is_likely else 0.04,
            images=len(paths),
        )

    def scan(
        self,
        archive: Archive,
        listing: FileListing,
        reading: ImportSpec,
        ledger: FileLedger,
    ) -> Iterator[RawSample]:
        """Find the items; an image outside of all class folders has no text."""
        words, share = dict(reading.words), CaptionGrouping(ledger).share
        paths = media_paths(listing)
        class_of = class_names(archive, words)

        def describe(path: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
            label = class_of(folder_of(path))
            if not label:
                return (), split_extras(path)
            plain = words_of_folder(label)
            text = words.get(label) or words.get(plain) or plain
            return (text,), share({"label": label} | split_extras(path))

        yield from scan_media(paths, ledger, describe)
        skip_leftovers(ledger, FileSet(listing, numbers=media_numbers(listing)))


def class_names(archive: Archive, known: Mapping[str, str] = {}) -> Callable[[str], str]:
    """Return a function that names the class folder of a folder; empty where it lies in none.

    That is the innermost folder that names something: not a split, a counter or an identifier. The
    source itself counts if it is one of kohya's repeats.

    Args:
        archive: the source.
        known: folders that name something because the user says what.
    """
    root = archive.source.name if is_repeats_folder(archive.source.name) else ""
    folders: dict[str, str] = {}

    def class_of(folder: str) -> str:
        if folder not in folders:
            above, _slash, name = folder.rpartition("/")
            is_class = name in known or (bool(words_of_folder(name)) and not split_of_name(name))
            folders[folder] = name if is_class else class_of(above) if above else root
        return folders[folder]

    return class_of


class FileNames(ImageFileFormat):
    """File names as texts: what is left where nothing else says what images show.

    Where no name is language, the images are offered without texts.
    """

    name = "file_names"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect any source with images; if names have words, it is likelier."""
        paths = media_paths(listing)
        if archive.selected_entry or not paths:
            return None
        text_of = texts_of_names(paths)
        named = sum(bool(text_of(path)) for path in paths)
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=0.05 + 0.15 * named / len(paths),
            images=len(paths),
        )

    def scan(
        self,
        archive: Archive,  # noqa: ARG002 - required by the protocol
        listing: FileListing,
        reading: ImportSpec,
        ledger: FileLedger,
    ) -> Iterator[RawSample]:
        """Find the items; an image whose name is no language has no text."""
        words, paths = dict(reading.words), media_paths(listing)
        text_of = texts_of_names(paths)

        def describe(path: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
            said = text_of(path)
            text = words.get(stem_of(path)) or words.get(said) or said
            return (text,) if text else (), split_extras(path)

        yield from scan_media(paths, ledger, describe)
        skip_leftovers(ledger, FileSet(listing, numbers=media_numbers(listing)))


def texts_of_names(paths: Iterable[str]) -> Callable[[str], str]:
    """Return a function from path to what its name says; nothing if three or more say the same."""

    def text_of(path: str) -> str:
        return words_of_name(stem_of(path))

    count, first, is_varied = 0, "", False
    for text in filter(None, map(text_of, paths)):
        count, first = count + 1, first or text
        is_varied = is_varied or text != first
        if is_varied:
            break
    return (lambda _path: "") if count > 2 and not is_varied else text_of
