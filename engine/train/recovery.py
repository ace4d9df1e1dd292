"""Decides when skipped steps are too many, and how a run goes on from its last good state."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from engine.errors import NonFiniteLossError
from engine.train.meter import Skipped

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
