"""User-facing texts of the import: formats, encodings, progress, counts and reasons.

Texts about data issues are in ``issue_text``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject

from engine.events import ImportProgressed, ImportStage
from engine.importing.empty_import import Cause, CauseKind
from engine.importing.ledger import Reason

if TYPE_CHECKING:
    from engine.importing.report import ImportCounts

SHOWN = 3
"""Number of reasons shown if there is nothing to import."""
ENCODINGS = (
    "",
    "utf-8",
    "utf-16",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "cp1252",
    "cp1251",
    "latin-1",
)
"""Selectable encodings; the empty one is detected automatically."""


def format_words(name: str) -> tuple[str, str]:
    """Return title and explanation of a format."""
    translate = QCoreApplication.translate
    words = {
        "sidecar": (
            translate("ImportText", "Images with a text file for each"),
            translate(
                "ImportText",
                "A .txt, .caption, .tags or .json file of the same name, beside the image or in a "
                "folder of its own, holds its text.",
            ),
        ),
        "class_folders": (
            translate("ImportText", "Images in class folders"),
            translate("ImportText", "The name of the image's folder is its text."),
        ),
        "table_file": (
            translate("ImportText", "A table that names images and texts"),
            translate("ImportText", "One row for each image, in CSV, TSV, JSON or JSON lines."),
        ),
        "parquet": (
            translate("ImportText", "A Parquet or Arrow table"),
            translate("ImportText", "Its rows name image files or contain the images."),
        ),
        "coco": (
            translate("ImportText", "COCO annotations"),
            translate(
                "ImportText",
                "One JSON file lists the images with captions, or with boxes: then the names of "
                "their categories are the text, and the boxes are left out.",
            ),
        ),
        "object_labels": (
            translate("ImportText", "Boxes of Pascal VOC, YOLO or CVAT"),
            translate(
                "ImportText", "The names of the classes are the text; the boxes are left out."
            ),
        ),
        "webdataset": (
            translate("ImportText", "WebDataset shards"),
            translate(
                "ImportText", "In tar files, an image and its text share the first part of a name."
            ),
        ),
        "idx": (
            translate("ImportText", "IDX files, like MNIST"),
            translate("ImportText", "One file holds all images, another the label of each."),
        ),
        "gallery": (
            translate("ImportText", "A gallery that Diptych saved"),
            translate("ImportText", "Pairs sampled by a run, with their texts."),
        ),
        "embedded": (
            translate("ImportText", "Texts inside the image files"),
            translate(
                "ImportText", "Descriptions that cameras and programs write into EXIF, XMP or PNG."
            ),
        ),
        "file_names": (
            translate("ImportText", "File names as texts"),
            translate(
                "ImportText",
                "The name of the image file is its text; numbers, identifiers and names that "
                "cameras give are left out.",
            ),
        ),
    }
    return words.get(name, (name, ""))


def sounds_format_words(name: str) -> tuple[str, str]:
    """Return title and explanation of a format that takes sounds in the place of images."""
    translate = QCoreApplication.translate
    words = {
        "sidecar": (
            translate("ImportText", "Sounds with a text file for each"),
            translate(
                "ImportText",
                "A .txt file of the same name, beside the sound or in a folder of its own, holds "
                "its text.",
            ),
        ),
        "class_folders": (
            translate("ImportText", "Sounds in class folders"),
            translate("ImportText", "The name of the sound's folder is its text."),
        ),
        "table_file": (
            translate("ImportText", "A table that names sounds and texts"),
            translate("ImportText", "One row for each sound, in CSV, TSV, JSON or JSON lines."),
        ),
        "file_names": (
            translate("ImportText", "File names as texts"),
            translate(
                "ImportText",
                "The name of the sound file is its text; numbers and identifiers are left out.",
            ),
        ),
    }
    return words.get(name) or format_words(name)


def rows_alone_words() -> tuple[str, str]:
    """Return title and explanation of a table whose rows are items of their own."""
    translate = QCoreApplication.translate
    return (
        translate("ImportText", "A table of its own"),
        translate("ImportText", "Each row is an item: numbers, categories and texts."),
    )


def reason_words(reason: Reason) -> str:
    """Return why something is not imported, as a short noun phrase for a list."""
    translate = QCoreApplication.translate
    words = {
        Reason.HIDDEN: translate("ImportText", "Hidden files of the system"),
        Reason.EMPTY: translate("ImportText", "Empty files and texts"),
        Reason.NOT_USED: translate("ImportText", "Files that are not used here"),
        Reason.NOT_AN_IMAGE: translate("ImportText", "Named like images, but not images"),
        Reason.NOT_AUDIO: translate("ImportText", "Named like sounds, but not sounds"),
        Reason.SILENT: translate("ImportText", "Silent sounds"),
        Reason.CLIPPED_SOUND: translate("ImportText", "Overdriven sounds"),
        Reason.LONG_SOUND: translate("ImportText", "Sounds longer than what is stored"),
        Reason.SAME_SOUND: translate("ImportText", "Copies of another sound"),
        Reason.UNSUPPORTED: translate("ImportText", "Files of an unsupported type"),
        Reason.TRUNCATED: translate("ImportText", "Truncated images and sounds"),
        Reason.DAMAGED: translate("ImportText", "Damaged images and sounds"),
        Reason.TOO_LARGE: translate("ImportText", "Larger than what is allowed"),
        Reason.UNREADABLE: translate("ImportText", "Files without read permission"),
        Reason.LOCKED: translate("ImportText", "Encrypted with a password"),
        Reason.UNSAFE_PATH: translate("ImportText", "Paths that lead out of the source"),
        Reason.LINK: translate("ImportText", "Links"),
        Reason.SPECIAL_FILE: translate("ImportText", "Devices and pipes"),
        Reason.WEB_ADDRESS: translate("ImportText", "Web addresses instead of images"),
        Reason.BAD_ROW: translate("ImportText", "Rows that lack an image or a text"),
        Reason.NOT_LANGUAGE: translate("ImportText", "Numbers or code instead of captions"),
        Reason.BAD_ENCODING: translate("ImportText", "Texts in an unknown encoding"),
        Reason.NO_TEXT: translate("ImportText", "Images without a text"),
        Reason.NO_IMAGE: translate("ImportText", "Texts without an image"),
        Reason.SAME_IMAGE: translate("ImportText", "Copies of another image"),
        Reason.SIMILAR_IMAGE: translate("ImportText", "Images almost like another"),
        Reason.TINY_IMAGE: translate("ImportText", "Images smaller than the size to store"),
        Reason.EXTREME_RATIO: translate("ImportText", "Very long or very wide images"),
        Reason.REPEATED_TEXT: translate("ImportText", "Items with a text that many others share"),
        Reason.LONG_TEXT: translate("ImportText", "Items with a very long text"),
        Reason.MOJIBAKE: translate("ImportText", "Items with garbled text"),
        Reason.LEAK: translate("ImportText", "Validation items that resemble one to train on"),
        Reason.EXCLUDED: translate("ImportText", "Items that you excluded"),
    }
    return words[reason]


def card_words(reason: Reason) -> str:
    """Return why one item is not imported, short enough for a card."""
    translate = QCoreApplication.translate
    words = {
        Reason.EMPTY: translate("ImportText", "Empty"),
        Reason.NOT_AN_IMAGE: translate("ImportText", "Not an image"),
        Reason.NOT_AUDIO: translate("ImportText", "Not a sound"),
        Reason.SILENT: translate("ImportText", "Silent"),
        Reason.UNSUPPORTED: translate("ImportText", "Cannot be read"),
        Reason.TRUNCATED: translate("ImportText", "Truncated"),
        Reason.DAMAGED: translate("ImportText", "Damaged"),
        Reason.TOO_LARGE: translate("ImportText", "Too large"),
        Reason.UNREADABLE: translate("ImportText", "No read permission"),
        Reason.HIDDEN: translate("ImportText", "Hidden file"),
        Reason.NO_TEXT: translate("ImportText", "No text"),
        Reason.NO_IMAGE: translate("ImportText", "No image"),
        Reason.BAD_ROW: translate("ImportText", "Incomplete row"),
        Reason.LINK: translate("ImportText", "Link"),
        Reason.EXCLUDED: translate("ImportText", "Excluded"),
    }
    return words.get(reason) or reason_words(reason)


def script_words(name: str) -> str:
    """Return the name of a writing system."""
    translate = QCoreApplication.translate
    words = {
        "latin": translate("ImportText", "Latin"),
        "han": translate("ImportText", "Chinese characters"),
        "kana": translate("ImportText", "Japanese"),
        "hangul": translate("ImportText", "Korean"),
        "cyrillic": translate("ImportText", "Cyrillic"),
        "greek": translate("ImportText", "Greek"),
        "arabic": translate("ImportText", "Arabic"),
        "hebrew": translate("ImportText", "Hebrew"),
        "devanagari": translate("ImportText", "Devanagari"),
        "thai": translate("ImportText", "Thai"),
        "none": translate("ImportText", "Digits and symbols only"),
        "other": translate("ImportText", "Other scripts"),
    }
    return words.get(name, name)


def encoding_words(name: str) -> str:
    """Return the name of an encoding; well-known codes stay as they are."""
    translate = QCoreApplication.translate
    words = {
        "": translate("ImportText", "Detect automatically"),
        "utf-8": "UTF-8",
        "utf-16": "UTF-16",
        "gb18030": translate("ImportText", "Simplified Chinese (GBK, GB18030)"),
        "big5": translate("ImportText", "Traditional Chinese (Big5)"),
        "shift_jis": translate("ImportText", "Japanese (Shift-JIS)"),
        "euc_jp": translate("ImportText", "Japanese (EUC-JP)"),
        "euc_kr": translate("ImportText", "Korean (EUC-KR)"),
        "cp1252": translate("ImportText", "Western European (Windows-1252)"),
        "cp1251": translate("ImportText", "Cyrillic (Windows-1251)"),
        "latin-1": translate("ImportText", "Western European (Latin-1)"),
    }
    return words.get(name, name)


def stage_words(stage: ImportStage) -> str:
    """Return the name of an import stage."""
    translate = QCoreApplication.translate
    return {
        ImportStage.LISTING: translate("ImportText", "Listing the files"),
        ImportStage.SCANNING: translate("ImportText", "Pairing images and texts"),
        ImportStage.DECODING: translate("ImportText", "Reading the images"),
        ImportStage.EXAMINING: translate("ImportText", "Comparing the items"),
        ImportStage.WRITING: translate("ImportText", "Writing the dataset"),
    }[stage]


def progress_words(event: ImportProgressed) -> str:
    """Return the progress of an import: count, speed and time left, as far as known."""
    translate, locale = QCoreApplication.translate, QLocale()
    parts = [stage_words(event.stage)]
    if event.total:
        text = translate("ImportText", "{0} of {1}")
        parts.append(text.format(locale.toString(event.done), locale.toString(event.total)))
    elif event.done:
        parts.append(locale.toString(event.done))
    if event.items_per_s >= 1:
        speed = translate("ImportText", "{0} a second")
        parts.append(speed.format(locale.toString(round(event.items_per_s))))
        if event.total > event.done:
            minutes = (event.total - event.done) / event.items_per_s / 60
            if minutes < 1:
                parts.append(translate("ImportText", "less than a minute left"))
            elif minutes < 60:
                parts.append(translate("ImportText", "%n minute(s) left", "", round(minutes)))
            else:
                parts.append(translate("ImportText", "%n hour(s) left", "", round(minutes / 60)))
    return "  ·  ".join(parts)


def suffix_words(suffixes: Mapping[str, int], most: int = 6) -> str:
    """List file types with their counts, most frequent first."""
    translate, locale = QCoreApplication.translate, QLocale()
    ordered = sorted(suffixes.items(), key=lambda item: (-item[1], item[0]))
    none = translate("ImportText", "no suffix")
    parts = [f"{suffix or none} {locale.toString(count)}" for suffix, count in ordered[:most]]
    return "  ·  ".join([*parts, *(["…"] if len(ordered) > most else [])])


def joined(parts: Sequence[str]) -> str:
    """Join short facts into one line."""
    return "  ·  ".join(part for part in parts if part)


def counts_words(counts: "ImportCounts") -> str:
    """Return what would be imported, in one line."""
    return joined(_ImportedText().parts(counts))


def sizes_words(sizes: Sequence[tuple[tuple[int, int], int]]) -> str:
    """Return the range and the most frequent image size."""
    translate = QCoreApplication.translate
    if not sizes:
        return ""
    (width, height), count = sizes[0]
    if len(sizes) == 1:
        return translate("CheckText", "All images are {0} × {1} px.").format(width, height)
    smallest = min((min(size), size) for size, _count in sizes)[1]
    largest = max((max(size), size) for size, _count in sizes)[1]
    text = translate(
        "CheckText", "Images from {0} × {1} to {2} × {3} px; most often {4} × {5} ({6})."
    )
    return text.format(*smallest, *largest, width, height, QLocale().toString(count))


def skipped_rows(counts: Mapping[Reason, int]) -> list[tuple[str, str]]:
    """Return count and text of each reason."""
    number = QLocale().toString
    return [(number(count), reason_words(reason)) for reason, count in counts.items()]


class _ImportedText(QObject):
    """Texts with counts: Qt's tools find plural forms only in ``tr``."""

    def parts(self, counts: "ImportCounts") -> list[str]:
        has_others = bool(counts.with_sound or counts.with_cells)
        parts = self._of_others(counts) if has_others else self._of_pairs(counts)
        if counts.with_sound:
            parts.append(self.tr("%Ln item(s) with sound", "", counts.with_sound))
        if counts.with_cells:
            parts.append(self.tr("%Ln row(s) of a table", "", counts.with_cells))
        if counts.validation_items:
            parts.append(self.tr("%Ln of them for validation", "", counts.validation_items))
        if counts.items_skipped:
            parts.append(self.tr("%Ln left out", "", counts.items_skipped))
        return parts

    def _of_pairs(self, counts: "ImportCounts") -> list[str]:
        parts = [self.tr("%Ln pair(s)", "", counts.pairs)]
        if counts.image_only:
            parts.append(self.tr("%Ln image(s) alone", "", counts.image_only))
        if counts.text_only:
            parts.append(self.tr("%Ln text(s) alone", "", counts.text_only))
        return parts

    def _of_others(self, counts: "ImportCounts") -> list[str]:
        """Return what has images or texts; what lacks them may still have a sound or cells."""
        parts: list[str] = []
        if counts.pairs:
            parts.append(self.tr("%Ln pair(s)", "", counts.pairs))
        if counts.image_only:
            parts.append(self.tr("%Ln image(s) without text", "", counts.image_only))
        if counts.text_only and (counts.pairs or counts.image_only):
            parts.append(self.tr("%Ln text(s) without image", "", counts.text_only))
        return parts


def cause_sentences(causes: Sequence[Cause], *, has_other_formats: bool) -> list[str]:
    """Return sentences for the causes, followed by common causes, three in all.

    Args:
        causes: found by the engine, likeliest first.
        has_other_formats: whether other formats can be chosen.
    """
    words = _ReasonText()
    found = [words.of(cause) for cause in causes]
    return [*found, *words.usual()[0 if has_other_formats else 1 :]][:SHOWN]


class _ReasonText(QObject):
    """Texts with counts: Qt's tools find plural forms only in ``tr``."""

    def of(self, cause: Cause) -> str:
        words = self._of_files(cause.count) | self._of_items(cause.count)
        other = self.tr("%Ln item(s) are left out by what you have chosen.", "", cause.count)
        return words.get(cause.kind, other).format(cause.example)

    def _of_items(self, count: int) -> dict[CauseKind, str]:
        return {
            CauseKind.NO_FILES: self.tr("There is no file in it."),
            CauseKind.NO_IMAGES: self.tr(
                "None of the %Ln file(s) is an image in this format.", "", count
            ),
            CauseKind.NAMES: self.tr(
                "No texts were found for %Ln image(s): names such as {0} are no captions. You can "
                "keep the images without text.",
                "",
                count,
            ),
            CauseKind.IMAGES_WITHOUT_TEXT: self.tr(
                "%Ln image(s) have no text that belongs to them by name.", "", count
            ),
            CauseKind.TEXTS_WITHOUT_IMAGE: self.tr(
                "%Ln text(s) have no image that belongs to them by name.", "", count
            ),
            CauseKind.TEXTS_ELSEWHERE: self.tr(
                "%Ln text(s) have the name of an image that lies in another folder.", "", count
            ),
            CauseKind.UNREADABLE: self.tr("%Ln image(s) cannot be read, such as {0}.", "", count),
            CauseKind.BAD_ROWS: self.tr(
                "%Ln row(s) lack the image or the text that the chosen columns should hold.",
                "",
                count,
            ),
            CauseKind.VALIDATION: self.tr(
                "All %Ln remaining item(s) are for validation, none for training.", "", count
            ),
        }

    def _of_files(self, count: int) -> dict[CauseKind, str]:
        return {
            CauseKind.LINKS: self.tr(
                "%Ln file(s), such as {0}, are links that lead out of it. Choose the folder that "
                "they lead to, or copy the files.",
                "",
                count,
            ),
            CauseKind.LOCKED: self.tr(
                "%Ln file(s), such as {0}, are encrypted with a password. Unpack the archive "
                "first.",
                "",
                count,
            ),
            CauseKind.ARCHIVES: self.tr(
                "It holds %Ln archive(s), such as {0}. Choose one of them, or unpack them first.",
                "",
                count,
            ),
            CauseKind.ADDRESSES: self.tr(
                "The images of {0} are web addresses; nothing is downloaded. Download them first."
            ),
            CauseKind.DICOM: self.tr(
                "%Ln file(s), such as {0}, are DICOM scans, which are not read. Convert them to "
                "PNG or TIFF.",
                "",
                count,
            ),
            CauseKind.VIDEOS: self.tr(
                "%Ln file(s), such as {0}, are videos, which are not read. Extract frames as JPEG "
                "or PNG.",
                "",
                count,
            ),
            CauseKind.RAW_PHOTOS: self.tr(
                "%Ln file(s), such as {0}, are raw photos of a camera, which are not read. Convert "
                "them to JPEG or TIFF.",
                "",
                count,
            ),
            CauseKind.SOUNDS: self.tr(
                "%Ln file(s), such as {0}, are sounds of a kind that is not read. Convert them to "
                "WAV, FLAC, MP3 or Ogg Vorbis.",
                "",
                count,
            ),
            CauseKind.DOCUMENTS: self.tr(
                "%Ln file(s), such as {0}, are documents, which are not read. Export their pages "
                "as PNG.",
                "",
                count,
            ),
            CauseKind.ARRAYS: self.tr(
                "%Ln file(s), such as {0}, hold arrays, which are not read. Save the images as PNG "
                "or TIFF.",
                "",
                count,
            ),
            CauseKind.UNSUPPORTED: self.tr(
                "%Ln image(s), such as {0}, are of a kind that is not read. Convert them to JPEG "
                "or PNG.",
                "",
                count,
            ),
            CauseKind.BOXES: self.tr(
                "%Ln text file(s), such as {0}, hold numbers instead of captions.", "", count
            ),
        }

    def usual(self) -> list[str]:
        return [
            self.tr("Another format may fit better: try the others on the left."),
            self.tr("A text and its image must have the same name: cat.txt belongs to cat.jpg."),
            self.tr(
                "The texts may be elsewhere: choose the folder that contains both images and texts."
            ),
            self.tr(
                "Other columns may be needed: choose those with the image names and the texts."
            ),
        ]
