"""A run that cannot save: the dialog about it comes, and goes when the run goes on."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.events import Phase, PhaseChanged, RunPaused
from studio.dialogs.stuck_run import StuckRunDialog
from studio.jobs.training import TrainingJob
from studio.models.run_life import LifeState
from studio.widgets.folder_dialog import pick_folder
from studio.window.run_view import RunView

_ON_THE_WAY = (Phase.SAVING, Phase.LOADING, Phase.WARMING_UP)
"""Phases in which it is still open whether the run can save."""


class RunTrouble(QObject):
    """Shows one dialog at a time, and passes its answers to the run."""

    discard_requested = Signal()

    def __init__(self, window: QWidget, training: TrainingJob, view: RunView) -> None:
        super().__init__(window)
        self._window, self._training, self._view = window, training, view
        self._picker: QFileDialog | None = None
        self._offered: Path | None = None
        self.dialog: StuckRunDialog | None = None
        training.run_paused.connect(self._take_pause)
        training.phase_changed.connect(self._take_phase)
        training.checkpoint_saved.connect(self._close)
        training.run_moved.connect(self._close)
        training.run_ended.connect(self._close)
        # Somebody who closed the dialog wants to hear whether what they ask for then helps.
        for asked in (training.resume_asked, training.stop_asked):
            asked.connect(self._drop_hidden)

    @Slot(object)
    def _take_pause(self, event: RunPaused) -> None:
        if event.error is None:
            self._close()
        elif self.dialog is None:
            self._open(event.error)
        else:
            # Where somebody closed it, it stays closed: the run only tried again by itself.
            self.dialog.show_error(event.error)
            self._use_offer()

    @Slot(object)
    def _take_phase(self, event: PhaseChanged) -> None:
        if event.phase not in _ON_THE_WAY:
            self._close()
        elif self.dialog is not None:
            self.dialog.show_trying()

    def _open(self, error: Exception) -> None:
        dialog = self.dialog = StuckRunDialog(self._window, error)
        dialog.retry_requested.connect(self._training.go_on)
        dialog.folder_requested.connect(self._pick)
        dialog.discard_requested.connect(self.discard_requested)
        dialog.show()

    @Slot()
    def _pick(self) -> None:
        folder = self._training.folder
        if folder is not None and self._picker is None:
            caption = self.tr("Empty folder for the run to go on in")
            self._picker = pick_folder(self._window, caption, folder.parent, self._offer)
            self._picker.finished.connect(self._forget_picker)

    def _offer(self, folder: Path) -> None:
        # While the folder was looked for, the run may have got on by itself.
        if self.dialog is not None:
            self._offered = folder
            self._use_offer()

    def _use_offer(self) -> None:
        """Pass a folder on once the run stands still; just now it may be trying the old one."""
        if self._offered is not None and self._view.status.life is LifeState.PAUSED:
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

    @Slot()
    def _close(self) -> None:
        dialog, self.dialog, self._offered = self.dialog, None, None
        if dialog is not None:
            dialog.close()
            dialog.deleteLater()
