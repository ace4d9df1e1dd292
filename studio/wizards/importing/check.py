"""The fifth page: the doctor looks at everything, and the user decides what to do about it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.control import RunControl
from engine.errors import ConfigError
from engine.events import Outcome
from engine.importing.plan import Finding, ImportPlan, Repair
from engine.job_events import ImportProgressed
from studio.errors.wording import explain
from studio.jobs.importing import ImportJobs
from studio.jobs.latest import TaskEnded, Tell
from studio.jobs.looks import ImportLooks
from studio.models.check_text import counts_words, sizes_words
from studio.models.finding_text import finding_title, severity, severity_words
from studio.models.import_form import ImportForm
from studio.models.import_text import progress_words
from studio.models.likely_reasons import reason_sentences
from studio.models.plan_parts import gives_alike, reads_alike
from studio.theme import GAP, SPACING
from studio.widgets.empty_state import EmptyState
from studio.widgets.icon_button import icon_button
from studio.widgets.icons import icon
from studio.widgets.labels import plain_label
from studio.wizards.importing.finding_view import FindingView
from studio.wizards.importing.page import Page

if TYPE_CHECKING:
    from engine.importing.diagnosis import FindingReport
    from engine.importing.examine import Examination

_LIST_WIDTH = 264
_ORDER = {"error": 0, "warning": 1, "info": 2}


class CheckPage(Page):
    """Runs the examination once for each way of reading; repairs are weighed again at once."""

    def __init__(self, form: ImportForm, jobs: ImportJobs, looks: ImportLooks) -> None:
        super().__init__(form, jobs)
        self._looks = looks
        self._is_shown = False
        self._asked: ImportPlan | None = None
        self._note = ""
        self.examination: Examination | None = None
        self._headline = plain_label(role="heading")
        self._sizes = plain_label(role="muted")
        self._bar = QProgressBar(textVisible=False)
        self.again = QPushButton()
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self._press)
        self.undo = self._make_button("undo", self.tr("Undo"), QKeySequence.StandardKey.Undo)
        self.redo = self._make_button("redo", self.tr("Redo"), QKeySequence.StandardKey.Redo)
        self.undo.clicked.connect(self._undo)
        self.redo.clicked.connect(self._redo)
        self.findings = QListWidget()
        self.findings.setProperty("role", "view")
        self.findings.setAccessibleName(self.tr("Findings"))
        self.findings.setFixedWidth(_LIST_WIDTH)
        self.findings.setWordWrap(True)
        self.findings.currentItemChanged.connect(self._show_finding)
        self.view = FindingView(jobs)
        self.view.repair_chosen.connect(self._repair)
        self._stack = QStackedWidget()
        self._well = EmptyState("info", self.tr("Nothing was found that needs a decision."))
        self._lay_out()
        jobs.check.progressed.connect(self._show_progress)
        jobs.check.ended.connect(self._take)
        jobs.recount.ended.connect(self._take)

    def title(self) -> str:
        """Name the page."""
        return self.tr("Check")

    def explanation(self) -> str:
        """Say what the page is for."""
        return self.tr("Every file is opened and looked at. Decide what to do about what is odd.")

    def refusal(self) -> str:
        """Say why there is nothing to go on with."""
        if self.jobs.check.is_running or self.jobs.recount.is_running:
            return self.tr("Your files are being checked…")
        if self.examination is None:
            return self._note or self.tr("The check has to be done first.")
        if self.examination.likely_reasons:
            reasons = reason_sentences(self.examination.likely_reasons, has_other_formats=False)
            return reasons[0]
        return ""

    def enter(self) -> None:
        """Examine, unless that was done for what the form says."""
        self._is_shown = True
        self._examine()

    def leave(self) -> None:
        """End the examination."""
        self._is_shown = False
        self.jobs.check.forget()
        self.jobs.recount.forget()
        self.jobs.thumbnails.forget()

    def choose(self, finding: Finding, repair: Repair) -> None:
        """Decide about a finding, as the combo box does."""
        self.form.history.choose(finding, repair)
        self._examine()

    def _plan(self) -> ImportPlan | None:
        try:
            return self.form.plan()
        except ConfigError:
            return None

    def _examine(self) -> None:
        plan, known = self._plan(), self.examination
        self.undo.setEnabled(self.form.history.can_undo)
        self.redo.setEnabled(self.form.history.can_redo)
        if plan is None:
            return
        self._asked = plan
        if known is not None and reads_alike(known.plan, plan):
            if gives_alike(known.plan, plan):
                # A count of what was chosen meanwhile must not come after it.
                self.jobs.recount.forget()
                self._show(known)
            else:
                self.jobs.recount.request(lambda _tell, _control: known.reconsidered(plan))
            self.changed.emit()
            return
        self._start(plan)

    def _start(self, plan: ImportPlan) -> None:
        self.examination, self._note, looks = None, "", self._looks

        def check(tell: Tell, control: RunControl) -> "Examination":
            return looks.examine(plan, tell, control)

        self.jobs.check.request(check)
        self._headline.setText(self.tr("Starting…"))
        self._sizes.setText("")
        self._bar.setRange(0, 0)
        self._set_checking(is_checking=True)
        self.changed.emit()

    def _set_checking(self, *, is_checking: bool) -> None:
        self._bar.setVisible(is_checking)
        self.again.setText(self.tr("Cancel") if is_checking else self.tr("Check again"))
        self.again.setVisible(is_checking or self.examination is None)
        self._stack.setVisible(not is_checking and self.examination is not None)
        self.undo.setVisible(self.examination is not None)
        self.redo.setVisible(self.examination is not None)
        self._sizes.setVisible(self.examination is not None)

    @Slot()
    def _press(self) -> None:
        if self.jobs.check.is_running:
            self.jobs.check.cancel()
            self.again.setEnabled(False)
        else:
            self._examine()

    @Slot(object)
    def _show_progress(self, event: ImportProgressed) -> None:
        if self._is_shown:
            self._headline.setText(progress_words(event))
            self._bar.setRange(0, event.total)
            self._bar.setValue(event.done)

    @Slot(object)
    def _take(self, event: TaskEnded) -> None:
        self.again.setEnabled(True)
        if not self._is_shown:
            return
        if event.outcome is Outcome.FINISHED:
            self._show(event.result)
        elif event.outcome is Outcome.STOPPED:
            self._note = self.tr("The check was cancelled.")
            self._headline.setText(self._note)
            self._set_checking(is_checking=False)
        else:
            words = explain(event.error or RuntimeError("The check failed and gave no reason"))
            self._note = words.happened
            self._headline.setText(f"{words.happened}\n{words.why}\n{words.hint}")
            self._set_checking(is_checking=False)
        self.changed.emit()

    def _show(self, examination: "Examination") -> None:
        self.examination = examination
        self._headline.setText(
            self.tr("Will be imported: {0}").format(counts_words(examination.counts))
        )
        self._sizes.setText(sizes_words(examination.sizes))
        self._set_checking(is_checking=False)
        reports = [report for report in examination.settled.diagnosis.reports if report.count]
        reports.sort(key=lambda report: _ORDER[severity(report.finding)])
        self._stack.setCurrentIndex(0 if reports else 1)
        self._show_findings(reports)

    def _show_findings(self, reports: "list[FindingReport]") -> None:
        current = self.findings.currentItem()
        chosen = current.data(Qt.ItemDataRole.UserRole) if current else None
        self.findings.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self.findings.clear()
        row = 0
        for number, report in enumerate(reports):
            self.findings.addItem(self._item(report))
            row = number if report.finding.value == chosen else row
        self.findings.setCurrentRow(row if reports else -1)
        self.findings.blockSignals(False)  # noqa: FBT003 - Qt's signature
        self._show_finding()

    def _item(self, report: "FindingReport") -> QListWidgetItem:
        title = finding_title(report.finding)
        count = self.locale().toString(report.count)
        item = QListWidgetItem(icon(severity(report.finding)), f"{title}  ·  {count}")
        item.setData(Qt.ItemDataRole.UserRole, report.finding.value)
        spoken = f"{severity_words(report.finding)}: {title}, {count}"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        item.setToolTip(severity_words(report.finding))
        return item

    @Slot()
    def _show_finding(self) -> None:
        item = self.findings.currentItem()
        if item is not None and self.examination is not None:
            finding = Finding(item.data(Qt.ItemDataRole.UserRole))
            self.view.show_finding(self.examination, finding)

    @Slot(object)
    def _repair(self, repair: Repair) -> None:
        item = self.findings.currentItem()
        if item is not None:
            self.choose(Finding(item.data(Qt.ItemDataRole.UserRole)), repair)

    @Slot()
    def _undo(self) -> None:
        self.form.history.undo()
        self._examine()

    @Slot()
    def _redo(self) -> None:
        self.form.history.redo()
        self._examine()

    def _make_button(self, name: str, tip: str, key: QKeySequence.StandardKey) -> QToolButton:
        button = icon_button(name, tip, QKeySequence(key).toString())
        button.setAutoRepeat(False)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self._headline, stretch=1)
        for button in (self.undo, self.redo, self.again):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.findings)
        row.addWidget(self.view, stretch=1)
        self._stack.addWidget(content)
        self._stack.addWidget(self._well)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addLayout(top)
        layout.addWidget(self._sizes)
        layout.addWidget(self._bar)
        layout.addWidget(self._stack, stretch=1)
        layout.addStretch(0)
        self._set_checking(is_checking=False)
