"""Names of files and columns: which image a table means, what a path says about a sample.

Also records the files that a format does not use (``skip_leftovers``), so that none is missing from
the ledger.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from engine.errors import ConfigError, Problem
from engine.importing.formats.format import FileListing, ImageRef, RawSample
from engine.importing.ledger import FileLedger, Reason

# fmt: off
IMAGE_SUFFIXES = frozenset((
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif",
    ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico", ".mpo", ".jp2", ".avif",
    ".heic", ".heif", ".jxl", ".svg", ".psd",
))
# fmt: on
"""Named like an image; which of them cannot be read is found by decoding."""
TEXT_SUFFIXES = (".txt", ".caption")
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
_AMBIGUOUS = ""


class ImageNameError(ValueError):
    """A name in a table that must not or cannot be followed; ``str`` says why."""


def is_image(path: str) -> bool:
    """Whether a file is named like an image."""
    return suffix_of(path) in IMAGE_SUFFIXES


def suffix_of(path: str) -> str:
    """Return a file's suffix in lower case, with its dot."""
    name = path.rpartition("/")[2]
    return "." + name.rpartition(".")[2].lower() if "." in name[1:] else ""


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


def split_of_path(path: str) -> str:
    """Say which split the folders of a path mean."""
    splits = (split_of_name(part) for part in folder_of(path).split("/"))
    return next((split for split in splits if split), "")


def split_extras(path: str, *, of_table: bool = False) -> dict[str, str]:
    """Return the split that the folders of a path name, as extras; of a table its name as well."""
    split = split_of_path(path) or (split_of_words(stem_of(path)) if of_table else "")
    return {"split": split} if split else {}


def image_paths(listing: FileListing) -> list[str]:
    """Return the files that are named like images, in order."""
    return [entry.path for entry in listing.entries if is_image(entry.path)]


class ImageIndex:
    """The images of a source by path, by base name and by stem."""

    def __init__(self, listing: FileListing) -> None:
        self.paths = set(image_paths(listing))
        self._names = _unique((p.rpartition("/")[2], p) for p in self.paths)
        self._stems = _unique((stem_of(p), p) for p in self.paths)

    def find(self, name: str, folders: Sequence[str] = ("",)) -> str | None:
        """Find the image that a row names: in these folders, then by its unique base name.

        Raises:
            ImageNameError: the name leads out of the source, or to the web.
        """
        parts = _safe_parts(name)
        if not parts:
            return None
        relative = "/".join(parts)
        for folder in folders:
            path = f"{folder}/{relative}" if folder else relative
            if path in self.paths:
                return path
        found = self._names.get(parts[-1]) or self._stems.get(parts[-1])
        return found or None


def _safe_parts(name: str) -> list[str]:
    if _WEB.match(name):
        raise ImageNameError("it is a web address; nothing is downloaded")
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise ImageNameError("it is an absolute path")
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ImageNameError("it leads out of the source")
    return parts


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, path in pairs:
        found[name] = _AMBIGUOUS if name in found else path
    return found


def folders_named(listing: FileListing, text: str) -> Iterator[str]:
    """Yield the folders whose name is part of a text: ``train2017`` in ``captions_train2017``."""
    seen: set[str] = set()
    for entry in listing.entries:
        folder = folder_of(entry.path)
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
    "text", "caption", "captions", "description", "texts", "prompt", "sentence",
    "sentences", "raw", "comment", "title", "alt_text", "alt", "txt", "annotation",
    "label_text", "name_en", "english", "label", "labels", "class", "category", "tag",
    "tags", "name",
)
LABEL_NAMES: Sequence[str] = (
    "label", "class", "category", "class_name", "label_name", "species", "breed", "labels",
)
# fmt: on
GROUP_NAMES = ("group",)
SPLIT_NAMES = ("split", "partition", "subset")

_NUMBERED = re.compile(r"(caption|text|comment|sentence|description)s?[ _-]?\d+")


def plain(name: str) -> str:
    """Return a column's name as the lists here have it."""
    return name.strip().strip("#").lower().replace(" ", "_").replace("-", "_")


def is_column_name(name: str) -> bool:
    """Whether a cell is a usual name of a column, so that its row is a header."""
    name = plain(name)
    known = (*IMAGE_NAMES, *TEXT_NAMES, *LABEL_NAMES, *GROUP_NAMES, *SPLIT_NAMES, "url")
    return name in known or is_numbered_text(name)


def is_numbered_text(name: str) -> bool:
    """Whether a column is one of several captions, such as ``caption_2``."""
    return _NUMBERED.fullmatch(plain(name)) is not None


def offer_leftovers(
    listing: FileListing, ledger: FileLedger, done: Collection[str]
) -> Iterator[RawSample]:
    """Yield the images that are not in ``done`` as samples without text; skip all other files."""
    left = [path for path in image_paths(listing) if path not in done]
    yield from scan_images(left, ledger, lambda path: ((), split_extras(path)))
    skip_leftovers(listing, ledger, {*done, *left})


def skip_leftovers(listing: FileListing, ledger: FileLedger, done: Collection[str]) -> None:
    """Skip all files that are not in ``done``, images too."""
    for entry in listing.entries:
        if entry.path not in done:
            ledger.mark_skipped(entry.path, Reason.NOT_USED)


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
