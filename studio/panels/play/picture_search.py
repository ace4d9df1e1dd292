"""The search for a given picture in the noise, shown as it converges."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from engine.sample.play_results import Projection
from engine.sample.scene import Scene
from studio.jobs.frame_answers import PictureProjected, PlayEnded, PlayFailed, ProjectionEnded
from studio.jobs.frames import FrameJob
from studio.models.play_view import PlayView
from studio.models.thumbnails import qimage_of
from studio.panels.play.edits import Edits
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.image_view import ImageView
from studio.widgets.labels import fill, plain_label, spaced

_SIDE = 96


class PictureSearch(QWidget):
    """The picture and what has been found, beside each other."""

    search_requested = Signal()
    stop_requested = Signal()
    walk_requested = Signal()
    """The found scene is to become a key frame of the walk."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = plain_label(
            self.tr(
                "Give a picture, then search the noise for one like it: you can change it, vary it "
                "and walk from it."
            ),
            role="muted",
        )
        self._own, self._found = ImageView(), ImageView()
        self._own.setAccessibleName(self.tr("Your picture"))
        self._found.setAccessibleName(self.tr("Found picture"))
        for view in (self._own, self._found):
            view.setMinimumSize(_SIDE, _SIDE)
            view.setFixedHeight(_SIDE)
        self._pictures = QWidget()
        fill(spaced(QHBoxLayout(self._pictures), SPACING, (0, 0, 0, 0)), self._own, self._found)
        self._bar = QProgressBar(textVisible=False)
        self._facts = plain_label(role="muted")
        self.search = push_button(self.tr("Find it in the noise"), role="small")
        self.search.clicked.connect(self._on_search)
        self.walk = push_button(self.tr("Walk from it"), self.walk_requested, role="small")
        row = fill(spaced(QHBoxLayout(), SPACING), self.search, self.walk, 1)
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, self._hint, self._pictures, self._bar, self._facts, row)
        self.is_searching = False
        self._scene: Scene | None = None
        self.show_picture(QImage())

    def show_picture(self, picture: QImage) -> None:
        """Show the picture that is given, or that there is none."""
        if not picture.isNull() and picture != self._own.image:
            self._own.set_image(picture)
            self._found.set_image(QImage())
            self._facts.clear()
        has_found = not self._found.image.isNull()
        self.search.setEnabled(not picture.isNull() or self.is_searching)
        self._hint.setVisible(picture.isNull() and not has_found)
        self._pictures.setVisible(not picture.isNull() or has_found)
        self._show_state()

    def begin(self) -> None:
        """Show that the search begins."""
        self.is_searching, self._scene = True, None
        self._bar.setValue(0)
        self._show_state()

    def show_step(self, step: Projection) -> None:
        """Show what has been found so far."""
        self._scene = step.scene
        self._found.set_image(qimage_of(step.picture))
        self._bar.setRange(0, step.steps)
        self._bar.setValue(step.step)
        error = self.locale().toString(step.error, "f", 4)
        self._facts.setText(self.tr("Step {0}, squared error {1}").format(step.step, error))
        self._facts.show()

    def end(self) -> Scene | None:
        """Show that the search has ended; returns what was found, the first time."""
        self.is_searching = False
        self._show_state()
        found, self._scene = self._scene, None
        return found

    def _on_search(self) -> None:
        (self.stop_requested if self.is_searching else self.search_requested).emit()

    def _show_state(self) -> None:
        text = self.tr("Stop") if self.is_searching else self.tr("Find it in the noise")
        self.search.setText(text)
        self._bar.setVisible(self.is_searching)
        self._facts.setVisible(bool(self._facts.text()))
        self.walk.setVisible(not self.is_searching and not self._found.image.isNull())


class SearchRun(QObject):
    """Searches with the player, and shows on the board what was found.

    Args:
        search: shows the search.
        frames: searches.
        view: holds the picture that is given.
        edits: changes the board.
        parent: the owner.
    """

    def __init__(
        self,
        search: PictureSearch,
        frames: FrameJob,
        view: PlayView,
        edits: Edits,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._search, self._frames, self._view, self._edits = search, frames, view, edits
        search.search_requested.connect(self._begin)
        search.stop_requested.connect(frames.stop)
        frames.answered.connect(self._on_answer)

    @Slot()
    def _begin(self) -> None:
        state = self._view.state
        if (own := state.given_picture) is not None:
            texts = {name: text for name, text in state.given.items() if text != own}
            self._search.begin()
            self._frames.project(own, texts)

    @Slot(object)
    def _on_answer(self, answer: object) -> None:
        match answer:
            case PictureProjected():
                self._search.show_step(answer.projection)
            case ProjectionEnded() | PlayEnded() | PlayFailed(is_long=True):
                if (found := self._search.end()) is not None:
                    self._edits.show_scene(found)
            case _:
                pass
