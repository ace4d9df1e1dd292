"""Offers to open the run that a dropped picture's scene is from."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot

from engine.sample.scene_file import SavedScene
from studio.jobs.frame_answers import GivenTaken, SceneTaken
from studio.jobs.runs import SceneSearch
from studio.widgets.banner import Banner


class SceneOrigin(Banner):
    """Says which run made a picture, and offers to open it."""

    search_requested = Signal(object)
    """Carries the ``Path`` of a picture whose run is to be found."""
    open_requested = Signal(object)
    """Carries a ``SceneSearch`` that has found the run."""

    def __init__(self) -> None:
        super().__init__(self.tr("Open that run"))
        self._path: Path | None = None
        self._found: SceneSearch | None = None
        self._fits = True
        """Whether the run that is played with can draw the scene, too."""
        self.accepted.connect(self._open)
        self.dismissed.connect(self.forget)

    @Slot(object)
    def take(self, answer: object) -> None:
        """Look for the run of a picture that was dropped, if it is another than the open one."""
        match answer:
            case SceneTaken():
                self.forget()
                if not answer.is_same:
                    self._look_for(answer.path, answer.saved, fits=True)
            case GivenTaken(path=Path() as path, saved=SavedScene() as saved):
                self._look_for(path, saved, fits=False)
            case GivenTaken():
                self.forget()
            case _:
                pass

    @Slot(object)
    def show_found(self, search: SceneSearch) -> None:
        """Offer to open the run that was found, or say that it is not there."""
        if search.path != self._path or search.saved is None:
            return
        self._found = search if search.run is not None else None
        self.button.setVisible(self._found is not None)
        parts = [self._sentence(search.saved)]
        if search.run is None:
            parts.append(self.tr("That run is not in the workspace."))
        elif not search.run.has_weights:
            parts.append(
                self.tr("Its weights have changed since, so it draws it differently, too.")
            )
        self.say(" ".join(parts))

    @Slot()
    def forget(self) -> None:
        """Offer nothing."""
        self._path = self._found = None
        self.say("")

    def _look_for(self, path: Path, saved: SavedScene, *, fits: bool) -> None:
        self._path, self._fits, self._found = path, fits, None
        self.button.hide()
        self.say(self._sentence(saved))
        self.search_requested.emit(path)

    def _sentence(self, saved: SavedScene) -> str:
        text = self.tr("Made by the run “{0}”; other weights draw it differently.")
        if not self._fits:
            text = self.tr("Made by the run “{0}”, which has other columns: the picture is given.")
        return text.format(saved.run)

    @Slot()
    def _open(self) -> None:
        if self._found is not None:
            self.open_requested.emit(self._found)
