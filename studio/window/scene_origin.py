"""Finds the runs that dropped pictures are from, and opens them in Play."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from studio.jobs.runs import RunJobs, SceneSearch
from studio.panels.play import PlayPanel
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView

_MESSAGE_MS = 10_000


class SceneOriginController(QObject):
    """Looks for the run of a picture where runs are known to be.

    Args:
        window: with the Play panel.
        runs: searches.
        view: shows a run in the other panels.
        workspace: returns the folder of the workspace.
    """

    def __init__(
        self, window: MainWindow, runs: RunJobs, view: RunView, workspace: Callable[[], Path]
    ) -> None:
        super().__init__(window)
        self._window, self._runs, self._view = window, runs, view
        self._workspace = workspace
        self._dropped: Path | None = None
        """A picture that was dropped while nothing could be played with."""
        window.late_play.when_built(self._use_panel)
        window.picture_dropped.connect(self._on_dropped)
        runs.scene_run_searched.connect(self._on_searched)

    def _use_panel(self, play: PlayPanel) -> None:
        play.origin.search_requested.connect(self._search)
        play.origin.open_requested.connect(self._open)

    @Slot(object)
    def _search(self, path: Path) -> None:
        # Runs that were opened from elsewhere lie beside the one that is shown.
        shown = self._view.folder
        parents = [self._workspace() / "runs", *([shown.parent] if shown else [])]
        self._runs.find_scene_run(path, list(dict.fromkeys(parents)))

    @Slot(object)
    def _on_dropped(self, path: Path) -> None:
        self._dropped = path
        self._search(path)

    @Slot(object)
    def _on_searched(self, search: SceneSearch) -> None:
        if search.path != self._dropped:
            self._window.play.origin.show_found(search)
            return
        self._dropped = None
        if search.run is not None:
            self._open(search)
            return
        if search.saved is not None:
            text = self.tr("The picture was made by the run “{0}”, which is not in the workspace.")
            self._window.statusBar().showMessage(text.format(search.saved.run), _MESSAGE_MS)
        self._window.import_requested.emit(search.path)

    @Slot(object)
    def _open(self, search: SceneSearch) -> None:
        """Open the run in the whole window, or in Play alone while another one trains."""
        if search.run is None or search.saved is None:
            return
        folder = search.run.folder
        if not self._view.status.is_running:
            self._view.open_or_report(folder)
            if self._view.folder != folder:
                return  # The error was reported.
        self._window.show_play()
        self._window.play.play(folder, search.run.checkpoint)
        self._window.play.play_scene(search.saved.scene)
