import math
from pathlib import Path

import pytest

from engine.config.reporting import ReportingConfig
from engine.config.run import RunConfig
from engine.config.training import TrainingConfig
from engine.train.schedule import RATE_WINDOW_S, Budget, learning_rate


def budget(minutes: float = 0.0, images: int = 0) -> Budget:
    # What evaluations add is held in test_forecast.py.
    reporting = ReportingConfig(evaluate_every_s=0.0)
    return Budget(
        RunConfig(dataset=Path(), run=Path(), minutes=minutes, images=images, reporting=reporting)
    )


def test_that_a_run_without_limits_has_no_end():
    progress = budget().progress(1000, 10.0)
    assert progress.fraction is None
    assert progress.remaining_s is None
    assert progress.images_per_s == 100.0


def test_that_time_decides_when_time_is_the_limit():
    progress = budget(minutes=2).progress(1000, 30.0)
    assert progress.fraction == 0.25
    assert progress.remaining_s == 90.0


def test_that_images_decide_when_images_are_the_limit():
    progress = budget(images=4000).progress(1000, 10.0)
    assert progress.fraction == 0.25
    assert progress.remaining_s == pytest.approx(30.0)


def test_that_the_nearer_limit_decides():
    progress = budget(minutes=1, images=100_000).progress(1000, 30.0)
    assert progress.fraction == 0.5
    assert progress.remaining_s == 30.0


def test_that_the_share_never_exceeds_one():
    assert budget(images=10).fraction(64, 1.0) == 1.0
    assert budget(images=10).progress(64, 1.0).remaining_s == 0.0


def test_that_the_rate_is_that_of_the_latest_seconds():
    count = budget()
    for second in range(1, 100):
        count.progress(second * 10 if second <= 50 else 500 + (second - 50) * 100, float(second))
    assert count.progress(5500, 100.0).images_per_s == pytest.approx(100.0)
    assert len(count._recent) <= RATE_WINDOW_S + 2


def test_that_the_rate_falls_along_a_cosine():
    config = TrainingConfig(learning_rate=1e-3, final_learning_rate=1e-4)
    assert learning_rate(config, 0.0) == pytest.approx(1e-3)
    assert learning_rate(config, 1.0) == pytest.approx(1e-4)
    middle = 1e-4 + 9e-4 * (1 + math.cos(math.pi * 0.3)) / 2
    assert learning_rate(config, 0.3) == pytest.approx(middle)
    assert learning_rate(config, None) == 1e-3
