"""The side of the Play panel: its collapsible sections."""

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from studio.jobs.neighbours import NeighboursJob
from studio.panels.play.directions import DirectionControls
from studio.panels.play.edits import Edits
from studio.panels.play.given import GivenColumns
from studio.panels.play.neighbours import NeighboursPane
from studio.panels.play.noise import NoiseControls
from studio.panels.play.picture_search import PictureSearch
from studio.panels.play.reading import ReadingPane
from studio.panels.play.strip import ThumbnailStrip
from studio.panels.play.walk import WalkControls
from studio.theme import SPACING
from studio.widgets.labels import Section, fill, plain_label, spaced

_WIDTH, _NARROWEST = 314, 190
_OPEN = ("noise",)


class PlaySide(QWidget):
    """Holds the controls beside the board.

    Args:
        neighbours: finds training pictures.
        parent: the owner.
    """

    def __init__(self, neighbours: NeighboursJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.noise, self.reading, self.given = NoiseControls(), ReadingPane(), GivenColumns()
        self.directions, self.walk = DirectionControls(), WalkControls()
        self.search, self.neighbours = PictureSearch(), NeighboursPane(neighbours)
        self.favourites = ThumbnailStrip(self.tr("Press Enter to show it, Del to remove it"))
        self.favourites.setAccessibleName(self.tr("Favourites"))
        self._no_favourite = plain_label(
            self.tr("The star above the board adds the chosen item here."), role="muted"
        )
        parts = {
            "noise": (self.tr("Noise"), (self.noise,)),
            "given": (self.tr("Give or draw"), (self.reading, self.given)),
            "walk": (self.tr("Walk"), (self.walk,)),
            "directions": (self.tr("Directions"), (self.directions,)),
            "search": (self.tr("Find a picture in the noise"), (self.search,)),
            "favourites": (self.tr("Favourites"), (self._no_favourite, self.favourites)),
            "neighbours": (self.tr("Nearest training items"), (self.neighbours,)),
        }
        self.sections: dict[str, Section] = {}
        layout = spaced(QVBoxLayout(self), 2, (0, 0, SPACING, 0))
        for name, (title, widgets) in parts.items():
            content = QWidget()
            fill(
                spaced(QVBoxLayout(content), SPACING, (SPACING, SPACING // 2, 0, SPACING)), *widgets
            )
            self.sections[name] = Section(title, content)
            self.sections[name].set_open(is_open=name in _OPEN)
            layout.addWidget(self.sections[name])
        layout.addStretch(1)
        self.show_favourites(0)

    def connect_edits(self, edits: Edits) -> None:
        """Let the controls change the state."""
        noise, directions, walk = self.noise, self.directions, self.walk
        for part in (noise.pad, directions):
            part.drag_began.connect(edits.begin_drag)
            part.drag_ended.connect(edits.end_drag)
        noise.pad.moved.connect(edits.move_pad)
        noise.recentre_requested.connect(edits.recentre)
        noise.variation_requested.connect(edits.vary)
        noise.truncation_changed.connect(edits.set_truncation)
        self.given.given_changed.connect(lambda pair: edits.give(*pair))
        directions.offset_moved.connect(edits.set_offset)
        directions.reset_requested.connect(edits.reset_offsets)
        walk.keys_changed.connect(edits.set_keys)
        walk.key_opened.connect(edits.show_scene)

    def scrolled(self) -> QScrollArea:
        """Wrap the side in a scroll area of its width."""
        area = _SideArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(self)
        area.setMinimumWidth(_NARROWEST)
        area.setMaximumWidth(_WIDTH)
        for section in self.sections.values():
            section.toggled.connect(
                lambda is_open, s=section: self._scroll_to(area, s) if is_open else None
            )
        return area

    def _scroll_to(self, area: QScrollArea, section: Section) -> None:
        """Bring a section that was opened to the top, once it has its place."""
        QTimer.singleShot(0, self, lambda: area.verticalScrollBar().setValue(section.y()))

    def show_favourites(self, count: int) -> None:
        """Set the number of favourites."""
        self.favourites.set_count(count)
        self.favourites.setVisible(count > 0)
        self._no_favourite.setVisible(count == 0)

    def set_kinds(self, *, has_pictures: bool, are_comparable: bool) -> None:
        """Show the sections that fit the columns of a run."""
        self.sections["search"].setVisible(has_pictures)
        self.sections["neighbours"].setVisible(are_comparable)


class _SideArea(QScrollArea):
    """A scroll area that takes its full width where there is room, and less in a small window."""

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, super().sizeHint().height())
