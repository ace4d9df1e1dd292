"""The likely causes of an import without a sample to train on, from what was found."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from engine.errors import EntryError
from engine.importing.formats.format import FileListing, RawSample
from engine.importing.formats.names import TEXT_SUFFIXES, image_paths, stem_of
from engine.importing.language import words_of_name
from engine.importing.ledger import FileLedger, Reason, SkipRecord
from engine.importing.sources.archive import Archive

GIVEN = 3


class CauseKind(StrEnum):
    """What may be the matter; of equally frequent ones, the more particular first."""

    VALIDATION = "validation"
    """All items are for validation, so none is left to train on."""
    TEXTS_ELSEWHERE = "texts_elsewhere"
    """Images have texts of their name, but in another folder."""
    LINKS = "links"
    """Files are links that lead out of the source."""
    LOCKED = "locked"
    """Members of an archive are encrypted."""
    ARCHIVES = "archives"
    """The files are in archives within the source."""
    ADDRESSES = "addresses"
    """A table names web addresses instead of images."""
    DICOM = "dicom"
    VIDEOS = "videos"
    RAW_PHOTOS = "raw_photos"
    SOUNDS = "sounds"
    DOCUMENTS = "documents"
    ARRAYS = "arrays"
    """Files of scientific arrays, such as ``.npy`` and ``.h5``."""
    UNSUPPORTED = "unsupported"
    """Images of a kind that is not read, such as HEIC."""
    BOXES = "boxes"
    """Texts beside images are numbers."""
    NO_IMAGES = "no_images"
    """There are files, none of them an image or a sound to this format."""
    NAMES = "names"
    """Nothing but the names of images could be texts, and those are no language."""
    IMAGES_WITHOUT_TEXT = "images_without_text"
    TEXTS_WITHOUT_IMAGE = "texts_without_image"
    BAD_ROWS = "bad_rows"
    """Rows that lack what the mapping names."""
    UNREADABLE = "unreadable"
    """Images whose content cannot be used."""
    ISSUES = "issues"
    """Items that a repair leaves out."""
    NO_FILES = "no_files"
    """There is no file at all."""


_SENTENCES = {
    CauseKind.NO_FILES: "It holds no file.",
    CauseKind.NO_IMAGES: "None of its {count:,} files is an image or a sound that this format "
    "would use.",
    CauseKind.LINKS: "{count:,} files, such as {example}, are links that lead out of it; they are "
    "not followed. Choose the folder that they lead to, or copy the files.",
    CauseKind.LOCKED: "{count:,} files, such as {example}, are encrypted with a password. Unpack "
    "the archive first.",
    CauseKind.ARCHIVES: "It holds {count:,} archives, such as {example}. Choose one of them, or "
    "unpack them first (ZIP and tar can be read as they are).",
    CauseKind.ADDRESSES: "The images of {example} are web addresses; nothing is downloaded. "
    "Download them first, for example with img2dataset.",
    CauseKind.DICOM: "{count:,} files, such as {example}, are DICOM scans, which are not read. "
    "Convert them to PNG or TIFF.",
    CauseKind.VIDEOS: "{count:,} files, such as {example}, are videos, which are not read. Extract "
    "frames as JPEG or PNG.",
    CauseKind.RAW_PHOTOS: "{count:,} files, such as {example}, are raw photos of a camera, which "
    "are not read. Convert them to JPEG or TIFF.",
    CauseKind.SOUNDS: "{count:,} files, such as {example}, are sounds of a kind that is not read. "
    "Convert them to WAV, FLAC, MP3 or Ogg Vorbis.",
    CauseKind.DOCUMENTS: "{count:,} files, such as {example}, are documents, which are not read. "
    "Export their pages as PNG.",
    CauseKind.ARRAYS: "{count:,} files, such as {example}, hold arrays, which are not read. Save "
    "the images as PNG or TIFF.",
    CauseKind.UNSUPPORTED: "{count:,} images, such as {example}, are of a kind that is not read. "
    "Convert them to JPEG or PNG; HEIC is read if the package pillow-heif is installed.",
    CauseKind.BOXES: "{count:,} text files, such as {example}, hold numbers instead of captions, "
    "as boxes of YOLO do, and no file names their classes.",
    CauseKind.NAMES: "No texts were found for {count:,} images, and names such as {example} are no "
    "captions. To import the images alone, keep images without text (--keep-image-only).",
    CauseKind.IMAGES_WITHOUT_TEXT: "{count:,} images have no text that belongs to them by name.",
    CauseKind.TEXTS_WITHOUT_IMAGE: "{count:,} texts have no image that belongs to them by name.",
    CauseKind.TEXTS_ELSEWHERE: "{count:,} images have a text of the same name in another folder.",
    CauseKind.UNREADABLE: "{count:,} files cannot be read, such as {example}.",
    CauseKind.BAD_ROWS: "{count:,} rows lack the image or the text that the mapping names.",
    CauseKind.ISSUES: "{count:,} items are left out by the repairs chosen.",
    CauseKind.VALIDATION: "All {count:,} remaining items are for validation, none for training.",
}
_BY_REASON = {
    Reason.NO_TEXT: CauseKind.IMAGES_WITHOUT_TEXT,
    Reason.NO_IMAGE: CauseKind.TEXTS_WITHOUT_IMAGE,
    Reason.BAD_ROW: CauseKind.BAD_ROWS,
    Reason.WEB_ADDRESS: CauseKind.ADDRESSES,
    Reason.UNSUPPORTED: CauseKind.UNSUPPORTED,
    **dict.fromkeys(
        (
            Reason.EMPTY,
            Reason.NOT_AN_IMAGE,
            Reason.NOT_AUDIO,
            Reason.SILENT,
            Reason.TRUNCATED,
            Reason.DAMAGED,
            Reason.TOO_LARGE,
            Reason.UNREADABLE,
        ),
        CauseKind.UNREADABLE,
    ),
}
_FILE_REASONS = {
    Reason.LINK: CauseKind.LINKS,
    Reason.LOCKED: CauseKind.LOCKED,
    Reason.NOT_LANGUAGE: CauseKind.BOXES,
}
_SUFFIXES = {
    CauseKind.ARCHIVES: "zip tar tgz gz bz2 xz rar 7z zst",
    CauseKind.DICOM: "dcm dicom ima",
    CauseKind.VIDEOS: "mp4 mov avi mkv webm m4v mpg mpeg wmv flv 3gp ogv mts",
    CauseKind.RAW_PHOTOS: "cr2 cr3 nef arw dng raf orf rw2 pef srw raw 3fr iiq x3f",
    CauseKind.SOUNDS: "m4a aac opus wma aiff aif",
    CauseKind.DOCUMENTS: "pdf doc docx ppt pptx xls xlsx odt ods odp epub djvu",
    CauseKind.ARRAYS: "npy npz h5 hdf5 mat nii pt pth pkl pickle tfrecord tfrecords mdb lmdb zarr",
    CauseKind.UNSUPPORTED: "heic heif jxl svg psd eps ai exr hdr",
}
_KINDS = {f".{name}": kind for kind, names in _SUFFIXES.items() for name in names.split()}
_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".parquet", ".arrow")
_ADDRESS = re.compile(rb"https?://[\w.-]+/\S*")
_OPENED, _HEAD = 20, 1 << 16


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason, and of how many files or items it is true."""

    kind: CauseKind
    count: int = 0
    example: str = ""
    """The name of one; for images that cannot be read, with the reason in English."""

    @property
    def sentence(self) -> str:
        """In English; the studio finds its own words."""
        return _SENTENCES[self.kind].format(count=self.count, example=self.example)


class _Causes:
    """Counts causes, with the first example of each."""

    def __init__(self) -> None:
        self.counts: Counter[CauseKind] = Counter()
        self.examples: dict[CauseKind, str] = {}

    def add(self, kind: CauseKind, example: str = "", count: int = 1) -> None:
        if count:
            self.counts[kind] += count
            self.examples.setdefault(kind, example)

    def likeliest(self) -> tuple[Cause, ...]:
        order = list(CauseKind)
        found = sorted(self.counts.items(), key=lambda pair: (-pair[1], order.index(pair[0])))
        causes = (Cause(kind=k, count=n, example=self.examples[k]) for k, n in found)
        return tuple(causes)[:GIVEN]


def diagnose_unknown_source(
    archive: Archive, listing: FileListing, ledger: FileLedger
) -> tuple[Cause, ...]:
    """Find the likeliest reasons why no format can read a source.

    Args:
        archive: the source; some of its files are opened.
        listing: of the source.
        ledger: with the files skipped while listing.
    """
    if not ledger.files_found:
        return (Cause(kind=CauseKind.NO_FILES),)
    causes = _Causes()
    _add_files(causes, listing, ledger.skipped_files())
    for path in _opened(listing, ""):
        if _head(archive, path)[128:132] == b"DICM":
            causes.add(CauseKind.DICOM, path)
    if not image_paths(listing):
        for path in _opened(listing, *_TABLES):
            if _ADDRESS.search(_head(archive, path)):
                causes.add(CauseKind.ADDRESSES, path)
    if not causes.counts:
        causes.add(CauseKind.NO_IMAGES, count=ledger.files_found)
    return causes.likeliest()


def diagnose_empty_import(
    listing: FileListing, ledger: FileLedger, samples: Iterable[RawSample], validation: int = 0
) -> tuple[Cause, ...]:
    """Find the three likeliest reasons why no item is left to train on.

    Args:
        listing: of the source.
        ledger: with the items skipped so far.
        samples: all that were found.
        validation: items that are left, all of them for validation.
    """
    if not ledger.files_found:
        return (Cause(kind=CauseKind.NO_FILES),)
    causes = _Causes()
    for skipped in ledger.skipped_items():
        kind = _BY_REASON.get(skipped.reason, CauseKind.ISSUES)
        is_explained = kind is CauseKind.UNREADABLE and skipped.detail
        causes.add(kind, f"{skipped.path}: {skipped.detail}" if is_explained else skipped.path)
    _add_files(causes, listing, ledger.skipped_files())
    causes.add(CauseKind.TEXTS_ELSEWHERE, count=_texts_elsewhere(listing))
    causes.add(CauseKind.VALIDATION, count=validation)
    samples = tuple(samples)
    if not any(sample.image is not None or sample.sounds for sample in samples):
        causes.add(CauseKind.NO_IMAGES, count=ledger.files_found)
    elif not any(s.texts for s in samples) and len(set(map(_name, samples))) == 1:
        count = causes.counts.pop(CauseKind.IMAGES_WITHOUT_TEXT, 0)
        causes.add(CauseKind.NAMES, stem_of(samples[0].key), count)
    return causes.likeliest()


def _name(sample: RawSample) -> str:
    return words_of_name(stem_of(sample.key))


def _add_files(causes: _Causes, listing: FileListing, skipped: Iterable[SkipRecord]) -> None:
    """Count files by what was wrong with them, and those of kinds that are not read."""
    for record in skipped:
        if record.reason in _FILE_REASONS:
            causes.add(_FILE_REASONS[record.reason], record.path)
    for entry in listing.entries:
        kind = _KINDS.get(PurePosixPath(entry.path).suffix.lower())
        # Images of unsupported kinds are counted where they are decoded.
        if kind is not None and kind is not CauseKind.UNSUPPORTED:
            causes.add(kind, entry.path)


def _opened(listing: FileListing, *suffixes: str) -> Iterator[str]:
    """Yield the first few files of some suffixes."""
    for entry in listing.of(*suffixes)[:_OPENED]:
        yield entry.path


def _head(archive: Archive, path: str) -> bytes:
    with suppress(EntryError, OSError), archive.open(path) as stream:
        return stream.read(_HEAD)
    return b""


def _texts_elsewhere(listing: FileListing) -> int:
    """Count the texts that share their name with an image of another folder alone."""
    texts = {PurePosixPath(entry.path).with_suffix("") for entry in listing.of(*TEXT_SUFFIXES)}
    others = {
        PurePosixPath(entry.path).with_suffix("")
        for entry in listing.entries
        if PurePosixPath(entry.path).suffix.lower() not in TEXT_SUFFIXES
    }
    names = {path.name for path in others - texts}
    return sum(path.name in names for path in texts - others)
