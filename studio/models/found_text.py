"""What the doctor found in a dataset that is built, and what can be done there, in words."""

from PySide6.QtCore import QCoreApplication

from engine.importing.item_finding import ALIKE
from engine.importing.plan import Finding, Repair


def found_words(finding: Finding, count: int) -> str:
    """Say what was found, and how often."""
    translate = QCoreApplication.translate
    words = {
        Finding.NO_TEXT: translate("FoundText", "%Ln image(s) without text", "", count),
        Finding.NO_IMAGE: translate("FoundText", "%Ln text(s) without image", "", count),
        Finding.SAME_IMAGE: translate("FoundText", "%Ln image(s) equal to another", "", count),
        Finding.SIMILAR_IMAGE: translate("FoundText", "%Ln image(s) much like another", "", count),
        Finding.REPEATED_TEXT: translate(
            "FoundText", "%Ln image(s) with a text of many others", "", count
        ),
        Finding.MOJIBAKE: translate("FoundText", "%Ln item(s) with a garbled text", "", count),
        Finding.LONG_TEXT: translate("FoundText", "%Ln item(s) with a very long text", "", count),
        Finding.IMBALANCE: translate("FoundText", "%Ln item(s) of very small groups", "", count),
        Finding.LEAK: translate("FoundText", "%Ln held-out image(s) trained on too", "", count),
    }
    # The others are about files, of which a dataset that is built knows no more.
    return words[finding]


def repair_words(finding: Finding, repair: Repair) -> tuple[str, str]:
    """Give a button's text, and what it does."""
    translate = QCoreApplication.translate
    if repair == Repair.MERGE:
        return (
            translate("FoundText", "Merge"),
            translate("FoundText", "Give the first of each all captions, and exclude the others"),
        )
    if repair == Repair.FIX and finding == Finding.LEAK:
        return (
            translate("FoundText", "Train on them"),
            translate("FoundText", "Hold these images out no longer"),
        )
    if repair == Repair.FIX:
        return (
            translate("FoundText", "Mend"),
            translate("FoundText", "Restore the right characters"),
        )
    explained = (
        translate("FoundText", "Keep the first of each, and exclude the others")
        if finding in ALIKE
        else translate("FoundText", "Leave these items out of the next version")
    )
    return translate("FoundText", "Exclude"), explained
