"""Names of files and columns: which image a table means, what a path says about a sample.

Also records the files that a format does not use (``skip_leftovers``), so that none is missing from
the ledger.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from urllib.parse import unquote

import numpy as np

from engine.errors import ConfigError, Problem
from engine.importing.formats.format import FileListing, FileSet, ImageRef, RawSample, suffix_of
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import Groups, Numbers, Picked, Strings

# fmt: off
IMAGE_SUFFIXES = frozenset((
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif",
    ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico", ".mpo", ".jp2", ".avif",
    ".heic", ".heif", ".jxl", ".svg", ".psd",
))
# fmt: on
"""Named like an image; which of them cannot be read is found by decoding."""
TEXT_SUFFIXES = (".txt", ".caption", ".captions", ".cap", ".tags", ".text", ".md", ".prompt")
"""Named like a caption."""

_SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "t10k": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
}
_WORD = re.compile(r"t10k|[a-z]+")
_WEB = re.compile(r"(?i)(https?|ftp|s3|gs)://|www\.")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_LOCAL_FILES = re.compile(r"/data/local-files/\?d=(.+)")
_CAPTION_NUMBER = re.compile(r"#\d+$")
"""Flickr8k counts the captions of an image behind its name."""
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the names of uploaded files."""


class ImageNameError(ValueError):
    """A name in a table that must not or cannot be followed; ``str`` says why."""


class WebAddressError(ImageNameError):
    """A name that is a web address."""


def is_image(path: str) -> bool:
    """Whether a file is named like an image."""
    return suffix_of(path) in IMAGE_SUFFIXES


HEAD_BYTES = 16
_IMAGE_STARTS = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*", re.DOTALL
)


def starts_like_image(head: bytes) -> bool:
    """Whether a file's first ``HEAD_BYTES`` are those of an image."""
    return _IMAGE_STARTS.match(head) is not None


def folder_of(path: str) -> str:
    """Return the folder that a file lies in; empty for the root."""
    return path.rpartition("/")[0]


def stem_of(path: str) -> str:
    """Return a file's name without folder and last suffix."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] if "." in name[1:] else name


def split_of_name(name: str) -> str:
    """Say which split the name of a folder or file means, such as ``train2017``; empty for none."""
    return _SPLITS.get(name.lower().rstrip("0123456789_-"), "") or _SPLITS.get(name.lower(), "")


def split_of_words(name: str) -> str:
    """Say which split a word within a name means, such as ``captions_val2017``."""
    splits = (_SPLITS.get(word, "") for word in _WORD.findall(name.lower()))
    return next((split for split in splits if split), "")


@lru_cache(maxsize=1_024)
def split_of_folder(folder: str) -> str:
    """Say which split the names on the way to a folder mean."""
    splits = (split_of_name(part) for part in folder.split("/"))
    return next((split for split in splits if split), "")


def split_extras(path: str, *, of_table: bool = False) -> dict[str, str]:
    """Return the split that the folders of a path name, as extras; of a table its name as well."""
    split = split_of_folder(folder_of(path)) or (split_of_words(stem_of(path)) if of_table else "")
    return {"split": split} if split else {}


def image_paths(listing: FileListing) -> Sequence[str]:
    """Return the files that are named like images, or are some without a suffix, in order."""
    return Picked(listing.paths, image_numbers(listing))


def image_numbers(listing: FileListing) -> Numbers:
    """Return the numbers of the same files, ascending."""
    unnamed = [listing.number_of(path) for path in listing.unnamed_images]
    return np.union1d(listing.numbers_of(IMAGE_SUFFIXES), np.array(unnamed, dtype=np.int64))


class ImageIndex:
    """Finds the image that a table means, however the table spells its path.

    Names meet in any letter case, in any Unicode form, percent-encoded, with backslashes, as an
    absolute path of another machine, with ``..``, and with another suffix or none. Of several
    images with one base name, the one that shares the most folders with the name is meant.
    """

    def __init__(self, listing: FileListing, paths: Iterable[str] | None = None) -> None:
        """Index the images of a source.

        Args:
            listing: of the source.
            paths: the files to find instead of the images, such as its sounds.
        """
        if paths is None:
            self.paths = FileSet(listing, numbers=image_numbers(listing))
        else:
            self.paths = FileSet(listing, paths)
        others = listing.numbers_of([""] if paths is None else [])
        self._others = [path for path in Picked(listing.paths, others) if path not in self.paths]
        self._names: _Names | None = None

    def find(self, name: str, folders: Sequence[str] = ("",)) -> str | None:
        """Find the image that a row names, first in ``folders``.

        Raises:
            ImageNameError: no image of the source fits, and the name leads out of it or to the web.
        """
        parts: list[str] = []
        for written in dict.fromkeys((name, _local_name(name))):
            parts = [p for p in written.replace("\\", "/").split("/") if p not in ("", ".")]
            for folder in folders:
                path = _resolved(folder, parts)
                if path in self.paths:
                    return path
        if not parts:
            return None
        found = self._find_by_name(parts, folders)
        if not found:
            _refuse_outside(name)
        return found

    def _find_by_name(self, parts: Sequence[str], folders: Sequence[str]) -> str | None:
        if self._names is None:
            self._names = _Names(self.paths, self._others)
        base = folded(parts[-1])
        candidates = self._names.get(base)
        if not candidates and is_image(base):
            # Converted to another format since, or uploaded under a prefix.
            candidates = self._names.get(stem_of(base))
            candidates = candidates or self._names.get(_UPLOADED.sub("", base))
        elif not candidates and base.isdigit():
            # Spreadsheets drop the zeros before a number.
            candidates = self._names.get(_number_key(base))
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        wanted = [folded(part) for part in parts[:-1] if part != ".."]

        def rank(path: str) -> tuple[int, int, int]:
            folder = folder_of(path)
            above = folded(folder).split("/")
            pairs = zip(reversed(above), reversed(wanted), strict=False)
            shared = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
            place = folders.index(folder) if folder in folders else len(folders)
            return shared, len(set(above) & set(wanted)), -place

        ranked = sorted(candidates, key=rank, reverse=True)
        return ranked[0] if rank(ranked[0]) > rank(ranked[1]) else None


def _refuse_outside(name: str) -> None:
    """Raise for a name that no image fits and that leads out of the source."""
    if _WEB.match(name):
        raise WebAddressError("it is a web address; nothing is downloaded")
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise ImageNameError("it is an absolute path")
    if ".." in re.split(r"[\\/]", name):
        raise ImageNameError("it leads out of the source")


def folded(name: str) -> str:
    """Return a name in the form in which equal names of all systems meet: NFC, without case."""
    return unicodedata.normalize("NFC", name).casefold()


class _Names:
    """Maps folded base names, and the stems of images, to paths."""

    def __init__(self, images: Collection[str], others: Iterable[str]) -> None:
        self._paths, self._groups = Strings(), Groups()
        for path in images:
            base = folded(path.rpartition("/")[2])
            stem = stem_of(base)
            for name in {base, stem, _number_key(stem) if stem.isdigit() else stem}:
                self._groups.add(name, len(self._paths))
            self._paths.append(path)
        for path in others:
            self._groups.add(folded(path.rpartition("/")[2]), len(self._paths))
            self._paths.append(path)
        self._images = len(images)

    def get(self, name: str) -> list[str]:
        """Return the paths of a name: images before others, each in order."""
        numbers = self._groups.get(name)
        return [path for _, path in sorted((n >= self._images, self._paths[n]) for n in numbers)]


def _number_key(digits: str) -> str:
    """Return a key that no name has, for all names that count to the same number."""
    return f"#{digits.lstrip('0')}/"


def _local_name(name: str) -> str:
    """Return the path that a name means: no scheme and query, slashes, decoded percent signs."""
    if local := _LOCAL_FILES.search(name):
        name = local[1]
    if _WEB.match(name):
        name = re.split(r"[?#]", name, maxsplit=1)[0].partition("://")[2]
    name = _CAPTION_NUMBER.sub("", name.removeprefix("file://").replace("\\", "/"))
    return unquote(name) if "%" in name else name


def _resolved(folder: str, parts: Iterable[str]) -> str:
    """Return the path that parts give from a folder; empty if they lead above the root."""
    path = folder.split("/") if folder else []
    for part in parts:
        if part != "..":
            path.append(part)
        elif path:
            path.pop()
        else:
            return ""
    return "/".join(path)


def folders_named(listing: FileListing, text: str) -> Iterator[str]:
    """Yield the folders whose name is part of a text: ``train2017`` in ``captions_train2017``."""
    seen: set[str] = set()
    for path in listing.paths:
        folder = folder_of(path)
        if folder not in seen:
            seen.add(folder)
            name = folder.rpartition("/")[2]
            if len(name) > 1 and name in text:
                yield folder


# fmt: off
IMAGE_NAMES: Sequence[str] = (
    "file_name", "image", "image_path", "image_file", "filename", "file", "path", "img",
    "img_path", "image_name", "image_file_name", "imagepath", "filepath", "file_path",
    "picture", "photo", "jpg", "png", "image_id", "img_name", "id", "name",
)
TEXT_NAMES: Sequence[str] = (
    "texts", "text", "caption", "captions", "description", "prompt", "sentence", "sentences",
    "raw", "report", "comment", "title", "alt_text", "alt", "txt", "annotation", "label_text",
    "name_en", "english", "tag_string_general", "tag_string", "tags", "keywords",
    "tag", "label", "labels", "class", "category", "categories", "name",
)
LABEL_NAMES: Sequence[str] = (
    "label", "class", "category", "class_name", "label_name", "species", "breed", "labels",
)
# fmt: on
GROUP_NAMES = ("group",)
SPLIT_NAMES = ("split", "partition", "subset")

_TEXT_PART = re.compile(r"caption|description|prompt|sentence|utterance|transcript")
_NUMBERED = re.compile(r"(caption|text|comment|sentence|description)s?[ _-]?\d+")


def plain(name: str) -> str:
    """Return a column's name as the lists here have it."""
    return name.strip().strip("#").lower().replace(" ", "_").replace("-", "_")


def is_column_name(name: str) -> bool:
    """Whether a cell is a usual name of a column, so that its row is a header."""
    name = plain(name)
    known = (*IMAGE_NAMES, *TEXT_NAMES, *LABEL_NAMES, *GROUP_NAMES, *SPLIT_NAMES, "url")
    return name in known or is_numbered_text(name)


def is_text_name(name: str) -> bool:
    """Whether a column's name contains a usual one for captions, such as ``blip_caption``."""
    return bool(_TEXT_PART.search(plain(name))) and "negative" not in name.lower()


def is_numbered_text(name: str) -> bool:
    """Whether a column is one of several captions, such as ``caption_2``."""
    return _NUMBERED.fullmatch(plain(name)) is not None


def offer_leftovers(listing: FileListing, ledger: FileLedger, done: FileSet) -> Iterator[RawSample]:
    """Yield the images that are not in ``done`` as samples without text; skip all other files."""
    images = np.setdiff1d(image_numbers(listing), done.numbers, assume_unique=True)
    left = Picked(listing.paths, images)
    yield from scan_images(left, ledger, lambda path: ((), split_extras(path)))
    done.update(numbers=images)
    skip_leftovers(ledger, done)


def skip_leftovers(ledger: FileLedger, done: FileSet) -> None:
    """Skip all files of a listing that are not in ``done``, images too."""
    for path in done.left():
        ledger.mark_skipped(path, Reason.NOT_USED)


def scan_images(
    paths: Iterable[str],
    ledger: FileLedger,
    describe: Callable[[str], tuple[Iterable[str], Mapping[str, str]]],
) -> Iterator[RawSample]:
    """Yield images as samples, with the texts and extras that ``describe`` returns for a path."""
    for path in paths:
        ledger.mark_used(path)
        texts, extras = describe(path)
        yield RawSample(key=path, image=ImageRef(path=path), texts=tuple(texts), extras=extras)


def missing_table(table: str) -> ConfigError:
    """Return the error for a spec whose table is no file of the source."""
    return ConfigError([Problem("reading.table", f"names no file of the source: {table}")])
