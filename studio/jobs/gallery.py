"""Writes galleries; requests a checkpoint from a live run first."""

import logging
from collections.abc import Callable
from typing import assert_never

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.control import RunControl
from engine.errors import CheckpointMissingError
from engine.events import (
    CheckpointSaved,
    GalleryEmit,
    GalleryEnded,
    GalleryEvent,
    GalleryProgressed,
    Outcome,
    PromptsChecked,
    RunEnded,
    RunEvent,
)
from engine.runs.folder import RunFolder
from engine.sample.request import GalleryRequest
from studio.jobs.thread import JobThread
from studio.jobs.training import TrainingJob

WriteGallery = Callable[[GalleryRequest, GalleryEmit, RunControl], None]

CHECKPOINT_TIMEOUT_MS = 20_000
"""Time to wait for a new checkpoint before the latest one is used, if there is one."""

_log = logging.getLogger(__name__)


class GalleryJob(QObject):
    """Writes at most one gallery at a time; emits its events in the GUI thread."""

    gallery_progressed = Signal(object)
    gallery_ended = Signal(object)

    def __init__(
        self, write_gallery: WriteGallery, training: TrainingJob, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._write_gallery = write_gallery
        self._training = training
        self._control = RunControl()
        self._request: GalleryRequest | None = None
        self._thread = JobThread(GalleryEnded, self)
        self._thread.event_emitted.connect(self._on_event)
        self._waiting = QTimer(self, singleShot=True, interval=CHECKPOINT_TIMEOUT_MS)
        self._waiting.timeout.connect(self._use_latest)
        training.event_emitted.connect(self._on_run_event)

    @property
    def is_running(self) -> bool:
        """Whether a gallery is being written or waits for a checkpoint."""
        return self._thread.is_running or self._waiting.isActive()

    def start(self, request: GalleryRequest) -> None:
        """Write a gallery in a thread; for a live run, from a new checkpoint.

        Raises:
            RuntimeError: a gallery is being written.
        """
        if self.is_running:
            raise RuntimeError("A gallery is already under way")
        self._request = request
        self._control = RunControl()
        if self._training.is_running and self._training.folder == request.run:
            _log.info("Gallery waits for a checkpoint of %s", request.run)
            self._waiting.start()
            self._training.request_checkpoint()
        else:
            self._write()

    def cancel(self) -> None:
        """Cancel the gallery; pairs that are already written stay."""
        self._control.request_stop()
        self._end_waiting()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        self._waiting.stop()
        return self._thread.wait(timeout_ms)

    @Slot(object)
    def _on_run_event(self, event: RunEvent) -> None:
        match event:
            case CheckpointSaved():
                self._end_waiting()
            case RunEnded() if self._has_checkpoint:
                self._end_waiting()
            case RunEnded():
                self._fail_without_checkpoint()
            case _:
                pass

    @property
    def _has_checkpoint(self) -> bool:
        return self._request is not None and bool(RunFolder(self._request.run).checkpoint_paths())

    def _fail_without_checkpoint(self) -> None:
        request = self._request
        if request is None or not self._waiting.isActive():
            return
        self._waiting.stop()
        _log.info("The run %s ended without a checkpoint for the gallery", request.run)
        error = CheckpointMissingError(request.run)
        self.gallery_ended.emit(
            GalleryEnded(outcome=Outcome.FAILED, folder=request.folder, count=0, error=error)
        )

    @Slot()
    def _use_latest(self) -> None:
        if self._has_checkpoint:
            self._write()
        else:
            # Only the live run can save the first one.
            self._waiting.start()

    def _end_waiting(self) -> None:
        if self._waiting.isActive():
            self._waiting.stop()
            self._write()

    @Slot()
    def _write(self) -> None:
        request, control = self._request, self._control
        if request is None:
            return

        def work(emit: Callable[[object], None]) -> None:
            self._write_gallery(request, emit, control)

        def ending(error: Exception) -> GalleryEnded:
            return GalleryEnded(outcome=Outcome.FAILED, folder=request.folder, count=0, error=error)

        self._thread.start(work, ending=ending, name="gallery")
        _log.info("Gallery %s started", request.folder)

    @Slot(object)
    def _on_event(self, event: GalleryEvent) -> None:
        match event:
            case PromptsChecked():
                _log.info("%s", " ".join(event.problems))
            case GalleryProgressed():
                self.gallery_progressed.emit(event)
            case GalleryEnded():
                self.gallery_ended.emit(event)
            case _:
                assert_never(event)
