"""Dialog with one enlarged pair, its history, and actions to copy and save it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import (
    QBuffer,
    QCoreApplication,
    QDir,
    QIODevice,
    QLocale,
    QObject,
    QPoint,
    QStandardPaths,
    Qt,
    Slot,
)
from PySide6.QtGui import (
    QAction,
    QFont,
    QGuiApplication,
    QHideEvent,
    QImage,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import EngineError, EvaluatorMissingError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.metrics.distances import Likeness, NearestImage
from studio.dialogs.error import ErrorDialog
from studio.dialogs.tile_origin import TileOriginDialog
from studio.errors.reporter import ErrorReport
from studio.errors.wording import explain
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import TaskEnded
from studio.models.preview_timeline import PreviewTimeline, StepCursor, step_text
from studio.models.thumbnails import qimage_of
from studio.models.tile_files import ChosenTiles, file_stem
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.icons import icon
from studio.widgets.image_view import ImageView
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.steps import TimelineBar


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
    return f"{file_stem(pair.text)}-{pair.images_seen}.png"


def png_of(pair: Pair) -> bytes:
    """Encode the image as PNG, with its text as ``Description``."""
    image = QImage(pair.image)
    image.setText("Description", pair.text)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType] - the stub knows no format as str
    return bytes(buffer.data().data())


class NearestPane(QWidget):
    """Tells which training image is nearest to a generated one, and how near it is."""

    def __init__(self, job: NearestJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._request: tuple[Path, ImageArray] | None = None
        self._is_waiting = False
        self.picture = ImageView()
        """The training image, to lay out beside the generated one."""
        self._text = plain_label()
        self._judgement = plain_label()
        self._facts = plain_label(role="muted")
        self._train = push_button(
            self.tr("Train the evaluator"), self._find_after_training, auto_default=False
        )
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        title = plain_label(self.tr("Nearest training image"), role="heading")
        fill(layout, title, self._text, self._judgement, self._facts)
        layout.addWidget(self._train, alignment=Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        job.ended.connect(self._on_ended)
        self.clear()

    def compare(self, run: Path, image: ImageArray) -> None:
        """Find the training image nearest to an image of a run."""
        self._request = (run, image)
        if self._is_waiting:
            # Another request would stop the training; this image is compared after it.
            return
        if self.picture.image.isNull():
            self._say(facts=self.tr("Comparing with the training images…"))
        self._job.find(run, image)

    def clear(self) -> None:
        """Stop searching and show nothing."""
        self._request, self._is_waiting = None, False
        self._job.forget()
        self._show_image(QImage(), "")
        self._say()

    @Slot()
    def _find_after_training(self) -> None:
        if self._request is None:
            return
        self._is_waiting = True
        self._say(facts=self.tr("The evaluator is being trained. This takes about a minute."))
        self._job.find(*self._request, may_train=True)

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if self._request is None:
            return
        if self._is_waiting and ended.result is not None:
            self._is_waiting = False
            self.compare(*self._request)
            return
        self._is_waiting = False
        if isinstance(ended.error, EvaluatorMissingError):
            self._show_image(QImage(), "")
            self._offer_training()
        elif ended.error is not None:
            self._show_image(QImage(), "")
            words = explain(ended.error)
            self._say(words.happened, f"{words.why} {words.hint}")
        elif isinstance(ended.result, NearestImage):
            found = ended.result
            self._show_image(qimage_of(found.image), found.text)
            self._say(*nearest_words(found))
        else:
            # Stopped, because a run began.
            self._offer_training()

    def _offer_training(self) -> None:
        missing = self.tr("The evaluator of this dataset is not trained yet.")
        if self._job.can_train:
            self._say(missing, self.tr("It compares images by what it learns from the dataset."))
            self._train.show()
        else:
            wait = self.tr("The run that is training prepares it at its first evaluation.")
            self._say(missing, wait)

    def _show_image(self, image: QImage, text: str) -> None:
        self.picture.set_image(image)
        self.picture.setAccessibleName(text)
        self._text.setText(text)

    def _say(self, judgement: str = "", facts: str = "") -> None:
        self._judgement.setText(judgement)
        self._facts.setText(facts)
        self._train.hide()


def nearest_words(found: NearestImage) -> tuple[str, str]:
    """Return whether an image is likely a copy, and the figures behind that."""
    translate = QCoreApplication.translate
    judgement = {
        Likeness.COPY: translate("Nearest", "A copy of this training image."),
        Likeness.NEAR: translate(
            "Nearest", "Probably memorised: closer to it than 99 of 100 new images would be."
        ),
        Likeness.NEW: translate("Nearest", "Not a copy."),
    }[found.likeness]
    facts = translate("Nearest", "Distance {0}. {1} of the training images are farther from their "
        "nearest neighbour.")  # fmt: skip
    if found.is_validated:
        facts = translate("Nearest", "Distance {0}. {1} of the validation images are farther from "
            "their nearest training image.")  # fmt: skip
    share = QLocale().toString(found.closer_than * 100, "f", 0) + " %"
    return judgement, facts.format(f"{found.distance:.2f}", share)


class SoundButtons(QWidget):
    """One button per column of sounds, which plays the clip of a tile or stops it."""

    def __init__(self, player: PreviewPlayer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._paths: dict[str, Path] = {}
        self._tile = self._count = 0
        self._buttons: dict[str, QPushButton] = {}
        self._row = spaced(QHBoxLayout(self), SPACING, (0, 0, 0, 0))
        self._row.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        player.changed.connect(self._refresh)
        self.hide()

    def show_tile(self, paths: Mapping[str, Path], tile: int, count: int) -> None:
        """Show the sounds of a tile.

        Args:
            paths: by column, the file with the clips of the preview.
            tile: index of the tile.
            count: tiles of the preview.
        """
        self._paths, self._tile, self._count = dict(paths), tile, count
        for column in paths:
            if column not in self._buttons:
                button = push_button("", lambda _checked, c=column: self._play(c))
                button.setAutoDefault(False)
                self._buttons[column] = button
                self.setFocusProxy(next(iter(self._buttons.values())))
                self._row.addWidget(button)
        for column, button in self._buttons.items():
            button.setVisible(column in paths)
        self.setVisible(bool(paths))
        self._refresh()

    def find_out(self) -> None:
        """Find out whether sounds can be played, if there are some."""
        if self._paths:
            self._player.find_out(again=True)

    def play_first(self) -> bool:
        """Play or stop the sound of the first column; return whether there is one."""
        for column in self._paths:
            self._play(column)
            return True
        return False

    def stop(self) -> None:
        """Stop the sound of the tile."""
        if any(self._player.playing_tile(path) >= 0 for path in self._paths.values()):
            self._player.stop()

    def _play(self, column: str) -> None:
        self._player.toggle(self._paths[column], self._tile, self._count)

    @Slot()
    def _refresh(self) -> None:
        reason = self._player.reason
        for column, path in self._paths.items():
            button = self._buttons[column]
            is_playing = self._player.playing_tile(path) == self._tile
            text = self.tr("Stop {0}") if is_playing else self.tr("Play {0}")
            button.setText(text.format(column))
            button.setIcon(icon("stop" if is_playing else "sound"))
            button.setEnabled(not reason)
            button.setToolTip(reason or self.tr("Play the sound or stop it (Space)"))


_LARGER = 1.5
"""Ratio of the font size to the default."""


class PairView(QDialog):
    """A non-modal dialog; at the newest step it follows the run."""

    def __init__(
        self,
        parent: QWidget,
        timeline: PreviewTimeline,
        nearest: NearestJob,
        player: PreviewPlayer,
    ) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._sounds = SoundButtons(player)
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
        self._notice = plain_label(role="muted")
        self._notice.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._notice.hide()
        self._place = QLabel()
        self._nearest = NearestPane(nearest)
        self._nearest.hide()
        self._nearest.picture.hide()
        self._compare = QCheckBox(self.tr("Compare with training images"))
        self._compare.setToolTip(
            self.tr("Show the training image that is nearest to this one, to find copies")
        )
        self._compare.toggled.connect(self._switch_comparison)
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

    def set_comparable(self, are_images: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set whether tiles are single images, which can be compared with training images."""
        self._compare.setVisible(are_images)
        if not are_images:
            self._compare.setChecked(False)

    def show_notice(self, text: str) -> None:
        """Show a sentence below the pair, or none."""
        self._notice.setText(text)
        self._notice.setVisible(bool(text))

    def _lay_out(self) -> None:
        tiles = spaced(QHBoxLayout(), SPACING)
        fill(tiles, self._previous, self._place, self._next, 1, self._compare)
        for action in self._actions.all:
            tiles.addWidget(push_button(action.text(), action.trigger, auto_default=False))
        tip = self.tr("Show run, step, seed and scene of this pair")
        tiles.addWidget(
            push_button(self.tr("Origin…"), self._show_origin, tip=tip, auto_default=False)
        )
        layout = spaced(QVBoxLayout(self), MARGIN, (MARGIN, MARGIN, MARGIN, MARGIN))
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(MARGIN)
        pictures.setVerticalSpacing(SPACING)
        pictures.setRowStretch(0, 1)
        pictures.addWidget(self._picture, 0, 0)
        pictures.addWidget(self._text, 1, 0)
        pictures.addWidget(self._nearest.picture, 0, 1)
        pictures.addWidget(self._nearest, 1, 1)
        fill(layout, (pictures, 1), self._notice, self._sounds, self._steps, tiles)
        self._steps.setFocus()

    @Slot(bool)
    def _switch_comparison(self, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        for part in (self._nearest, self._nearest.picture):
            part.setVisible(is_on)
        if is_on:
            self._refresh()
        else:
            self._nearest.clear()

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
        sounds = self._timeline.sounds_at(self._cursor.index)
        self._sounds.show_tile(sounds, self._tile, self._count)
        place = self.tr("Pair {0} of {1}").format(self._tile + 1, self._count)
        self._place.setText(place)
        self.setWindowTitle(place)
        if self._compare.isChecked():
            run = self._timeline.step_at(self._cursor.index).path.parents[1]
            self._nearest.compare(run, sheet.images[self._tile])
        self._steps.show_step(
            self._cursor.index,
            self._cursor.count,
            text=step_text(sheet.images_seen, sheet.elapsed_s),
            is_live=self._cursor.is_live,
            grows=self._timeline.is_growing,
        )

    @Slot()
    def _show_origin(self) -> None:
        sheet = self._cursor.sheet()
        if sheet is None:
            return
        path = self._timeline.step_at(self._cursor.index).path
        dialog = TileOriginDialog(self, ChosenTiles(path=path, sheet=sheet, tiles=(self._tile,)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self._actions.all))
        menu.popup(self._picture.mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play the first sound with Space, unless the focused widget uses the key."""
        if event.key() == Qt.Key.Key_Space and self._sounds.play_first():
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Refresh: a hidden dialog is not updated."""
        super().showEvent(event)
        self._refresh()
        self._sounds.find_out()
        if self._cursor.count == 1:
            # The slider is disabled; Space would press a button that is not seen to be focused.
            self._sounds.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop comparing: a hidden dialog is not updated."""
        super().hideEvent(event)
        self._sounds.stop()
        if self._compare.isChecked():
            self._nearest.clear()
