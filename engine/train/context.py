"""What lasts through a whole run, however often its networks are built anew."""

from dataclasses import dataclass, field

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.events import Progress, RunEvent
from engine.train.checkpointing import Place, Saver
from engine.train.divergence import DivergenceGuard
from engine.train.lr_schedule import LearningRateSchedule
from engine.train.metrics import Meter
from engine.train.monitor import HealthMonitor
from engine.train.progress import Budget, Clock


@dataclass(kw_only=True)
class RunContext:
    """A run's counters, watches and ways out."""

    config: RunConfig
    """As asked for."""
    place: Place
    control: RunControl
    clock: Clock
    saver: Saver
    budget: Budget
    schedule: LearningRateSchedule
    meter: Meter = field(default_factory=Meter)
    monitor: HealthMonitor = field(default_factory=HealthMonitor)
    guard: DivergenceGuard = field(default_factory=DivergenceGuard)

    def tell(self, event: RunEvent) -> None:
        """Log an event, and pass it on."""
        self.place.tell(event)

    @property
    def progress(self) -> Progress:
        """How far the run has come."""
        return self.budget.progress(self.clock.images_seen, self.clock.elapsed_s)

    @property
    def fraction(self) -> float | None:
        """Share of the run that is done."""
        return self.budget.fraction(self.clock.images_seen, self.clock.elapsed_s)

    @property
    def wants_evaluation(self) -> bool:
        """Whether to evaluate now so that the time left can be told."""
        return self.budget.wants_evaluation(self.clock.images_seen, self.clock.elapsed_s)
