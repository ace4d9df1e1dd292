"""Evaluates the newest checkpoint of a run that does not train."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.control import RunControl
from studio.jobs.task import CancellingJob
from studio.jobs.training import TrainingJob

EvaluateRun = Callable[[Path, RunControl], None]
"""Evaluates the newest checkpoint of a run and saves the report in its folder."""

_log = logging.getLogger(__name__)


class EvaluationJob(CancellingJob):
    """Evaluates a run in a thread; the start of a training run cancels it.

    ``ended`` carries the folder of the run.
    """

    def __init__(
        self, evaluate: EvaluateRun, training: TrainingJob, parent: QObject | None = None
    ) -> None:
        super().__init__("evaluate run", parent)
        self._evaluate = evaluate
        training.run_started.connect(self.cancel)

    def start(self, run: Path) -> None:
        """Evaluate the newest checkpoint of a run."""

        def work(_tell: object, control: RunControl) -> Path:
            self._evaluate(run, control)
            return run

        _log.info("Run %s is evaluated", run)
        self.request(work)
