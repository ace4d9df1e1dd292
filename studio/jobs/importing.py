"""Jobs of the import wizard: reading the source, and the import itself."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QObject, Signal, Slot

from engine.config.sections import DataConfig
from engine.control import RunControl
from engine.events import ImportEmit, ImportEnded, ImportEvent, ImportProgressed, Outcome
from engine.importing.plan import ImportPlan
from studio.jobs.task import CancellingJob
from studio.jobs.thread import JobThread

if TYPE_CHECKING:
    from engine.data.table_fields import FieldReport
    from engine.importing.dry_run import DryRun, ScanFacts
    from engine.importing.preview import BeforeAfter, PlannedImages, PreviewItem
    from engine.importing.scan import QuickScan
    from engine.importing.sound_preview import MeasuredSounds, SoundPreview
    from engine.importing.source_cells import SourceCells
    from engine.importing.sources.opening import ArchiveCache


ImportDataset = Callable[[ImportPlan, ImportEmit, RunControl], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FilesCounted:
    """Progress of a scan, in files or items."""

    count: int


class ImportJobs(QObject):
    """One job per page of the wizard; all may run at the same time."""

    def __init__(self, import_dataset: ImportDataset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing = CancellingJob("listing", self)
        self.previews = CancellingJob("previews", self)
        self.fields = CancellingJob("fields", self)
        self.texts = CancellingJob("texts", self)
        self.pictures = CancellingJob("pictures", self, finishes=True)
        self.sounds = CancellingJob("sounds", self, finishes=True)
        self.check = CancellingJob("check", self)
        self.recount = CancellingJob("recount", self)
        self.thumbnails = CancellingJob("thumbnails", self)
        first = (self.listing, self.previews, self.fields, self.texts)
        second = (self.pictures, self.sounds, self.check, self.recount, self.thumbnails)
        self._reads = (*first, *second)
        self.building = BuildJob(import_dataset, self)

    @property
    def is_busy(self) -> bool:
        """Whether work is running that closing the wizard would lose."""
        return self.building.is_running or self.check.is_running

    def drop_reads(self) -> None:
        """Cancel all reads and drop their results."""
        for job in self._reads:
            job.forget()

    def cancel(self) -> None:
        """Cancel all jobs."""
        self.drop_reads()
        self.building.cancel()

    def wait(self, timeout_ms: int) -> bool:
        """Block until all threads have ended, when quitting. Returns whether they did in time."""
        return all(job.wait(timeout_ms) for job in (*self._reads, self.building))


class BuildJob(QObject):
    """Runs at most one import at a time; emits its events in the GUI thread."""

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, import_dataset: ImportDataset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._import_dataset = import_dataset
        self._control = RunControl()
        self._thread = JobThread(ImportEnded, self)
        self._thread.event_emitted.connect(self._on_event)

    @property
    def is_running(self) -> bool:
        """Whether an import is running."""
        return self._thread.is_running

    def start(self, plan: ImportPlan) -> None:
        """Import in a thread.

        Raises:
            RuntimeError: an import is running.
        """
        control = RunControl()

        def work(emit: Callable[[object], None]) -> None:
            self._import_dataset(plan, emit, control)

        def ending(error: Exception) -> ImportEnded:
            return ImportEnded(outcome=Outcome.FAILED, folder=plan.dataset, error=error)

        self._thread.start(work, ending=ending, name="import")
        self._control = control
        _log.info("Import of %s into %s started", plan.source, plan.dataset)

    def cancel(self) -> None:
        """Cancel the import; completed work is kept and can be resumed."""
        self._control.request_stop()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        return self._thread.wait(timeout_ms)

    @Slot(object)
    def _on_event(self, event: ImportEvent) -> None:
        match event:
            case ImportProgressed():
                self.progressed.emit(event)
            case ImportEnded():
                _log.info("Import into %s ended: %s", event.folder, event.outcome)
                self.ended.emit(event)
            case _:
                assert_never(event)


Count = Callable[[int], None]


class ImportReader:
    """Reads the source of an import for the wizard, through one shared open archive.

    Engine modules are imported on first use in a worker thread: the libraries for images, tables
    and texts must not delay the first window.
    """

    def __init__(self) -> None:
        self._archive: ArchiveCache | None = None
        self._planned: tuple[object, PlannedImages] | None = None
        self._cells: tuple[object, SourceCells] | None = None
        self._sounds: tuple[object, MeasuredSounds | None] | None = None

    def quick_scan(self, source: Path, tell: Count, control: RunControl) -> "QuickScan":
        """List the files and detect formats."""
        from engine.importing.scan import quick_scan

        with self._kept().borrow(source, control) as archive:
            return quick_scan(archive, tell, control)

    def preview(
        self, plan: ImportPlan, scan: "QuickScan", control: RunControl
    ) -> "tuple[PreviewItem, ...]":
        """Read the first items."""
        from engine.importing.preview import COUNT, preview

        with self._kept().borrow(plan.source, control) as archive:
            return preview(plan, COUNT, control, (archive, scan.listing))

    def scan(
        self,
        plan: ImportPlan,
        scan: "QuickScan",
        data: DataConfig,
        tell: Count,
        control: RunControl,
    ) -> "ScanFacts":
        """Read all texts and count the items."""
        from engine.importing.dry_run import scan_facts

        with self._kept().borrow(plan.source, control) as archive:
            return scan_facts(plan, archive, scan, data, tell, control)

    def fields(
        self, plan: ImportPlan, scan: "QuickScan", tell: Count, control: RunControl
    ) -> "tuple[FieldReport, ...]":
        """Infer the fields of a table; the cells are read once for each import spec."""
        from engine.importing.source_cells import read_cells

        key = (scan, plan.reading)
        with self._kept().borrow(plan.source, control) as archive:
            known = self._cells
            if known is None or known[0] != key:
                known = self._cells = key, read_cells(plan, archive, scan, tell, control)
        return known[1].reports(dict(plan.field_kinds), control)

    def fit(
        self, plan: ImportPlan, scan: "QuickScan", control: RunControl
    ) -> "tuple[PlannedImages, tuple[BeforeAfter, ...]]":
        """Resize some images as planned."""
        from engine.importing.preview import before_and_after, planned_images

        key = (scan, plan.reading, plan.images.size, plan.images.shape, plan.images.band)
        with self._kept().borrow(plan.source, control) as archive:
            planned = self._planned
            if planned is None or planned[0] != key:
                # In one assignment, because an outdated job may still be running.
                planned = self._planned = key, planned_images(plan, archive, scan, control)
            return planned[1], before_and_after(plan, planned[1], archive, scan, control)

    def sounds(
        self, plan: ImportPlan, scan: "QuickScan", control: RunControl
    ) -> "SoundPreview | None":
        """Prepare some sounds as planned; their lengths are read once for each import spec."""
        from engine.importing.sound_preview import preview_sounds, read_lengths

        key = (scan, plan.reading)
        with self._kept().borrow(plan.source, control) as archive:
            known = self._sounds
            if known is None or known[0] != key:
                known = self._sounds = key, read_lengths(plan, archive, scan, control)
            return known[1] and preview_sounds(plan, known[1], archive, control)

    def examine(self, plan: ImportPlan, emit: ImportEmit, control: RunControl) -> "DryRun":
        """Decode and check all items without writing."""
        from engine.importing.dry_run import dry_run

        return dry_run(plan, emit, control)

    def is_staged(self, plan: ImportPlan) -> bool:
        """Whether an interrupted import of the plan can be resumed; fast."""
        from engine.importing.scan import decoding_hash
        from engine.importing.staging import has_staged

        return has_staged(plan.dataset, decoding_hash(plan))

    def close(self) -> None:
        """Close the source."""
        if self._archive is not None:
            self._archive.close()
        self._planned = self._cells = self._sounds = None

    def _kept(self) -> "ArchiveCache":
        # The quick scan runs alone, so no two threads create the cache at once.
        if self._archive is None:
            from engine.importing.sources.opening import ArchiveCache

            self._archive = ArchiveCache()
        return self._archive
