"""Work on datasets: reading, counting, searching, saving and exporting, each in its own thread."""

import logging
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.replacing import Search
from engine.data.store import StoredDataset
from studio.jobs.dataset_work import DatasetWork, Report
from studio.jobs.task import Task

_log = logging.getLogger(__name__)


class DatasetJobs(QObject):
    """One task of each kind. Edits are copied, so that the window may go on changing its own."""

    def __init__(self, work: DatasetWork, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self.opening = Task("open dataset", self)
        self.measuring = Task("measure dataset", self)
        self.searching = Task("search dataset", self)
        self.saving = Task("save dataset", self)
        self.exporting = Task("export dataset", self)
        self.examining = Task("examine dataset", self)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them."""
        return (
            self.opening,
            self.measuring,
            self.searching,
            self.saving,
            self.exporting,
            self.examining,
        )

    def open(self, folder: Path) -> None:
        """Read a dataset; the result is an ``OpenedDataset``."""
        self.opening.start(lambda _report, _control: self._work.open(folder))

    def measure(self, dataset: StoredDataset, edits: Edits) -> None:
        """Count what a dataset holds; the result is ``Statistics``."""
        copy = edits.copy()
        self.measuring.start(lambda _report, control: self._work.measure(dataset, copy, control))

    def find_changes(self, edits: Edits, search: Search, items: Iterable[int]) -> None:
        """See what a search would change; the result is a ``Replacement``."""
        copy = edits.copy()
        self.searching.start(
            lambda _report, control: self._work.find_changes(copy, search, items, control)
        )

    def save(self, dataset: StoredDataset, edits: Edits, folder: Path) -> None:
        """Write a new version; the result is its folder."""
        copy = edits.copy()

        def work(report: Report, control: RunControl) -> Path:
            self._work.save(dataset, copy, folder, report, control)
            return folder

        self.saving.start(work)
        _log.info("Saving %s with %d changes as %s", dataset.folder, copy.change_count, folder)

    def export(self, dataset: StoredDataset, edits: Edits, folder: Path) -> None:
        """Write an image folder; the result is the number of images."""
        copy = edits.copy()
        self.exporting.start(
            lambda report, control: self._work.export(dataset, copy, folder, report, control)
        )
        _log.info("Exporting %s to %s", dataset.folder, folder)

    def examine(self, dataset: StoredDataset, edits: Edits) -> None:
        """Have the doctor look; the result is a tuple of ``ItemFinding``."""
        copy = edits.copy()
        self.examining.start(
            lambda report, control: self._work.examine(dataset, copy, report, control)
        )
        _log.info("Examining %s", dataset.folder)

    def cancel(self) -> None:
        """Ask all of them to end."""
        for task in self.tasks:
            task.cancel()

    def wait(self, timeout_ms: int) -> bool:
        """Block until all have ended; for quitting only. Whether they did in time."""
        return all(task.wait(timeout_ms) for task in self.tasks)
