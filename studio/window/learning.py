"""Shows the run of the window in the Learn panel, and sets up the experiments of lessons."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from engine.events import CheckpointSaved, MetricsReported, RunEnded, RunEvent
from studio.jobs.training import TrainingJob
from studio.models.lessons import Experiment
from studio.panels.learn import LearnPanel
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView


class LearnController(QObject):
    """Tells the Learn panel which run is shown, and when it has changed."""

    def __init__(self, window: MainWindow, training: TrainingJob, view: RunView) -> None:
        super().__init__(view)
        self._window, self._view = window, view
        self._run: Path | None = None
        self._has_begun = False
        """Whether the run that trains has taken a step, so that there is something to see."""
        view.status_changed.connect(self._show_run)
        training.event_emitted.connect(self._on_event)
        self._show_run()
        window.late_learn.when_built(self._use_panel)

    def _use_panel(self, learn: LearnPanel) -> None:
        learn.setup_requested.connect(self._set_up)
        learn.show_run(self._run)

    @Slot()
    def _show_run(self) -> None:
        if self._view.folder != self._run:
            self._has_begun = False
            self._run = self._view.folder
            if (learn := self._window.late_learn.built) is not None:
                learn.show_run(self._run)

    def _on_run_changed(self) -> None:
        if (learn := self._window.late_learn.built) is not None:
            learn.on_run_changed()

    @Slot(object)
    def _set_up(self, experiment: Experiment) -> None:
        self._window.run.use_experiment(experiment)
        self._window.show_run()

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case CheckpointSaved() | RunEnded():
                self._on_run_changed()
            case MetricsReported() if not self._has_begun:
                self._has_begun = True
                self._on_run_changed()
            case _:
                pass
