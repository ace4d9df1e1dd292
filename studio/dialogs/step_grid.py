"""Dialog that shows chosen tiles at several steps as one picture, to copy and to save."""

import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QDir, QIODevice, QStandardPaths, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from engine.errors import EngineError
from engine.fs.atomic import atomic_write
from studio.errors.wording import explain
from studio.jobs.task import TaskEnded
from studio.jobs.tiles import TileJobs
from studio.models.preview_timeline import PreviewTimeline
from studio.models.step_grid import StepGridRequest, draw_step_grid
from studio.models.tile_files import ChosenTiles
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.folder_dialog import pick_new_file
from studio.widgets.image_view import ImageView
from studio.widgets.labels import fill, plain_label, spaced

MAX_COLUMNS = 24
_DEFAULT_COLUMNS = 8
_WIDTH, _HEIGHT = 820, 600


class StepGridDialog(QDialog):
    """Rows are the chosen tiles, columns are steps from the first preview to the newest."""

    def __init__(
        self, parent: QWidget, jobs: TileJobs, chosen: ChosenTiles, timeline: PreviewTimeline
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Tiles by step"))
        self._jobs, self._chosen = jobs, chosen
        self._steps = [timeline.step_at(index) for index in range(len(timeline))]
        self.columns = QSpinBox()
        self.columns.setRange(1, min(MAX_COLUMNS, len(self._steps)))
        self.columns.setValue(_DEFAULT_COLUMNS)
        self.columns.setAccessibleName(self.tr("Number of steps"))
        self.columns.setToolTip(
            self.tr("Number of steps, from the first preview to the newest, each after about as "
                "many times the images of the one before")
        )  # fmt: skip
        self.columns.valueChanged.connect(self._draw)
        self.picture = ImageView()
        self.picture.setAccessibleName(self.tr("Tiles by step"))
        self._note = plain_label(role="muted")
        self.copy = push_button(self.tr("Copy image"), self._copy, auto_default=False)
        self.save = push_button(
            self.tr("Save image…"), self._ask_where, icon_name="save", auto_default=False
        )
        close = push_button(self.tr("Close"), self.close)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        top = spaced(QHBoxLayout(), SPACING)
        label = plain_label(self.tr("Steps"))
        label.setBuddy(self.columns)
        fill(top, label, self.columns, 1)
        buttons = fill(spaced(QHBoxLayout(), SPACING), self.copy, self.save, 1, close)
        fill(layout, top, (self.picture, 1), self._note, buttons)
        self.resize(_WIDTH, _HEIGHT)
        jobs.drawing.ended.connect(self._on_ended)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        for button in (self.copy, self.save):
            button.setEnabled(False)
        self._note.setText(self.tr("Drawing…"))
        chosen = spread([step.images_seen for step in self._steps], self.columns.value())
        sheets = tuple(self._steps[index].path for index in chosen)
        request = StepGridRequest(
            sheets=sheets,
            tiles=self._chosen.tiles,
            title=self._chosen.run.name,
            corner=self.tr("Images seen"),
            font=self.font(),
        )
        self._jobs.drawing.request(lambda _tell, control: draw_step_grid(request, control))

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            words = explain(ended.error)
            self._note.setText(f"{words.happened} {words.why}")
        elif ended.result is not None:
            self.picture.set_image(ended.result)
            size = self.picture.image.size()
            self._note.setText(self.tr("{0} × {1} pixels").format(size.width(), size.height()))
            for button in (self.copy, self.save):
                button.setEnabled(True)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setImage(self.picture.image)

    @Slot()
    def _ask_where(self) -> None:
        place = QStandardPaths.StandardLocation.PicturesLocation
        folder = Path(QStandardPaths.writableLocation(place) or QDir.homePath())
        start = folder / f"{self._chosen.run.name}-steps.png"
        kind = self.tr("PNG image (*.png)")
        pick_new_file(self, self.tr("Save image"), start, kind, self.save_to)

    def save_to(self, path: Path) -> None:
        """Save the picture; says why if it cannot be saved."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.picture.image.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType] - the stub knows no format as str
        try:
            atomic_write(path, bytes(buffer.data().data()))
        except EngineError as error:
            words = explain(error)
            self._note.setText(f"{words.happened} {words.why}")
        else:
            self._note.setText(self.tr("Saved as {0}.").format(path))

    def done(self, result: int) -> None:
        """Stop drawing when the dialog closes."""
        self._jobs.drawing.forget()
        super().done(result)


def spread(images_seen: Sequence[int], wanted: int) -> list[int]:
    """Choose indices of previews, the last included, and the first if there are two or more.

    Each has seen about as many times the images of the one before: a run changes most at its
    beginning.

    Args:
        images_seen: of each preview, ascending; at least one.
        wanted: number of indices; all are returned if there are not more previews.
    """
    count = len(images_seen)
    if wanted >= count:
        return [*range(count)]
    if wanted == 1:
        return [count - 1]
    levels = [math.log(1 + seen) for seen in images_seen]
    chosen: list[int] = []
    for number in range(wanted):
        level = levels[0] + (levels[-1] - levels[0]) * number / (wanted - 1)
        # An index is chosen once, and enough are left for the rest.
        low = chosen[-1] + 1 if chosen else 0
        free = range(low, count - wanted + number + 1)
        chosen.append(min(free, key=lambda index: abs(levels[index] - level)))
    return chosen
