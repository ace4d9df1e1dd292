"""From a wish to the run: asks first where something would be lost."""

from PySide6.QtCore import QObject, Slot

from engine.config.run import RunConfig
from studio.dialogs.discard_guard import DiscardGuard
from studio.jobs.training import TrainingJob
from studio.models.run_life import Wish
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView


class RunSteering(QObject):
    """Carries out what the panel and the menu ask for."""

    def __init__(self, window: MainWindow, training: TrainingJob, view: RunView) -> None:
        super().__init__(window)
        self._window, self._training, self._view = window, training, view
        self.guard: DiscardGuard | None = None
        window.run.wish_requested.connect(self.carry_out)
        window.run.resume_requested.connect(self.resume)
        training.run_ended.connect(self._close_guard)

    @Slot(object)
    def carry_out(self, wish: Wish) -> None:
        """Pass a wish on to the run under way."""
        training = self._training
        match wish:
            case Wish.PAUSE | Wish.PAUSE_RELEASE:
                training.pause(release=wish is Wish.PAUSE_RELEASE)
            case Wish.RESUME:
                training.go_on()
            case Wish.STOP_SAVE:
                training.stop()
            case Wish.STOP_DISCARD:
                self.ask_to_discard()
            case Wish.SAVE_NOW:
                training.request_checkpoint()
            case Wish.SAMPLE_NOW:
                training.request_sample()
            case Wish.START:
                # A new run begins from the form, whose plan the panel carries.
                return

    @Slot(object)
    def resume(self, config: RunConfig) -> None:
        """Go on with a run at rest."""
        if not self._training.is_running:
            self._training.start(config, resumes=True)

    @Slot()
    def ask_to_discard(self) -> None:
        """Stop without saving, after a yes where that costs something."""
        if not self._view.status.unsaved_images:
            self._training.stop(discard=True)
        elif self.guard is None:
            guard = self.guard = DiscardGuard(self._window, self._view.status)
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

    @Slot()
    def _close_guard(self) -> None:
        """Ask no more: the run has ended meanwhile."""
        if self.guard is not None:
            self.guard.reject()
