"""Changes the settings of the run that trains, undoably."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.errors import ConfigError, EngineError
from engine.events import RunEnded, RunEvent, SettingsChanged, SettingsRejected
from engine.runs.folder import RunFolder
from studio.dialogs.live_settings import LiveSettingsPage
from studio.dialogs.run_settings import RunSettingsDialog
from studio.errors.wording import explain
from studio.i18n import translate_engine
from studio.jobs.training import TrainingJob
from studio.models.run_form import FIELDS
from studio.models.run_marks import change_text
from studio.models.run_state import RunState
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView

MAX_UNDO = 200
_MESSAGE_MS = 10_000
Values = Mapping[str, Any]


class ChangeSettings(QUndoCommand):
    """A request to change settings of the run; undoing it requests the earlier values.

    Args:
        text: what it changes.
        old: the values in effect before, by dotted name.
        new: the values to change to.
        request: sends values to the run.
    """

    def __init__(
        self, text: str, old: Values, new: Values, request: Callable[[Values], None]
    ) -> None:
        super().__init__(text)
        self._old, self._new, self._request = old, new, request

    def redo(self) -> None:
        """Request the new values."""
        self._request(self._new)

    def undo(self) -> None:
        """Request the earlier values; nothing if the new ones were refused."""
        if not self.isObsolete():
            self._request(self._old)


class LiveSettingsController(QObject):
    """Passes changes from the settings dialog to the run, and what comes of them back.

    Args:
        window: the main window.
        training: the training job.
        view: of the shown run.
        stack: of the changes that were applied to the active run; it outlives the window.
    """

    def __init__(
        self, window: MainWindow, training: TrainingJob, view: RunView, stack: QUndoStack
    ) -> None:
        super().__init__(window)
        self._window, self._training, self._view, self._stack = window, training, view, stack
        self._dialog: RunSettingsDialog | None = None
        view.settings_shown.connect(self._on_shown)
        view.status_changed.connect(self._on_status)
        training.run_started.connect(self._on_started)
        training.event_emitted.connect(self._on_event)

    @Slot(object)
    def change(self, values: Values) -> None:
        """Request changes of the run that trains, as a step that can be undone."""
        page = self._page()
        if page is None or not self._training.is_running:
            return
        old = {name: page.in_effect(name) for name in values}
        labels = [translate_engine(FIELDS[name].about.label) for name in values]
        text, request = ", ".join(labels), self._training.request_changes
        self._stack.push(ChangeSettings(text, old, values, request))

    @Slot(object)
    def _on_shown(self, dialog: RunSettingsDialog) -> None:
        if dialog is not self._dialog:
            self._dialog = dialog
            dialog.live.changes_requested.connect(self.change)
            dialog.live.use_stack(self._stack)
        self._offer()

    def _offer(self) -> None:
        """Let the settings of the run be changed if it is the one that trains."""
        dialog, status = self._dialog, self._view.status
        if dialog is None:
            return
        is_live = self._training.is_running and dialog.folder == self._training.folder
        dialog.set_live(is_live=is_live)
        if is_live and dialog.config is not None:
            images = status.progress.images_seen if status.progress else 0
            dialog.live.show_run(dialog.config, images)
            self._on_status()

    def _page(self) -> LiveSettingsPage | None:
        """Return the page, if it shows the run that trains."""
        dialog = self._dialog
        is_live = dialog is not None and dialog.folder == self._training.folder
        return dialog.live if dialog is not None and is_live else None

    @Slot()
    def _on_status(self) -> None:
        status, page = self._view.status, self._page()
        if page is not None and status.progress is not None:
            is_paused = status.state is RunState.PAUSED
            page.show_images(status.progress.images_seen, is_paused=is_paused)

    @Slot(object)
    def _on_started(self, _config: object) -> None:
        self._stack.clear()
        self._offer()

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case SettingsChanged():
                self._show_changed(event)
            case SettingsRejected():
                self._show_refused(event)
            case RunEnded():
                self._stack.clear()
                self._offer()
            case _:
                pass

    def _show_changed(self, event: SettingsChanged) -> None:
        page, folder, text = self._page(), self._training.folder, change_text(event)
        self._window.statusBar().showMessage(text, _MESSAGE_MS)
        if page is None or self._dialog is None or folder is None:
            return
        page.show_changed(event, text)
        try:
            self._dialog.update_run(RunFolder(folder).read_config().with_values(run=folder))
        except EngineError as error:
            # The table keeps the earlier values; the page has the new ones from the event.
            page.show_refused(explain(error).happened)

    def _show_refused(self, event: SettingsRejected) -> None:
        command = self._stack.command(self._stack.index() - 1)
        if command is not None:
            # The stack drops an obsolete command when it is undone.
            command.setObsolete(True)
            self._stack.undo()
        reason = self._refusal_text(event.error)
        self._window.statusBar().showMessage(reason, _MESSAGE_MS)
        if (page := self._page()) is not None:
            page.show_refused(reason)

    def _refusal_text(self, error: Exception) -> str:
        if not isinstance(error, ConfigError):
            return self.tr("The settings stay as they are. {0}").format(explain(error).happened)
        problem = error.problems[0]
        label = problem.field
        if label in FIELDS:
            label = translate_engine(FIELDS[label].about.label)
        text = self.tr("The settings stay as they are. {0}: {1}.")
        return text.format(label, translate_engine(problem.message))
