"""Divergence guard: decides when skipped steps require a rollback, and lowers the learning rate."""

from collections import deque
from collections.abc import Mapping

from engine.errors import NonFiniteLossError
from engine.train.metrics import Skipped

WINDOW_STEPS, MAX_SKIPPED = 100, 10
"""A rollback is due once ``MAX_SKIPPED`` steps of ``WINDOW_STEPS`` were skipped."""
RATE_CUT = 0.5
"""Factor on the learning rate at each rollback."""
MAX_ROLLBACKS = 5
"""In a row; the next one fails the run."""
CALM_STEPS = 2_000
"""After this many steps without a skipped one the count of rollbacks starts again at 0."""
_KEY = "divergence"


class DivergenceGuard:
    """Counts skipped steps and rollbacks."""

    def __init__(self) -> None:
        self.rate_scale = 1.0
        """Factor on the learning rate; never rises again."""
        self._rollbacks = 0
        self._recent: deque[int] = deque(maxlen=MAX_SKIPPED)

    @property
    def trouble_step(self) -> int:
        """First of the recently skipped steps."""
        return self._recent[0] if self._recent else 0

    def needs_rollback(self, skipped: Skipped | None, step: int) -> bool:
        """Record skipped steps; return whether the run must roll back.

        Args:
            skipped: since the last call.
            step: number of steps taken so far.
        """
        if self._recent and step - self._recent[-1] > CALM_STEPS:
            self._rollbacks = 0
        if skipped is None:
            return False
        self._recent.extend(skipped.steps)
        is_full = len(self._recent) == MAX_SKIPPED
        return is_full and self._recent[-1] - self._recent[0] < WINDOW_STEPS

    def begin_rollback(self, images_seen: int, terms: tuple[str, ...]) -> None:
        """Lower the rate for another attempt.

        Raises:
            NonFiniteLossError: ``MAX_ROLLBACKS`` in a row did not help.
        """
        self._rollbacks += 1
        if self._rollbacks > MAX_ROLLBACKS:
            raise NonFiniteLossError(images_seen, terms)
        self.rate_scale *= RATE_CUT

    def end_rollback(self, step: int) -> None:
        """Count calm steps from the step where the run continues."""
        self._recent.clear()
        self._recent.append(step)

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint stores."""
        state = {"rollbacks": self._rollbacks, "recent": list(self._recent)}
        return {"rate_scale": self.rate_scale, _KEY: state}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Restore what a checkpoint stores; missing or invalid values keep their defaults."""
        match state.get("rate_scale"):
            case int() | float() as scale if 0 < scale <= 1:
                self.rate_scale = float(scale)
        match state.get(_KEY):
            case {"rollbacks": int() as rollbacks, "recent": list() as recent}:
                if rollbacks >= 0 and all(type(step) is int for step in recent):
                    self._rollbacks = rollbacks
                    self._recent.clear()
                    self._recent.extend(recent)
