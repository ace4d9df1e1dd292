"""The checks of a dataset: a pane of issues with their fixes, and its controller."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.data.editing import Edit, Edits
from engine.data.search import Filter, ItemFilter
from engine.data.store import StoredDataset
from engine.events import Outcome
from engine.importing.item_issue import ItemIssue, repaired
from engine.importing.plan import Fix, Issue
from studio.errors.wording import explain
from studio.jobs.dataset import DatasetJobs
from studio.jobs.task import TaskEnded
from studio.models.issue_text import found_words, repair_words
from studio.panels.datasets.task_bar import TaskBar
from studio.theme import SPACING
from studio.widgets.labels import fill, plain_label, scrolling, spaced

_MOST_HEIGHT = 104


@dataclass(frozen=True, kw_only=True)
class FixRequest:
    """What the user wants done."""

    found: ItemIssue
    fix: Fix


class DoctorPane(QFrame):
    """Shows findings; knows nothing of the items."""

    chosen = Signal(object)
    """A ``Issue`` whose items are to be shown, or None for all items."""
    repair_requested = Signal(object)
    examination_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Doctor"))
        self.tasks = TaskBar()
        self._headline = plain_label(role="heading")
        self._note = plain_label(role="muted")
        self._again = QPushButton(self.tr("Examine again"))
        self._again.setProperty("role", "small")
        self._again.clicked.connect(self.examination_requested)
        self._rows: dict[Issue, _Row] = {}
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._area = scrolling(self._body)
        self._lay_out()
        self.hide()

    @property
    def headline(self) -> str:
        """What is said above the findings."""
        return " ".join(filter(None, (self._headline.text(), self._note.text())))

    def show_busy(self, text: str) -> None:
        """Say that an examination is under way."""
        self.show_findings((), "")
        self._area.hide()
        self._again.setEnabled(False)
        self.tasks.begin(text)

    def show_ended(self, problem: str = "") -> None:
        """Show that an examination has ended; what it found is shown apart."""
        self.tasks.end("")
        self._again.setEnabled(True)
        self._headline.setText(problem)
        self._headline.setVisible(bool(problem))

    def show_findings(self, findings: Sequence[ItemIssue], headline: str) -> None:
        """Show other findings."""
        self._headline.setText(headline)
        self._headline.setVisible(bool(headline))
        self.say("")
        for row in self._rows.values():
            row.discard()
        self._rows = {found.issue: self._add(found, n) for n, found in enumerate(findings)}
        self._area.setVisible(bool(findings))
        # Without findings there is nothing to scroll, and no room to be taken.
        self._area.setFixedHeight(min(self._body.sizeHint().height(), _MOST_HEIGHT))

    def say(self, note: str) -> None:
        """Say below the headline what has happened since; nothing with an empty text."""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def set_usable(self, *, is_usable: bool) -> None:
        """Whether the findings are of the items that are open."""
        self._body.setEnabled(is_usable)

    def mark(self, issue: Issue | None) -> None:
        """Mark the finding whose items are shown, without telling anybody."""
        for own, row in self._rows.items():
            row.show_chosen(is_chosen=own == issue)

    def mark_repaired(self, findings: Collection[Issue]) -> None:
        """Offer no repair of what is repaired."""
        for issue, row in self._rows.items():
            row.show_repaired(is_repaired=issue in findings)

    def _add(self, found: ItemIssue, place: int) -> "_Row":
        row = _Row(found)
        row.show_button.clicked.connect(
            lambda is_on: self.chosen.emit(found.issue if is_on else None)
        )
        self._grid.addWidget(row.show_button, place, 0)
        for column, (fix, button) in enumerate(row.repairs.items()):
            command = FixRequest(found=found, fix=fix)
            button.clicked.connect(
                lambda _on=False, wanted=command: self.repair_requested.emit(wanted)
            )
            self._grid.addWidget(button, place, 1 + column)
        return row

    def _lay_out(self) -> None:
        top = spaced(QHBoxLayout(), SPACING)
        words = spaced(QVBoxLayout(), 2)
        fill(words, self._headline, self._note, self.tasks)
        top.addLayout(words, stretch=1)
        close = QPushButton(self.tr("Close"))
        close.setProperty("role", "small")
        close.clicked.connect(self._close)
        for button in (self._again, close):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        layout = spaced(
            QVBoxLayout(self), SPACING // 2, (SPACING, SPACING // 2, SPACING // 2, SPACING // 2)
        )
        layout.addLayout(top)
        layout.addWidget(self._area)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @Slot()
    def _close(self) -> None:
        self.hide()
        self.closed.emit()


class _Row:
    """The widgets of one finding."""

    def __init__(self, found: ItemIssue) -> None:
        self._words = words = found_words(found.issue, len(found.found))
        self.show_button = QPushButton(words)
        self.show_button.setProperty("role", "line")
        self.show_button.setCheckable(True)
        policy = QSizePolicy.Policy
        self.show_button.setSizePolicy(policy.Ignored, policy.Fixed)
        self.show_button.setToolTip(words)
        self.repairs: dict[Fix, QPushButton] = {}
        for fix in found.repairs:
            text, explained = repair_words(found.issue, fix)
            button = QPushButton(text)
            button.setProperty("role", "small")
            button.setToolTip(explained)
            button.setAccessibleName(f"{words}: {text}")
            self.repairs[fix] = button

    def show_chosen(self, *, is_chosen: bool) -> None:
        self.show_button.setChecked(is_chosen)

    def show_repaired(self, *, is_repaired: bool) -> None:
        done = QCoreApplication.translate("DoctorPane", "{0} (repaired)").format(self._words)
        # A narrow row has no room for the word.
        self.show_button.setText(f"✓ {self._words}" if is_repaired else self._words)
        self.show_button.setToolTip(done if is_repaired else self._words)
        self.show_button.setAccessibleName(done if is_repaired else self._words)
        for button in self.repairs.values():
            button.setEnabled(not is_repaired)

    def discard(self) -> None:
        for widget in (self.show_button, *self.repairs.values()):
            widget.hide()
            widget.deleteLater()


@dataclass(frozen=True, kw_only=True)
class CheckTarget:
    """What is examined: a dataset with its edits."""

    dataset: StoredDataset
    edits: Edits


class ChecksController(QObject):
    """Knows the findings of the dataset that is open, as long as they are of its items."""

    found = Signal()
    """There are other findings to filter by."""
    chosen = Signal(object)
    """A ``Issue`` to filter by; None for all items."""
    repaired = Signal(object)
    """The ``Edit`` that a repair made."""

    def __init__(
        self, jobs: DatasetJobs, patient: Callable[[], CheckTarget | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._jobs, self._patient = jobs, patient
        self._findings: tuple[ItemIssue, ...] = ()
        self._name = ""
        self._examined: Edit | None = None
        self._repairs: dict[Issue, Edit] = {}
        self.pane = DoctorPane()
        self.pane.chosen.connect(self.chosen)
        self.pane.repair_requested.connect(self._fix)
        self.pane.examination_requested.connect(self.begin)
        self.pane.closed.connect(self._close)
        self.pane.tasks.follow(jobs.examining)
        jobs.examining.ended.connect(self._take)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be filtered by: the finding and its words."""
        return [(found.issue, found_words(found.issue, len(found.found)))
                for found in self._findings]  # fmt: skip

    def items(self, wanted: Filter) -> npt.NDArray[np.int64] | None:
        """Give the items that a filter by finding lets through; None where it is another."""
        if wanted.show is not ItemFilter.FINDING:
            return None
        return next((one.shown for one in self._findings if one.issue == wanted.value), None)

    @Slot()
    def begin(self) -> None:
        """Examine what is open, as it is now."""
        patient = self._patient()
        if patient is None:
            return
        self._name, self._examined = patient.dataset.folder.name, patient.edits.latest
        self._set_findings(())
        count = len(patient.dataset.records)
        self.pane.show_busy(self.tr("Examining %Ln item(s)…", "", count))
        self.pane.show()
        self._jobs.examine(patient.dataset, patient.edits)

    def leave(self) -> None:
        """Know nothing of the items any more: another dataset is open."""
        is_under_way = self._jobs.examining.is_running
        self._jobs.examining.cancel()
        self._set_findings(())
        if is_under_way:
            self.pane.show_ended(self.tr("Not examined yet."))
        if not self.pane.isHidden():
            self.pane.set_usable(is_usable=False)
            self.pane.say(self.tr("Out of date: this was found in {0} before.").format(self._name))

    def look_again(self) -> None:
        """See whether the findings still fit the edits."""
        patient = self._patient()
        if patient is None or not self._findings:
            return
        edits = patient.edits
        is_old = edits.latest is not self._examined
        self.pane.say(self.tr("Out of date: items were edited.") if is_old else "")
        self.pane.mark_repaired({f for f, edit in self._repairs.items() if edits.has_made(edit)})

    @Slot(object)
    def _take(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.STOPPED:
            self.pane.show_ended(self.tr("Not examined: it was cancelled."))
        elif event.error is not None:
            words = explain(event.error)
            self.pane.show_ended(f"{words.happened} {words.why}")
        elif isinstance(event.result, tuple):
            self.pane.show_ended()
            findings: tuple[ItemIssue, ...] = event.result
            headline = (
                self.tr("The doctor found %Ln issue(s)", "", len(findings))
                if findings
                else self.tr("The doctor found no issues.")
            )
            self.pane.show_findings(findings, headline)
            self.pane.set_usable(is_usable=True)
            self._set_findings(findings)
            self.look_again()

    def _set_findings(self, findings: tuple[ItemIssue, ...]) -> None:
        self._findings, self._repairs = findings, {}
        self.found.emit()

    @Slot(object)
    def _fix(self, command: FixRequest) -> None:
        patient = self._patient()
        if patient is None:
            return
        edit = patient.edits.repair(repaired(command.found, command.fix, patient.edits))
        if edit is None:
            self.pane.say(self.tr("Nothing is left to repair there."))
            return
        self._repairs[command.found.issue] = edit
        self.repaired.emit(edit)

    @Slot()
    def _close(self) -> None:
        self._jobs.examining.cancel()
        self._set_findings(())
