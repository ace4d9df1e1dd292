import math
from pathlib import Path

import numpy as np
import pytest

from engine.config.run import RunConfig
from engine.config.sections import ReportingConfig
from engine.train import progress as module
from engine.train.periodic import previews_until
from engine.train.progress import (
    MAX_POINTS,
    RATE_WINDOW_S,
    ProgressEstimator,
    Throughput,
    TrainingClock,
)
from tests.helpers.simulated_run import MOMENTS, SimulatedRun


def budget(minutes: float = 0.0, images: int = 0) -> ProgressEstimator:
    # What evaluations add is held in test_forecast.py.
    reporting = ReportingConfig(evaluate_every_s=0.0)
    return ProgressEstimator(
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


@pytest.fixture
def now(monkeypatch):
    seconds = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds[0])
    return seconds


def test_that_only_what_is_between_start_and_stop_counts(now):
    clock = TrainingClock()
    now[0] += 5
    assert clock.elapsed_s == 0
    clock.start()
    now[0] += 3
    clock.stop()
    now[0] += 50
    assert clock.elapsed_s == 3
    clock.start()
    clock.start()
    now[0] += 4
    assert clock.elapsed_s == 7


def test_that_it_stands_still_inside_and_goes_on_after(now):
    clock = TrainingClock()
    clock.start()
    now[0] += 1
    with clock.stopped():
        now[0] += 60
        with clock.stopped():
            now[0] += 60
        assert clock.elapsed_s == 1
        now[0] += 60
    now[0] += 1
    assert clock.elapsed_s == 2


def test_that_a_clock_that_stood_is_not_started_by_standing_still(now):
    clock = TrainingClock()
    with clock.stopped():
        now[0] += 1
    now[0] += 1
    assert clock.elapsed_s == 0


@pytest.mark.parametrize("is_going", [False, True])
def test_that_it_takes_up_where_a_checkpoint_was_left(now, is_going):
    clock = TrainingClock()
    if is_going:
        clock.start()
    now[0] += 9
    clock.set(640, 30.0)
    now[0] += 2
    assert (clock.images_seen, clock.elapsed_s) == (640, 32.0 if is_going else 30.0)


# The time left, held against runs in made-up time: within 15 % from 5 % of the run on.


NEAR = 0.15


def noisy(images_per_s: float, spread: float) -> SimulatedRun:
    noise = np.random.default_rng(0)
    return SimulatedRun(
        images=500_000, images_per_s=lambda _s: images_per_s * noise.uniform(1 - spread, 1 + spread)
    )


RUNS = {
    "constant rate, images": lambda: SimulatedRun(images=300_000),
    "constant rate, minutes": lambda: SimulatedRun(minutes=5),
    "noisy steps": lambda: noisy(800.0, 0.5),
    "warms up": lambda: SimulatedRun(
        images=600_000, images_per_s=lambda s: 1000 * (1 - 0.6 * math.exp(-s / 10))
    ),
    "slows down by and by": lambda: SimulatedRun(
        images=400_000, images_per_s=lambda s: 1000 / (1 + s / 4000)
    ),
    "evaluations of 12 s a minute, minutes": lambda: SimulatedRun(minutes=10, evaluation_s=12.0),
    "the same, short": lambda: SimulatedRun(minutes=3, evaluation_s=12.0),
    "the same, overnight": lambda: SimulatedRun(minutes=480, evaluation_s=12.0),
    "the same, images": lambda: SimulatedRun(images=600_000, evaluation_s=12.0),
    "an evaluator of 40 s": lambda: SimulatedRun(minutes=10, evaluation_s=6.0, judge_s=40.0),
    "the same, two minutes": lambda: SimulatedRun(minutes=2, evaluation_s=6.0, judge_s=40.0),
    "an evaluator that is ready after the end": lambda: SimulatedRun(
        minutes=0.5, evaluation_s=6.0, judge_s=40.0
    ),
    "dear previews and checkpoints": lambda: SimulatedRun(
        images=600_000, preview_s=1.2, checkpoint_s=8.0, evaluation_s=5.0
    ),
    "a pause of an hour": lambda: SimulatedRun(
        images=600_000, evaluation_s=12.0, pauses={0.02: 3600.0, 0.4: 3600.0}
    ),
    "pauses, minutes": lambda: SimulatedRun(
        minutes=10, evaluation_s=12.0, preview_s=0.5, pauses={0.04: 3600.0, 0.3: 30.0}
    ),
    "a full disk for an hour": lambda: SimulatedRun(
        images=600_000, checkpoint_s=2.0, evaluation_s=2.0, full_disk_s=3600.0
    ),
    "both limits": lambda: SimulatedRun(minutes=60, images=400_000, evaluation_s=4.0),
    "no evaluation": lambda: SimulatedRun(images=300_000, evaluate_every_s=0.0, preview_s=0.2),
}


@pytest.mark.parametrize("name", RUNS)
def test_that_the_time_left_is_right_from_a_twentieth_of_a_run_on(name: str):
    forecasts = RUNS[name]().forecasts()
    assert [forecast.fraction for forecast in forecasts] == list(MOMENTS)
    wrong = [forecast for forecast in forecasts if forecast.error > NEAR]
    assert not wrong


@pytest.mark.parametrize("begins_at", [(15_000, 20.0), (150_000, 200.0), (450_000, 600.0)])
def test_that_a_resumed_run_knows_from_the_start_what_it_takes(begins_at: tuple[int, float]):
    first = SimulatedRun(images=600_000, evaluation_s=12.0, preview_s=0.4)
    first.forecasts()
    again = SimulatedRun(
        images=600_000,
        evaluation_s=12.0,
        preview_s=0.4,
        begins_at=begins_at,
        remembered=first.estimator.state_dict(),
    )
    progress = again.estimator.progress(*begins_at)
    began_s = again.now_s
    forecasts = again.forecasts()
    came_s = again.now_s - began_s
    assert progress.remaining_s == pytest.approx(came_s, rel=NEAR)
    assert all(forecast.error <= NEAR for forecast in forecasts)


def test_that_a_resumed_run_that_remembers_nothing_learns_it():
    again = SimulatedRun(minutes=10, evaluation_s=12.0, begins_at=(100_000, 100.0))
    assert [f.fraction for f in again.forecasts()] == [0.25, 0.5, 0.75]
    again = SimulatedRun(minutes=10, evaluation_s=12.0, begins_at=(100_000, 100.0))
    assert all(forecast.error <= NEAR for forecast in again.forecasts())


def test_that_nonsense_that_is_remembered_is_ignored():
    run = SimulatedRun(images=1000)
    nonsense = {
        "throughput": math.nan,
        "preview": "long",
        "checkpoint": -1.0,
        "evaluation": math.inf,
    }
    for position in ({"forecast": nonsense}, {"forecast": [1]}, {}):
        run.estimator.load_state_dict(position)
        assert run.estimator.state_dict() == {"forecast": {}}


def test_that_a_short_run_is_not_evaluated_early():
    """Only its last weights are evaluated."""
    run = SimulatedRun(minutes=0.9)
    assert not run.estimator.wants_evaluation(1000, 5.0)
    run = SimulatedRun(minutes=2)
    assert not run.estimator.wants_evaluation(1000, 2.0)
    assert run.estimator.wants_evaluation(1000, 4.0)


def test_that_before_the_first_evaluation_its_duration_is_guessed_by_the_throughput():
    """Of a two-minute run at 200 images a second five are due, and the last weights."""
    budget = SimulatedRun(minutes=2, evaluate_every_s=20.0, judge_s=10.0).estimator
    said = [budget.progress(200 * second, float(second)).remaining_s for second in range(7)]
    assert said[-1] == pytest.approx(114 + 10 + 6 * (5.0 + 0.4 * 1000 / 200))


def test_that_an_evaluation_under_way_counts_with_what_is_left_of_it():
    budget = SimulatedRun(minutes=2, evaluate_every_s=60.0).estimator
    budget.end_evaluation(8.0)
    budget.progress(1000, 61.0)
    budget.begin_evaluation()
    for measuring_s, left_s in ((0.0, 8.0), (3.0, 5.0), (20.0, 0.0)):
        budget.evaluation.measuring_s = measuring_s
        # And the evaluation of the last weights.
        assert budget.progress(1000, 61.0).remaining_s == pytest.approx(59 + left_s + 8.0)


def test_that_the_last_evaluation_is_still_to_come_when_training_is_over():
    budget = SimulatedRun(minutes=2).estimator
    budget.end_evaluation(8.0)
    assert budget.progress(1000, 121.0).remaining_s == pytest.approx(8.0)


def test_that_a_run_that_is_set_back_keeps_its_pace():
    throughput = Throughput()
    throughput.start(0.0, 0)
    for second in range(1, 60):
        throughput.update(float(second), 100 * second)
    throughput.update(60.0, 2000)
    assert throughput.images_per_s() == pytest.approx(100.0)
    throughput.update(61.0, 2100)
    assert throughput.images_per_s() == pytest.approx(100.0)


def test_that_a_long_run_takes_bounded_memory():
    throughput = Throughput()
    throughput.start(0.0, 0)
    for report in range(1, 40_000):
        throughput.update(report / 4, 25 * report)
    assert len(throughput._points) <= MAX_POINTS
    assert throughput.images_per_s() == pytest.approx(100.0)


@pytest.mark.parametrize("end_s", [1.0, 30.0, 100.0, 1000.0])
@pytest.mark.parametrize("longest_s", [1.0, 15.0, 60.0])
def test_that_previews_are_counted_about_right(end_s: float, longest_s: float):
    at_s, count = 0.0, 0
    while at_s < end_s:
        at_s += min(max(2.0, 0.1 * at_s), longest_s)
        count += 1
    assert previews_until(end_s, longest_s) == pytest.approx(count, abs=1.5)
