"""Drives the doctor's pane: examinations from a worker, repairs as edits, age of what it says."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from engine.data.editing import Edit, Edits
from engine.data.index import Filter, Show
from engine.data.store import StoredDataset
from engine.events import Outcome
from engine.importing.item_finding import ItemFinding, repaired
from engine.importing.plan import Finding
from studio.errors.wording import explain
from studio.jobs.dataset import DatasetJobs
from studio.jobs.latest import TaskEnded
from studio.models.found_text import found_words
from studio.panels.datasets.doctor import DoctorPane, RepairWish


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What is examined: a dataset with its edits."""

    dataset: StoredDataset
    edits: Edits


class Doctoring(QObject):
    """Knows the findings of the dataset that is open, as long as they are of its items."""

    found = Signal()
    """There are other findings to filter by."""
    chosen = Signal(object)
    """A ``Finding`` to filter by; None for all items."""
    repaired = Signal(object)
    """The ``Edit`` that a repair made."""

    def __init__(
        self, jobs: DatasetJobs, patient: Callable[[], Patient | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._jobs, self._patient = jobs, patient
        self._findings: tuple[ItemFinding, ...] = ()
        self._name = ""
        self._examined: Edit | None = None
        self._repairs: dict[Finding, Edit] = {}
        self.pane = DoctorPane()
        self.pane.chosen.connect(self.chosen)
        self.pane.repair_requested.connect(self._repair)
        self.pane.examination_requested.connect(self.begin)
        self.pane.closed.connect(self._close)
        self.pane.tasks.follow(jobs.examining)
        jobs.examining.ended.connect(self._take)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be filtered by: the finding and its words."""
        return [(found.finding, found_words(found.finding, len(found.found)))
                for found in self._findings]  # fmt: skip

    def items(self, wanted: Filter) -> npt.NDArray[np.int64] | None:
        """Give the items that a filter by finding lets through; None where it is another."""
        if wanted.show is not Show.FINDING:
            return None
        return next((one.shown for one in self._findings if one.finding == wanted.value), None)

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
            findings: tuple[ItemFinding, ...] = event.result
            headline = (
                self.tr("The doctor has %Ln remark(s)", "", len(findings))
                if findings
                else self.tr("The doctor found nothing.")
            )
            self.pane.show_findings(findings, headline)
            self.pane.set_usable(is_usable=True)
            self._set_findings(findings)
            self.look_again()

    def _set_findings(self, findings: tuple[ItemFinding, ...]) -> None:
        self._findings, self._repairs = findings, {}
        self.found.emit()

    @Slot(object)
    def _repair(self, wish: RepairWish) -> None:
        patient = self._patient()
        if patient is None:
            return
        edit = patient.edits.repair(repaired(wish.found, wish.repair, patient.edits))
        if edit is None:
            self.pane.say(self.tr("Nothing is left to repair there."))
            return
        self._repairs[wish.found.finding] = edit
        self.repaired.emit(edit)

    @Slot()
    def _close(self) -> None:
        self._jobs.examining.cancel()
        self._set_findings(())
