"""The jobs of the import wizard: looks that write nothing, and the import itself."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from engine.events import Outcome
from engine.importing.plan import ImportPlan
from engine.job_events import ImportEmit, ImportEnded, ImportEvent, ImportProgressed
from studio.jobs.latest import LatestJob
from studio.jobs.thread import JobThread

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
        self.listing = LatestJob("listing", self)
        self.previews = LatestJob("previews", self)
        self.texts = LatestJob("texts", self)
        self.pictures = LatestJob("pictures", self)
        self.check = LatestJob("check", self)
        self.recount = LatestJob("recount", self)
        self.thumbnails = LatestJob("thumbnails", self)
        self.building = BuildJob(import_dataset, self)

    @property
    def is_busy(self) -> bool:
        """Whether there is work that somebody may not want to lose."""
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

    def _looks(self) -> tuple[LatestJob, ...]:
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
