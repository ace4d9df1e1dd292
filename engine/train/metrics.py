"""Keeps a run's figures on the device and reads them back a few times a second.

Reading a figure waits for the device, so this is the only place that does, and the only throttle
between the engine and the window.
"""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from engine.errors import NonFiniteLossError
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


# --------------------------------------------------------------------------
# Decides when skipped steps are too many, and how a run goes on from its last good state.


WINDOW_STEPS, TOO_MANY = 100, 10
"""So many skipped steps among so many are no accident any more."""
RATE_CUT = 0.5
"""What going back costs the learning rates each time."""
MOST_IN_A_ROW = 5
CALM_STEPS = 2_000
"""Without a skipped step for so long, earlier trouble counts no more. The rate stays."""


class Recovery:
    """Watches the steps that were skipped."""

    def __init__(self) -> None:
        self.rate_scale = 1.0
        """What the learning rates are multiplied with."""
        self._in_a_row = 0
        self._recent: deque[int] = deque(maxlen=TOO_MANY)

    @property
    def trouble_step(self) -> int:
        """The step with which the recent trouble began."""
        return self._recent[0] if self._recent else 0

    def is_needed(self, skipped: Skipped | None, step: int) -> bool:
        """Take note of what was skipped; whether the run must go back.

        Args:
            skipped: since the last call.
            step: that the run has come to.
        """
        if self._recent and step - self._recent[-1] > CALM_STEPS:
            self._in_a_row = 0
        if skipped is None:
            return False
        self._recent.extend(skipped.steps)
        is_full = len(self._recent) == TOO_MANY
        return is_full and self._recent[-1] - self._recent[0] < WINDOW_STEPS

    def begin(self, images_seen: int, terms: tuple[str, ...]) -> None:
        """Lower the rate for another attempt.

        Raises:
            NonFiniteLossError: going back has not helped.
        """
        self._in_a_row += 1
        if self._in_a_row > MOST_IN_A_ROW:
            raise NonFiniteLossError(images_seen, terms)
        self.rate_scale *= RATE_CUT

    def end(self, step: int) -> None:
        """Go on from an earlier step; calm is counted from here."""
        self._recent.clear()
        self._recent.append(step)

    def position(self) -> dict[str, Any]:
        """Give what a checkpoint must remember."""
        return {"rate_scale": self.rate_scale}

    def restore(self, position: Mapping[str, Any]) -> None:
        """Take up what a checkpoint remembers."""
        self.rate_scale = float(position.get("rate_scale", 1.0))
