"""Signals of made-up runs, healthy and ill, for the health monitor."""

from collections.abc import Callable, Mapping

import numpy as np

from engine.events import Alert, AlertChanged
from engine.train.monitor import HealthMonitor

REPORT = 256
"""Images between reports: a quarter of a second of cpu-tiny."""
WELL = {
    "real_score": 0.35,
    "fake_score": 0.35,
    "real_sign": -1.0,
    "generator_gradient": 0.5,
    "discriminator_gradient": 20.0,
    "image_diversity": 1.0,
    "unique_texts": 1.0,
    "token_entropy": 1.0,
    "overfit_gap": 0.1,
}
NOISE = {
    "real_score": 0.02,
    "fake_score": 0.02,
    "generator_gradient": 0.1,
    "image_diversity": 0.15,
    "unique_texts": 0.06,
    "token_entropy": 0.05,
    "overfit_gap": 0.4,
}
"""Standard deviations, as in real logs of cpu-tiny or somewhat above."""

Curve = Callable[[int], Mapping[str, float]]


def watched(
    curve: Curve,
    *,
    images: int,
    every: int = REPORT,
    losses: Mapping[str, float] | None = None,
    monitor: HealthMonitor | None = None,
    start: int = 0,
) -> list[AlertChanged]:
    """Everything that the monitor reports about a run whose metrics follow the curve."""
    monitor = monitor or HealthMonitor()
    return [
        change
        for seen in range(start, images, every)
        for change in monitor.update(losses or {"discriminator": 4.0}, curve(seen), seen)
    ]


def noisy(curve: Curve, seed: int = 0) -> Curve:
    """The same with the noise of a real log."""
    rng = np.random.default_rng(seed)

    def with_noise(images: int) -> Mapping[str, float]:
        return {
            name: value + rng.normal(0, NOISE.get(name, 0.0))
            for name, value in curve(images).items()
        }

    return with_noise


def turning(at: int, **bad: float) -> Curve:
    """Well until some image, and bad from then on."""
    return lambda images: WELL | bad if images >= at else WELL


def said(changes: list[AlertChanged]) -> list[tuple[Alert, bool]]:
    """Which alerts were raised and cleared, in turn."""
    return [(change.alert, change.is_raised) for change in changes]
