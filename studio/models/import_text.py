"""Formats, reasons and counts of an import in the user's words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QCoreApplication, QLocale, QObject

from engine.events import ImportProgressed, ImportStage
from engine.importing.empty_import import Cause, LikelyReason
from engine.importing.item_issue import ALIKE
from engine.importing.ledger import Reason
from engine.importing.plan import Fix, Issue

if TYPE_CHECKING:
    from engine.importing.dry_run import DryRun
    from engine.importing.report import ImportCounts


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


# --------------------------------------------------------------------------
# What an examination found, in the user's words.


def counts_words(counts: "ImportCounts") -> str:
    """Say what would be imported, in one line."""
    return joined(_ImportedText().parts(counts))


def sizes_words(sizes: Sequence[tuple[tuple[int, int], int]]) -> str:
    """Say how large the images are."""
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


def skipped_counts(dry_run: "DryRun") -> Mapping[Reason, int]:
    """Count what is left out by reason, the most frequent first; a file and its item are one."""
    reasons: dict[str, Reason] = {}
    for skipped in dry_run.ledger.skipped_files():
        reasons[skipped.path] = skipped.reason
    for skipped in dry_run.ledger.skipped_items():
        reasons[skipped.path] = skipped.reason
    counts: dict[Reason, int] = {}
    for reason in reasons.values():
        counts[reason] = counts.get(reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def skipped_rows(counts: Mapping[Reason, int]) -> list[tuple[str, str]]:
    """Give count and words of each reason."""
    number = QLocale().toString
    return [(number(count), reason_words(reason)) for reason, count in counts.items()]


class _ImportedText(QObject):
    """Counts in words: Qt's tools find plural forms in ``tr`` alone."""

    def parts(self, counts: "ImportCounts") -> list[str]:
        parts = [self.tr("%Ln pair(s)", "", counts.pairs)]
        if counts.image_only:
            parts.append(self.tr("%Ln image(s) alone", "", counts.image_only))
        if counts.text_only:
            parts.append(self.tr("%Ln text(s) alone", "", counts.text_only))
        if counts.held_out_items:
            parts.append(self.tr("%Ln of them held out", "", counts.held_out_items))
        if counts.items_skipped:
            parts.append(self.tr("%Ln left out", "", counts.items_skipped))
        return parts


# --------------------------------------------------------------------------
# What the doctor found in a dataset that is built, and what can be done there, in words.


def found_words(issue: Issue, count: int) -> str:
    """Say what was found, and how often."""
    # The others are about files, of which a dataset that is built knows no more.
    return _FoundText().all(count)[issue]


def repair_words(issue: Issue, fix: Fix) -> tuple[str, str]:
    """Give a button's text, and what it does."""
    translate = QCoreApplication.translate
    if fix == Fix.MERGE:
        return (
            translate("FoundText", "Merge"),
            translate("FoundText", "Give the first of each all captions, and exclude the others"),
        )
    if fix == Fix.FIX and issue == Issue.LEAK:
        return (
            translate("FoundText", "Train on them"),
            translate("FoundText", "Hold these images out no longer"),
        )
    if fix == Fix.FIX:
        return (
            translate("FoundText", "Mend"),
            translate("FoundText", "Restore the right characters"),
        )
    explained = (
        translate("FoundText", "Keep the first of each, and exclude the others")
        if issue in ALIKE
        else translate("FoundText", "Leave these items out of the next version")
    )
    return translate("FoundText", "Exclude"), explained


class _FoundText(QObject):
    """Counts in words: Qt's tools find plural forms in ``tr`` alone."""

    def all(self, count: int) -> dict[Issue, str]:
        return {
            Issue.NO_TEXT: self.tr("%Ln image(s) without text", "", count),
            Issue.NO_IMAGE: self.tr("%Ln text(s) without image", "", count),
            Issue.SAME_IMAGE: self.tr("%Ln image(s) equal to another", "", count),
            Issue.SIMILAR_IMAGE: self.tr("%Ln image(s) much like another", "", count),
            Issue.REPEATED_TEXT: self.tr("%Ln image(s) with a text of many others", "", count),
            Issue.MOJIBAKE: self.tr("%Ln item(s) with a garbled text", "", count),
            Issue.LONG_TEXT: self.tr("%Ln item(s) with a very long text", "", count),
            Issue.IMBALANCE: self.tr("%Ln item(s) of very small groups", "", count),
            Issue.LEAK: self.tr("%Ln held-out image(s) trained on too", "", count),
        }


# --------------------------------------------------------------------------
# What the doctor found, and what can be done about it, in the user's words.


SERIOUS = frozenset((Issue.UNREADABLE, Issue.MOJIBAKE, Issue.LEAK))
HARMLESS = frozenset((Issue.HIDDEN, Issue.IMBALANCE))
"""Those that a person may know, and need do nothing about."""


def severity(issue: Issue) -> str:
    """Give the name of the icon that says how serious a finding is."""
    if issue in SERIOUS:
        return "error"
    return "info" if issue in HARMLESS else "warning"


def severity_words(issue: Issue) -> str:
    """Say aloud what the icon shows."""
    translate = QCoreApplication.translate
    words = {
        "error": translate("FindingText", "Serious"),
        "warning": translate("FindingText", "Worth a look"),
        "info": translate("FindingText", "Good to know"),
    }
    return words[severity(issue)]


def finding_title(issue: Issue) -> str:
    """Name a finding."""
    return _titles()[issue]


def finding_sentence(issue: Issue) -> str:
    """Say what a finding means for the training."""
    return _sentences()[issue]


def repair_text(issue: Issue, fix: Fix) -> str:
    """Say what a repair does about a finding."""
    translate = QCoreApplication.translate
    particular = _particular().get((issue, fix))
    if particular:
        return particular
    match fix:
        case Fix.KEEP:
            return translate("FindingText", "Import them as they are")
        case Fix.SKIP:
            return translate("FindingText", "Leave them out")
        case Fix.FIX:
            return translate("FindingText", "Mend them")
        case Fix.MERGE:
            return translate("FindingText", "Make one item of each, with all their texts")
        case _:
            assert_never(fix)


def _particular() -> dict[tuple[Issue, Fix], str]:
    translate = QCoreApplication.translate
    return {
        (Issue.SAME_IMAGE, Fix.SKIP): translate("FindingText", "Keep the first of each"),
        (Issue.SIMILAR_IMAGE, Fix.SKIP): translate("FindingText", "Keep the first of each"),
        (Issue.NO_TEXT, Fix.KEEP): translate("FindingText", "Import the images alone"),
        (Issue.NO_IMAGE, Fix.KEEP): translate("FindingText", "Import the texts alone"),
        (Issue.MOJIBAKE, Fix.FIX): translate("FindingText", "Restore the right characters"),
        (Issue.LONG_TEXT, Fix.FIX): translate("FindingText", "Shorten them to a usual length"),
        (Issue.LEAK, Fix.FIX): translate("FindingText", "Train on them instead"),
        (Issue.LEAK, Fix.KEEP): translate("FindingText", "Keep them held out"),
    }


def _titles() -> dict[Issue, str]:
    translate = QCoreApplication.translate
    return {
        Issue.UNREADABLE: translate("FindingText", "Unreadable images"),
        Issue.HIDDEN: translate("FindingText", "Hidden files"),
        Issue.NO_TEXT: translate("FindingText", "Images without text"),
        Issue.NO_IMAGE: translate("FindingText", "Texts without image"),
        Issue.SAME_IMAGE: translate("FindingText", "Identical images"),
        Issue.SIMILAR_IMAGE: translate("FindingText", "Nearly identical images"),
        Issue.TINY_IMAGE: translate("FindingText", "Tiny images"),
        Issue.EXTREME_RATIO: translate("FindingText", "Very long or wide images"),
        Issue.REPEATED_TEXT: translate("FindingText", "One text on many images"),
        Issue.MOJIBAKE: translate("FindingText", "Garbled texts"),
        Issue.LONG_TEXT: translate("FindingText", "Very long texts"),
        Issue.IMBALANCE: translate("FindingText", "Unequal groups"),
        Issue.LEAK: translate("FindingText", "Held-out twins"),
    }


def _sentences() -> dict[Issue, str]:
    translate = QCoreApplication.translate
    return {
        Issue.UNREADABLE: translate(
            "FindingText",
            "These files give no image: they are empty, cut short, damaged, too large or of a kind "
            "that cannot be read. They are left out.",
        ),
        Issue.HIDDEN: translate(
            "FindingText",
            "The system's own files, such as Thumbs.db. They hold no picture of yours and are left "
            "out.",
        ),
        Issue.NO_TEXT: translate(
            "FindingText",
            "No text belongs to these images. Alone they can still teach what images look like.",
        ),
        Issue.NO_IMAGE: translate(
            "FindingText",
            "No image belongs to these texts. Alone they can still teach what texts look like.",
        ),
        Issue.SAME_IMAGE: translate(
            "FindingText",
            "These images are stored the same, pixel by pixel. What stands twice is learned twice "
            "as hard.",
        ),
        Issue.SIMILAR_IMAGE: translate(
            "FindingText",
            "A person would call these images the same: saved again, scaled or slightly changed.",
        ),
        Issue.TINY_IMAGE: translate(
            "FindingText",
            "These images are smaller than the size to store, so they are enlarged and look "
            "blurred.",
        ),
        Issue.EXTREME_RATIO: translate(
            "FindingText",
            "These images are more than three times as long as wide, or as wide as long. Little of "
            "them is left in a square.",
        ),
        Issue.REPEATED_TEXT: translate(
            "FindingText",
            "The same text stands on very many images, while most texts are their own. It may be a "
            "placeholder.",
        ),
        Issue.MOJIBAKE: translate(
            "FindingText",
            "These texts were once read in a wrong encoding, so that letters turned into strange "
            "signs.",
        ),
        Issue.LONG_TEXT: translate(
            "FindingText",
            "These texts are far longer than most. They slow the training of all the others down.",
        ),
        Issue.IMBALANCE: translate(
            "FindingText",
            "Some groups are more than ten times as large as others. A run can draw them evenly: "
            "its setting is called Balance.",
        ),
        Issue.LEAK: translate(
            "FindingText",
            "These held-out images all but equal one to train on, so measuring with them would "
            "flatter the run.",
        ),
    }


# --------------------------------------------------------------------------
# Why no pair was found, in the user's words: always the three likeliest reasons.


SHOWN = 3


def reason_sentences(reasons: Sequence[LikelyReason], *, has_other_formats: bool) -> list[str]:
    """Say the engine's reasons, and then what is often the matter, three in all.

    Args:
        reasons: of the engine, likeliest first.
        has_other_formats: whether the source may be read in another way.
    """
    words = _ReasonText()
    found = [words.of(reason) for reason in reasons]
    return [*found, *words.usual()[0 if has_other_formats else 1 :]][:SHOWN]


class _ReasonText(QObject):
    """The sentences: Qt's tools find plural forms in ``tr`` alone."""

    def of(self, reason: LikelyReason) -> str:
        count = reason.count
        match reason.cause:
            case Cause.NO_FILES:
                return self.tr("There is no file in it.")
            case Cause.NO_IMAGES:
                return self.tr(
                    "None of the %Ln file(s) is an image in this way of reading.", "", count
                )
            case Cause.IMAGES_WITHOUT_TEXT:
                return self.tr("%Ln image(s) have no text that belongs to them by name.", "", count)
            case Cause.TEXTS_WITHOUT_IMAGE:
                return self.tr("%Ln text(s) have no image that belongs to them by name.", "", count)
            case Cause.TEXTS_ELSEWHERE:
                return self.tr(
                    "%Ln text(s) have the name of an image that lies in another folder.", "", count
                )
            case Cause.UNREADABLE:
                return self.tr("%Ln image(s) cannot be read.", "", count)
            case Cause.BAD_ROWS:
                return self.tr(
                    "%Ln row(s) lack the image or the text that the chosen columns should hold.",
                    "",
                    count,
                )
            case _:
                return self.tr("%Ln item(s) are left out by what you have chosen.", "", count)

    def usual(self) -> list[str]:
        return [
            self.tr("Another way of reading may fit better: try the others on the left."),
            self.tr("A text and its image must have the same name: cat.txt belongs to cat.jpg."),
            self.tr(
                "The texts may lie elsewhere: choose the folder that holds both images and texts."
            ),
            self.tr(
                "The columns may be others: choose those that name the images and hold the texts."
            ),
        ]
