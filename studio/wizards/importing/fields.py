"""The page about the remaining columns of a table: what kind of field each becomes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.control import RunControl
from engine.data.table_fields import FieldKind, FieldReport
from engine.importing.plan import ImportPlan
from studio.errors.wording import Explanation
from studio.jobs.importing import FilesCounted, ImportJobs, ImportReader
from studio.jobs.task import Tell
from studio.models.field_text import FieldText
from studio.models.import_form import ImportForm
from studio.theme import MARGIN, SPACING
from studio.widgets.field_histogram import FieldHistogram
from studio.widgets.fields import CheckField, ChoiceField
from studio.widgets.labels import EmptyState, fill, plain_label, scrolling, set_look, spaced
from studio.wizards.importing.page import PreviewPage, lay_out_columns, stacked

if TYPE_CHECKING:
    from engine.importing.scan import QuickScan

_KIND_WIDTH, _NAME_WIDTH = 132, 176
_ROWS_AT_ONCE = 12
"""Rows that are made before the window reacts again; a row takes a few milliseconds."""


class FieldRow(QFrame):
    """Shows one column of cells: name, histogram, kind, and why it is left out."""

    kind_chosen = Signal(str, str)
    """Carries the name of the column and the value of a ``FieldKind``."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._name = ""
        self.is_included = False
        """Whether the column becomes a field."""
        self._title = plain_label(role="heading")
        self._facts = plain_label(role="muted")
        self._note = plain_label(role="muted")
        self.histogram = FieldHistogram()
        self.kind = ChoiceField()
        self.kind.setFixedWidth(_KIND_WIDTH)
        self.kind.text_edited.connect(lambda kind: self.kind_chosen.emit(self._name, kind))
        names = QWidget()
        names.setFixedWidth(_NAME_WIDTH)
        fill(spaced(QVBoxLayout(names), 2, (0, 0, 0, 0)), self._title, self._facts, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(MARGIN, SPACING, MARGIN, SPACING)
        grid.setHorizontalSpacing(MARGIN)
        grid.setVerticalSpacing(SPACING // 2)
        grid.addWidget(names, 0, 0)
        grid.addWidget(self.histogram, 0, 1)
        grid.addWidget(self.kind, 0, 2, alignment=Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._note, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)

    def show_report(self, report: FieldReport) -> None:
        """Show what was found in a column."""
        words = FieldText()
        self._name, self.is_included = report.name, report.is_included
        self._title.setText(report.name)
        self._facts.setText(words.facts(report))
        note = words.note(report)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        kinds = [*report.choices, FieldKind.IGNORED]
        self.kind.set_choices((kind.value, words.kind(kind)) for kind in kinds)
        self.kind.set_text(shown_kind(report).value)
        self.kind.setEnabled(len(kinds) > 1)
        self.kind.set_help(words.kind_help(report), self.tr("Kind of {0}").format(report.name))
        self._show_histogram(report)
        self.histogram.setEnabled(report.is_included)
        set_look(self._title, "role", "heading" if report.is_included else "muted")

    def _show_histogram(self, report: FieldReport) -> None:
        bars = report.histogram
        self.histogram.setAccessibleName(self.tr("Values of {0}").format(report.name))
        if bars.edges:
            least, most = (f"{end:.6g}" for end in (bars.edges[0], bars.edges[-1]))
            self.histogram.show_bins(bars.counts, least, most)
        else:
            self.histogram.show_values(bars.values, bars.counts)


class FieldsPage(PreviewPage):
    """Lists the remaining columns and lets the user choose the kind of each."""

    def __init__(self, form: ImportForm, jobs: ImportJobs, reader: ImportReader) -> None:
        super().__init__(form, jobs, reader, jobs.fields)
        self.rows: list[FieldRow] = []
        """One for each column that is shown."""
        self._reports: tuple[FieldReport, ...] = ()
        self._more = QTimer(self, singleShot=True, interval=0)
        self._more.timeout.connect(self._add_rows)
        self.switch = CheckField(self.tr("Make a table of these columns"))
        self.switch.set_help(
            self.tr("Otherwise the columns that hold no images, texts or sounds are left out"),
            self.tr("Make a table of these columns"),
        )
        self.switch.text_edited.connect(self._switch)
        self._headline = plain_label(role="heading")
        self._problem = plain_label(role="problem")
        self._list = QWidget()
        self._lines = spaced(QVBoxLayout(self._list), SPACING, (0, 0, SPACING, 0))
        self._lines.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._area = scrolling(self._list)
        self._nothing = EmptyState("info", self.tr("The remaining columns are left out."))
        self._lay_out()
        jobs.fields.progressed.connect(self._show_count)
        jobs.fields.ended.connect(self.take_answer)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Table")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        if self.form.is_table_alone:
            return self.tr("Each row is an item. Choose what its columns hold.")
        return self.tr("Columns without images, texts or sounds become fields of a table.")

    def is_needed(self) -> bool:
        """Return whether columns remain that may become fields."""
        return bool(self.form.remaining_columns)

    def refusal(self) -> str:
        """Return why the next page is not available: a table alone needs a field."""
        is_empty = self._reports and not any(report.is_included for report in self._reports)
        if self.form.is_table_alone and is_empty:
            return self.tr("A table needs at least one field.")
        return ""

    def enter(self) -> None:
        """Read the cells, unless the columns are left out."""
        self.switch.set_text(str(self.form.reading.with_fields))
        self.switch.setVisible(not self.form.is_table_alone)
        super().enter()

    @Slot()
    def update_preview(self) -> None:
        """Request new reports and show that they are pending."""
        has_fields = self.form.reading.with_fields
        self._area.setVisible(has_fields)
        self._nothing.setVisible(not has_fields)
        self._headline.setVisible(has_fields)
        self._problem.hide()
        if has_fields:
            self._headline.setText(self.tr("Reading the cells…"))
        super().update_preview()

    def request(self, plan: ImportPlan, scan: "QuickScan") -> None:
        """Request the reports of all columns."""
        if not plan.reading.with_fields:
            self.jobs.fields.forget()
            return
        reader = self._reader

        def read(tell: Tell, control: RunControl) -> tuple[FieldReport, ...]:
            return reader.fields(plan, scan, lambda n: tell(FilesCounted(count=n)), control)

        self.jobs.fields.request(read)

    @Slot(object)
    def _show_count(self, event: FilesCounted) -> None:
        if self._is_shown and event.count:
            self._headline.setText(self.tr("%Ln row(s) read so far…", "", event.count))

    def show_failure(self, words: Explanation) -> None:
        """Say why nothing could be read."""
        self._headline.setText(words.happened)
        self._problem.setText(words.why)
        self._problem.show()

    def show_answer(self, answer: Sequence[FieldReport]) -> None:
        """Show what was found."""
        self._reports = tuple(answer)
        self._headline.setText(FieldText().headline(answer))
        # Another mapping may have taken columns that had a kind.
        for name in self.form.field_kinds.keys() - {report.name for report in answer}:
            del self.form.field_kinds[name]
        for row, report in zip(self.rows, answer, strict=False):
            row.show_report(report)
        while len(self.rows) > len(answer):
            row = self.rows.pop()
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._add_rows()

    @Slot()
    def _add_rows(self) -> None:
        known = len(self.rows)
        for report in self._reports[known : known + _ROWS_AT_ONCE]:
            row = FieldRow()
            row.kind_chosen.connect(self._choose_kind)
            row.show_report(report)
            self.rows.append(row)
            self._lines.addWidget(row)
        if len(self.rows) < len(self._reports):
            self._more.start()

    @Slot(str)
    def _switch(self, text: str) -> None:
        self.form.map(with_fields=text == "True")
        self.update_preview()

    @Slot(str, str)
    def _choose_kind(self, name: str, kind: str) -> None:
        self.form.field_kinds[name] = FieldKind(kind)
        self.update_preview()

    def _lay_out(self) -> None:
        notes = (
            self.tr(
                "Numbers keep their order and distances. Categories are separate values, such as "
                "colours or diagnoses."
            ),
            self.tr(
                "Identifiers, constants and free text are left out: there is nothing in them for a "
                "table to learn."
            ),
            self.tr("Missing cells are kept as missing."),
        )
        labels = [plain_label(note, role="muted") for note in notes]
        ask = stacked(self.switch, None, *labels)
        show = spaced(QVBoxLayout(), SPACING)
        fill(show, self._headline, self._problem)
        show.addWidget(self._area, stretch=1)
        show.addWidget(self._nothing, stretch=1)
        lay_out_columns(self, ask, show)


def shown_kind(report: FieldReport) -> FieldKind:
    """Return the kind of a field, or that it is left out."""
    return report.kind if report.is_included else FieldKind.IGNORED
