"""Shows one run in the panels: the active one, or one on disk."""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.config.run import RunConfig
from engine.data.column_info import AUDIO, IMAGE, TABLE
from engine.errors import EngineError
from engine.events import (
    CheckpointSaved,
    EvaluationCompleted,
    MetricsReported,
    PhaseChanged,
    PreviewReady,
    RequestAnswered,
    RolledBack,
    RunEnded,
    RunEvent,
    RunPaused,
    RunReady,
    RunRelocated,
    RunResumed,
)
from engine.metrics.verdict import JudgedRun
from engine.runs.event_reader import read_losses, read_quality
from engine.runs.folder import RunFolder
from studio.dialogs.run_settings import RunSettingsDialog
from studio.errors.reporter import ErrorReporter
from studio.i18n import translate_engine
from studio.jobs.log_follower import RunLogFollower
from studio.jobs.training import TrainingJob
from studio.models.more_training import opened_run, resumable_run
from studio.models.run_state import LifecycleEvent, RunStatus, is_alive
from studio.models.trouble_text import held_text, refused_text, unanswered_text
from studio.window.main_window import MainWindow

_HELD, _ANSWER = "held", "answer"
_log = logging.getLogger(__name__)


class RunView(QObject):
    """Passes the events of a run to the panels."""

    run_opened = Signal(object)
    """Carries the folder of the opened run."""
    status_changed = Signal()
    run_shown = Signal(object)
    """Carries the folder of the run that the panels show from now on, filled from its log."""
    reported = Signal(object)
    """Carries a ``RunEvent`` of the shown run, after the panels have shown it."""
    settings_shown = Signal(object)
    """Carries the ``RunSettingsDialog``, which has just been filled."""

    def __init__(self, window: MainWindow, training: TrainingJob, reporter: ErrorReporter) -> None:
        super().__init__(window)
        self._window, self._reporter = window, reporter
        self.status = RunStatus()
        self._elsewhere: RunStatus | None = None
        """Status in the other program that trains the shown run, if that takes requests."""
        self._reported: RunStatus | None = None
        """The same, without what was requested here and not answered yet."""
        self.folder: Path | None = None
        self.settings: RunSettingsDialog | None = None
        self.config: RunConfig | None = None
        """Of the run that was started last, whose folder may not be written yet."""
        self.columns: Mapping[str, str] = {}
        """Kind by column of the shown run; empty while unknown."""
        self.ready: RunReady | None = None
        """What the shown run has reported about itself."""
        training.run_started.connect(self._start)
        training.run_started.connect(window.run.on_run_started)
        window.run.settings_requested.connect(self._show_own_settings)
        window.actions_.run.settings.triggered.connect(self._show_own_settings)
        window.runs.settings_requested.connect(self.show_settings)
        # Not lambdas, which would outlive the view: the job may be given to another one.
        training.pause_asked.connect(self._on_pause_asked)
        training.resume_asked.connect(self._on_resume_asked)
        training.stop_asked.connect(self._on_stop_asked)
        training.event_emitted.connect(self._on_event)
        window.set_can_save(False)

    def take_over(self, earlier: "RunView") -> None:
        """Show the run of an earlier view, whose window this one's replaces."""
        folder, self.config = earlier.folder, earlier.config
        if folder is None:
            return
        if not earlier.status.is_running:
            self.open_or_report(folder)
            return
        if RunFolder(folder).log_file.is_file():
            self._show_past(folder)
        else:
            self._clear(folder)
            self.run_shown.emit(folder)
        self._window.set_can_save(earlier.can_save)
        self._show(earlier.status)
        if earlier.ready is not None:
            self._on_report(earlier.ready)

    @property
    def can_save(self) -> bool:
        """Whether a gallery of the shown run can be saved."""
        return self._window.actions_.save_gallery.isEnabled()

    def follow(self, run: RunLogFollower) -> None:
        """Also show the reports and the state of a run that another process trains."""
        run.event_emitted.connect(self._on_followed_event)
        run.pause_asked.connect(self._on_pause_asked_elsewhere)
        run.resume_asked.connect(self._on_resume_asked_elsewhere)
        run.stop_asked.connect(self._on_stop_asked_elsewhere)
        run.request_failed.connect(self._on_request_failed)
        run.unanswered.connect(self._on_unanswered)

    def open(self, folder: Path) -> None:
        """Show a run on disk.

        Raises:
            RunMissingError, ConfigError: there is no run, or its configuration is damaged.
            OSError: its log cannot be read.
        """
        RunFolder(folder).read_config()
        opened = opened_run(self.status.state, folder, self._show_past(folder))
        self._window.set_can_save(RunFolder(folder).has_weights)
        takes_requests = is_alive(opened.status.elsewhere)
        if takes_requests:
            state = replace(opened.status, state=opened.status.elsewhere)
            self._elsewhere = self._reported = state
        self._show(opened.status)
        self._window.run.show_resumable(opened.resumable)
        if opened.status.holder:
            words = held_text(opened.status.holder, takes_requests=takes_requests)
            self._window.run.notes.show_note(_HELD, words)
        self._window.show_docks()
        _log.info("Run %s opened", folder)
        self.run_opened.emit(folder)

    def open_or_report(self, folder: Path) -> None:
        """Show a run on disk, or report the error."""
        try:
            self.open(folder)
        except (EngineError, OSError) as error:
            self._reporter.report(error)

    @Slot(object)
    def open_chosen(self, folder: Path) -> None:
        """Show a run that the user has chosen, ready to play with if it has been trained.

        An error is reported.
        """
        self.open_or_report(folder)
        if self.folder == folder:
            is_playable = self.can_save and bool(self.columns)
            (self._window.show_play if is_playable else self._window.show_gallery)()

    @Slot(object)
    def show_settings(self, folder: Path) -> None:
        """Show the settings of a run in their dialog, or report the error."""
        run = RunFolder(folder)
        try:
            is_starting = self.config is not None and folder == self.config.run
            config = self.config if is_starting and not run.config_file.exists() else None
            config = config or run.read_config().with_values(run=folder)
        except EngineError as error:
            self._reporter.report(error)
            return
        if self.settings is None:
            self.settings = RunSettingsDialog(self._window)
            self.settings.use_requested.connect(self._use_settings)
        self.settings.show_run(config)
        self.settings_shown.emit(self.settings)

    @Slot()
    def _show_own_settings(self) -> None:
        if self.folder is not None:
            self.show_settings(self.folder)

    @Slot(object)
    def _use_settings(self, config: RunConfig) -> None:
        self._window.run.use_settings(config)
        self._window.show_run()

    @Slot(object)
    def show_judged(self, judged: JudgedRun) -> None:
        """Show the verdict on a run, unless another one is shown or it is training again."""
        if judged.folder != self.folder or self.status.is_running:
            return
        if judged.report is not None:
            self._window.quality.add_quality(judged.report)
        self._window.quality.show_verdict(judged.verdict)

    @Slot(object)
    def _start(self, config: RunConfig) -> None:
        self.config = config
        goes_on = bool(RunFolder(config.run).checkpoint_paths())
        if goes_on:
            self._show_past(config.run)
        else:
            self._clear(config.run)
            self.run_shown.emit(config.run)
        self._window.set_can_save(goes_on)
        self._window.quality.show_verdict(None)
        self._window.run.show_resumable(None)
        self._show(self.status.started(config.run.name))
        self._window.show_docks()

    @Slot()
    def _on_pause_asked(self) -> None:
        self._ask(LifecycleEvent.PAUSE_ASKED)

    @Slot()
    def _on_resume_asked(self) -> None:
        self._ask(LifecycleEvent.RESUME_ASKED)

    @Slot()
    def _on_stop_asked(self) -> None:
        self._ask(LifecycleEvent.STOP_ASKED)

    def _ask(self, lifecycle_event: LifecycleEvent) -> None:
        """Show a request at once, before the run confirms it."""
        try:
            self._show(self.status.after_asking(lifecycle_event))
        except ValueError as error:
            _log.warning("Invalid request: %s", error)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case PhaseChanged() | RunPaused():
                self._advance(event)
            case CheckpointSaved():
                self._advance(event)
                _log.info("Checkpoint saved: %s", event.path)
                self.reported.emit(event)
            case RunRelocated():
                self.folder = event.folder
                self._advance(event)
                _log.info("The run continues in %s", event.folder)
            case RunEnded():
                self._end(event)
            case _:
                self._on_report(event)

    @Slot(object)
    def _on_report(self, event: RunEvent) -> None:
        """Show a report of a run, whichever process trains it."""
        match event:
            case RunReady():
                self.ready = event
                self._learn_columns(event.columns, event.notice)
                self._window.run.show_prepared(event)
            case MetricsReported():
                self._advance(event)
                self._window.losses.add_losses(event)
                if event.progress.images_seen:
                    # From the first step on, the dialog can request a checkpoint.
                    self._window.set_can_save(True)
            case PreviewReady():
                self._window.gallery.add_preview(event)
            case EvaluationCompleted():
                self._window.quality.add_quality(event)
            case RunResumed() | RolledBack():
                # The run repeats everything after this point; curves must not go backwards.
                self._advance(event)
                self._window.losses.drop_after(event.images_seen)
                self._window.quality.drop_after(event.images_seen)
            case _:
                pass
        self.reported.emit(event)

    @Slot(object)
    def _on_followed_event(self, event: RunEvent) -> None:
        self._on_report(event)
        if self._elsewhere is None or self._reported is None:
            return
        if isinstance(event, RequestAnswered):
            words = refused_text(event.refusal) if event.refusal else None
            self._window.run.notes.show_note(_ANSWER, words)
            if words is not None:
                self._elsewhere = self._reported
        try:
            self._reported = self._reported.after(event)
            self._elsewhere = self._elsewhere.after(event)
        except ValueError as error:
            _log.info("The log of a followed run is out of order: %s", error)
            return
        self._show_elsewhere()

    @Slot()
    def _on_pause_asked_elsewhere(self) -> None:
        self._ask_elsewhere(LifecycleEvent.PAUSE_ASKED)

    @Slot()
    def _on_resume_asked_elsewhere(self) -> None:
        self._ask_elsewhere(LifecycleEvent.RESUME_ASKED)

    @Slot()
    def _on_stop_asked_elsewhere(self) -> None:
        self._ask_elsewhere(LifecycleEvent.STOP_ASKED)

    def _ask_elsewhere(self, lifecycle_event: LifecycleEvent) -> None:
        if self._elsewhere is not None:
            self._elsewhere = self._elsewhere.after_asking(lifecycle_event)
            self._show_elsewhere()

    @Slot(object)
    def _on_request_failed(self, error: Exception) -> None:
        self._elsewhere = self._reported
        self._show_elsewhere()
        self._reporter.report(error)

    @Slot()
    def _on_unanswered(self) -> None:
        self._elsewhere = self._reported
        self._show_elsewhere()
        self._window.run.notes.show_note(_ANSWER, unanswered_text())

    def _show_elsewhere(self) -> None:
        if self._elsewhere is not None:
            self._show(self.status.with_elsewhere(self._elsewhere))

    def _advance(self, event: RunEvent) -> None:
        try:
            self._show(self.status.after(event))
        except ValueError as error:
            _log.warning("Invalid event: %s", error)

    def _end(self, event: RunEnded) -> None:
        self._advance(event)
        self._window.set_can_save(bool(RunFolder(event.folder).checkpoint_paths()))
        try:
            reports = list(read_losses(RunFolder(event.folder).log_file))
            self._window.run.show_resumable(resumable_run(event.folder, reports))
        except OSError as error:
            _log.warning("%s cannot be read: %s", event.folder, error)
            self._window.run.show_resumable(None)
        _log.info("Run %s ended: %s, %d images", event.folder, event.outcome, event.images_seen)
        if event.error is not None:
            self._reporter.report(event.error)

    def _show_past(self, folder: Path) -> list[MetricsReported]:
        """Fill the panels with the logged events of a run and return its loss reports."""
        run = RunFolder(folder)
        reports, measured = list(read_losses(run.log_file)), list(read_quality(run.log_file))
        self._clear(folder)
        with contextlib.suppress(EngineError):
            model = run.read_model()
            kinds = {name: facts.kind for name, facts in model.columns.items()}
            self._learn_columns(kinds, model.notice)
        for report in reports:
            self._window.losses.add_losses(report)
        for event in measured:
            self._window.quality.add_quality(event)
        self._window.gallery.open_run(folder)
        self.run_shown.emit(folder)
        return reports

    def _learn_columns(self, columns: Mapping[str, str], notice: str) -> None:
        self.columns = columns
        kinds = list(columns.values())
        are_images = not kinds or (kinds.count(IMAGE) == 1 and AUDIO not in kinds)
        self._window.gallery.set_comparable(are_images)
        self._window.gallery.set_cells(TABLE in kinds)
        self._window.gallery.show_notice(translate_engine(notice))

    def _clear(self, folder: Path) -> None:
        self.folder, self.ready = folder, None
        self._elsewhere = self._reported = None
        self._learn_columns({}, "")
        self._window.actions_.run.settings.setEnabled(True)
        self._window.actions_.export_run.setEnabled(True)
        self._window.losses.clear()
        self._window.quality.clear()
        self._window.run.notes.clear()
        self._window.gallery.clear()

    def _show(self, status: RunStatus) -> None:
        self.status = status
        self._window.show_status(status)
        self._window.gallery.set_growing(status.is_running or bool(status.holder))
        self.status_changed.emit()
