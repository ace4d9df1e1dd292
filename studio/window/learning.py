"""Shows the run of the window in the Learn panel."""

from PySide6.QtCore import QObject, Slot

from engine.events import CheckpointSaved, MetricsReported, RunEnded, RunEvent
from studio.jobs.training import TrainingJob
from studio.panels.learn import LearnPanel
from studio.window.run_view import RunView


class LearnController(QObject):
    """Tells the Learn panel which run is shown, and when it has changed."""

    def __init__(self, learn: LearnPanel, training: TrainingJob, view: RunView) -> None:
        super().__init__(view)
        self._learn, self._view = learn, view
        self._has_begun = False
        """Whether the run that trains has taken a step, so that there is something to see."""
        view.status_changed.connect(self._show_run)
        training.event_emitted.connect(self._on_event)
        self._show_run()

    @Slot()
    def _show_run(self) -> None:
        if self._view.folder != self._learn.run:
            self._has_begun = False
            self._learn.show_run(self._view.folder)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case CheckpointSaved() | RunEnded():
                self._learn.on_run_changed()
            case MetricsReported() if not self._has_begun:
                self._has_begun = True
                self._learn.on_run_changed()
            case _:
                pass
