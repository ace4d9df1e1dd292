"""Trains runs, measures how fast one would train and compares its networks with an earlier run's.

All three work in threads, and build the starter dataset first if one was chosen.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from engine.config.run import RunConfig
from engine.control import Receive, RunControl
from engine.events import (
    Emit,
    MetricsReported,
    Outcome,
    RunEnded,
    RunEvent,
    RunRelocated,
    WeightsTransferred,
)
from studio.jobs.task import CancellingJob, TaskEnded
from studio.jobs.thread import JobThread


class RunEvents(QObject):
    """Emits the events of one run, trained here or by another process, in the GUI thread."""

    run_started = Signal(object)
    """Carries the ``RunConfig`` of a run that starts or resumes."""
    event_emitted = Signal(object)
    """Carries a ``RunEvent``."""


Train = Callable[[RunConfig, Emit, RunControl], None]
"""Trains a new run or resumes one from its checkpoint."""
BuildStarter = Callable[[str, Path], Path]
"""From the starter's name and the folder of datasets to the built dataset."""
MeasureSpeed = Callable[[RunConfig, RunControl], float]
"""Returns the images per second at which a run would train here."""
PreviewTransfer = Callable[[RunConfig], WeightsTransferred | None]
"""Returns what a run would take over from the earlier run that it starts from."""

_log = logging.getLogger(__name__)


class TrainingJob(RunEvents):
    """Runs at most one training run in a thread."""

    pause_asked = Signal()
    resume_asked = Signal()
    stop_asked = Signal()

    def __init__(
        self,
        train: Train,
        resume: Train,
        build_starter: BuildStarter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._train, self._resume = train, resume
        self._build_starter = build_starter
        self._control = RunControl()
        self._config: RunConfig | None = None
        self._thread = JobThread(RunEnded, self, coalesced=(MetricsReported,))
        self._thread.event_emitted.connect(self._on_event)

    @property
    def is_running(self) -> bool:
        """Whether a run is active, including paused ones."""
        return self._thread.is_running

    @property
    def folder(self) -> Path | None:
        """Folder of the active run or, if there is none, of the last one."""
        return self._config.run if self._config else None

    @property
    def waiting_count(self) -> int:
        """Number of events not yet delivered to the window."""
        return self._thread.waiting_count

    def start(self, config: RunConfig, starter: str = "", *, resumes: bool = False) -> None:
        """Train in a thread.

        Args:
            config: of the run; with a starter, its dataset's parent is the folder of datasets.
            starter: name of the starter to build first; empty if the dataset exists.
            resumes: continue from the newest checkpoint.

        Raises:
            RuntimeError: a run is active.
        """
        control = RunControl()
        train = self._resume if resumes else self._train

        def work(emit: Callable[[object], None]) -> None:
            train(_with_starter(config, starter, self._build_starter), emit, control)

        def ending(error: Exception) -> RunEnded:
            return RunEnded(
                outcome=Outcome.FAILED, folder=config.run, images_seen=0, elapsed_s=0.0, error=error
            )

        self._thread.start(work, ending=ending, name="training")
        self._control, self._config = control, config
        _log.info("Run %s %s", config.run, "resumed" if resumes else "started")
        self.run_started.emit(config)

    # Requests go straight to the control: a queued slot would wait until the thread is free again.

    def pause(self, *, release: bool = False) -> None:
        """Pause the run; with ``release`` it saves a checkpoint and frees its memory."""
        _log.info("Pause requested%s", ", memory to be given back" if release else "")
        self._control.request_pause(release=release)
        self._tell(self.pause_asked)

    def go_on(self) -> None:
        """Resume a paused run."""
        _log.info("Resume requested")
        self._control.request_resume()
        self._tell(self.resume_asked)

    def stop(self, *, discard: bool = False) -> None:
        """Stop the run; it saves a checkpoint first unless ``discard`` is set."""
        _log.info("Stop requested%s", ", nothing to be saved" if discard else "")
        if self._control.is_stop_requested:
            # A second stop makes a run retry a save that failed while stopping.
            self._control.request_resume()
        self._control.request_stop(discard=discard)
        self._tell(self.stop_asked)

    def request_checkpoint(self) -> None:
        """Request a checkpoint; ``CheckpointSaved`` follows."""
        self._control.request_checkpoint()

    def request_state(self, receive: Receive, prefix: str = "") -> None:
        """Request a copy of the run's state; the run's thread calls ``receive`` with it.

        Args:
            receive: returns at once.
            prefix: only tensors whose names begin so are copied.
        """
        self._control.request_state(receive, prefix)

    def request_evaluation(self) -> None:
        """Request an evaluation; ``EvaluationStarted`` follows."""
        self._control.request_evaluation()

    def request_sample(self) -> None:
        """Request a preview; ``PreviewReady`` follows."""
        self._control.request_sample()

    def request_changes(self, values: Mapping[str, object]) -> None:
        """Request other values of settings that may change during the run.

        ``SettingsChanged`` follows for each that is another, or one ``SettingsRejected``.

        Args:
            values: by dotted name.
        """
        _log.info("Requested: %s", ", ".join(f"{name}={value}" for name, value in values.items()))
        self._control.request_changes(values)

    def offer_folder(self, folder: Path) -> None:
        """Offer another empty folder to a run that cannot save; ``RunRelocated`` follows."""
        _log.info("Folder %s offered", folder)
        self._control.offer_folder(folder)

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        return self._thread.wait(timeout_ms)

    def _tell(self, asked: SignalInstance) -> None:
        if self.is_running:
            asked.emit()

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        if isinstance(event, RunRelocated) and self._config is not None:
            self._config = self._config.with_values(run=event.folder)
        self.event_emitted.emit(event)


class SpeedJob(CancellingJob):
    """Measures how fast a run would train; never while one trains.

    ``ended`` carries the images per second.
    """

    def __init__(
        self,
        measure: MeasureSpeed,
        build_starter: BuildStarter,
        training: TrainingJob,
        parent: QObject | None = None,
    ) -> None:
        super().__init__("speed", parent)
        self._measure, self._build_starter = measure, build_starter
        self._training = training
        training.run_started.connect(self.cancel)

    def start(self, config: RunConfig, starter: str = "") -> None:
        """Measure in a thread; while a run trains, end at once as stopped.

        Args:
            config: of the run; with a starter, its dataset's parent is the folder of datasets.
            starter: name of the starter to build first; empty if the dataset exists.
        """
        if self._training.is_running:
            self.ended.emit(TaskEnded(outcome=Outcome.STOPPED))
            return

        def work(_tell: object, control: RunControl) -> float:
            return self._measure(_with_starter(config, starter, self._build_starter), control)

        self.request(work)


class TransferJob(CancellingJob):
    """Compares the networks of a run with those of the earlier run that it starts from.

    ``ended`` carries ``WeightsTransferred``.
    """

    def __init__(
        self,
        preview: PreviewTransfer,
        build_starter: BuildStarter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__("compare networks", parent)
        self._preview, self._build_starter = preview, build_starter

    def start(self, config: RunConfig, starter: str = "") -> None:
        """Compare in a thread.

        Args:
            config: of the run; with a starter, its dataset's parent is the folder of datasets.
            starter: name of the starter to build first; empty if the dataset exists.
        """
        self.request(
            lambda _tell, _control: self._preview(
                _with_starter(config, starter, self._build_starter)
            )
        )


def _with_starter(config: RunConfig, starter: str, build: BuildStarter) -> RunConfig:
    """Build the starter of a run, if it has one."""
    if not starter:
        return config
    return config.with_values(dataset=build(starter, config.dataset.parent))
