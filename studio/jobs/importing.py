"""The jobs of the import wizard: looks that write nothing, and the import itself."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from engine.events import ImportEmit, ImportEnded, ImportEvent, ImportProgressed, Outcome
from engine.importing.plan import ImportPlan
from studio.jobs.task import CancellingJob
from studio.jobs.thread import JobThread

if TYPE_CHECKING:
    from engine.importing.dry_run import DryRun, ScanFacts
    from engine.importing.preview import BeforeAfter, PreviewItem
    from engine.importing.scan import FirstLook
    from engine.importing.sources.opening import ArchiveCache


ImportDataset = Callable[[ImportPlan, ImportEmit, RunControl], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FilesCounted:
    """A look has listed or read so many files or items."""

    count: int


class ImportJobs(QObject):
    """One job for each question that the wizard asks; all may run at once."""

    def __init__(self, import_dataset: ImportDataset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing = CancellingJob("listing", self)
        self.previews = CancellingJob("previews", self)
        self.texts = CancellingJob("texts", self)
        self.pictures = CancellingJob("pictures", self)
        self.check = CancellingJob("check", self)
        self.recount = CancellingJob("recount", self)
        self.thumbnails = CancellingJob("thumbnails", self)
        self.building = BuildJob(import_dataset, self)

    @property
    def is_busy(self) -> bool:
        """Whether work is running that would be lost."""
        return self.building.is_running or self.check.is_running

    def forget_looks(self) -> None:
        """Ask every look to end, and never hear of it again."""
        for job in self._looks():
            job.forget()

    def cancel(self) -> None:
        """Ask everything to end."""
        self.forget_looks()
        self.building.cancel()

    def wait(self, timeout_ms: int) -> bool:
        """Block until all threads have ended; for quitting only. Whether they did in time."""
        return all(job.wait(timeout_ms) for job in (*self._looks(), self.building))

    def _looks(self) -> tuple[CancellingJob, ...]:
        return (
            self.listing,
            self.previews,
            self.texts,
            self.pictures,
            self.check,
            self.recount,
            self.thumbnails,
        )


class BuildJob(QObject):
    """At most one import; its events in the GUI thread."""

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, import_dataset: ImportDataset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._import_dataset = import_dataset
        self._control = RunControl()
        self._thread = JobThread(ImportEnded, self)
        self._thread.event_emitted.connect(self._take)

    @property
    def is_running(self) -> bool:
        """Whether an import is under way."""
        return self._thread.is_running

    def start(self, plan: ImportPlan) -> None:
        """Import in a thread.

        Raises:
            RuntimeError: an import is under way.
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
        """Ask the import to end; what it has done is kept and can be gone on with."""
        self._control.request_stop()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended; for quitting only. Whether it did in time."""
        return self._thread.wait(timeout_ms)

    @Slot(object)
    def _take(self, event: ImportEvent) -> None:
        match event:
            case ImportProgressed():
                self.progressed.emit(event)
            case ImportEnded():
                _log.info("Import into %s ended: %s", event.folder, event.outcome)
                self.ended.emit(event)
            case _:
                assert_never(event)


# --------------------------------------------------------------------------
# What the import wizard's jobs call: the engine's functions, imported on first use.
#
# They are called in a worker's thread, so that the libraries for images, tables and texts are never
# on the way to the first window.


Count = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class ImportLooks:
    """Everything that the wizard asks before it writes; a test hands in its own."""

    first_look: "Callable[[Path, Count, RunControl], FirstLook]"
    preview: "Callable[[ImportPlan, FirstLook, RunControl], tuple[PreviewItem, ...]]"
    scan: "Callable[[ImportPlan, FirstLook, str, Count, RunControl], ScanFacts]"
    fit: "Callable[[ImportPlan, FirstLook, RunControl], tuple[BeforeAfter, ...]]"
    examine: "Callable[[ImportPlan, ImportEmit, RunControl], DryRun]"
    is_staged: Callable[[ImportPlan], bool]
    """Whether an import of the plan was cut off, and can be gone on with; quick."""
    close: Callable[[], None]
    """The source is not needed any more."""


def engine_looks() -> ImportLooks:
    """Make looks that share one open source."""
    source = _Source()
    return ImportLooks(
        first_look=source.first_look,
        preview=source.preview,
        scan=source.scan,
        fit=source.fit,
        examine=_examine,
        is_staged=_is_staged,
        close=source.close,
    )


class _Source:
    """The looks that need the source open."""

    def __init__(self) -> None:
        self._archive: ArchiveCache | None = None

    def first_look(self, source: Path, tell: Count, control: RunControl) -> "FirstLook":
        from engine.importing.scan import look_at

        with self._kept().borrow(source, control) as archive:
            return look_at(archive, tell, control)

    def preview(
        self, plan: ImportPlan, look: "FirstLook", control: RunControl
    ) -> "tuple[PreviewItem, ...]":
        from engine.importing.preview import COUNT, preview

        with self._kept().borrow(plan.source, control) as archive:
            return preview(plan, COUNT, control, (archive, look.listing))

    def scan(
        self,
        plan: ImportPlan,
        look: "FirstLook",
        tokenizer: str,
        tell: Count,
        control: RunControl,
    ) -> "ScanFacts":
        from engine.importing.dry_run import scan_facts

        with self._kept().borrow(plan.source, control) as archive:
            return scan_facts(plan, archive, look, tokenizer, tell, control)

    def fit(
        self, plan: ImportPlan, look: "FirstLook", control: RunControl
    ) -> "tuple[BeforeAfter, ...]":
        from engine.importing.preview import before_and_after

        with self._kept().borrow(plan.source, control) as archive:
            return before_and_after(plan, archive, look, control)

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()

    def _kept(self) -> "ArchiveCache":
        # The first look comes alone, so no two threads make one at once.
        if self._archive is None:
            from engine.importing.sources.opening import ArchiveCache

            self._archive = ArchiveCache()
        return self._archive


def _examine(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> "DryRun":
    from engine.importing.dry_run import dry_run

    return dry_run(plan, emit, control)


def _is_staged(plan: ImportPlan) -> bool:
    from engine.importing.scan import decoding_hash
    from engine.importing.staging import has_staged

    return has_staged(plan.dataset, decoding_hash(plan))
