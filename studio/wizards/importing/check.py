"""The page before the last: runs the doctor's checks and lets the user choose fixes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.control import RunControl
from engine.errors import ConfigError
from engine.events import ImageArray, ImportProgressed, Outcome
from engine.importing.ledger import Reason
from engine.importing.plan import Fix, ImportPlan, Issue, decodes_alike, gives_alike
from studio.errors.wording import explain
from studio.i18n import translate_engine
from studio.jobs.importing import ImportJobs, ImportReader
from studio.jobs.task import TaskEnded
from studio.models.import_form import FIELDS, ImportForm
from studio.models.import_text import (
    card_words,
    cause_sentences,
    counts_words,
    progress_words,
    sizes_words,
)
from studio.models.issue_text import (
    issue_sentence,
    issue_title,
    repair_text,
    severity,
    severity_words,
)
from studio.models.thumbnails import image_of
from studio.theme import GAP, SPACING
from studio.widgets.buttons import icon_button
from studio.widgets.card_grid import Card, CardGrid
from studio.widgets.fields import ChoiceField
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, fill, plain_label, spaced
from studio.wizards.importing.page import Page, SettingFields

if TYPE_CHECKING:
    from engine.importing.check_context import IssueReport
    from engine.importing.dry_run import DryRun


SHOWN = 24
"""Maximum number of items shown per issue."""
_REPAIR_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class _Details:
    """Details of the shown items, by key."""

    pictures: Mapping[str, ImageArray] = field(default_factory=dict[str, ImageArray])
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    reasons: Mapping[str, tuple[Reason, str]] = field(default_factory=dict[str, tuple[Reason, str]])


class IssueView(QWidget):
    """Shows one issue with its items and fixes."""

    repair_chosen = Signal(object)
    """Carries the ``Fix``."""

    def __init__(self, jobs: ImportJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shown: tuple[DryRun, Issue] | None = None
        self._details = _Details()
        self._keys: tuple[str, ...] = ()
        self._title = plain_label(role="heading")
        self._sentence = plain_label()
        self._ask = QLabel(self.tr("What to do"))
        self.repairs = ChoiceField()
        self.repairs.setFixedWidth(_REPAIR_WIDTH)
        self.repairs.set_help(self.tr("What to do about this issue"), self.tr("What to do"))
        self.repairs.text_edited.connect(lambda key: self.repair_chosen.emit(Fix(key)))
        self._ask.setBuddy(self.repairs)
        self._some = plain_label(role="muted")
        self.board = CardGrid()
        self._lay_out()
        jobs.thumbnails.ended.connect(self._on_thumbnails)

    def show_issue(self, dry_run: "DryRun", issue: Issue) -> None:
        """Show an issue; its pictures are loaded in a worker."""
        report = dry_run.result.check_report.report(issue)
        self._title.setText(issue_title(issue))
        self._sentence.setText(issue_sentence(issue))
        self.repairs.set_choices((one.value, repair_text(issue, one)) for one in report.offered)
        self.repairs.set_text(report.fix.value)
        for widget in (self.repairs, self._ask):
            widget.setVisible(len(report.offered) > 1)
        grouped = tuple(dict.fromkeys(key for group in report.groups for key in group))
        keys = (grouped or report.keys)[:SHOWN]
        is_other = self._shown is None or keys != self._keys or self._shown[1] is not issue
        self._shown, self._keys = (dry_run, issue), keys
        some = self.tr("The first %Ln of them:", "", len(keys))
        self._some.setText(some if len(grouped or report.keys) > len(keys) else "")
        self._some.setVisible(bool(self._some.text()))
        if is_other:
            self._details = _Details()
            # In the worker, because there may be a million items to search.
            self._jobs.thumbnails.request(lambda _tell, control: _details(dry_run, keys, control))
        self._show_cards()

    @Slot(object)
    def _on_thumbnails(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.FINISHED and self._shown is not None:
            self._details = event.result
            self._show_cards()

    def _show_cards(self) -> None:
        self.board.show_cards([self._card(key) for key in self._keys])

    def _card(self, key: str) -> Card:
        details, name = self._details, PurePosixPath(key).name
        pixels = details.pictures.get(key)
        picture = () if pixels is None else (image_of(pixels),)
        texts = " / ".join(details.texts.get(key, ()))
        reason, detail = details.reasons.get(key, (None, ""))
        problem = card_words(reason) if reason and not picture else ""
        return Card(
            pictures=picture,
            text=texts or name,
            problem=problem,
            tip="\n".join(filter(None, [key, texts, problem, detail])),
        )

    def _lay_out(self) -> None:
        ask = spaced(QHBoxLayout(), SPACING)
        fill(ask, self._ask, self.repairs)
        ask.addStretch(1)
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, self._title, self._sentence)
        fill(layout, ask, self._some)
        layout.addWidget(self.board, stretch=1)
        self._title.setAlignment(Qt.AlignmentFlag.AlignLeft)


def _details(dry_run: "DryRun", keys: tuple[str, ...], control: RunControl) -> _Details:
    asked = set(keys)
    usable = (item.raw for item in dry_run.items if item.reason is None)
    ledger = dry_run.ledger
    skipped = chain(ledger.skipped_items(), ledger.skipped_files())
    return _Details(
        pictures=dry_run.thumbnails(keys, control=control),
        texts={raw.key: raw.texts for raw in usable if raw.key in asked},
        reasons={s.path: (s.reason, s.detail) for s in skipped if s.path in asked},
    )


_LIST_WIDTH = 264
_BAR_STEPS = 1_000
"""Values of the progress bar."""
_SPLIT, _SPLIT_WIDTH = "validation_percent", 96
_ORDER = {"error": 0, "warning": 1, "info": 2}


class CheckPage(Page):
    """Runs the dry run once per import spec; changed fixes are recounted at once."""

    def __init__(self, form: ImportForm, jobs: ImportJobs, reader: ImportReader) -> None:
        super().__init__(form, jobs)
        self._reader = reader
        self._is_shown = False
        self._note = ""
        self.dry_run: DryRun | None = None
        self._headline = plain_label(role="heading")
        self._sizes = plain_label(role="muted")
        self._bar = QProgressBar(textVisible=False)
        self.again = QPushButton()
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self._press)
        undo_key = QKeySequence(QKeySequence.StandardKey.Undo).toString()
        redo_key = QKeySequence(QKeySequence.StandardKey.Redo).toString()
        self.fields = SettingFields(form, (_SPLIT,), self)
        self.fields.edited.connect(self._examine)
        self.fields.edited.connect(self.changed)
        self.fields.edited.connect(self.edited)
        self.undo = icon_button("undo", self.tr("Undo"), undo_key)
        self.redo = icon_button("redo", self.tr("Redo"), redo_key)
        for button, slot in ((self.undo, self._undo), (self.redo, self._redo)):
            button.setAutoRepeat(False)
            button.clicked.connect(slot)
        self.issues = QListWidget()
        self.issues.setProperty("role", "view")
        self.issues.setAccessibleName(self.tr("Issues"))
        self.issues.setFixedWidth(_LIST_WIDTH)
        self.issues.setWordWrap(True)
        self.issues.currentItemChanged.connect(self._show_issue)
        self.view = IssueView(jobs)
        self.view.repair_chosen.connect(self._fix)
        self._stack = QStackedWidget()
        self._well = EmptyState("info", self.tr("No issues need a decision."))
        self._lay_out()
        jobs.check.progressed.connect(self._show_progress)
        jobs.check.ended.connect(self._on_check)
        jobs.recount.ended.connect(self._on_check)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Check")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        return self.tr("Every file is opened and checked. Decide how to handle the issues.")

    def refusal(self) -> str:
        """Return why the next page is not available yet."""
        if problem := self.fields.problem():
            return problem
        if self.jobs.check.is_running or self.jobs.recount.is_running:
            return self.tr("Your files are being checked…")
        if self.dry_run is None:
            return self._note or self.tr("Run the check first.")
        if self.dry_run.likely_causes:
            reasons = cause_sentences(self.dry_run.likely_causes, has_other_formats=False)
            return reasons[0]
        return ""

    def enter(self) -> None:
        """Run the checks unless the results are up to date."""
        self._is_shown = True
        self.fields.refresh()
        self._examine()

    def leave(self) -> None:
        """Cancel the checks."""
        self._is_shown = False
        self.jobs.check.forget()
        self.jobs.recount.forget()
        self.jobs.thumbnails.forget()

    def choose(self, issue: Issue, fix: Fix) -> None:
        """Choose a fix, as the combo box does."""
        self.form.history.choose(issue, fix)
        self._examine()

    @Slot()
    def _examine(self) -> None:
        known = self.dry_run
        self.undo.setEnabled(self.form.history.can_undo)
        self.redo.setEnabled(self.form.history.can_redo)
        try:
            plan = self.form.plan()
        except ConfigError:
            return
        if known is not None and decodes_alike(known.plan, plan):
            if gives_alike(known.plan, plan):
                # A pending recount of other fixes must not overwrite this result.
                self.jobs.recount.forget()
                self._show(known)
            else:
                self.jobs.recount.request(lambda _tell, _control: known.with_plan(plan))
            self.changed.emit()
            return
        self._start(plan)

    def _start(self, plan: ImportPlan) -> None:
        self.dry_run, self._note, reader = None, "", self._reader
        self.jobs.check.request(lambda tell, control: reader.examine(plan, tell, control))
        self._headline.setText(self.tr("Starting…"))
        self._sizes.setText("")
        self._bar.setRange(0, 0)
        self._set_checking(is_checking=True)
        self.changed.emit()

    def _set_checking(self, *, is_checking: bool) -> None:
        self._bar.setVisible(is_checking)
        self.again.setText(self.tr("Cancel") if is_checking else self.tr("Check again"))
        self.again.setVisible(is_checking or self.dry_run is None)
        self._stack.setVisible(not is_checking and self.dry_run is not None)
        self.undo.setVisible(self.dry_run is not None)
        self.redo.setVisible(self.dry_run is not None)
        self._sizes.setVisible(self.dry_run is not None)

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
            self._bar.setRange(0, _BAR_STEPS if event.fraction else 0)
            self._bar.setValue(int(_BAR_STEPS * event.fraction))

    @Slot(object)
    def _on_check(self, event: TaskEnded) -> None:
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

    def _show(self, dry_run: "DryRun") -> None:
        self.dry_run = dry_run
        self._headline.setText(
            self.tr("Will be imported: {0}").format(counts_words(dry_run.counts))
        )
        self._sizes.setText(sizes_words(dry_run.sizes))
        self._set_checking(is_checking=False)
        reports = [report for report in dry_run.result.check_report.reports if report.count]
        reports.sort(key=lambda report: _ORDER[severity(report.issue)])
        self._stack.setCurrentIndex(0 if reports else 1)
        self._show_issues(reports)

    def _show_issues(self, reports: "list[IssueReport]") -> None:
        current = self.issues.currentItem()
        chosen = current.data(Qt.ItemDataRole.UserRole) if current else None
        self.issues.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self.issues.clear()
        row = 0
        for number, report in enumerate(reports):
            self.issues.addItem(self._item(report))
            row = number if report.issue.value == chosen else row
        self.issues.setCurrentRow(row if reports else -1)
        self.issues.blockSignals(False)  # noqa: FBT003 - Qt's signature
        self._show_issue()

    def _item(self, report: "IssueReport") -> QListWidgetItem:
        title = issue_title(report.issue)
        count = self.locale().toString(report.count)
        item = QListWidgetItem(icon(severity(report.issue)), f"{title}  ·  {count}")
        item.setData(Qt.ItemDataRole.UserRole, report.issue.value)
        spoken = f"{severity_words(report.issue)}: {title}, {count}"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        item.setToolTip(severity_words(report.issue))
        return item

    @Slot()
    def _show_issue(self) -> None:
        item = self.issues.currentItem()
        if item is not None and self.dry_run is not None:
            issue = Issue(item.data(Qt.ItemDataRole.UserRole))
            self.view.show_issue(self.dry_run, issue)

    @Slot(object)
    def _fix(self, fix: Fix) -> None:
        item = self.issues.currentItem()
        if item is not None:
            self.choose(Issue(item.data(Qt.ItemDataRole.UserRole)), fix)

    @Slot()
    def _undo(self) -> None:
        self.form.history.undo()
        self._examine()

    @Slot()
    def _redo(self) -> None:
        self.form.history.redo()
        self._examine()

    def _lay_out(self) -> None:
        top = spaced(QHBoxLayout(), SPACING)
        top.addWidget(self._headline, stretch=1)
        for button in (self.undo, self.redo, self.again):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        content = QWidget()
        row = spaced(QHBoxLayout(content), GAP, (0, 0, 0, 0))
        row.addWidget(self.issues)
        row.addWidget(self.view, stretch=1)
        self._stack.addWidget(content)
        self._stack.addWidget(self._well)
        split = self.fields.fields[_SPLIT]
        split.setFixedWidth(_SPLIT_WIDTH)
        label = QLabel(translate_engine(FIELDS[_SPLIT].about.label))
        label.setBuddy(split)
        below = spaced(QHBoxLayout(), SPACING)
        fill(below, (self._sizes, 1), label, split)
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, top, below, self._bar)
        layout.addWidget(self._stack, stretch=1)
        layout.addStretch(0)
        self._set_checking(is_checking=False)
