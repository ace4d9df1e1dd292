"""Dialog that saves chosen tiles as a gallery: folder, progress and result."""

from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from engine.errors import StoppedError
from engine.events import Outcome
from engine.runs.metadata import is_usable_name
from studio.errors.wording import explain
from studio.jobs.task import TaskEnded, TaskProgressed
from studio.jobs.tiles import TileJobs
from studio.models.tile_files import ChosenTiles
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import TextField
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH = 480
_MAX_NUMBER = 10_000


class SaveTilesDialog(QDialog):
    """Asks for a folder, writes the gallery in a thread and offers to open it."""

    def __init__(self, parent: QWidget, jobs: TileJobs, chosen: ChosenTiles) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save selection"))
        self._jobs, self._chosen = jobs, chosen
        self._is_saving = False
        heading = plain_label(self.tr("%Ln pair(s)", "", len(chosen.tiles)), role="heading")
        about = plain_label(
            self.tr(
                "The pairs are written as they are shown: PNG files with their scenes, sounds as "
                "WAV files, and the texts in metadata.jsonl. The folder can be imported."
            ),
            role="muted",
        )
        self._browse = push_button(self.tr("Browse…"), self._pick, auto_default=False)
        self.folder = TextField(button=self._browse)
        self.folder.edit.setText(str(self._free_folder()))
        self.folder.edit.textChanged.connect(self._check)
        self.folder.edit.setAccessibleName(self.tr("Folder"))
        self._progress = QProgressBar()
        self._progress.setAccessibleName(self.tr("Progress"))
        self._progress.hide()
        self.result_text = plain_label()
        self.result_text.hide()
        self.save = push_button(self.tr("Save"), self._save, icon_name="save", role="primary")
        self.save.setDefault(True)
        self.open_folder = push_button(
            self.tr("Open folder"), self._open, icon_name="folder", auto_default=False
        )
        self.open_folder.hide()
        self._close = push_button(self.tr("Cancel"), self.reject, auto_default=False)
        jobs.saving.progressed.connect(self._on_progress)
        jobs.saving.ended.connect(self._on_ended)
        self._lay_out(heading, about)
        self._check()

    def _lay_out(self, heading: QWidget, about: QWidget) -> None:
        layout = spaced(QVBoxLayout(self), GAP, (MARGIN, MARGIN, MARGIN, MARGIN))
        buttons = spaced(QHBoxLayout(), SPACING)
        fill(buttons, self.open_folder, 1, self._close, self.save)
        fill(layout, heading, about, plain_label(self.tr("Folder")), self.folder)
        fill(layout, self._progress, self.result_text, 1, buttons)
        self.setMinimumWidth(_WIDTH)
        self.folder.edit.setFocus()

    def _free_folder(self) -> Path:
        """Return a folder that does not exist, named by run and step."""
        galleries = self._jobs.galleries()
        stem = f"{self._chosen.run.name}-{self._chosen.sheet.images_seen}"
        names = (stem, *(f"{stem}-{number}" for number in range(2, _MAX_NUMBER)))
        return next(galleries / name for name in names if not (galleries / name).exists())

    @Slot()
    def _check(self) -> None:
        path = Path(self.folder.edit.text().strip()).expanduser()
        problem = ""
        if not path.is_absolute() or not is_usable_name(path.name):
            problem = self.tr("Enter the path of a new or empty folder.")
        self.folder.set_problem(problem)
        self.save.setEnabled(not problem and not self._is_saving)

    @Slot()
    def _pick(self) -> None:
        caption = self.tr("Folder of the gallery")

        def take(folder: Path) -> None:
            self.folder.edit.setText(str(folder))

        pick_folder(self, caption, Path(self.folder.edit.text()).parent, take)

    @Slot()
    def _save(self) -> None:
        self._is_saving = True
        for part in (self.folder, self.save):
            part.setEnabled(False)
        self.result_text.hide()
        self._progress.setRange(0, len(self._chosen.tiles))
        self._progress.setValue(0)
        self._progress.show()
        folder = Path(self.folder.edit.text().strip()).expanduser()
        self._jobs.save(self._chosen.path, self._chosen.tiles, folder)

    @Slot(object)
    def _on_progress(self, progress: TaskProgressed) -> None:
        if self._is_saving:
            self._progress.setValue(progress.done)

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if not self._is_saving:
            return
        self._is_saving = False
        self._progress.hide()
        is_saved = ended.outcome is Outcome.FINISHED
        if is_saved:
            text = self.tr("%Ln pair(s) were saved.", "", len(self._chosen.tiles))
        elif ended.error is not None and not isinstance(ended.error, StoppedError):
            words = explain(ended.error)
            text = " ".join(filter(None, (words.happened, words.why, words.hint)))
        else:
            text = self.tr("Stopped. What was written before is kept.")
        self.result_text.setText(text)
        self.result_text.show()
        self._close.setText(self.tr("Close"))
        self.open_folder.setVisible(is_saved)
        self.save.setVisible(not is_saved)
        self.folder.setEnabled(not is_saved)
        self._check()
        self.adjustSize()
        (self._close if is_saved else self.folder.edit).setFocus()

    @Slot()
    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.edit.text().strip()))

    def done(self, result: int) -> None:
        """Stop saving when the dialog closes."""
        if self._is_saving:
            self._is_saving = False
            self._jobs.saving.forget()
        super().done(result)
