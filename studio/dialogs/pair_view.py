"""One pair, large: its image, its text, and how both came to be step by step."""

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.dialogs.pair_actions import Pair, PairActions
from studio.models.preview_timeline import PreviewTimeline
from studio.models.step_cursor import StepCursor, step_text
from studio.models.tile_model import picture_of
from studio.theme import MARGIN, SPACING
from studio.widgets.icon_button import icon_button
from studio.widgets.labels import plain_label
from studio.widgets.picture_view import PictureView
from studio.widgets.step_bar import StepBar

_LARGER = 1.5
"""The text's size against the usual one."""


class PairView(QDialog):
    """Not modal: it stays beside the window and, at the newest step, follows the run."""

    def __init__(self, parent: QWidget, timeline: PreviewTimeline) -> None:
        super().__init__(parent)
        self._cursor = StepCursor(timeline, self)
        self._tile = 0
        self._count = 0
        self.setWindowTitle(self.tr("Pair"))
        self._picture = PictureView()
        self._picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._picture.customContextMenuRequested.connect(self._show_menu)
        self._actions = PairActions(self)
        self._text = self._make_text()
        self._place = QLabel()
        self._previous = icon_button("previous", self.tr("Previous pair"), "Up")
        self._previous.clicked.connect(lambda: self._go_to_tile(self._tile - 1))
        self._next = icon_button("next", self.tr("Next pair"), "Down")
        self._next.clicked.connect(lambda: self._go_to_tile(self._tile + 1))
        self._steps = StepBar()
        self._steps.move_requested.connect(self._cursor.move_to)
        self._cursor.moved.connect(self._refresh)
        self._lay_out()

    def show_pair(self, tile: int, cursor: StepCursor) -> None:
        """Show a tile of the step where ``cursor`` stands."""
        self._tile = tile
        self._cursor.follow(cursor)
        self.show()
        self.raise_()
        self.activateWindow()

    def _lay_out(self) -> None:
        tiles = QHBoxLayout()
        tiles.setSpacing(SPACING)
        for widget in (self._previous, self._place, self._next):
            tiles.addWidget(widget)
        tiles.addStretch(1)
        for action in self._actions.all:
            button = QPushButton(action.text())
            button.setAutoDefault(False)
            button.clicked.connect(action.trigger)
            tiles.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(MARGIN)
        layout.addWidget(self._picture, stretch=1)
        layout.addWidget(self._text)
        layout.addWidget(self._steps)
        layout.addLayout(tiles)
        self._steps.setFocus()

    def _make_text(self) -> QLabel:
        label = plain_label()
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        font = QFont(label.font())
        font.setPointSizeF(font.pointSizeF() * _LARGER)
        label.setFont(font)
        # Two lines always have room, so that the picture does not jump from step to step.
        label.setMinimumHeight(2 * label.fontMetrics().lineSpacing())
        return label

    def _go_to_tile(self, tile: int) -> None:
        # Around the ends, so that every pair is reached with one key held down.
        self._tile = tile % max(1, self._count)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        if not self.isVisible():
            return
        sheet = self._cursor.sheet()
        if sheet is None:
            self.close()
            return
        self._count = len(sheet.texts)
        self._tile = min(self._tile, self._count - 1)
        picture, text = picture_of(sheet.images[self._tile]), sheet.texts[self._tile]
        self._actions.pair = Pair(image=picture, text=text, images_seen=sheet.images_seen)
        self._picture.set_picture(picture)
        self._picture.setAccessibleName(text)
        self._text.setText(text)
        place = self.tr("Pair {0} of {1}").format(self._tile + 1, self._count)
        self._place.setText(place)
        self.setWindowTitle(place)
        self._steps.show_step(
            self._cursor.index,
            self._cursor.count,
            text=step_text(sheet.images_seen, sheet.elapsed_s),
            is_live=self._cursor.is_live,
        )

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self._actions.all))
        menu.popup(self._picture.mapToGlobal(place))

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up: nothing is read while nobody looks."""
        super().showEvent(event)
        self._refresh()
