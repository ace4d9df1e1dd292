"""What can be done with the selected tiles of a preview: actions, and dragging them out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QMetaType,
    QMimeData,
    QObject,
    QPoint,
    QSize,
    Qt,
    QTemporaryDir,
    QUrl,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QDrag, QGuiApplication, QKeySequence, QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QInputDialog, QToolButton, QWidget

from studio.dialogs.error import ErrorDialog
from studio.dialogs.save_tiles import SaveTilesDialog
from studio.dialogs.step_grid import StepGridDialog
from studio.dialogs.tile_origin import TileOriginDialog
from studio.errors.reporter import ErrorReport
from studio.errors.wording import explain
from studio.jobs.task import TaskEnded
from studio.jobs.tiles import TileJobs
from studio.models.preview_timeline import PreviewTimeline
from studio.models.thumbnails import qimage_of
from studio.models.tile_files import ChosenTiles, enlarged, file_names, write_tile_files
from studio.models.tile_marks import RunMarks
from studio.theme import SPACING
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

_PATIENCE_MS = 5_000
_DRAGGED_SIDE = 96
"""Side of the picture under the pointer, in logical pixels."""


class SelectionActions(QObject):
    """Actions on the tiles that ``chosen`` returns.

    Args:
        widget: parent of the dialogs; its focus enables the shortcuts.
        jobs: save and mark in threads.
        marks: of the shown run.
        chosen: returns the selected tiles; None if there are none.
        timeline: all previews of the run.
    """

    dragged = Signal()

    def __init__(
        self,
        widget: QWidget,
        jobs: TileJobs,
        marks: RunMarks,
        chosen: Callable[[], ChosenTiles | None],
        timeline: PreviewTimeline,
    ) -> None:
        super().__init__(widget)
        self._widget, self._jobs, self._marks, self._chosen = widget, jobs, marks, chosen
        self._timeline = timeline
        self._folder: QTemporaryDir | None = None
        """Files that were dragged out; other programs may read them until the studio ends."""
        self.star = self._make("S", self._toggle_star)
        self.tags = self._make("T", self._ask_tags, self.tr("Tags…"))
        self.tags.setToolTip(self.tr("Tag the selected pairs (T)"))
        self.copy_enlarged = self._make(
            QKeySequence.StandardKey.Copy, self._copy_enlarged, self.tr("Copy enlarged"), "copy"
        )
        tip = self.tr("Copy the selected pairs as one picture, enlarged without smoothing (Ctrl+C)")
        self.copy_enlarged.setToolTip(tip)
        self.save = self._make("", self._save, self.tr("Save selection…"), "save")
        self.save.setToolTip(self.tr("Write the selected pairs to a folder, as they are shown"))
        self.origin = self._make("O", self._show_origin, self.tr("Where does this come from?"))
        self.steps = self._make("", self._show_steps, self.tr("Tiles by step…"))
        tip = self.tr("Show the selected pairs at several steps of the run, as one picture")
        self.steps.setToolTip(tip)
        self.all = (
            self.copy_enlarged,
            self.star,
            self.tags,
            self.save,
            self.steps,
            self.origin,
        )
        marks.shown.connect(self.refresh)
        marks.changed.connect(lambda: jobs.write_marks(marks.run, marks.marks))
        jobs.failed.connect(self._report)
        jobs.copying.ended.connect(self._on_copied)
        self.refresh()

    def _make(
        self,
        keys: QKeySequence.StandardKey | str,
        slot: Callable[[], None],
        text: str = "",
        icon_name: str = "",
    ) -> QAction:
        action = QAction(text, self)
        if icon_name:
            action.setIcon(icon(icon_name))
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self._widget.addAction(action)
        action.triggered.connect(lambda _checked=False: slot())
        return action

    @Slot()
    def refresh(self) -> None:
        """Enable the actions, and let the star say what it does."""
        chosen = self._chosen()
        for action in self.all:
            action.setEnabled(chosen is not None)
        is_starred = chosen is not None and self._marks.are_starred(chosen.tiles)
        self.star.setIcon(icon("starred" if is_starred else "star"))
        self.star.setText(self.tr("Remove star") if is_starred else self.tr("Star"))
        self.star.setToolTip(
            self.tr("Remove the stars of the selected pairs (S)")
            if is_starred
            else self.tr("Star the selected pairs (S)")
        )

    def mime_data(self, chosen: ChosenTiles) -> QMimeData:
        """Return tiles as files, and a single one as a picture.

        The files are written in a thread; whoever asks for their names waits for it.
        """
        if self._folder is None:
            self._folder = QTemporaryDir()
        folder, job = Path(self._folder.path()), self._jobs.copying
        job.request(lambda _tell, control: write_tile_files(chosen, folder, control))
        data = _FilesData(lambda: job.wait(_PATIENCE_MS))
        data.setUrls([QUrl.fromLocalFile(str(folder / name)) for name in file_names(chosen)])
        if len(chosen.tiles) == 1:
            data.setImageData(qimage_of(chosen.sheet.images[chosen.tiles[0]]))
        return data

    @Slot()
    def drag(self) -> None:
        """Drag the selected tiles as PNG files."""
        chosen = self._chosen()
        if chosen is None:
            return
        drag = QDrag(self._widget)
        drag.setMimeData(self.mime_data(chosen))
        drag.setPixmap(_pixmap(chosen))
        drag.setHotSpot(QPoint(0, 0))
        drag.exec(Qt.DropAction.CopyAction)
        self.dragged.emit()

    def _toggle_star(self) -> None:
        if (chosen := self._chosen()) is not None:
            self._marks.toggle_star(chosen.tiles, chosen.sheet.images_seen)

    def _ask_tags(self) -> None:
        chosen = self._chosen()
        if chosen is None:
            return
        dialog = QInputDialog(self._widget)
        dialog.setWindowTitle(self.tr("Tags"))
        dialog.setLabelText(self.tr("Tags of the selected pairs, separated by commas:"))
        dialog.setTextValue(", ".join(self._marks.tags_of(chosen.tiles)))
        seen = chosen.sheet.images_seen
        dialog.textValueSelected.connect(lambda text: self._marks.tag(chosen.tiles, text, seen))
        _open(dialog)

    def _copy_enlarged(self) -> None:
        if (chosen := self._chosen()) is not None:
            QGuiApplication.clipboard().setImage(enlarged(chosen))

    def _save(self) -> None:
        if (chosen := self._chosen()) is not None:
            _open(SaveTilesDialog(self._widget, self._jobs, chosen))

    def _show_origin(self) -> None:
        if (chosen := self._chosen()) is not None:
            _open(TileOriginDialog(self._widget, chosen))

    def _show_steps(self) -> None:
        if (chosen := self._chosen()) is not None:
            _open(StepGridDialog(self._widget, self._jobs, chosen, self._timeline))

    @Slot(object)
    def _on_copied(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            self._report(ended.error)

    @Slot(object)
    def _report(self, error: Exception) -> None:
        report = ErrorReport(explanation=explain(error), details=str(error))
        ErrorDialog(self._widget, report).open()


class _FilesData(QMimeData):
    """Names of files, which are given out only once the files are written."""

    def __init__(self, wait: Callable[[], object]) -> None:
        super().__init__()
        self._wait = wait

    def retrieveData(self, mimetype: str, preferredType: QMetaType | QMetaType.Type) -> Any:  # noqa: N803
        """Wait for the files, then return the data."""
        self._wait()
        return super().retrieveData(mimetype, preferredType)


def _open(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _pixmap(chosen: ChosenTiles) -> QPixmap:
    """Return the first tile, as it is shown under the pointer."""
    image = qimage_of(chosen.sheet.images[chosen.tiles[0]])
    size = QSize(_DRAGGED_SIDE, _DRAGGED_SIDE)
    return QPixmap.fromImage(image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio))


class SelectionBar(QWidget):
    """How many tiles are selected, and what is done with them most; hidden if none is."""

    def __init__(self, actions: SelectionActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = plain_label(role="muted")
        self._count.setWordWrap(False)
        self._parts: list[QWidget] = [self._count]
        row = fill(spaced(QHBoxLayout(self), SPACING, (SPACING, 0, 0, 0)), self._count)
        for action in (actions.star, actions.copy_enlarged, actions.save):
            button = QToolButton()
            button.setDefaultAction(action)
            # Without text, so that a selection does not widen a narrow window.
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAutoRaise(True)
            self._parts.append(button)
            fill(row, button)
        fill(row, 1)
        self.show_count(0)

    def show_count(self, count: int) -> None:
        """Show the number of selected tiles."""
        self._count.setText(self.tr("%Ln selected", "", count))
        # The bar itself stays, so that the buttons beside it do not move.
        for part in self._parts:
            part.setVisible(count > 0)
