"""Dataset jobs: read, count, search, save and export, each in a worker thread."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from engine.control import RunControl
from engine.data.editing import Edits, ItemState, original_states
from engine.data.export import export_image_folder
from engine.data.find_replace import Search, find_changes
from engine.data.search import Index
from engine.data.statistics import measure
from engine.data.store import StoredDataset, open_dataset
from engine.data.versions import save_version
from engine.importing.item_issue import ItemIssue
from studio.jobs.task import Task

Report = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class OpenedDataset:
    """An open dataset with its search index."""

    dataset: StoredDataset
    index: Index
    originals: Sequence[ItemState]
    """Unedited states of all items."""


def _export(
    dataset: StoredDataset, edits: Edits, folder: Path, report: Report, control: RunControl
) -> int:
    return export_image_folder(dataset, folder, edits=edits, report=report, control=control)


def _examine(
    dataset: StoredDataset, edits: Edits, report: Report, control: RunControl
) -> tuple[ItemIssue, ...]:
    # Imported on first use: it loads the image libraries.
    from engine.importing.dataset_checks import find_in_dataset

    return find_in_dataset(dataset, edits, report=report, control=control)


@dataclass(frozen=True, kw_only=True)
class DatasetWork:
    """Work functions that tests can replace."""

    export: Callable[[StoredDataset, Edits, Path, Report, RunControl], int] = _export
    examine: Callable[[StoredDataset, Edits, Report, RunControl], tuple[ItemIssue, ...]] = _examine


_log = logging.getLogger(__name__)


class DatasetJobs(QObject):
    """One task of each kind; edits are copied, so the window can change its own meanwhile."""

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
        """All tasks."""
        first = (self.opening, self.measuring, self.searching)
        return (*first, self.saving, self.exporting, self.examining)

    def open(self, folder: Path) -> None:
        """Open a dataset; the result is an ``OpenedDataset``."""

        def work(_report: Report, _control: RunControl) -> OpenedDataset:
            dataset = open_dataset(folder)
            states = original_states(dataset)
            return OpenedDataset(dataset=dataset, index=Index(dataset), originals=states)

        self.opening.start(work)

    def measure(self, dataset: StoredDataset, edits: Edits) -> None:
        """Compute the statistics of a dataset; the result is ``Statistics``."""
        copy = edits.copy()
        self.measuring.start(lambda _report, control: measure(dataset, copy, control=control))

    def find_changes(self, edits: Edits, search: Search, items: Iterable[int]) -> None:
        """Find the changes of a find-and-replace; the result is a ``Replacement``."""
        copy = edits.copy()
        self.searching.start(
            lambda _report, control: find_changes(copy, search, items, control=control)
        )

    def save(self, dataset: StoredDataset, edits: Edits, folder: Path) -> None:
        """Save a new version; the result is its folder."""
        copy = edits.copy()

        def work(report: Report, control: RunControl) -> Path:
            save_version(dataset, copy, folder, report=report, control=control)
            return folder

        self.saving.start(work)
        _log.info("Saving %s with %d changes as %s", dataset.folder, copy.change_count, folder)

    def export(self, dataset: StoredDataset, edits: Edits, folder: Path) -> None:
        """Export an image folder; the result is the number of images."""
        copy = edits.copy()
        self.exporting.start(
            lambda report, control: self._work.export(dataset, copy, folder, report, control)
        )
        _log.info("Exporting %s to %s", dataset.folder, folder)

    def examine(self, dataset: StoredDataset, edits: Edits) -> None:
        """Run the doctor's checks; the result is a tuple of ``ItemIssue``."""
        copy = edits.copy()
        self.examining.start(
            lambda report, control: self._work.examine(dataset, copy, report, control)
        )
        _log.info("Examining %s", dataset.folder)

    def cancel(self) -> None:
        """Cancel all tasks."""
        for task in self.tasks:
            task.cancel()

    def wait(self, timeout_ms: int) -> bool:
        """Block until all threads have ended, when quitting. Returns whether they did in time."""
        return all(task.wait(timeout_ms) for task in self.tasks)
