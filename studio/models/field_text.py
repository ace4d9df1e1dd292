"""User-facing texts about the fields of a table, as an import finds them."""

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QObject

from engine.data.table_fields import FieldKind, FieldReport, Reason
from studio.models.import_text import joined


class FieldText(QObject):
    """Texts with counts: Qt's tools find plural forms only in ``tr``."""

    def kind(self, kind: FieldKind) -> str:
        """Return the name of a kind."""
        return {
            FieldKind.NUMERIC: self.tr("Number"),
            FieldKind.CATEGORICAL: self.tr("Category"),
            FieldKind.TEXT: self.tr("Text"),
            FieldKind.IGNORED: self.tr("Left out"),
        }[kind]

    def kind_help(self, report: FieldReport) -> str:
        """Return what the choice of a kind means, or why there is none."""
        if report.choices:
            return self.tr("What the cells are, or that the column is left out")
        return self.tr("Its cells are neither numbers nor categories")

    def headline(self, reports: Sequence[FieldReport]) -> str:
        """Return how many columns become fields, by kind."""
        counts = Counter(report.kind for report in reports if report.is_included)
        numbers, categories = counts[FieldKind.NUMERIC], counts[FieldKind.CATEGORICAL]
        left_out = len(reports) - numbers - categories
        parts = [self.tr("%Ln field(s)", "", numbers + categories)]
        if numbers:
            parts.append(self.tr("%Ln of numbers", "", numbers))
        if categories:
            parts.append(self.tr("%Ln of categories", "", categories))
        if left_out:
            parts.append(self.tr("%Ln column(s) left out", "", left_out))
        return joined(parts)

    def facts(self, report: FieldReport) -> str:
        """Return the numbers of different values, and of missing and unreadable cells."""
        parts: list[str] = []
        if report.missing:
            parts.append(self.tr("%Ln missing", "", report.missing))
        if report.unreadable:
            parts.append(self.tr("%Ln unreadable", "", report.unreadable))
        distinct = self.tr("%Ln different value(s)", "", report.distinct)
        return f"{distinct}\n{joined(parts)}".strip()

    def note(self, report: FieldReport) -> str:
        """Return why a column is left out, or should be; empty if it need not be."""
        if report.kind is FieldKind.IGNORED:
            return self.tr("Left out by you.")
        match report.reason:
            case None:
                return ""
            case Reason.EMPTY:
                return self.tr("Left out: it has no cells.")
            case Reason.CONSTANT:
                found = self.tr("All rows have the same value: there is nothing to learn.")
            case Reason.IDENTIFIER:
                found = self.tr(
                    "Almost every row has a value of its own, as identifiers have: there is "
                    "nothing to learn."
                )
            case Reason.FREE_TEXT:
                found = self.tr("Free text: too long or too varied for categories.")
        return found if report.is_included else self.tr("Left out. {0}").format(found)
