"""Keeps a run's figures on the device and reads them back a few times a second.

Reading a figure waits for the device, so this is the only place that does, and the only throttle
between the engine and the window.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.train.step import StepReport

INTERVAL_S = 0.25


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Steps whose gradients were not finite, so that they changed nothing."""

    steps: tuple[int, ...]
    """Ascending."""
    terms: dict[str, float]
    """The figures that were not finite, by name; ``<player>_gradient`` where only that was not."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the steps since the last reading reported."""

    losses: dict[str, float] = field(default_factory=dict)
    """Means over the steps in which they were finite."""
    signals: dict[str, float] = field(default_factory=dict)
    skipped: Skipped | None = None


@dataclass(frozen=True, kw_only=True)
class _Row:
    step: int
    losses: tuple[str, ...]
    signals: tuple[str, ...]
    players: tuple[str, ...]
    values: Tensor


class Meter:
    """Means of what the steps reported since the last reading."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: list[_Row] = []
        self._due_s = clock() + INTERVAL_S

    def add(self, report: StepReport, step: int) -> None:
        """Take a step's figures in, without waiting for them."""
        values = (*report.losses.values(), *report.signals.values(), *report.skipped.values())
        self._rows.append(
            _Row(
                step=step,
                losses=tuple(report.losses),
                signals=tuple(report.signals),
                players=tuple(report.skipped),
                values=torch.stack([value.detach().float() for value in values]),
            )
        )

    @property
    def is_due(self) -> bool:
        """Whether it is time to read."""
        return self._clock() >= self._due_s

    def read(self) -> Reading:
        """Read the means and what was skipped, and start over."""
        self._due_s = self._clock() + INTERVAL_S
        rows, self._rows = self._rows, []
        if not rows:
            return Reading()
        figures = iter(torch.cat([row.values for row in rows]).tolist())
        read = [(row, _Figures(row, figures)) for row in rows]
        return Reading(
            losses=_means(figures.losses for _row, figures in read),
            signals=_means(figures.signals for _row, figures in read),
            skipped=_skipped(read),
        )

    def forget(self) -> None:
        """Drop what was not read: the run has gone back behind it."""
        self._rows.clear()


class _Figures:
    """A row as it was read."""

    def __init__(self, row: _Row, figures: Iterable[float]) -> None:
        # The names come first: ``zip`` must not take a figure that is another table's.
        self.losses = dict(zip(row.losses, figures, strict=False))
        self.signals = dict(zip(row.signals, figures, strict=False))
        self.skipped = dict(zip(row.players, figures, strict=False))


def _means(tables: Iterable[dict[str, float]]) -> dict[str, float]:
    gathered: defaultdict[str, list[float]] = defaultdict(list)
    for table in tables:
        for name, value in table.items():
            if math.isfinite(value):
                gathered[name].append(value)
    return {name: math.fsum(values) / len(values) for name, values in gathered.items()}


def _skipped(read: list[tuple[_Row, _Figures]]) -> Skipped | None:
    steps: list[int] = []
    terms: dict[str, float] = {}
    for row, figures in read:
        players = [player for player, is_skipped in figures.skipped.items() if is_skipped]
        if not players:
            continue
        steps.append(row.step)
        wrong = {n: v for n, v in figures.losses.items() if not math.isfinite(v)}
        terms |= wrong or {f"{player}_gradient": math.inf for player in players}
    return Skipped(steps=tuple(steps), terms=terms) if steps else None
