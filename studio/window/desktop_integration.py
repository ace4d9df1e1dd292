"""Sleep inhibition, notifications, followed runs and diagnostic reports."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from engine.events import Outcome
from studio.errors.reporter import ErrorReporter
from studio.jobs.awake import SleepInhibitor
from studio.jobs.diagnostics import ReportJob
from studio.jobs.log_follower import Followed, RunLogFollower
from studio.jobs.task import TaskEnded
from studio.jobs.training import TrainingJob
from studio.paths import log_folder
from studio.settings.choices import AroundChoices
from studio.widgets.folder_dialog import pick_new_file
from studio.window.main_window import MainWindow
from studio.window.notices import RunNotices
from studio.window.run_controller import RunAlerts
from studio.window.run_view import RunView

_PATIENCE_MS = 10_000


class DesktopIntegration(QObject):
    """Connects these to the window and its runs.

    Args:
        window: whose actions are handled.
        training: runs of this process.
        following: the run of another process that is shown.
        run_view: shows a run.
        reporter: reports errors.
        awake: keeps the computer awake during runs.
        choices: of the user.
    """

    def __init__(
        self,
        window: MainWindow,
        training: TrainingJob,
        following: RunLogFollower,
        run_view: RunView,
        reporter: ErrorReporter,
        awake: SleepInhibitor,
        choices: AroundChoices,
    ) -> None:
        super().__init__(window)
        self._window, self._run_view, self._reporter = window, run_view, reporter
        self.choices = choices
        self.awake = awake
        self.notices = RunNotices(window)
        training.event_emitted.connect(self.notices.hold)
        self.following = following
        run_view.follow(following)
        self._training = training
        self.notes = RunAlerts(window.run, self.following)
        run_view.run_opened.connect(self._follow_if_elsewhere)
        training.run_started.connect(self.following.leave)
        self.following.event_emitted.connect(self.notices.on_event)
        self.awake.follow(self.following)
        self.following.following_ended.connect(self._on_followed)
        self.reporting = ReportJob(parent=self)
        self.reporting.ended.connect(self._on_report)
        actions = window.actions_
        actions.keep_awake.setChecked(choices.keeps_awake)
        self.awake.set_allowed(choices.keeps_awake)
        actions.keep_awake.toggled.connect(self._on_keep_awake)
        actions.save_report.triggered.connect(self._pick_report)

    @property
    def is_writing(self) -> bool:
        """Whether a diagnostic report is being written."""
        return self.reporting.is_running

    def shut_down(self) -> None:
        """Stop all threads."""
        self.following.leave()
        self.reporting.forget()
        for job in (self.following, self.reporting):
            job.wait(_PATIENCE_MS)

    @Slot(bool)
    def _on_keep_awake(self, is_kept: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.choices = dataclasses.replace(self.choices, keeps_awake=is_kept)
        self.awake.set_allowed(is_kept)

    @Slot(object)
    def _follow_if_elsewhere(self, folder: Path) -> None:
        self.following.leave()
        status = self._run_view.status
        if status.holder:
            self.following.follow(folder, status.progress)
        if not self._training.is_running:
            # The events that follow say if the run is paused.
            (self.awake.hold if status.holder else self.awake.let_go)()

    @Slot(object)
    def _on_followed(self, followed: Followed) -> None:
        """Show the final status of a run that another program has trained."""
        if not self._training.is_running:
            self.awake.let_go()
        if self._run_view.folder == followed.folder:
            self._run_view.open_or_report(followed.moved_to or followed.folder)

    @Slot()
    def _pick_report(self) -> None:
        name = time.strftime("diptych-report-%Y%m%d-%H%M.zip")
        caption = self.tr("Save diagnostic report")
        take: Callable[[Path], None] = self.save_report
        pick_new_file(self._window, caption, Path.home() / name, self.tr("ZIP files (*.zip)"), take)

    def save_report(self, target: Path) -> None:
        """Write the diagnostic report about the shown run."""
        self._window.statusBar().showMessage(self.tr("The report is being written…"))
        self.reporting.start(target, self._run_view.folder, log_folder())

    @Slot(object)
    def _on_report(self, ended: TaskEnded) -> None:
        self._window.statusBar().clearMessage()
        if ended.error is not None:
            self._reporter.report(ended.error)
        elif ended.outcome is Outcome.FINISHED:
            saved = self.tr("Report saved: {0}. Have a look before you send it.")
            self._window.statusBar().showMessage(saved.format(ended.result), 20_000)
