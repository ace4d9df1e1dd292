"""What the doctor found in a dataset that is built, and what can be done there, in words."""

from PySide6.QtCore import QCoreApplication, QObject

from engine.importing.item_finding import ALIKE
from engine.importing.plan import Finding, Repair


def found_words(finding: Finding, count: int) -> str:
    """Say what was found, and how often."""
    # The others are about files, of which a dataset that is built knows no more.
    return _FoundText().all(count)[finding]


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


class _FoundText(QObject):
    """Counts in words: Qt's tools find plural forms in ``tr`` alone."""

    def all(self, count: int) -> dict[Finding, str]:
        return {
            Finding.NO_TEXT: self.tr("%Ln image(s) without text", "", count),
            Finding.NO_IMAGE: self.tr("%Ln text(s) without image", "", count),
            Finding.SAME_IMAGE: self.tr("%Ln image(s) equal to another", "", count),
            Finding.SIMILAR_IMAGE: self.tr("%Ln image(s) much like another", "", count),
            Finding.REPEATED_TEXT: self.tr("%Ln image(s) with a text of many others", "", count),
            Finding.MOJIBAKE: self.tr("%Ln item(s) with a garbled text", "", count),
            Finding.LONG_TEXT: self.tr("%Ln item(s) with a very long text", "", count),
            Finding.IMBALANCE: self.tr("%Ln item(s) of very small groups", "", count),
            Finding.LEAK: self.tr("%Ln held-out image(s) trained on too", "", count),
        }
