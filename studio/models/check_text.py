"""What an examination found, in the user's words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject

from engine.importing.accounts import Reason
from studio.models.import_text import joined, reason_words

if TYPE_CHECKING:
    from engine.importing.examine import Examination
    from engine.importing.report import ImportCounts


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


def skipped_counts(examination: "Examination") -> Mapping[Reason, int]:
    """Count what is left out by reason, the most frequent first; a file and its item are one."""
    reasons: dict[str, Reason] = {}
    for skipped in examination.accounts.skipped_files():
        reasons[skipped.path] = skipped.reason
    for skipped in examination.accounts.skipped_items():
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
