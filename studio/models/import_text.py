"""Formats, reasons and counts of an import in the user's words."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QLocale

from engine.importing.accounts import Reason
from engine.job_events import ImportProgressed, ImportStage

_MINUTE_S = 60
_HOUR_S = 3600
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
"""What may be chosen; the empty one detects it."""


def format_words(name: str) -> tuple[str, str]:
    """Give title and explanation of a format."""
    return _format_words().get(name, (name, ""))


def _format_words() -> dict[str, tuple[str, str]]:
    translate = QCoreApplication.translate
    return {
        "sidecar": (
            translate("ImportText", "Images with a text file for each"),
            translate(
                "ImportText",
                "A .txt or .caption file of the same name, beside the image or in a folder of its "
                "own, holds its text.",
            ),
        ),
        "class_folders": (
            translate("ImportText", "Images in class folders"),
            translate("ImportText", "The name of the folder that an image lies in is its text."),
        ),
        "table_file": (
            translate("ImportText", "A table that names images and texts"),
            translate("ImportText", "One row for each image, in CSV, TSV, JSON or JSON lines."),
        ),
        "parquet": (
            translate("ImportText", "A Parquet table"),
            translate("ImportText", "Its rows name image files, or hold the images themselves."),
        ),
        "coco": (
            translate("ImportText", "COCO captions"),
            translate("ImportText", "One JSON file lists the images and several captions of each."),
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
            translate("ImportText", "Pairs that a run has drawn, with their texts."),
        ),
        "embedded": (
            translate("ImportText", "Texts inside the image files"),
            translate(
                "ImportText", "Descriptions that cameras and programs write into EXIF, XMP or PNG."
            ),
        ),
        "file_names": (
            translate("ImportText", "File names as texts"),
            translate("ImportText", "What an image is called is its text; numbers are left out."),
        ),
    }


def reason_words(reason: Reason) -> str:
    """Say why something is not imported, as a short noun phrase for a list."""
    return _reason_words()[reason]


def _reason_words() -> dict[Reason, str]:
    translate = QCoreApplication.translate
    return {
        Reason.HIDDEN: translate("ImportText", "Hidden files of the system"),
        Reason.EMPTY: translate("ImportText", "Empty files and texts"),
        Reason.NOT_USED: translate("ImportText", "Files that are neither image nor text here"),
        Reason.NOT_AN_IMAGE: translate("ImportText", "Named like images, but none"),
        Reason.UNSUPPORTED: translate("ImportText", "Images of a kind that cannot be read"),
        Reason.TRUNCATED: translate("ImportText", "Images that end too early"),
        Reason.DAMAGED: translate("ImportText", "Damaged images"),
        Reason.TOO_LARGE: translate("ImportText", "Larger than what is allowed"),
        Reason.UNREADABLE: translate("ImportText", "Files that the system does not let us read"),
        Reason.UNSAFE_PATH: translate("ImportText", "Paths that lead out of the source"),
        Reason.LINK: translate("ImportText", "Links"),
        Reason.SPECIAL_FILE: translate("ImportText", "Devices and pipes"),
        Reason.BAD_ROW: translate("ImportText", "Rows that lack an image or a text"),
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
        Reason.LEAK: translate("ImportText", "Held-out items that resemble one to train on"),
        Reason.EXCLUDED: translate("ImportText", "Items that you excluded"),
    }


def card_words(reason: Reason) -> str:
    """Say why one item is not imported, in the few words that fit on a card."""
    translate = QCoreApplication.translate
    words = {
        Reason.EMPTY: translate("ImportText", "Empty"),
        Reason.NOT_AN_IMAGE: translate("ImportText", "Not an image"),
        Reason.UNSUPPORTED: translate("ImportText", "Cannot be read"),
        Reason.TRUNCATED: translate("ImportText", "Ends too early"),
        Reason.DAMAGED: translate("ImportText", "Damaged"),
        Reason.TOO_LARGE: translate("ImportText", "Too large"),
        Reason.UNREADABLE: translate("ImportText", "May not be read"),
        Reason.HIDDEN: translate("ImportText", "Hidden file"),
        Reason.NO_TEXT: translate("ImportText", "No text"),
        Reason.NO_IMAGE: translate("ImportText", "No image"),
        Reason.BAD_ROW: translate("ImportText", "Incomplete row"),
        Reason.LINK: translate("ImportText", "Link"),
        Reason.EXCLUDED: translate("ImportText", "Excluded"),
    }
    return words.get(reason) or reason_words(reason)


def script_words(name: str) -> str:
    """Name a writing system."""
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
        "none": translate("ImportText", "Digits and signs alone"),
        "other": translate("ImportText", "Other scripts"),
    }
    return words.get(name, name)


def encoding_words(name: str) -> str:
    """Name an encoding; codes that people know stay as they are."""
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
    """Say what an import is doing."""
    translate = QCoreApplication.translate
    return {
        ImportStage.LISTING: translate("ImportText", "Listing the files"),
        ImportStage.SCANNING: translate("ImportText", "Bringing images and texts together"),
        ImportStage.DECODING: translate("ImportText", "Reading the images"),
        ImportStage.EXAMINING: translate("ImportText", "Comparing what was found"),
        ImportStage.WRITING: translate("ImportText", "Putting the dataset in its place"),
    }[stage]


def progress_words(event: ImportProgressed) -> str:
    """Say how far an import has come: count, speed and time left, as far as known."""
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
            parts.append(_time_left((event.total - event.done) / event.items_per_s))
    return "  ·  ".join(parts)


def _time_left(seconds: float) -> str:
    translate = QCoreApplication.translate
    if seconds < _MINUTE_S:
        return translate("ImportText", "less than a minute left")
    if seconds < _HOUR_S:
        return translate("ImportText", "%n minute(s) left", "", round(seconds / _MINUTE_S))
    return translate("ImportText", "%n hour(s) left", "", round(seconds / _HOUR_S))


def suffix_words(suffixes: Mapping[str, int], most: int = 6) -> str:
    """List the kinds of files with their counts, the most frequent first."""
    translate, locale = QCoreApplication.translate, QLocale()
    ordered = sorted(suffixes.items(), key=lambda item: (-item[1], item[0]))
    none = translate("ImportText", "no suffix")
    parts = [f"{suffix or none} {locale.toString(count)}" for suffix, count in ordered[:most]]
    return "  ·  ".join([*parts, *(["…"] if len(ordered) > most else [])])


def joined(parts: Sequence[str]) -> str:
    """Put short facts into one line."""
    return "  ·  ".join(part for part in parts if part)
