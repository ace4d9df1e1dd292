"""Shows one run in the window's panels: the one under way, or one that lies on disk."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.config.run import RunConfig
from engine.errors import EngineError
from engine.events import (
    CheckpointSaved,
    LossesReported,
    PreviewReady,
    QualityMeasured,
    RolledBack,
    RunEnded,
    RunEvent,
    RunMoved,
    RunPrepared,
    RunResumed,
)
from engine.runs.event_reader import read_losses, read_quality
from engine.runs.folder import RunFolder
from studio.errors.reporter import ErrorReporter
from studio.jobs.training import RunSignals, TrainingJob
from studio.models.more_training import Resumable, opened_run, resumable_run
from studio.models.run_state import Happening, RunStatus
from studio.models.trouble_text import held_text
from studio.window.main_window import MainWindow

_HELD = "held"
_log = logging.getLogger(__name__)


class RunView(QObject):
    """Passes what happens in a run on to the panels that show it."""

    run_opened = Signal(object)
    """Carries the folder of a run on disk that is now shown."""

    def __init__(self, window: MainWindow, training: TrainingJob, reporter: ErrorReporter) -> None:
        super().__init__(window)
        self._window, self._reporter = window, reporter
        self.status = RunStatus()
        self.folder: Path | None = None
        training.run_started.connect(self._start)
        training.pause_asked.connect(lambda: self._ask(Happening.PAUSE_ASKED))
        training.resume_asked.connect(lambda: self._ask(Happening.RESUME_ASKED))
        training.stop_asked.connect(lambda: self._ask(Happening.STOP_ASKED))
        training.phase_changed.connect(self._advance)
        training.run_prepared.connect(self._take_prepared)
        training.losses_reported.connect(self._take_losses)
        training.preview_ready.connect(self._take_preview)
        training.quality_measured.connect(self._take_quality)
        training.checkpoint_saved.connect(self._take_checkpoint)
        training.run_resumed.connect(self._go_back)
        training.rolled_back.connect(self._go_back)
        training.run_paused.connect(self._advance)
        training.run_moved.connect(self._take_moved)
        training.run_ended.connect(self._end)
        window.set_can_save(False)

    def follow(self, run: RunSignals) -> None:
        """Show also what a run tells that another process trains; its life is not ours."""
        run.run_prepared.connect(self._take_prepared)
        run.losses_reported.connect(self._take_losses)
        run.preview_ready.connect(self._take_preview)
        run.quality_measured.connect(self._take_quality)
        run.run_resumed.connect(self._go_back)
        run.rolled_back.connect(self._go_back)

    def open(self, folder: Path) -> None:
        """Show a run that lies on disk.

        Raises:
            RunMissingError, ConfigError: there is no run, or its configuration is damaged.
            OSError: its log cannot be read.
        """
        RunFolder(folder).read_config()
        opened = opened_run(self.status.life, folder, self._show_past(folder))
        self._window.set_can_save(bool(RunFolder(folder).checkpoint_paths()))
        self._show(opened.status)
        self._window.run.show_resumable(opened.resumable)
        if opened.status.holder:
            self._window.run.notes.show_note(_HELD, held_text(opened.status.holder))
        self._window.show_docks()
        _log.info("Run %s opened", folder)
        self.run_opened.emit(folder)

    def open_or_report(self, folder: Path) -> None:
        """Show a run that lies on disk, or say why that is not possible."""
        try:
            self.open(folder)
        except (EngineError, OSError) as error:
            self._reporter.report(error)

    @Slot(object)
    def _start(self, config: RunConfig) -> None:
        goes_on = bool(RunFolder(config.run).checkpoint_paths())
        if goes_on:
            self._show_past(config.run)
        else:
            self._clear(config.run)
        self._window.set_can_save(goes_on)
        self._window.run.show_resumable(None)
        self._show(self.status.started(config.run.name))
        self._window.show_docks()

    def _ask(self, happening: Happening) -> None:
        """Say at once that what somebody asked for is on its way."""
        try:
            self._show(self.status.after_asking(happening))
        except ValueError as error:
            _log.warning("Asked in vain: %s", error)

    @Slot(object)
    def _advance(self, event: RunEvent) -> None:
        try:
            self._show(self.status.after(event))
        except ValueError as error:
            _log.warning("An event that cannot be: %s", error)

    @Slot(object)
    def _go_back(self, event: RunResumed | RolledBack) -> None:
        """Forget what the run does again, so that no curve runs backwards."""
        self._advance(event)
        self._window.losses.drop_after(event.images_seen)
        self._window.quality.drop_after(event.images_seen)

    @Slot(object)
    def _take_prepared(self, event: RunPrepared) -> None:
        self._window.run.show_prepared(event)

    @Slot(object)
    def _take_losses(self, event: LossesReported) -> None:
        self._advance(event)
        self._window.losses.add_losses(event)
        if event.progress.images_seen:
            # From the first step on, the dialog can ask the run for a checkpoint.
            self._window.set_can_save(True)

    @Slot(object)
    def _take_preview(self, event: PreviewReady) -> None:
        self._window.gallery.add_preview(event)

    @Slot(object)
    def _take_quality(self, event: QualityMeasured) -> None:
        self._window.quality.add_quality(event)

    @Slot(object)
    def _take_checkpoint(self, event: CheckpointSaved) -> None:
        self._advance(event)
        _log.info("Checkpoint saved: %s", event.path)

    @Slot(object)
    def _take_moved(self, event: RunMoved) -> None:
        self.folder = event.folder
        self._advance(event)
        _log.info("The run goes on in %s", event.folder)

    @Slot(object)
    def _end(self, event: RunEnded) -> None:
        self._advance(event)
        self._window.set_can_save(bool(RunFolder(event.folder).checkpoint_paths()))
        self._window.run.show_resumable(self._resumable(event.folder))
        _log.info("Run %s ended: %s, %d images", event.folder, event.outcome, event.images_seen)
        if event.error is not None:
            self._reporter.report(event.error)

    def _resumable(self, folder: Path) -> Resumable | None:
        try:
            return resumable_run(folder, list(read_losses(RunFolder(folder).log_file)))
        except OSError as error:
            _log.warning("%s cannot be read: %s", folder, error)
            return None

    def _show_past(self, folder: Path) -> list[LossesReported]:
        """Fill the panels with what a run has behind it, and give its loss reports."""
        run = RunFolder(folder)
        reports, measured = list(read_losses(run.log_file)), list(read_quality(run.log_file))
        self._clear(folder)
        for report in reports:
            self._window.losses.add_losses(report)
        for event in measured:
            self._window.quality.add_quality(event)
        self._window.gallery.open_run(folder)
        return reports

    def _clear(self, folder: Path) -> None:
        self.folder = folder
        self._window.losses.clear()
        self._window.quality.clear()
        self._window.run.notes.clear()
        self._window.gallery.clear()

    def _show(self, status: RunStatus) -> None:
        self.status = status
        self._window.show_status(status)
