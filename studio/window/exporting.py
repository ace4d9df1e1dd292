"""Connects the export dialog of a run to its job."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from studio.dialogs.export_run import ExportRunDialog
from studio.jobs.exporting import ExportJob
from studio.settings.choices import ExportChoices
from studio.window.main_window import MainWindow


class RunExporting(QObject):
    """Opens one export dialog at a time.

    Args:
        window: parent of the dialog.
        job: exports.
        choices: last choices of the user.
        workspace: returns the folder of datasets, runs and exports.
    """

    def __init__(
        self,
        window: MainWindow,
        job: ExportJob,
        choices: ExportChoices,
        workspace: Callable[[], Path],
    ) -> None:
        super().__init__(window)
        self._window, self._job, self._workspace = window, job, workspace
        self.choices = choices
        self.dialog: ExportRunDialog | None = None

    @Slot(object)
    def ask(self, run: Path) -> None:
        """Open the dialog for a run, or raise it if it is open."""
        if self.dialog is None:
            self._open(run)
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()

    def _open(self, run: Path) -> None:
        folder = self._workspace() / "exports" / run.name
        dialog = ExportRunDialog(self._window, run=run, folder=folder, choices=self.choices)
        self.dialog = dialog
        dialog.start_requested.connect(self._job.export)
        dialog.cancel_requested.connect(self._job.cancel)
        self._job.progressed.connect(dialog.show_progress)
        self._job.ended.connect(dialog.show_ended)
        dialog.finished.connect(self._forget)
        dialog.open()

    @Slot()
    def _forget(self) -> None:
        if self.dialog is None:
            return
        self.choices = self.dialog.choices()
        self._job.progressed.disconnect(self.dialog.show_progress)
        self._job.ended.disconnect(self.dialog.show_ended)
        self.dialog.deleteLater()
        self.dialog = None
