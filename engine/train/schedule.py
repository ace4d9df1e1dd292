"""How long a run is, how far it has come, and the learning rate that follows."""

import math
from collections import deque

from engine.config.run import RunConfig
from engine.config.training import TrainingConfig
from engine.events import Progress

RATE_WINDOW_S = 20.0
"""Images per second are a mean over this much of the latest training time."""


class Budget:
    """Counts images and seconds against a run's limits; whichever limit is nearer decides."""

    def __init__(self, config: RunConfig) -> None:
        self._seconds = config.minutes * 60 or None
        self._images = config.images or None
        self._recent: deque[tuple[float, int]] = deque([(0.0, 0)])

    def progress(self, images_seen: int, elapsed_s: float) -> Progress:
        """Say how far the run has come."""
        rate = self._rate(images_seen, elapsed_s)
        fraction = self.fraction(images_seen, elapsed_s)
        return Progress(
            images_seen=images_seen,
            elapsed_s=elapsed_s,
            remaining_s=self._remaining(images_seen, elapsed_s, rate),
            fraction=fraction,
            images_per_s=rate,
        )

    def fraction(self, images_seen: int, elapsed_s: float) -> float | None:
        """Share of the run that is done, 0 to 1; ``None`` for a run without limits."""
        shares: list[float] = []
        if self._seconds:
            shares.append(elapsed_s / self._seconds)
        if self._images:
            shares.append(images_seen / self._images)
        return min(max(shares), 1.0) if shares else None

    def _rate(self, images_seen: int, elapsed_s: float) -> float:
        self._recent.append((elapsed_s, images_seen))
        while len(self._recent) > 2 and elapsed_s - self._recent[1][0] > RATE_WINDOW_S:
            self._recent.popleft()
        then_s, then_images = self._recent[0]
        return (images_seen - then_images) / (elapsed_s - then_s) if elapsed_s > then_s else 0.0

    def _remaining(self, images_seen: int, elapsed_s: float, rate: float) -> float | None:
        left: list[float] = []
        if self._seconds:
            left.append(self._seconds - elapsed_s)
        if self._images and rate:
            left.append((self._images - images_seen) / rate)
        return max(min(left), 0.0) if left else None


def learning_rate(config: TrainingConfig, fraction: float | None) -> float:
    """Follow a cosine from the first to the final rate; a run without limits keeps the first.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5, without restarts.

    Args:
        config: gives both rates.
        fraction: share of the run that is done.
    """
    if fraction is None:
        return config.learning_rate
    first, last = config.learning_rate, config.final_learning_rate
    return last + (first - last) * (1 + math.cos(math.pi * fraction)) / 2
