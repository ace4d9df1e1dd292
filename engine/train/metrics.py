"""Training metrics: accumulated on the device, read back a few times a second.

Reading a value waits for the device. This is the only place that does so during training, and the
only throttle between the engine and the window.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.train.step import StepReport

INTERVAL_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Steps whose gradients were not finite, so that they changed nothing."""

    steps: tuple[int, ...]
    """Ascending."""
    terms: dict[str, float]
    """The non-finite losses by name; ``<network>_gradient`` if only a gradient is."""


@dataclass(frozen=True, kw_only=True)
class MetricsSnapshot:
    """Means over the steps since the last snapshot."""

    losses: dict[str, float] = field(default_factory=dict)
    """Over the steps in which they were finite."""
    metrics: dict[str, float] = field(default_factory=dict)
    skipped: Skipped | None = None


class MetricAccumulator:
    """Accumulates the reports of steps and averages them at an interval."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: list[tuple[int, StepReport, Tensor]] = []
        self._due_s = clock() + INTERVAL_S

    def add(self, report: StepReport, step: int) -> None:
        """Add the report of a step, without waiting for the device."""
        values = [*report.losses.values(), *report.metrics.values(), *report.skipped.values()]
        stacked = torch.stack([value.detach().float() for value in values])
        self._steps.append((step, report, stacked))

    @property
    def is_due(self) -> bool:
        """Whether the interval since the last reading is over."""
        return self._clock() >= self._due_s

    def read(self) -> MetricsSnapshot:
        """Return the means since the last call, and start over; synchronises once."""
        self._due_s = self._clock() + INTERVAL_S
        steps, self._steps = self._steps, []
        if not steps:
            return MetricsSnapshot()
        values = iter(torch.cat([stacked for _step, _report, stacked in steps]).tolist())
        losses: defaultdict[str, list[float]] = defaultdict(list)
        metrics: defaultdict[str, list[float]] = defaultdict(list)
        skipped_steps: list[int] = []
        terms: dict[str, float] = {}
        for step, report, _stacked in steps:
            # In the order in which ``add`` has stacked them.
            step_losses = {name: next(values) for name in report.losses}
            step_metrics = {name: next(values) for name in report.metrics}
            skipped = [name for name in report.skipped if next(values)]
            for sums, table in ((losses, step_losses), (metrics, step_metrics)):
                for name, value in table.items():
                    if math.isfinite(value):
                        sums[name].append(value)
            if skipped:
                skipped_steps.append(step)
                wrong = {name: v for name, v in step_losses.items() if not math.isfinite(v)}
                terms |= wrong or {f"{name}_gradient": math.inf for name in skipped}
        return MetricsSnapshot(
            losses={name: math.fsum(values) / len(values) for name, values in losses.items()},
            metrics={name: math.fsum(values) / len(values) for name, values in metrics.items()},
            skipped=Skipped(steps=tuple(skipped_steps), terms=terms) if skipped_steps else None,
        )

    def clear(self) -> None:
        """Drop what was not read, after a rollback."""
        self._steps.clear()
