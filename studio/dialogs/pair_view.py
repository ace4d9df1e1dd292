"""Dialog with one enlarged pair, its history, and actions to copy and save it."""

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QDir, QIODevice, QObject, QPoint, QStandardPaths, Qt, Slot
from PySide6.QtGui import QAction, QFont, QGuiApplication, QImage, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from engine.errors import EngineError
from engine.fs.atomic import atomic_write
from studio.dialogs.error import ErrorDialog
from studio.errors.reporter import ErrorReport
from studio.errors.wording import explain
from studio.models.preview_timeline import PreviewTimeline, StepCursor, step_text
from studio.models.thumbnails import qimage_of
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.image_view import ImageView
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.steps import TimelineBar

_NOT_FOR_NAMES = re.compile(r"[^\w]+")
_MAX_NAME_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A generated pair, and the number of images seen when it was drawn."""

    image: QImage
    text: str
    images_seen: int


class PairActions(QObject):
    """Actions to copy and save ``pair``, which is set before they are triggered."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self.pair: Pair | None = None
        self.copy_image = QAction(self.tr("Copy image"), self)
        self.copy_image.triggered.connect(lambda: self._copy(is_image=True))
        self.copy_text = QAction(self.tr("Copy text"), self)
        self.copy_text.triggered.connect(lambda: self._copy(is_image=False))
        self.save_image = QAction(self.tr("Save image…"), self)
        self.save_image.triggered.connect(self._ask_where)
        self.all = (self.copy_image, self.copy_text, self.save_image)

    def _copy(self, *, is_image: bool) -> None:
        if self.pair and is_image:
            QGuiApplication.clipboard().setImage(self.pair.image)
        elif self.pair:
            QGuiApplication.clipboard().setText(self.pair.text)

    def _ask_where(self) -> None:
        pair = self.pair
        if pair is None:
            return
        folder = QStandardPaths.StandardLocation.PicturesLocation
        start = QStandardPaths.writableLocation(folder) or QDir.homePath()
        dialog = QFileDialog(self._widget, self.tr("Save image"), start)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("PNG image (*.png)"))
        dialog.setDefaultSuffix("png")
        dialog.selectFile(suggested_name(pair))
        # ``self.pair`` may be replaced by a newer preview while the dialog is open.
        dialog.fileSelected.connect(lambda path: self._save(pair, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, pair: Pair, path: Path) -> None:
        try:
            atomic_write(path, png_of(pair))
        except EngineError as error:
            report = ErrorReport(explanation=explain(error), details=str(error))
            ErrorDialog(self._widget, report).open()


def suggested_name(pair: Pair) -> str:
    """Return a file name made of the text and the number of images seen."""
    words = _NOT_FOR_NAMES.sub("-", pair.text).strip("-")[:_MAX_NAME_LENGTH]
    return f"{words or 'pair'}-{pair.images_seen}.png"


def png_of(pair: Pair) -> bytes:
    """Encode the image as PNG, with its text as ``Description``."""
    image = QImage(pair.image)
    image.setText("Description", pair.text)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType] - the stub knows no format as str
    return bytes(buffer.data().data())


_LARGER = 1.5
"""Ratio of the font size to the default."""


class PairView(QDialog):
    """A non-modal dialog; at the newest step it follows the run."""

    def __init__(self, parent: QWidget, timeline: PreviewTimeline) -> None:
        super().__init__(parent)
        self._cursor = StepCursor(timeline, self)
        self._tile = 0
        self._count = 0
        self.setWindowTitle(self.tr("Pair"))
        self._picture = ImageView()
        self._picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._picture.customContextMenuRequested.connect(self._show_menu)
        self._actions = PairActions(self)
        self._text = plain_label()
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        font = QFont(self._text.font())
        font.setPointSizeF(font.pointSizeF() * _LARGER)
        self._text.setFont(font)
        # Two lines are always reserved, so that the image does not move between steps.
        self._text.setMinimumHeight(2 * self._text.fontMetrics().lineSpacing())
        self._place = QLabel()
        self._previous = icon_button("previous", self.tr("Previous pair"), "Up")
        self._previous.clicked.connect(lambda: self._go_to_tile(self._tile - 1))
        self._next = icon_button("next", self.tr("Next pair"), "Down")
        self._next.clicked.connect(lambda: self._go_to_tile(self._tile + 1))
        self._steps = TimelineBar()
        self._steps.move_requested.connect(self._cursor.move_to)
        self._cursor.moved.connect(self._refresh)
        self._lay_out()

    def show_pair(self, tile: int, cursor: StepCursor) -> None:
        """Show a tile of the current step of ``cursor``."""
        self._tile = tile
        self._cursor.follow(cursor)
        self.show()
        self.raise_()
        self.activateWindow()

    def _lay_out(self) -> None:
        tiles = spaced(QHBoxLayout(), SPACING)
        fill(tiles, self._previous, self._place, self._next, 1)
        for action in self._actions.all:
            tiles.addWidget(push_button(action.text(), action.trigger, auto_default=False))
        layout = spaced(QVBoxLayout(self), MARGIN, (MARGIN, MARGIN, MARGIN, MARGIN))
        fill(layout, (self._picture, 1), self._text, self._steps, tiles)
        self._steps.setFocus()

    def _go_to_tile(self, tile: int) -> None:
        # Wraps around at both ends.
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
        picture, text = qimage_of(sheet.images[self._tile]), sheet.texts[self._tile]
        self._actions.pair = Pair(image=picture, text=text, images_seen=sheet.images_seen)
        self._picture.set_image(picture)
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
        """Refresh: a hidden dialog is not updated."""
        super().showEvent(event)
        self._refresh()
