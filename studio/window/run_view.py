"""Shows one run in the window's panels: the one under way, or one that lies on disk."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from engine.config.run import RunConfig
from engine.errors import EngineError
from engine.events import (
    BatchChosen,
    CheckpointSaved,
    EvaluationFailed,
    HealthChanged,
    LossesReported,
    PhaseChanged,
    PreviewFailed,
    PreviewReady,
    QualityMeasured,
    RunEnded,
    RunPrepared,
)
from engine.runs.folder import RunFolder
from engine.runs.log import read_losses, read_quality
from studio.errors.reporter import ErrorReporter
from studio.jobs.training import TrainingJob
from studio.models.run_status import RunState, RunStatus
from studio.window.main_window import MainWindow

_log = logging.getLogger(__name__)


class RunView(QObject):
    """Passes what happens in a run on to the panels that show it."""

    def __init__(self, window: MainWindow, training: TrainingJob, reporter: ErrorReporter) -> None:
        super().__init__(window)
        self._window, self._reporter = window, reporter
        self._status = RunStatus()
        self.folder: Path | None = None
        training.run_started.connect(self._start)
        training.phase_changed.connect(self._take_phase)
        training.run_prepared.connect(self._take_prepared)
        training.losses_reported.connect(self._take_losses)
        training.preview_ready.connect(self._take_preview)
        training.preview_failed.connect(self._take_preview_failure)
        training.quality_measured.connect(self._take_quality)
        training.evaluation_failed.connect(self._take_evaluation_failure)
        training.health_changed.connect(self._take_health)
        training.batch_chosen.connect(self._take_batch)
        training.checkpoint_saved.connect(self._take_checkpoint)
        training.run_ended.connect(self._end)
        window.set_can_save(False)

    @Slot()
    def show_stopping(self) -> None:
        """Say at once that a stop is on its way."""
        self._show(self._status.stopping())

    def open(self, folder: Path) -> None:
        """Show a run that lies on disk.

        Raises:
            RunMissingError, ConfigError: there is no run, or its configuration is damaged.
            OSError: its log cannot be read.
        """
        run = RunFolder(folder)
        run.read_config()
        self._clear(folder)
        for report in read_losses(run.log_file):
            self._window.losses.add_losses(report)
        for measured in read_quality(run.log_file):
            self._window.quality.add_quality(measured)
        self._window.gallery.open_run(folder)
        self._window.set_can_save(bool(run.checkpoint_paths()))
        self._show(RunStatus(state=RunState.IDLE, name=folder.name))
        self._window.show_docks()
        _log.info("Run %s opened", folder)

    @Slot(object)
    def _start(self, config: RunConfig) -> None:
        self._clear(config.run)
        self._window.set_can_save(False)
        self._show(RunStatus(state=RunState.STARTING, name=config.run.name))
        self._window.show_docks()

    @Slot(object)
    def _take_phase(self, event: PhaseChanged) -> None:
        self._show(self._status.after(event))

    @Slot(object)
    def _take_prepared(self, event: RunPrepared) -> None:
        self._window.run.show_prepared(event)

    @Slot(object)
    def _take_losses(self, event: LossesReported) -> None:
        self._show(self._status.after(event))
        self._window.losses.add_losses(event)
        if event.progress.images_seen:
            # From the first step on, the dialog can ask the run for a checkpoint.
            self._window.set_can_save(True)

    @Slot(object)
    def _take_preview(self, event: PreviewReady) -> None:
        self._window.gallery.add_preview(event)

    @Slot(object)
    def _take_preview_failure(self, event: PreviewFailed) -> None:
        _log.warning("A preview could not be made; training goes on: %s", event.error)

    @Slot(object)
    def _take_quality(self, event: QualityMeasured) -> None:
        self._window.quality.add_quality(event)

    @Slot(object)
    def _take_evaluation_failure(self, event: EvaluationFailed) -> None:
        _log.warning("Quality could not be measured; training goes on: %s", event.error)

    @Slot(object)
    def _take_health(self, event: HealthChanged) -> None:
        self._window.run.show_health(event)
        evidence = ", ".join(f"{name} {value:.3g}" for name, value in event.evidence.items())
        state = "begins" if event.is_raised else "ends"
        _log.info("%s %s at %d images: %s", event.alarm, state, event.images_seen, evidence)

    @Slot(object)
    def _take_batch(self, event: BatchChosen) -> None:
        _log.info(
            "Batch size %d: %.0f images/s, %d MB of %d; %d was tried and not taken",
            event.batch_size,
            event.images_per_s,
            event.memory_bytes // 1_000_000,
            event.budget_bytes // 1_000_000,
            event.refused,
        )

    @Slot(object)
    def _take_checkpoint(self, event: CheckpointSaved) -> None:
        _log.info("Checkpoint saved: %s", event.path)

    @Slot(object)
    def _end(self, event: RunEnded) -> None:
        self._show(self._status.after(event))
        has_checkpoint = bool(RunFolder(event.folder).checkpoint_paths())
        self._window.set_can_save(has_checkpoint)
        _log.info("Run %s ended: %s, %d images", event.folder, event.outcome, event.images_seen)
        if event.error is not None:
            self._reporter.report(event.error)

    def _clear(self, folder: Path) -> None:
        self.folder = folder
        self._window.losses.clear()
        self._window.quality.clear()
        self._window.run.clear_health()
        self._window.gallery.clear()

    def _show(self, status: RunStatus) -> None:
        self._status = status
        self._window.show_status(status)

    def open_or_report(self, folder: Path) -> None:
        """Show a run that lies on disk, or say why that is not possible."""
        try:
            self.open(folder)
        except (EngineError, OSError) as error:
            self._reporter.report(error)
