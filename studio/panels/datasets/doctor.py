"""Checks of a dataset: pane with issues and their fixes, and its controller."""

from collections.abc import Collection, Sequence
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
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, scrolling, spaced

_MAX_HEIGHT = 104


@dataclass(frozen=True, kw_only=True)
class FixRequest:
    """A fix of an issue."""

    found: ItemIssue
    fix: Fix


class DoctorPane(QFrame):
    """Pane with a row for each issue."""

    chosen = Signal(object)
    """Emitted with the ``Issue`` whose items are to be shown, or None for all items."""
    repair_requested = Signal(object)
    examination_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Doctor"))
        self.tasks = TaskBar()
        self._headline = plain_label(role="heading")
        self._note = plain_label(role="muted")
        examine = self.tr("Examine again")
        self._again = push_button(examine, self.examination_requested, role="small")
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
        """Headline and note above the issues."""
        return " ".join(filter(None, (self._headline.text(), self._note.text())))

    def show_busy(self, text: str) -> None:
        """Show that the checks are running."""
        self.show_issues((), "")
        self._area.hide()
        self._again.setEnabled(False)
        self.tasks.begin(text)

    def show_ended(self, problem: str = "") -> None:
        """Show that the checks have ended, with an error if there was one."""
        self.tasks.end("")
        self._again.setEnabled(True)
        self._headline.setText(problem)
        self._headline.setVisible(bool(problem))

    def show_issues(self, issues: Sequence[ItemIssue], headline: str) -> None:
        """Replace the issues and the headline."""
        self._headline.setText(headline)
        self._headline.setVisible(bool(headline))
        self.say("")
        for row in self._rows.values():
            for widget in (row.show_button, *row.repairs.values()):
                widget.hide()
                widget.deleteLater()
        self._rows = {found.issue: self._add(found, n) for n, found in enumerate(issues)}
        self._area.setVisible(bool(issues))
        self._area.setFixedHeight(min(self._body.sizeHint().height(), _MAX_HEIGHT))

    def say(self, note: str) -> None:
        """Show a note below the headline; an empty text hides it."""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def set_usable(self, *, is_usable: bool) -> None:
        """Enable or disable the issues."""
        self._body.setEnabled(is_usable)

    def mark(self, issue: Issue | None) -> None:
        """Check the row of the issue whose items are shown, without emitting a signal."""
        for own, row in self._rows.items():
            row.show_button.setChecked(own == issue)

    def mark_repaired(self, issues: Collection[Issue]) -> None:
        """Disable the fixes of repaired issues."""
        for issue, row in self._rows.items():
            row.show_repaired(is_repaired=issue in issues)

    def _add(self, found: ItemIssue, place: int) -> "_Row":
        row = _Row(found)
        row.show_button.clicked.connect(
            lambda is_on: self.chosen.emit(found.issue if is_on else None)
        )
        self._grid.addWidget(row.show_button, place, 0)
        for column, (fix, button) in enumerate(row.repairs.items()):
            request = FixRequest(found=found, fix=fix)
            button.clicked.connect(lambda _on=False, it=request: self.repair_requested.emit(it))
            self._grid.addWidget(button, place, 1 + column)
        return row

    def _lay_out(self) -> None:
        words = fill(spaced(QVBoxLayout(), 2), self._headline, self._note, self.tasks)
        top = fill(spaced(QHBoxLayout(), SPACING), (words, 1))
        close = push_button(self.tr("Close"), self._close, role="small")
        for button in (self._again, close):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        half = SPACING // 2
        fill(spaced(QVBoxLayout(self), half, (SPACING, half, half, half)), top, self._area)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @Slot()
    def _close(self) -> None:
        self.hide()
        self.closed.emit()


class _Row:
    """The widgets of an issue."""

    def __init__(self, found: ItemIssue) -> None:
        self._words = words = found_words(found.issue, len(found.found))
        self.show_button = push_button(words, role="line", tip=words)
        self.show_button.setCheckable(True)
        self.show_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.repairs: dict[Fix, QPushButton] = {}
        for fix in found.repairs:
            text, explained = repair_words(found.issue, fix)
            button = push_button(text, role="small", tip=explained)
            button.setAccessibleName(f"{words}: {text}")
            self.repairs[fix] = button

    def show_repaired(self, *, is_repaired: bool) -> None:
        done = QCoreApplication.translate("DoctorPane", "{0} (repaired)").format(self._words)
        # The text is short, for narrow rows.
        self.show_button.setText(f"✓ {self._words}" if is_repaired else self._words)
        self.show_button.setToolTip(done if is_repaired else self._words)
        self.show_button.setAccessibleName(done if is_repaired else self._words)
        for button in self.repairs.values():
            button.setEnabled(not is_repaired)


class ChecksController(QObject):
    """Runs the checks of the open dataset and keeps the issues found."""

    found = Signal()
    """Emitted when the issues changed."""
    chosen = Signal(object)
    """Emitted with the ``Issue`` to filter by, or None for all items."""
    repaired = Signal(object)
    """Emitted with the ``Edit`` of a fix."""

    def __init__(self, jobs: DatasetJobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._dataset: StoredDataset | None = None
        self._edits: Edits | None = None
        self._issues: tuple[ItemIssue, ...] = ()
        self._name = ""
        self._examined: Edit | None = None
        self._repairs: dict[Issue, Edit] = {}
        self.pane = DoctorPane()
        self.pane.chosen.connect(self.chosen)
        self.pane.repair_requested.connect(self._fix)
        self.pane.examination_requested.connect(self.begin)
        self.pane.closed.connect(self._close)
        self.pane.tasks.follow(jobs.examining)
        jobs.examining.ended.connect(self._on_ended)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The issues found, with their descriptions."""
        return [(one.issue, found_words(one.issue, len(one.found))) for one in self._issues]

    def items(self, wanted: Filter) -> npt.NDArray[np.int64] | None:
        """Return the items of a filter by issue; None for any other filter."""
        if wanted.show is not ItemFilter.ISSUE:
            return None
        return next((one.shown for one in self._issues if one.issue == wanted.value), None)

    def open(self, dataset: StoredDataset, edits: Edits) -> None:
        """Set the dataset to check, and its edits."""
        self._dataset, self._edits = dataset, edits

    @Slot()
    def begin(self) -> None:
        """Run the checks on the current items."""
        if self._dataset is None or self._edits is None:
            return
        self._name, self._examined = self._dataset.folder.name, self._edits.latest
        self._set_issues(())
        count = len(self._dataset.records)
        self.pane.show_busy(self.tr("Examining %Ln item(s)…", "", count))
        self.pane.show()
        self._jobs.examine(self._dataset, self._edits)

    def leave(self) -> None:
        """Discard the issues, when another dataset is opened."""
        is_under_way = self._jobs.examining.is_running
        self._jobs.examining.cancel()
        self._set_issues(())
        if is_under_way:
            self.pane.show_ended(self.tr("Not examined yet."))
        if not self.pane.isHidden():
            self.pane.set_usable(is_usable=False)
            self.pane.say(self.tr("Out of date: this was found in {0} before.").format(self._name))

    def look_again(self) -> None:
        """Update the pane after an edit."""
        edits = self._edits
        if edits is None or not self._issues:
            return
        is_old = edits.latest is not self._examined
        self.pane.say(self.tr("Out of date: items were edited.") if is_old else "")
        self.pane.mark_repaired({f for f, edit in self._repairs.items() if edits.has_made(edit)})

    @Slot(object)
    def _on_ended(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.STOPPED:
            self.pane.show_ended(self.tr("Not examined: it was cancelled."))
        elif event.error is not None:
            words = explain(event.error)
            self.pane.show_ended(f"{words.happened} {words.why}")
        elif isinstance(event.result, tuple):
            self.pane.show_ended()
            issues: tuple[ItemIssue, ...] = event.result
            headline = (
                self.tr("The doctor found %Ln issue(s)", "", len(issues))
                if issues
                else self.tr("The doctor found no issues.")
            )
            self.pane.show_issues(issues, headline)
            self.pane.set_usable(is_usable=True)
            self._set_issues(issues)
            self.look_again()

    def _set_issues(self, issues: tuple[ItemIssue, ...]) -> None:
        self._issues, self._repairs = issues, {}
        self.found.emit()

    @Slot(object)
    def _fix(self, request: FixRequest) -> None:
        if self._edits is None:
            return
        edit = self._edits.repair(repaired(request.found, request.fix, self._edits))
        if edit is None:
            self.pane.say(self.tr("Nothing is left to repair there."))
            return
        self._repairs[request.found.issue] = edit
        self.repaired.emit(edit)

    @Slot()
    def _close(self) -> None:
        self._jobs.examining.cancel()
        self._set_issues(())
