"""Reads the curves, the settings and the previews of runs that are compared."""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from engine.control import RunControl
from engine.errors import SheetCorruptError
from engine.events import Outcome
from engine.runs.curves import CurveReader, RunCurves, RunSummary, read_summary
from engine.runs.folder import RunFolder
from engine.runs.listing import stamp_of
from engine.sample.preview_sheet import Sheet, read_sheet
from studio.jobs.task import CancellingJob, Task, TaskEnded

_log = logging.getLogger(__name__)

CACHE_BYTES = 32_000_000
"""Maximum size of cached sheets."""


@dataclass(frozen=True, kw_only=True)
class ComparedRun:
    """What is read of a run."""

    curves: RunCurves
    previews: tuple[tuple[int, Path], ...] = ()
    """Images seen and sheet of each preview, oldest first."""


class ComparisonJobs(QObject):
    """Reads runs, summaries and sheets in a thread each."""

    read = Signal(object)
    """Carries ``ComparedRun`` by folder."""
    summarised = Signal(object)
    """Carries ``RunSummary`` by folder."""
    sheets_read = Signal(object)
    """Carries ``Sheet`` or None by path."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reading = Task("read curves", self)
        self.summarising = Task("read summaries", self)
        self.looking = CancellingJob("read previews", self, finishes=True)
        self._readers: dict[Path, CurveReader] = {}
        self._summaries: dict[Path, tuple[str, RunSummary]] = {}
        self._sheets = _Sheets()
        self.reading.ended.connect(partial(self._pass_on, self.read))
        self.summarising.ended.connect(partial(self._pass_on, self.summarised))
        self.looking.ended.connect(partial(self._pass_on, self.sheets_read))

    def read_runs(self, folders: Sequence[Path]) -> None:
        """Read the curves and list the previews of runs, as far as they have changed."""
        wanted = tuple(folders)

        def work(_report: object, control: RunControl) -> Mapping[Path, ComparedRun]:
            # Only one thread at a time reads, so the readers need no lock.
            readers = self._readers = {f: self._readers.get(f) or CurveReader(f) for f in wanted}
            return {
                folder: ComparedRun(curves=reader.read(control), previews=previews_of(folder))
                for folder, reader in readers.items()
            }

        self.reading.start(work)

    def summarise(self, folders: Sequence[Path]) -> None:
        """Read the settings and best figures of runs, as far as they have changed."""
        wanted = tuple(folders)

        def work(_report: object, control: RunControl) -> Mapping[Path, RunSummary]:
            found: dict[Path, tuple[str, RunSummary]] = {}
            for folder in wanted:
                if control.is_stop_requested:
                    break
                stamp = stamp_of(folder)
                known = self._summaries.get(folder)
                is_known = known is not None and known[0] == stamp
                found[folder] = known if is_known and known else (stamp, read_summary(folder))
            self._summaries |= found
            return {folder: summary for folder, (_stamp, summary) in found.items()}

        self.summarising.start(work)

    def read_sheets(self, paths: Sequence[Path]) -> None:
        """Read sheets; of requests that come faster than they are read, the newest is kept."""
        wanted = tuple(paths)
        self.looking.request(
            lambda _tell, _control: {path: self._sheets.get(path) for path in wanted}
        )

    def cancel(self) -> None:
        """Cancel all work."""
        for job in (self.reading, self.summarising, self.looking):
            job.forget()

    def wait(self, timeout_ms: int) -> bool:
        """Block until all threads have ended, when quitting. Returns whether they did in time."""
        jobs = (self.reading, self.summarising, self.looking)
        return all([*(job.wait(timeout_ms) for job in jobs)])

    @Slot()
    def shut_down(self) -> None:
        """Cancel all work and wait for its end, when quitting."""
        self.cancel()
        self.wait(_PATIENCE_MS)

    def _pass_on(self, found: SignalInstance, event: TaskEnded) -> None:
        if event.outcome is Outcome.FINISHED:
            found.emit(event.result)
        elif event.error is not None:
            # The views keep what they have; a run that is damaged is no error.
            _log.warning("Runs that are compared cannot be read: %s", event.error)


_PATIENCE_MS = 10_000


def previews_of(folder: Path) -> tuple[tuple[int, Path], ...]:
    """List the previews of a run: images seen and sheet, oldest first."""
    paths = RunFolder(folder).preview_files()
    numbers = ((path.stem.removeprefix("preview-"), path) for path in paths)
    return tuple((int(number), path) for number, path in numbers if number.isdecimal())


class _Sheets:
    """LRU cache of sheets, used by one thread at a time; a damaged sheet is None."""

    def __init__(self) -> None:
        self._sheets: OrderedDict[Path, Sheet | None] = OrderedDict()
        self._bytes = 0

    def get(self, path: Path) -> Sheet | None:
        if path in self._sheets:
            self._sheets.move_to_end(path)
            return self._sheets[path]
        try:
            sheet = read_sheet(path)
        except SheetCorruptError:
            sheet = None
        self._sheets[path] = sheet
        self._bytes += sheet.images.nbytes if sheet else 0
        while self._bytes > CACHE_BYTES and len(self._sheets) > 1:
            _path, oldest = self._sheets.popitem(last=False)
            self._bytes -= oldest.images.nbytes if oldest else 0
        return sheet
