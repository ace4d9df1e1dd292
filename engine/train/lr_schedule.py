"""Learning rate as a function of images seen: cosine decay without restarts.

The rate never reads a clock. With a budget in images it follows ``images_seen / images``. With a
budget in minutes it follows an estimate of the run's total images, which is measured once, during
the first seconds of training, and stored in every checkpoint; until then it is the initial rate.
Given the estimate, the rate depends on images seen alone. A run that is slower than estimated ends
before the final rate; a faster one continues at the final rate until its minutes are over.
The text learning rate keeps a fixed ratio to it (``TrainingState.set_learning_rate``).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from engine.config.run import RunConfig
from engine.config.sections import TrainingConfig

MEASURE_FRACTION = 0.02
"""Fraction of a budget in minutes during which the throughput is measured, within the limits:"""
MIN_MEASURE_S, MAX_MEASURE_S, MAX_MEASURE_FRACTION = 5.0, 60.0, 0.1
_KEY = "lr_schedule"


def learning_rate(config: TrainingConfig, fraction: float | None) -> float:
    """Decay from the initial to the final rate along half a cosine.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5, without restarts.

    Args:
        config: both rates.
        fraction: of the schedule, 0 to 1; None for a run without budget: the initial rate.
    """
    if fraction is None:
        return config.learning_rate
    first, last = config.learning_rate, config.final_learning_rate
    return last + (first - last) * (1 + math.cos(math.pi * fraction)) / 2


@dataclass(frozen=True, kw_only=True)
class ImageEstimate:
    """How many images a run will see within its minutes."""

    minutes: float
    """Budget that the estimate was made for."""
    total_images: int
    measured_images: int
    """Images seen when the estimate was made; the rate depends on it from there on."""


class LearningRateSchedule:
    """Maps images seen to the fraction of the cosine; whichever budget is nearer counts.

    Args:
        config: budgets in images and minutes.
    """

    def __init__(self, config: RunConfig) -> None:
        self._images, self._minutes = config.images, config.minutes
        seconds = 60 * config.minutes
        window_s = min(max(MEASURE_FRACTION * seconds, MIN_MEASURE_S), MAX_MEASURE_S)
        self._measure_s = min(window_s, MAX_MEASURE_FRACTION * seconds)
        self.estimate: ImageEstimate | None = None

    def needs_estimate(self, elapsed_s: float) -> bool:
        """Whether to call ``set_estimate`` now: the first part of training has been measured."""
        is_measured = self.estimate is None and elapsed_s >= self._measure_s
        return bool(self._minutes) and is_measured

    def set_estimate(self, total_images: int, images_seen: int) -> None:
        """Fix the estimate for the rest of the run.

        Args:
            total_images: expected at the end of the budget in minutes.
            images_seen: so far.
        """
        self.estimate = ImageEstimate(
            minutes=self._minutes, total_images=total_images, measured_images=images_seen
        )

    def fraction(self, images_seen: int) -> float | None:
        """Fraction of the cosine, 0 to 1; None for a run without budget.

        With both budgets the schedule follows the images until the estimate is fixed. If the
        minutes turn out to be nearer, it continues from the same rate, without a jump.
        """
        if not self._images and not self._minutes:
            return None
        by_images = min(images_seen / self._images, 1.0) if self._images else 0.0
        estimate = self.estimate
        if estimate is None or images_seen <= estimate.measured_images:
            return by_images
        if self._images and self._images <= estimate.total_images:
            return by_images
        start = estimate.measured_images / self._images if self._images else 0.0
        images = images_seen - estimate.measured_images
        # At least one image: a shorter budget may already be over.
        total = max(estimate.total_images - estimate.measured_images, 1)
        return start + (1 - start) * min(images / total, 1.0)

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint stores."""
        return {_KEY: asdict(self.estimate)} if self.estimate else {}

    def load_state_dict(
        self, state: Mapping[str, object], images_seen: int, elapsed_s: float
    ) -> None:
        """Restore the estimate; make a new one when the budget in minutes has changed.

        The new estimate extrapolates the checkpoint's own images and seconds, so it is the same
        however often the checkpoint is loaded. The rate then moves to the cosine of the new
        budget: up when the run gets more time, down when it gets less.

        Args:
            state: of the checkpoint; missing or invalid values count as no estimate.
            images_seen: at the checkpoint.
            elapsed_s: seconds of training at the checkpoint.
        """
        stored = _read_estimate(state.get(_KEY))
        if stored and stored.minutes == self._minutes:
            self.estimate = stored
            return
        self.estimate = None
        if self.needs_estimate(elapsed_s) and images_seen:
            total_images = round(images_seen * 60 * self._minutes / elapsed_s)
            self.set_estimate(total_images, stored.measured_images if stored else 0)


def _read_estimate(table: object) -> ImageEstimate | None:
    match table:
        case {
            "minutes": int() | float() as minutes,
            "total_images": int() as total,
            "measured_images": int() as measured,
        } if math.isfinite(minutes) and bool not in (type(total), type(measured)):
            if min(total, measured) >= 0:
                return ImageEstimate(
                    minutes=float(minutes), total_images=total, measured_images=measured
                )
    return None
