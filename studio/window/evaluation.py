"""Evaluates the shown run on request, whether it trains or not."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from engine.events import (
    EvaluationCompleted,
    EvaluationFailed,
    EvaluationStarted,
    Outcome,
    RequestAnswered,
    RolledBack,
    RunEnded,
    RunEvent,
    RunRequest,
)
from engine.runs.folder import RunFolder
from studio.errors.reporter import ErrorReporter
from studio.jobs.evaluation import EvaluationJob
from studio.jobs.log_follower import RunLogFollower
from studio.jobs.runs import RunJobs
from studio.jobs.task import TaskEnded
from studio.jobs.training import TrainingJob
from studio.models.run_state import RunActivity, RunState
from studio.window.main_window import MainWindow
from studio.window.run_view import RunView

_log = logging.getLogger(__name__)


class EvaluationController(QObject):
    """Carries out *Evaluate now*.

    A run that trains here or in another program, or is paused with its networks in memory, measures
    its current weights; otherwise the newest checkpoint of the shown run is measured in a thread.
    """

    def __init__(
        self,
        window: MainWindow,
        training: TrainingJob,
        following: RunLogFollower,
        job: EvaluationJob,
        runs: RunJobs,
        view: RunView,
        reporter: ErrorReporter,
    ) -> None:
        super().__init__(window)
        self._window, self._training, self._job = window, training, job
        self._following = following
        self._runs, self._view, self._reporter = runs, view, reporter
        self._is_measuring = False
        """Whether the run that trains is being measured, or was asked to."""
        window.quality.evaluate_requested.connect(self.evaluate)
        window.actions_.evaluate.triggered.connect(self.evaluate)
        training.event_emitted.connect(self._on_event)
        following.event_emitted.connect(self._on_event)
        following.following_ended.connect(self._forget_request)
        following.request_failed.connect(self._forget_request)
        following.unanswered.connect(self._forget_request)
        job.ended.connect(self._on_ended)
        view.status_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def evaluate(self) -> None:
        """Evaluate the shown run, or cancel its evaluation in a thread."""
        if self._job.is_running:
            self._job.cancel()
        elif self._can_measure_training():
            self._is_measuring = True
            run = self._training if self._training.is_running else self._following
            run.request_evaluation()
            _log.info("Evaluation requested")
        elif (run := self._run_at_rest()) is not None:
            self._job.start(run)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Enable the button and the menu's action, and show what is under way."""
        is_busy = self._is_measuring or self._job.is_running
        can_begin = self._can_measure_training() or self._run_at_rest() is not None
        can_cancel = self._job.is_running
        self._window.quality.show_evaluation(
            is_under_way=is_busy, is_enabled=can_begin or can_cancel, can_cancel=can_cancel
        )
        self._window.actions_.evaluate.setEnabled(can_begin)

    def _can_measure_training(self) -> bool:
        status = self._view.status
        state = status.shown_state
        is_awake = state is RunState.RUNNING or status.activity is RunActivity.PAUSED
        is_reachable = self._training.is_running or self._following.is_running
        return is_reachable and is_awake and not self._is_measuring

    def _run_at_rest(self) -> Path | None:
        """The shown run, if it has a checkpoint and nothing trains."""
        folder, status = self._view.folder, self._view.status
        if folder is None or self._training.is_running or self._job.is_running or status.holder:
            return None
        return folder if RunFolder(folder).checkpoint_paths() else None

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case EvaluationStarted():
                self._is_measuring = True
            case EvaluationCompleted() | EvaluationFailed() | RolledBack() | RunEnded():
                self._is_measuring = False
            case RequestAnswered(request=RunRequest.EVALUATE) if event.refusal:
                self._is_measuring = False
            case _:
                return
        self.refresh()

    @Slot()
    def _forget_request(self) -> None:
        """Forget an evaluation that another program was asked for and may not do."""
        if not self._training.is_running:
            self._is_measuring = False
            self.refresh()

    @Slot(object)
    def _on_ended(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.FINISHED:
            self._runs.judge(event.result)
        if event.error is not None:
            self._reporter.report(event.error)
        self.refresh()
