"""Opens the import wizard, one at a time, beside the main window."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from studio.jobs.importing import ImportJobs, ImportReader
from studio.jobs.preview_player import PreviewPlayer
from studio.settings.choices import ImportChoices
from studio.window.main_window import MainWindow
from studio.wizards.importing import ImportWizard
from studio.wizards.importing.wizard import Imported

RECENT_KEPT = 5
MAX_WAIT_MS = 20_000


class ImportFlow(QObject):
    """Opens the wizard and remembers recent sources."""

    train_requested = Signal(object)
    """Carries an ``Imported``."""
    imported = Signal(object)
    """A dataset was imported; carries its folder."""

    def __init__(
        self,
        window: MainWindow,
        jobs: ImportJobs,
        reader: ImportReader,
        player: PreviewPlayer,
        workspace: Callable[[], Path],
        choices: ImportChoices,
    ) -> None:
        super().__init__(window)
        self._window, self.jobs, self._reader = window, jobs, reader
        self._player, self._workspace = player, workspace
        self.choices = choices
        self.wizard: ImportWizard | None = None
        self._then: Callable[[], object] | None = None

    def open(self, source: Path | None = None) -> None:
        """Open or raise the wizard; scan a source if one is given."""
        if self.wizard is None:
            self.wizard = self._make_wizard()
            self.wizard.show()
        self.wizard.raise_()
        self.wizard.activateWindow()
        if source is not None:
            self.wizard.open_source(source)

    def settle(self, then: Callable[[], object]) -> None:
        """Call ``then`` when no import is running; the wizard asks the user, who may decline."""
        if self.wizard is None or not self.jobs.is_busy:
            then()
            return
        self._then = then
        self.open()
        self.wizard.close()

    @Slot()
    def shut_down(self) -> None:
        """Stop all work before the window closes; an import can be resumed later."""
        self.jobs.cancel()
        self.jobs.wait(MAX_WAIT_MS)
        self._reader.close()
        if self.wizard is not None:
            self.wizard.hide()

    def _make_wizard(self) -> ImportWizard:
        recent = tuple(path for path in map(Path, self.choices.recent) if path.exists())
        wizard = ImportWizard(
            self._window,
            workspace=self._workspace(),
            jobs=self.jobs,
            reader=self._reader,
            player=self._player,
            recent=recent,
        )
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.source_chosen.connect(self._remember)
        wizard.imported.connect(self.imported)
        wizard.train_requested.connect(self.train_requested)
        wizard.stay_chosen.connect(self._stay)
        wizard.finished.connect(self._forget)
        return wizard

    @Slot(object)
    def _remember(self, source: Path) -> None:
        others = tuple(path for path in self.choices.recent if path != str(source))
        self.choices = ImportChoices(recent=(str(source), *others)[:RECENT_KEPT])

    @Slot()
    def _forget(self) -> None:
        self.wizard = None
        self._reader.close()
        then, self._then = self._then, None
        if then is not None:
            # Deferred, because the wizard is still closing.
            QTimer.singleShot(0, then)

    @Slot()
    def _stay(self) -> None:
        self._then = None


__all__ = ["ImportFlow", "Imported"]
