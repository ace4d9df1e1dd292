"""Plays with the run that is shown: the one that trains, or one on disk."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from engine.config.run import RunConfig
from engine.errors import EngineError
from engine.events import RunEnded, RunEvent, RunRelocated
from engine.runs.folder import RunFolder
from engine.sample.scene_sources import preview_scene
from studio.jobs.training import TrainingJob
from studio.models.moment import CheckpointChoice
from studio.panels.gallery import PreviewTile
from studio.panels.play import PlayPanel
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView


class PlayController(QObject):
    """Keeps the Play panel on the run of the window.

    Args:
        window: with the panel.
        training: trains the active run.
        view: shows a run in the other panels.
    """

    def __init__(self, window: MainWindow, training: TrainingJob, view: RunView) -> None:
        super().__init__(window)
        self._window, self._training, self._view = window, training, view
        self._run: tuple[Path, bool] | None = None
        """Folder of the run to play with, and whether it trains in this process."""
        training.run_started.connect(self._on_started)
        training.event_emitted.connect(self._on_event)
        view.run_opened.connect(self._on_opened)
        window.gallery.play_requested.connect(self._play_tile)
        if training.is_running and training.folder is not None:
            # The window was built again, in another language.
            self._show_run(training.folder, is_live=True)
        window.late_play.when_built(self._use_panel)

    @Slot(object)
    def play_checkpoint(self, choice: CheckpointChoice) -> None:
        """Play with one checkpoint of a run."""
        self._window.show_play()
        self._window.play.play(choice.folder, choice.checkpoint.name)

    def _use_panel(self, play: PlayPanel) -> None:
        play.set_training(is_training=self._training.is_running)
        if self._run is not None:
            folder, is_live = self._run
            play.show_run(folder, is_live=is_live)

    def _show_run(self, folder: Path, *, is_live: bool = False) -> None:
        self._run = folder, is_live
        if (play := self._window.late_play.built) is not None:
            play.show_run(folder, is_live=is_live)

    def _set_training(self, *, is_training: bool) -> None:
        if (play := self._window.late_play.built) is not None:
            play.set_training(is_training=is_training)

    @Slot(object)
    def _on_started(self, config: RunConfig) -> None:
        self._set_training(is_training=True)
        self._show_run(config.run, is_live=True)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        if isinstance(event, RunEnded):
            self._set_training(is_training=False)
        match event:
            case RunRelocated(folder=folder):
                self._show_run(folder, is_live=True)
            case RunEnded(folder=folder) if folder == self._view.folder:
                self._show_run(folder)
            case _:
                pass

    @Slot(object)
    def _on_opened(self, folder: Path) -> None:
        if not self._view.status.is_running:
            self._show_run(folder)

    @Slot(object)
    def _play_tile(self, tile: PreviewTile) -> None:
        folder = self._view.folder
        if folder is None:
            return
        try:
            seed = RunFolder(folder).read_config().seed
        except EngineError:
            return  # The panel itself says why the run cannot be played with.
        self._window.show_play()
        self._window.play.play_scene(preview_scene(seed, tile.tile, tile.count))
