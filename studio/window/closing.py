"""Closing the window while work is running, and the gallery dialog."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QSystemTrayIcon

from engine.events import Outcome, RunEnded, RunEvent
from studio.dialogs.confirm import CloseAnswer, ConfirmQuit
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.jobs.dataset import DatasetJobs
from studio.jobs.gallery import GalleryJob
from studio.jobs.task import CancellingJob
from studio.jobs.training import TrainingJob
from studio.models.run_state import RunState
from studio.settings.choices import SaveGalleryChoices
from studio.window.import_flow import ImportFlow
from studio.window.main_window import MainWindow
from studio.window.notices import raise_window
from studio.window.run_view import RunView

MAX_WAIT_MS = 20_000
"""Threads that have not ended after this time are abandoned."""

_log = logging.getLogger(__name__)


class Closing(QObject):
    """Asks what to do with an active run when the window closes."""

    closing = Signal()
    """The window is about to close; state can be saved now."""

    def __init__(
        self,
        window: MainWindow,
        training: TrainingJob,
        others: Sequence[GalleryJob | DatasetJobs | CancellingJob],
        importing: ImportFlow,
        view: RunView,
    ) -> None:
        """Connect to the window; ``others`` are cancelled without asking."""
        super().__init__(window)
        self._window, self._training, self._others = window, training, others
        self._importing, self._view = importing, view
        self._guard: ConfirmQuit | None = None
        self._quits_after_run = False
        self._then: Callable[[], None] | None = None
        self._tray: QSystemTrayIcon | None = None
        window.close_requested.connect(self.ask)
        training.event_emitted.connect(self._on_event)

    @Slot()
    def ask(self, then: Callable[[], None] | None = None) -> None:
        """Close if nothing is running or unsaved; otherwise ask.

        Args:
            then: called when the window closes.
        """
        self._then = then
        if self._window.datasets.has_unsaved:
            self._window.show_datasets()
        self._window.datasets.settle_edits(
            lambda _folder: self._importing.settle(self._ask_about_run)
        )

    def _ask_about_run(self) -> None:
        if not self._training.is_running:
            self._close()
            return
        if self._guard is not None:
            self._guard.raise_()
            return
        has_tray = QSystemTrayIcon.isSystemTrayAvailable()
        is_paused = self._view.status.state is RunState.PAUSED
        self._guard = ConfirmQuit(self._window, has_tray=has_tray, is_paused=is_paused)
        self._guard.answered.connect(self._carry_out)
        self._guard.open()

    @Slot()
    def save_and_quit(self) -> None:
        """Stop the run, which saves its checkpoint first, and close when it has ended."""
        if not self._training.is_running:
            self._close()
            return
        self._quits_after_run = True
        self._training.stop()

    @Slot(object)
    def _carry_out(self, answer: CloseAnswer) -> None:
        self._guard = None
        match answer:
            case CloseAnswer.KEEP_TRAINING:
                self._keep_training()
            case CloseAnswer.SAVE_AND_QUIT:
                self.save_and_quit()
            case CloseAnswer.CANCEL:
                return
            case _:
                assert_never(answer)

    def _keep_training(self) -> None:
        if not self._training.is_running:
            # The run ended while the dialog was open.
            self._close()
            return
        self._quits_after_run = True
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self._tray.setToolTip(self.tr("Diptych is training. Click to see it."))
            self._tray.activated.connect(self._come_back)
            self._tray.show()
            self._window.hide()
        else:
            self._window.showMinimized()
        _log.info("Window hidden; the run continues")

    @Slot()
    def _come_back(self) -> None:
        """Show the window again and keep it open when the run ends."""
        self._quits_after_run = False
        if self._tray is not None:
            self._tray.hide()
            self._tray.deleteLater()
            self._tray = None
        raise_window(self._window)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case RunEnded(outcome=Outcome.FAILED) if self._quits_after_run:
                self._come_back()  # The window shows the error.
            case RunEnded() if self._quits_after_run:
                self._close()
            case _:
                pass

    def _close(self) -> None:
        self.closing.emit()
        for job in self._others:
            job.cancel()
        for job in (*self._others, self._training):
            if not job.wait(MAX_WAIT_MS):
                _log.warning("A job did not end in time")
        if self._tray is not None:
            self._tray.hide()
        if self._then is not None:
            self._then()
        self._window.leave()


class GallerySaving(QObject):
    """Opens one save-gallery dialog at a time."""

    def __init__(self, window: MainWindow, job: GalleryJob, choices: SaveGalleryChoices) -> None:
        super().__init__(window)
        self._window, self._job = window, job
        self.choices = choices
        self.dialog: SaveGalleryDialog | None = None

    def ask(self, run: Path, galleries: Path) -> None:
        """Open the dialog, or raise it if it is open.

        Args:
            run: folder of the run to sample from.
            galleries: folder of the workspace's galleries.
        """
        if self.dialog is None:
            self._open(run, galleries)
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()

    def _open(self, run: Path, galleries: Path) -> None:
        dialog = SaveGalleryDialog(
            self._window, run=run, folder=galleries / run.name, choices=self.choices
        )
        self.dialog = dialog
        dialog.start_requested.connect(self._job.start)
        dialog.cancel_requested.connect(self._job.cancel)
        self._job.gallery_progressed.connect(dialog.show_progress)
        self._job.gallery_ended.connect(dialog.show_ended)
        dialog.finished.connect(self._forget)
        dialog.open()

    @Slot()
    def _forget(self) -> None:
        if self.dialog is None:
            return
        self.choices = self.dialog.choices()
        self._job.gallery_progressed.disconnect(self.dialog.show_progress)
        self._job.gallery_ended.disconnect(self.dialog.show_ended)
        self.dialog.deleteLater()
        self.dialog = None
