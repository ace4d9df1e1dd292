"""What a run does beside training now and then, and how long it takes.

A run of two minutes is over after two minutes of training and all that comes in between. What each
kind of interruption takes is measured; when the next ones come is known from the configuration.
"""

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from engine.config.reporting import ReportingConfig
from engine.train.previews import previews_until

LATEST = 3
"""The next one is expected to take the mean of so many before."""


class Aside(StrEnum):
    """What comes between two steps again and again."""

    PREVIEW = "preview"
    CHECKPOINT = "checkpoint"
    EVALUATION = "evaluation"


class Asides:
    """Measures what lies beside training, and says what is to be expected of it.

    Previews and checkpoints count as training time, and are measured by its clock, which stands
    still whenever the run has to wait. It also does while a run is evaluated, so evaluations are
    measured by a clock on the wall.

    Args:
        config: how often everything comes.
        elapsed_s: the clock of training.
        now_s: a clock that never goes back.
    """

    def __init__(
        self,
        config: ReportingConfig,
        elapsed_s: Callable[[], float],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._elapsed_s, self._now_s = config, elapsed_s, now_s
        self._took_s = {kind: deque[float](maxlen=LATEST) for kind in Aside}
        self._paused_s = self._pause_began_s = 0.0
        self._pauses = 0
        self.counted_s = 0.0
        """Training time that went into previews and checkpoints."""

    def pause(self) -> None:
        """Stop counting: somebody wants the run to wait, or something is done only once."""
        if self._pauses == 0:
            self._pause_began_s = self._now_s()
        self._pauses += 1

    def go_on(self) -> None:
        """Count again, once every pause is over."""
        self._pauses -= 1
        if self._pauses == 0:
            self._paused_s += self._now_s() - self._pause_began_s

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count what happens meanwhile."""
        self.pause()
        try:
            yield
        finally:
            self.go_on()

    @contextlib.contextmanager
    def during(self, kind: Aside) -> Iterator[None]:
        """Measure how long it takes, less the pauses in it. What fails is not counted."""
        clock_s = self._active_s if kind is Aside.EVALUATION else self._elapsed_s
        began_s = clock_s()
        yield
        took_s = max(clock_s() - began_s, 0.0)
        self._took_s[kind].append(took_s)
        if kind is not Aside.EVALUATION:
            self.counted_s += took_s

    def is_known(self, kind: Aside) -> bool:
        """Whether it was ever measured."""
        return bool(self._took_s[kind])

    def expected_s(self, kind: Aside) -> float:
        """How long the next one will take; 0 while nothing is known."""
        took = self._took_s[kind]
        return sum(took) / len(took) if took else 0.0

    def training_s(self, steps_s: float, elapsed_s: float) -> float:
        """Training time of some more steps with the previews and checkpoints among them.

        Args:
            steps_s: what the steps alone take.
            elapsed_s: where the run stands.
        """
        # Each round adds what comes during the time that the one before it added.
        total_s = steps_s
        for _round in range(6):
            total_s = steps_s + self._counted_in(elapsed_s, elapsed_s + total_s)
        return total_s

    def evaluations(self, last_s: float, elapsed_s: float, end_s: float) -> int:
        """Count the evaluations that are still to come.

        Args:
            last_s: training time of the latest one, or of the start.
            elapsed_s: training time so far.
            end_s: training time at the end.
        """
        every_s = self._config.evaluate_every_s
        if every_s <= 0:
            return 0
        first_s = max(last_s + every_s, elapsed_s)
        return max(math.ceil((end_s - first_s) / every_s), 0)

    def finishing_s(self) -> float:
        """Time from the last step to the end: a checkpoint and a preview."""
        return self.expected_s(Aside.CHECKPOINT) + self.expected_s(Aside.PREVIEW)

    def remembered(self) -> dict[str, float]:
        """Give what a resumed run would have to learn anew, for a checkpoint."""
        return {kind.value: self.expected_s(kind) for kind in Aside if self.is_known(kind)}

    def recall(self, table: Mapping[str, Any]) -> None:
        """Take up what was remembered; what is no duration is passed over."""
        for kind in Aside:
            value = table.get(kind.value)
            if isinstance(value, int | float) and 0 <= value < math.inf:
                self._took_s[kind].append(float(value))

    def _active_s(self) -> float:
        now_s = self._pause_began_s if self._pauses else self._now_s()
        return now_s - self._paused_s

    def _counted_in(self, start_s: float, end_s: float) -> float:
        every_s = self._config.preview_every_s
        previews = previews_until(end_s, every_s) - previews_until(start_s, every_s)
        checkpoints = (end_s - start_s) / self._config.checkpoint_every_s
        return previews * self.expected_s(Aside.PREVIEW) + checkpoints * self.expected_s(
            Aside.CHECKPOINT
        )
