"""Writes what is open: its edits as a new version, or its pairs as an image folder."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.data.editing import Edits
from engine.data.store import StoredDataset
from engine.data.versions import next_version_folder
from engine.events import Outcome
from studio.jobs.dataset import DatasetJobs
from studio.jobs.latest import TaskEnded
from studio.panels.datasets.task_bar import TaskBar

Proceed = Callable[[Path], None]


class Writing(QObject):
    """A line for each of the two: an export may go on while a version is saved."""

    saving_began = Signal()
    saving_ended = Signal(object)
    """The folder of the new version; None if there is none."""
    failed = Signal(object)

    def __init__(self, jobs: DatasetJobs, parent: QWidget) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._after_saving: Proceed | None = None
        self._exported = Path()
        self.saving, self.exporting = TaskBar(), TaskBar()
        self.bars = QVBoxLayout()
        for bar, task in ((self.saving, jobs.saving), (self.exporting, jobs.exporting)):
            bar.follow(task)
            self.bars.addWidget(bar)
        jobs.saving.ended.connect(self._take_saved)
        jobs.exporting.ended.connect(self._take_exported)

    def save(self, dataset: StoredDataset, edits: Edits, *, proceed: Proceed | None = None) -> None:
        """Write the edits as a new dataset beside the old one.

        Args:
            dataset: stays as it is.
            edits: of this dataset.
            proceed: is handed the new folder; not called if saving fails.
        """
        folder = next_version_folder(dataset.folder)
        self._after_saving = proceed
        self.saving.begin(self.tr("Saving {0}…").format(folder.name))
        self.saving_began.emit()
        self._jobs.save(dataset, edits, folder)

    def export(self, dataset: StoredDataset, edits: Edits, parent: Path) -> None:
        """Write an image folder into another folder; one at a time."""
        if self._jobs.exporting.is_running:
            return
        folder = parent / f"{dataset.folder.name}-images"
        self._exported = next_version_folder(folder) if folder.exists() else folder
        self.exporting.begin(self.tr("Exporting to {0}…").format(self._exported))
        self._jobs.export(dataset, edits, self._exported)

    def clear(self) -> None:
        """Say no more of what has ended; what is under way keeps its line."""
        for bar in (self.saving, self.exporting):
            bar.clear()

    @Slot(object)
    def _take_saved(self, event: TaskEnded) -> None:
        proceed, self._after_saving = self._after_saving, None
        self.saving.end("")
        if event.outcome is Outcome.FINISHED and isinstance(event.result, Path):
            self.saving_ended.emit(event.result)
            self.saving.end(self.tr("Saved as {0}.").format(event.result.name))
            if proceed is not None:
                proceed(event.result)
            return
        self.saving_ended.emit(None)
        if event.error is not None:
            self.failed.emit(event.error)

    @Slot(object)
    def _take_exported(self, event: TaskEnded) -> None:
        self.exporting.end("")
        if isinstance(event.result, int):
            text = self.tr("%Ln image(s) exported to {0}", "", event.result)
            self.exporting.end(text.format(self._exported))
        elif event.error is not None:
            self.failed.emit(event.error)
