"""Objects of a run that outlive its networks, which a pause may release."""

from dataclasses import dataclass, field

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.events import Progress, RunEvent
from engine.train.checkpointing import CheckpointWriter, RunDirectory
from engine.train.divergence import DivergenceGuard
from engine.train.lr_schedule import LearningRateSchedule
from engine.train.metrics import MetricAccumulator
from engine.train.monitor import HealthMonitor
from engine.train.progress import ProgressEstimator, TrainingClock


@dataclass(kw_only=True)
class RunContext:
    """Counters, monitors and outputs of a run."""

    config: RunConfig
    """As requested; after the setup, with every automatic value resolved."""
    directory: RunDirectory
    control: RunControl
    clock: TrainingClock
    writer: CheckpointWriter
    estimator: ProgressEstimator
    schedule: LearningRateSchedule
    meter: MetricAccumulator = field(default_factory=MetricAccumulator)
    monitor: HealthMonitor = field(default_factory=HealthMonitor)
    guard: DivergenceGuard = field(default_factory=DivergenceGuard)

    def emit(self, event: RunEvent) -> None:
        """Log an event and pass it to the caller."""
        self.directory.emit(event)

    @property
    def progress(self) -> Progress:
        """Progress at the current image and second."""
        return self.estimator.progress(self.clock.images_seen, self.clock.elapsed_s)

    @property
    def fraction(self) -> float | None:
        """Fraction of the budget that is used; None without a budget."""
        return self.estimator.fraction(self.clock.images_seen, self.clock.elapsed_s)
