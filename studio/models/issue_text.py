"""User-facing texts of data issues and their fixes.

``FoundText`` is for stored datasets, with counts; ``IssueText`` is for the import wizard.
"""

from typing import assert_never

from PySide6.QtCore import QCoreApplication, QObject

from engine.importing.item_issue import ALIKE
from engine.importing.plan import Fix, Issue

SERIOUS = frozenset((Issue.UNREADABLE, Issue.MOJIBAKE, Issue.LEAK))
HARMLESS = frozenset(
    (
        Issue.HIDDEN,
        Issue.IMBALANCE,
        Issue.DEEP_PIXELS,
        Issue.LONG_SOUND,
        Issue.SAME_SOUND,
        Issue.CONSTANT_FIELD,
    )
)
"""Issues that need no action."""


def found_words(issue: Issue, count: int) -> str:
    """Return an issue with its count."""
    # Other issues concern source files, which a built dataset does not have.
    return _FoundText().all(count)[issue]


def repair_words(issue: Issue, fix: Fix) -> tuple[str, str]:
    """Return a button's text and its tooltip."""
    translate = QCoreApplication.translate
    if fix == Fix.MERGE:
        return (
            translate("FoundText", "Merge"),
            translate("FoundText", "Give the first of each all captions, and exclude the others"),
        )
    if fix == Fix.FIX and issue == Issue.LEAK:
        return (
            translate("FoundText", "Train on them"),
            translate("FoundText", "Move these images to the training set"),
        )
    if fix == Fix.FIX:
        return (
            translate("FoundText", "Fix"),
            translate("FoundText", "Restore the right characters"),
        )
    explained = (
        translate("FoundText", "Keep the first of each, and exclude the others")
        if issue in ALIKE
        else translate("FoundText", "Leave these items out of the next version")
    )
    return translate("FoundText", "Exclude"), explained


class _FoundText(QObject):
    """Texts with counts: Qt's tools find plural forms only in ``tr``."""

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
            Issue.SILENT_SOUND: self.tr("%Ln silent sound(s)", "", count),
            Issue.CLIPPED_SOUND: self.tr("%Ln overdriven sound(s)", "", count),
            Issue.LONG_SOUND: self.tr("%Ln sound(s) longer than what is stored", "", count),
            Issue.SAME_SOUND: self.tr("%Ln sound(s) equal to another", "", count),
            Issue.LEAK: self.tr("%Ln validation image(s) trained on too", "", count),
        }


def severity(issue: Issue) -> str:
    """Return the name of the icon for the severity of an issue."""
    if issue in SERIOUS:
        return "error"
    return "info" if issue in HARMLESS else "warning"


def severity_words(issue: Issue) -> str:
    """Return the accessible text of the severity icon."""
    translate = QCoreApplication.translate
    words = {
        "error": translate("IssueText", "Serious"),
        "warning": translate("IssueText", "Worth a look"),
        "info": translate("IssueText", "Good to know"),
    }
    return words[severity(issue)]


def issue_title(issue: Issue) -> str:
    """Return the title of an issue."""
    translate = QCoreApplication.translate
    words = {
        Issue.UNREADABLE: translate("IssueText", "Unreadable images"),
        Issue.HIDDEN: translate("IssueText", "Hidden files"),
        Issue.NO_TEXT: translate("IssueText", "Images without text"),
        Issue.NO_IMAGE: translate("IssueText", "Texts without image"),
        Issue.SAME_IMAGE: translate("IssueText", "Identical images"),
        Issue.SIMILAR_IMAGE: translate("IssueText", "Nearly identical images"),
        Issue.TINY_IMAGE: translate("IssueText", "Tiny images"),
        Issue.EXTREME_RATIO: translate("IssueText", "Very long or wide images"),
        Issue.REPEATED_TEXT: translate("IssueText", "One text on many images"),
        Issue.MOJIBAKE: translate("IssueText", "Garbled texts"),
        Issue.LONG_TEXT: translate("IssueText", "Very long texts"),
        Issue.IMBALANCE: translate("IssueText", "Imbalanced groups"),
        Issue.DEEP_PIXELS: translate("IssueText", "More than 8 bits"),
        Issue.MORE_BANDS: translate("IssueText", "More channels"),
        Issue.MORE_FRAMES: translate("IssueText", "More frames or pages"),
        Issue.SILENT_SOUND: translate("IssueText", "Silent sounds"),
        Issue.CLIPPED_SOUND: translate("IssueText", "Overdriven sounds"),
        Issue.LONG_SOUND: translate("IssueText", "Long sounds"),
        Issue.SAME_SOUND: translate("IssueText", "Identical sounds"),
        Issue.CONSTANT_FIELD: translate("IssueText", "Constant columns"),
        Issue.GIVEAWAY_FIELD: translate("IssueText", "Columns that give another away"),
        Issue.LEAK: translate("IssueText", "Validation duplicates"),
    }
    return words[issue]


def issue_sentence(issue: Issue) -> str:
    """Return what an issue means for training."""
    translate = QCoreApplication.translate
    words = {
        Issue.UNREADABLE: translate(
            "IssueText",
            "These files cannot be read: they are empty, truncated, damaged, too large "
            "or of an unsupported type. They are left out.",
        ),
        Issue.HIDDEN: translate(
            "IssueText",
            "Files of the operating system, such as Thumbs.db. They contain none of your images "
            "and are left out.",
        ),
        Issue.NO_TEXT: translate(
            "IssueText",
            "These images have no text. The model can still learn from them what images look like.",
        ),
        Issue.NO_IMAGE: translate(
            "IssueText",
            "These texts have no image. The model can still learn from them what texts look like.",
        ),
        Issue.SAME_IMAGE: translate(
            "IssueText",
            "These images are identical, pixel by pixel. Duplicates get twice the weight in "
            "training.",
        ),
        Issue.SIMILAR_IMAGE: translate(
            "IssueText",
            "These images are nearly identical: saved again, scaled or slightly changed.",
        ),
        Issue.TINY_IMAGE: translate(
            "IssueText",
            "These images are smaller than the size to store, so they are enlarged and look "
            "blurred.",
        ),
        Issue.EXTREME_RATIO: translate(
            "IssueText",
            "The aspect ratio of these images is more than three times, or less than a third of, "
            "that of the images to store. Little of them fits.",
        ),
        Issue.REPEATED_TEXT: translate(
            "IssueText",
            "Very many images share the same text, while most texts are unique. It may be a "
            "placeholder.",
        ),
        Issue.MOJIBAKE: translate(
            "IssueText",
            "These texts were once decoded with a wrong encoding, which garbled their characters.",
        ),
        Issue.LONG_TEXT: translate(
            "IssueText",
            "These texts are far longer than most. They slow down training on all texts.",
        ),
        Issue.IMBALANCE: translate(
            "IssueText",
            "Some groups are more than ten times as large as others. A run can sample them evenly"
            " with its Balance setting.",
        ),
        Issue.DEEP_PIXELS: translate(
            "IssueText",
            "The values of these images are scaled to 8 bits with one range for all of them, which "
            "can be changed on the Images page.",
        ),
        Issue.MORE_BANDS: translate(
            "IssueText",
            "These images have two channels, or more than three. Unless you choose a band on the "
            "Images page, the first of two is imported, or the first three as colours.",
        ),
        Issue.MORE_FRAMES: translate(
            "IssueText",
            "The files of these images hold further frames or pages. The frame step on the Images "
            "page decides which are imported.",
        ),
        Issue.SILENT_SOUND: translate(
            "IssueText",
            "These sounds are silent. They are left out; items that have nothing else are left out "
            "with them.",
        ),
        Issue.CLIPPED_SOUND: translate(
            "IssueText",
            "These recordings are overdriven: the peaks of their waves are cut off, which sounds "
            "distorted.",
        ),
        Issue.LONG_SOUND: translate(
            "IssueText",
            "These sounds are longer than what is stored, so their end is cut off.",
        ),
        Issue.SAME_SOUND: translate(
            "IssueText",
            "These files hold the same sound as another file, perhaps louder or converted.",
        ),
        Issue.CONSTANT_FIELD: translate(
            "IssueText",
            "These columns have the same value in every row. There is nothing to learn from them, "
            "so they are left out.",
        ),
        Issue.GIVEAWAY_FIELD: translate(
            "IssueText",
            "Another column can be read from these columns, as a diagnosis from its code. A "
            "classifier trained on such rows would learn nothing else.",
        ),
        Issue.LEAK: translate(
            "IssueText",
            "These validation images are nearly identical to a training image, so metrics on them"
            " would be too good.",
        ),
    }
    return words[issue]


def repair_text(issue: Issue, fix: Fix) -> str:
    """Return what a fix does about an issue."""
    translate = QCoreApplication.translate
    particular = {
        (Issue.SAME_IMAGE, Fix.SKIP): translate("IssueText", "Keep the first of each"),
        (Issue.SIMILAR_IMAGE, Fix.SKIP): translate("IssueText", "Keep the first of each"),
        (Issue.SAME_SOUND, Fix.SKIP): translate("IssueText", "Keep the first of each"),
        (Issue.NO_TEXT, Fix.KEEP): translate("IssueText", "Import the images alone"),
        (Issue.NO_IMAGE, Fix.KEEP): translate("IssueText", "Import the texts alone"),
        (Issue.MOJIBAKE, Fix.FIX): translate("IssueText", "Restore the right characters"),
        (Issue.LONG_TEXT, Fix.FIX): translate("IssueText", "Shorten them to a usual length"),
        (Issue.LEAK, Fix.FIX): translate("IssueText", "Train on them instead"),
        (Issue.LEAK, Fix.KEEP): translate("IssueText", "Keep them for validation"),
    }
    if (issue, fix) in particular:
        return particular[issue, fix]
    match fix:
        case Fix.KEEP:
            return translate("IssueText", "Import them as they are")
        case Fix.SKIP:
            return translate("IssueText", "Leave them out")
        case Fix.FIX:
            return translate("IssueText", "Fix them")
        case Fix.MERGE:
            return translate("IssueText", "Make one item of each, with all their texts")
        case _:
            assert_never(fix)
