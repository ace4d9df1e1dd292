"""Work on the tiles of previews: saves chosen ones and their marks, draws steps, searches texts."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from engine.errors import EngineError
from engine.runs.tile_marks import Marks, write_marks
from studio.jobs.task import CancellingJob, Task, TaskEnded

_log = logging.getLogger(__name__)
_PATIENCE_MS = 10_000


class TileJobs(QObject):
    """One thread for each kind of work.

    Args:
        galleries: returns the folder of the workspace's galleries.
        parent: the owner.
    """

    failed = Signal(object)
    """Carries the exception with which marks could not be written."""

    def __init__(self, galleries: Callable[[], Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.galleries = galleries
        self.saving = Task("save tiles", self)
        self.drawing = CancellingJob("draw steps", self)
        self.searching = CancellingJob("search tiles", self)
        self.copying = CancellingJob("write files", self)
        self._marking = CancellingJob("write marks", self, finishes=True)
        self._marking.ended.connect(self._on_marked)
        self._unwritten: dict[Path, Marks] = {}

    def save(self, sheet: Path, tiles: tuple[int, ...], folder: Path) -> None:
        """Save tiles of a preview as a gallery; ``saving`` reports the end.

        Args:
            sheet: path of the preview.
            tiles: their numbers.
            folder: of the gallery; new or empty.
        """

        def work(report: Callable[[int, int], None], control: RunControl) -> int:
            # Imports torch.
            from engine.sample.tile_gallery import TileRequest, save_tiles

            return save_tiles(TileRequest(sheet=sheet, tiles=tiles, folder=folder), report, control)

        self.saving.start(work)

    def write_marks(self, run: Path, marks: Marks) -> None:
        """Write the marks of a run; ``failed`` is emitted if they cannot be written."""
        self._unwritten[run] = marks
        # Requests between two are dropped, so each writes all that is not written yet.
        unwritten = dict(self._unwritten)
        self._marking.request(lambda _tell, _control: _write(unwritten))

    def marks_of(self, run: Path) -> Marks | None:
        """Return marks that are not written yet; None if there are none."""
        return self._unwritten.get(run)

    @Slot()
    def shut_down(self) -> None:
        """Stop and wait for the threads, when quitting; write what is not written yet."""
        stopped = (self.saving, self.drawing, self.searching, self.copying)
        for job in stopped:
            job.forget()
        for job in (*stopped, self._marking):
            job.wait(_PATIENCE_MS)
        for run, marks in self._unwritten.items():
            try:
                write_marks(run, marks)
            except EngineError as error:
                _log.warning("The marks of %s are lost: %s", run.name, error)
        self._unwritten.clear()

    @Slot(object)
    def _on_marked(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            self._unwritten.clear()
            self.failed.emit(ended.error)
            return
        written: Mapping[Path, Marks] = ended.result or {}
        for run, marks in written.items():
            if self._unwritten.get(run) is marks:
                del self._unwritten[run]


def _write(marks_by_run: Mapping[Path, Marks]) -> Mapping[Path, Marks]:
    for run, marks in marks_by_run.items():
        write_marks(run, marks)
    return marks_by_run
