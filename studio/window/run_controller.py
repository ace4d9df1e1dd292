"""Controllers of the active run: commands, alerts, and storage errors."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.config.run import RunConfig
from engine.events import (
    Alert,
    AlertChanged,
    BatchSizeSelected,
    CheckpointSaved,
    DatasetVerified,
    EvaluationFailed,
    LogRestored,
    MicroBatchingEnabled,
    Phase,
    PhaseChanged,
    PreviewFailed,
    RequestAnswered,
    RolledBack,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRelocated,
    RunResumed,
    SettingsChanged,
    SettingsRejected,
    StepsSkipped,
    WeightsTransferred,
)
from studio.dialogs.confirm import ConfirmDiscard
from studio.dialogs.save_failed import SaveFailedDialog
from studio.errors.wording import explain
from studio.jobs.log_follower import RunLogFollower
from studio.jobs.training import RunEvents, TrainingJob
from studio.models.run_state import Command, RunState
from studio.models.trouble_text import (
    Advice,
    damage_text,
    restored_text,
    rolled_back_text,
    skipped_checkpoints_text,
    skipped_text,
    split_text,
)
from studio.panels.run import RunPanel
from studio.widgets.folder_dialog import pick_folder
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView


class RunController(QObject):
    """Executes the commands of the Run panel and menu.

    Without a run of its own, it passes them on to the run that is followed.
    """

    def __init__(
        self,
        window: MainWindow,
        training: TrainingJob,
        following: RunLogFollower,
        view: RunView,
    ) -> None:
        super().__init__(window)
        self._window, self._training, self._view = window, training, view
        self._following = following
        self.guard: ConfirmDiscard | None = None
        window.run.command_requested.connect(self.carry_out)
        window.run.resume_requested.connect(self.resume)
        training.event_emitted.connect(self._on_event)

    @Slot(object)
    def carry_out(self, command: Command) -> None:
        """Send a command to the active run."""
        run = self._training if self._training.is_running else self._following
        match command:
            case Command.PAUSE | Command.PAUSE_RELEASE:
                run.pause(release=command is Command.PAUSE_RELEASE)
            case Command.RESUME:
                run.go_on()
            case Command.STOP_SAVE:
                run.stop()
            case Command.STOP_DISCARD:
                self.ask_to_discard()
            case Command.SAVE_NOW:
                run.request_checkpoint()
            case Command.SAMPLE_NOW:
                run.request_sample()
            case Command.START:
                # A new run is started by the panel, from the plan of its form.
                return

    @Slot(object)
    def resume(self, config: RunConfig) -> None:
        """Resume a stopped run."""
        if not self._training.is_running:
            self._training.start(config, resumes=True)

    @Slot()
    def ask_to_discard(self) -> None:
        """Stop without saving; ask first if progress would be lost."""
        if not self._view.status.unsaved_images:
            self._training.stop(discard=True)
        elif self.guard is None:
            guard = self.guard = ConfirmDiscard(self._window, self._view.status)
            guard.confirmed.connect(self._discard)
            guard.finished.connect(self._forget_guard)
            guard.open()

    @Slot()
    def _discard(self) -> None:
        if self._training.is_running:
            self._training.stop(discard=True)

    @Slot()
    def _forget_guard(self) -> None:
        self.guard = None

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case RunEnded():
                if self.guard is not None:
                    self.guard.reject()
            case _:
                pass


_log = logging.getLogger(__name__)


class RunAlerts(QObject):
    """Logs the incidents of a run and shows them as notes in its panel."""

    def __init__(self, panel: RunPanel, run: RunEvents) -> None:
        super().__init__(panel)
        self._notes = panel.notes
        self.raised: dict[Alert, AlertChanged] = {}
        """The alerts of the run that are raised."""
        run.run_started.connect(self.raised.clear)
        run.event_emitted.connect(self._on_event)

    def take_over(self, earlier: "RunAlerts") -> None:
        """Show the raised alerts of a run that is given to this window."""
        self.raised.update(earlier.raised)
        for event in self.raised.values():
            self._notes.show_health(event)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case AlertChanged():
                self._show_health(event)
            case RunResumed():
                damaged = "; ".join(event.skipped_checkpoints) or "none"
                _log.info(
                    "Resumed from %s at %d images; damaged checkpoints skipped: %s",
                    event.checkpoint,
                    event.images_seen,
                    damaged,
                )
                self._notes.show_note(RunResumed, skipped_checkpoints_text(event))
            case RunPaused():
                self._show_pause(event)
            case PhaseChanged():
                self._notes.show_note(RunPaused, None)
            case StepsSkipped():
                _log.info("Steps %s skipped: %s not finite", event.steps, ", ".join(event.terms))
                self._notes.show_note(StepsSkipped, skipped_text(event))
            case RolledBack():
                self._show_rollback(event)
            case _:
                self._show_incident(event)

    def _show_incident(self, event: RunEvent) -> None:
        match event:
            case MicroBatchingEnabled():
                _log.info(
                    "Batch of %d split into %d micro-batches",
                    event.batch_size,
                    event.num_micro_batches,
                )
                self._notes.show_note(MicroBatchingEnabled, split_text(event))
            case DatasetVerified():
                self._show_verification(event)
            case LogRestored():
                self._notes.show_note(LogRestored, restored_text(event))
            case _:
                self._log_event(event)

    def _show_verification(self, event: DatasetVerified) -> None:
        if event.damage:
            _log.warning("The dataset has changed: %s", ", ".join(event.damage))
        else:
            _log.info("The dataset is intact: its content matches its checksums")
        self._notes.show_note(DatasetVerified, damage_text(event))

    def _log_event(self, event: RunEvent) -> None:
        match event:
            case WeightsTransferred():
                _log.info(
                    "Starts from %s of %s: %d of %d tensors, %d of %d words",
                    event.checkpoint,
                    event.run,
                    event.tensors,
                    event.all_tensors,
                    event.words,
                    event.all_words,
                )
            case SettingsChanged():
                _log.info(
                    "%s changes from %s to %s at %d images",
                    event.field,
                    event.old,
                    event.new,
                    event.images_seen,
                )
            case RequestAnswered():
                result = f"refused, {event.refusal}" if event.refusal else "accepted"
                _log.info("Request of %s: %s, %s", event.sender, event.request, result)
            case SettingsRejected():
                _log.info("Settings are not changed: %s", event.error)
            case PreviewFailed():
                _log.warning("A preview failed; training continues: %s", event.error)
            case EvaluationFailed():
                _log.warning("The evaluation failed; training continues: %s", event.error)
            case BatchSizeSelected():
                _log.info(
                    "Batch size %d: %.0f images/s, %d MB of %d; %d was tried and not taken",
                    event.batch_size,
                    event.images_per_s,
                    event.memory_bytes // 1_000_000,
                    event.budget_bytes // 1_000_000,
                    event.refused,
                )
            case _:
                pass

    def _show_health(self, event: AlertChanged) -> None:
        self._notes.show_health(event)
        if event.is_raised:
            self.raised[event.alert] = event
        else:
            self.raised.pop(event.alert, None)
        evidence = ", ".join(f"{name} {value:.3g}" for name, value in event.evidence.items())
        state = "begins" if event.is_raised else "ends"
        _log.info("%s %s at %d images: %s", event.alert, state, event.images_seen, evidence)

    def _show_pause(self, event: RunPaused) -> None:
        if event.error is None:
            _log.info("Paused at %d images", event.images_seen)
        else:
            _log.info("The run cannot save: %s", event.error)
            words = explain(event.error)
            self._notes.show_note(RunPaused, Advice(words.happened, words.why))

    def _show_rollback(self, event: RolledBack) -> None:
        _log.info(
            "Rolled back from %d to %d images; rates times %g",
            event.from_images_seen,
            event.images_seen,
            event.rate_scale,
        )
        self._notes.show_note(RolledBack, rolled_back_text(event))


_UNDECIDED_PHASES = (Phase.SAVING, Phase.LOADING, Phase.WARMING_UP)
"""Phases during which it is unknown whether the run can save."""


class StorageErrorHandler(QObject):
    """Shows one dialog at a time and passes its answers to the run."""

    discard_requested = Signal()

    def __init__(self, window: QWidget, training: TrainingJob, view: RunView) -> None:
        super().__init__(window)
        self._window, self._training, self._view = window, training, view
        self._picker: QFileDialog | None = None
        self._offered: Path | None = None
        self.dialog: SaveFailedDialog | None = None
        training.event_emitted.connect(self._on_event)
        # After a closed dialog, a new request must be able to show a new one.
        for asked in (training.resume_asked, training.stop_asked):
            asked.connect(self._drop_hidden)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case RunPaused():
                self._on_pause(event)
            case PhaseChanged() if event.phase in _UNDECIDED_PHASES:
                if self.dialog is not None:
                    self.dialog.show_trying()
            case PhaseChanged() | CheckpointSaved() | RunRelocated() | RunEnded():
                self._close()
            case _:
                pass

    def _on_pause(self, event: RunPaused) -> None:
        if event.error is None:
            self._close()
        elif self.dialog is None:
            dialog = self.dialog = SaveFailedDialog(self._window, event.error)
            dialog.retry_requested.connect(self._training.go_on)
            dialog.folder_requested.connect(self._pick)
            dialog.discard_requested.connect(self.discard_requested)
            dialog.show()
        else:
            # A dialog that the user closed stays closed: the run only retried automatically.
            self.dialog.show_error(event.error)
            self._use_offer()

    @Slot()
    def _pick(self) -> None:
        folder = self._training.folder
        if folder is not None and self._picker is None:
            caption = self.tr("Empty folder for the run to continue in")
            self._picker = pick_folder(self._window, caption, folder.parent, self._offer)
            self._picker.finished.connect(self._forget_picker)

    def _offer(self, folder: Path) -> None:
        # While the folder was being chosen, the run may have continued.
        if self.dialog is not None:
            self._offered = folder
            self._use_offer()

    def _use_offer(self) -> None:
        """Pass on a chosen folder once the run is paused; it may still be retrying the old one."""
        if self._offered is not None and self._view.status.state is RunState.PAUSED:
            self._training.offer_folder(self._offered)
            self._offered = None
            self._training.go_on()

    @Slot()
    def _forget_picker(self) -> None:
        self._picker = None

    @Slot()
    def _drop_hidden(self) -> None:
        if self.dialog is not None and not self.dialog.isVisible():
            self._close()

    def _close(self) -> None:
        dialog, self.dialog, self._offered = self.dialog, None, None
        if dialog is not None:
            dialog.close()
            dialog.deleteLater()
