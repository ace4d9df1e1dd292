"""What the doctor found, and what can be done about it, in the user's words."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from engine.importing.plan import Finding, Repair

SERIOUS = frozenset((Finding.UNREADABLE, Finding.MOJIBAKE, Finding.LEAK))
HARMLESS = frozenset((Finding.HIDDEN, Finding.IMBALANCE))
"""Those that a person may know, and need do nothing about."""


def severity(finding: Finding) -> str:
    """Give the name of the icon that says how serious a finding is."""
    if finding in SERIOUS:
        return "error"
    return "info" if finding in HARMLESS else "warning"


def severity_words(finding: Finding) -> str:
    """Say aloud what the icon shows."""
    translate = QCoreApplication.translate
    words = {
        "error": translate("FindingText", "Serious"),
        "warning": translate("FindingText", "Worth a look"),
        "info": translate("FindingText", "Good to know"),
    }
    return words[severity(finding)]


def finding_title(finding: Finding) -> str:
    """Name a finding."""
    return _titles()[finding]


def finding_sentence(finding: Finding) -> str:
    """Say what a finding means for the training."""
    return _sentences()[finding]


def repair_words(finding: Finding, repair: Repair) -> str:
    """Say what a repair does about a finding."""
    translate = QCoreApplication.translate
    particular = _particular().get((finding, repair))
    if particular:
        return particular
    match repair:
        case Repair.KEEP:
            return translate("FindingText", "Import them as they are")
        case Repair.SKIP:
            return translate("FindingText", "Leave them out")
        case Repair.FIX:
            return translate("FindingText", "Mend them")
        case Repair.MERGE:
            return translate("FindingText", "Make one item of each, with all their texts")
        case _:
            assert_never(repair)


def _particular() -> dict[tuple[Finding, Repair], str]:
    translate = QCoreApplication.translate
    return {
        (Finding.SAME_IMAGE, Repair.SKIP): translate("FindingText", "Keep the first of each"),
        (Finding.SIMILAR_IMAGE, Repair.SKIP): translate("FindingText", "Keep the first of each"),
        (Finding.NO_TEXT, Repair.KEEP): translate("FindingText", "Import the images alone"),
        (Finding.NO_IMAGE, Repair.KEEP): translate("FindingText", "Import the texts alone"),
        (Finding.MOJIBAKE, Repair.FIX): translate("FindingText", "Restore the right characters"),
        (Finding.LONG_TEXT, Repair.FIX): translate("FindingText", "Shorten them to a usual length"),
        (Finding.LEAK, Repair.FIX): translate("FindingText", "Train on them instead"),
        (Finding.LEAK, Repair.KEEP): translate("FindingText", "Keep them held out"),
    }


def _titles() -> dict[Finding, str]:
    translate = QCoreApplication.translate
    return {
        Finding.UNREADABLE: translate("FindingText", "Unreadable images"),
        Finding.HIDDEN: translate("FindingText", "Hidden files"),
        Finding.NO_TEXT: translate("FindingText", "Images without text"),
        Finding.NO_IMAGE: translate("FindingText", "Texts without image"),
        Finding.SAME_IMAGE: translate("FindingText", "Identical images"),
        Finding.SIMILAR_IMAGE: translate("FindingText", "Nearly identical images"),
        Finding.TINY_IMAGE: translate("FindingText", "Tiny images"),
        Finding.EXTREME_RATIO: translate("FindingText", "Very long or wide images"),
        Finding.REPEATED_TEXT: translate("FindingText", "One text on many images"),
        Finding.MOJIBAKE: translate("FindingText", "Garbled texts"),
        Finding.LONG_TEXT: translate("FindingText", "Very long texts"),
        Finding.IMBALANCE: translate("FindingText", "Unequal groups"),
        Finding.LEAK: translate("FindingText", "Held-out twins"),
    }


def _sentences() -> dict[Finding, str]:
    translate = QCoreApplication.translate
    return {
        Finding.UNREADABLE: translate(
            "FindingText",
            "These files give no image: they are empty, cut short, damaged, too large or of a kind "
            "that cannot be read. They are left out.",
        ),
        Finding.HIDDEN: translate(
            "FindingText",
            "The system's own files, such as Thumbs.db. They hold no picture of yours and are left "
            "out.",
        ),
        Finding.NO_TEXT: translate(
            "FindingText",
            "No text belongs to these images. Alone they can still teach what images look like.",
        ),
        Finding.NO_IMAGE: translate(
            "FindingText",
            "No image belongs to these texts. Alone they can still teach what texts look like.",
        ),
        Finding.SAME_IMAGE: translate(
            "FindingText",
            "These images are stored the same, pixel by pixel. What stands twice is learned twice "
            "as hard.",
        ),
        Finding.SIMILAR_IMAGE: translate(
            "FindingText",
            "A person would call these images the same: saved again, scaled or slightly changed.",
        ),
        Finding.TINY_IMAGE: translate(
            "FindingText",
            "These images are smaller than the size to store, so they are enlarged and look "
            "blurred.",
        ),
        Finding.EXTREME_RATIO: translate(
            "FindingText",
            "These images are more than three times as long as wide, or as wide as long. Little of "
            "them is left in a square.",
        ),
        Finding.REPEATED_TEXT: translate(
            "FindingText",
            "The same text stands on very many images, while most texts are their own. It may be a "
            "placeholder.",
        ),
        Finding.MOJIBAKE: translate(
            "FindingText",
            "These texts were once read in a wrong encoding, so that letters turned into strange "
            "signs.",
        ),
        Finding.LONG_TEXT: translate(
            "FindingText",
            "These texts are far longer than most. They slow the training of all the others down.",
        ),
        Finding.IMBALANCE: translate(
            "FindingText",
            "Some groups are more than ten times as large as others. A run can draw them evenly: "
            "its setting is called Balance.",
        ),
        Finding.LEAK: translate(
            "FindingText",
            "These held-out images all but equal one to train on, so measuring with them would "
            "flatter the run.",
        ),
    }
