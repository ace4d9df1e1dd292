"""Sums a run's figures on the device and reads them back about ten times a second.

Reading a figure waits for the device, so this is the only place that does, and the only throttle
between the engine and the window.
"""

import math
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from engine.errors import NonFiniteLossError
from engine.train.step import Scalars, StepReport

INTERVAL_S = 0.25


class Meter:
    """Means of what the steps reported since the last reading."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sums: dict[str, tuple[Tensor, int]] = {}
        self._signals: frozenset[str] = frozenset()
        self._due_s = clock() + INTERVAL_S

    def add(self, report: StepReport) -> None:
        """Take a step's figures in, without waiting for them."""
        self._signals = self._signals | report.signals.keys()
        self._sum(report.losses)
        self._sum(report.signals)

    @property
    def is_due(self) -> bool:
        """Whether it is time to read."""
        return self._clock() >= self._due_s

    def read(self, images_seen: int) -> tuple[dict[str, float], dict[str, float]]:
        """Read the means, losses and signals, and start over. No step since gives empty tables.

        Raises:
            NonFiniteLossError: a loss is infinite or not a number.
        """
        self._due_s = self._clock() + INTERVAL_S
        names = list(self._sums)
        means = [total / count for total, count in self._sums.values()]
        figures: list[float] = torch.stack(means).tolist() if means else []
        self._sums.clear()
        table = dict(zip(names, figures, strict=True))
        wrong = [name for name, mean in table.items() if not math.isfinite(mean)]
        if wrong:
            raise NonFiniteLossError(images_seen, wrong)
        losses = {name: mean for name, mean in table.items() if name not in self._signals}
        return losses, {name: table[name] for name in table.keys() & self._signals}

    def _sum(self, scalars: Scalars | Mapping[str, Tensor]) -> None:
        for name, value in scalars.items():
            total, count = self._sums.get(name, (torch.zeros_like(value), 0))
            self._sums[name] = (total + value, count + 1)
