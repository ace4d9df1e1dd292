"""Saving a gallery: the dialog asks, the job writes, the dialog tells."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.jobs.gallery import GalleryJob
from studio.settings.views import SaveGalleryChoices
from studio.window.main_window import MainWindow


class GallerySaving(QObject):
    """One gallery at a time, of the run that the window shows."""

    def __init__(self, window: MainWindow, job: GalleryJob, choices: SaveGalleryChoices) -> None:
        super().__init__(window)
        self._window, self._job = window, job
        self.choices = choices
        self.dialog: SaveGalleryDialog | None = None

    def ask(self, run: Path, galleries: Path) -> None:
        """Open the dialog.

        Args:
            run: folder of the run to draw from.
            galleries: folder of the workspace's galleries.
        """
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        dialog = SaveGalleryDialog(
            self._window, run=run, folder=galleries / run.name, choices=self.choices
        )
        self.dialog = dialog
        dialog.start_requested.connect(self._job.start)
        dialog.cancel_requested.connect(self._job.cancel)
        self._job.gallery_progressed.connect(dialog.show_progress)
        self._job.gallery_ended.connect(dialog.show_ended)
        dialog.finished.connect(self._forget)
        dialog.open()

    @Slot()
    def _forget(self) -> None:
        if self.dialog is None:
            return
        self.choices = self.dialog.choices()
        self._job.gallery_progressed.disconnect(self.dialog.show_progress)
        self._job.gallery_ended.disconnect(self.dialog.show_ended)
        self.dialog.deleteLater()
        self.dialog = None
