"""The learning rate follows images seen and one stored estimate, never a clock."""

import math
import shutil
from pathlib import Path

import pytest
import torch

from engine.config.run import RunConfig
from engine.config.sections import TrainingConfig
from engine.control import RunControl
from engine.events import MetricsReported, Outcome
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.train import metrics
from engine.train import run as run_module
from engine.train.lr_schedule import LearningRateSchedule, learning_rate
from engine.train.progress import TrainingClock
from engine.train.run import resume, train
from engine.train.state import TrainingState
from tests.helpers.simulated_run import SimulatedRun
from tests.helpers.tiny import tiny_config, tiny_dataset

SECONDS_PER_IMAGE = 0.1
MINUTES = 8 * 8 * SECONDS_PER_IMAGE / 60
"""Enough for 64 images at that speed, of which the first 8 are measured."""


def schedule_of(minutes: float = 0.0, images: int = 0) -> LearningRateSchedule:
    return LearningRateSchedule(
        RunConfig(dataset=Path(), run=Path(), minutes=minutes, images=images)
    )


def test_that_the_rate_falls_along_a_cosine():
    config = TrainingConfig(learning_rate=1e-3, final_learning_rate=1e-4)
    assert learning_rate(config, 0.0) == pytest.approx(1e-3)
    assert learning_rate(config, 1.0) == pytest.approx(1e-4)
    middle = 1e-4 + 9e-4 * (1 + math.cos(math.pi * 0.3)) / 2
    assert learning_rate(config, 0.3) == pytest.approx(middle)
    assert learning_rate(config, None) == 1e-3


def test_that_a_run_without_budget_keeps_the_initial_rate():
    schedule = schedule_of()
    assert schedule.fraction(10**9) is None
    assert not schedule.needs_estimate(1e9)


def test_that_a_budget_in_images_needs_no_estimate():
    schedule = schedule_of(images=1000)
    assert not schedule.needs_estimate(1e9)
    assert [schedule.fraction(n) for n in (0, 250, 1000, 2000)] == [0.0, 0.25, 1.0, 1.0]


def test_that_a_budget_in_minutes_follows_its_estimate_to_the_final_rate_and_stays_there():
    schedule = schedule_of(minutes=10)
    assert not schedule.needs_estimate(11.9)
    assert schedule.needs_estimate(12.0)
    assert schedule.fraction(200) == 0.0
    schedule.set_estimate(10_200, 200)
    assert not schedule.needs_estimate(13.0)
    fractions = [schedule.fraction(n) for n in (0, 200, 5200, 10_200, 20_000)]
    assert fractions == [0.0, 0.0, 0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    ("minutes", "after_s"), [(0.5, 3.0), (2.0, 5.0), (10.0, 12.0), (600.0, 60.0)]
)
def test_that_the_first_part_of_training_is_measured(minutes, after_s):
    schedule = schedule_of(minutes=minutes)
    assert not schedule.needs_estimate(0.99 * after_s)
    assert schedule.needs_estimate(1.01 * after_s)


def test_that_the_nearer_of_two_budgets_counts():
    schedule = schedule_of(minutes=10, images=1000)
    schedule.set_estimate(5000, 100)
    assert schedule.fraction(500) == 0.5
    schedule = schedule_of(minutes=10, images=1000)
    schedule.set_estimate(600, 100)
    # It continues from where the budget in images had led it.
    assert schedule.fraction(100) == pytest.approx(0.1)
    assert schedule.fraction(101) == pytest.approx(0.1 + 0.9 / 500)
    assert schedule.fraction(350) == pytest.approx(0.55)
    assert schedule.fraction(600) == 1.0


def test_that_a_checkpoint_brings_its_estimate_back():
    before, after = schedule_of(minutes=10), schedule_of(minutes=10)
    before.set_estimate(10_200, 200)
    after.load_state_dict(before.state_dict(), 7000, 123.0)
    assert after.estimate == before.estimate


def test_that_more_or_less_time_is_estimated_from_the_checkpoint_alone():
    before = schedule_of(minutes=10)
    before.set_estimate(10_200, 200)
    for minutes, fraction in ((20, 0.25), (5, 1.0)):
        schedule = schedule_of(minutes=minutes)
        # Slower than estimated: half of the time gave 3000 images.
        schedule.load_state_dict(before.state_dict(), 3000, 300.0)
        assert schedule.estimate
        assert schedule.estimate.total_images == 3000 * minutes / 5
        assert schedule.fraction(3000) == pytest.approx(fraction, abs=0.02)


def test_that_a_checkpoint_without_an_estimate_gives_one():
    schedule = schedule_of(minutes=10)
    schedule.load_state_dict({}, 3000, 300.0)
    assert schedule.fraction(3000) == 0.5
    schedule.load_state_dict({}, 30, 3.0)
    assert schedule.estimate is None


@pytest.mark.parametrize(
    "table",
    [
        None,
        7,
        {},
        {"minutes": "ten", "total_images": 5, "measured_images": 1},
        {"minutes": math.nan, "total_images": 5, "measured_images": 1},
        {"minutes": 10.0, "total_images": -5, "measured_images": 1},
        {"minutes": 10.0, "total_images": 5, "measured_images": None},
        {"minutes": 10.0, "total_images": True, "measured_images": 1},
    ],
)
def test_that_an_invalid_estimate_counts_as_none(table):
    schedule = schedule_of(minutes=10)
    schedule.load_state_dict({"lr_schedule": table}, 0, 0.0)
    assert schedule.estimate is None


def test_that_the_estimate_counts_the_previews_and_checkpoints_to_come():
    run = SimulatedRun(minutes=10, preview_s=0.5, checkpoint_s=1.0, evaluate_every_s=0)
    # As the loop does, for the first preview.
    run.estimator.progress(0, 0.0)
    schedule = schedule_of(minutes=10)
    guesses = []
    take_step = run._take_step

    def step() -> None:
        take_step()
        if schedule.needs_estimate(run.elapsed_s):
            guess = run.estimator.expected_images(run.images_seen, run.elapsed_s)
            assert guess
            guesses.append(guess)
            schedule.set_estimate(guess, run.images_seen)

    run._take_step = step
    run.forecasts()
    assert guesses == [pytest.approx(run.images_seen, rel=0.05)]


class PacedClock(TrainingClock):
    """A clock that advances by a given time per image."""

    seconds_per_image = SECONDS_PER_IMAGE
    _from_images = 0

    @property
    def elapsed_s(self) -> float:
        images = self.images_seen - self._from_images
        return self._before_s + images * self.seconds_per_image

    def start(self) -> None:
        """Never stops."""

    def stop(self) -> None:
        """Never stops."""

    def set(self, images_seen: int, elapsed_s: float) -> None:
        super().set(images_seen, elapsed_s)
        self._from_images = images_seen


@pytest.fixture
def rates(monkeypatch):
    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)
    monkeypatch.setattr(run_module, "TrainingClock", PacedClock)
    monkeypatch.setattr(PacedClock, "seconds_per_image", SECONDS_PER_IMAGE)
    seen: list[float] = []
    set_rate = TrainingState.set_learning_rate

    def record(state, rate):
        seen.append(rate)
        set_rate(state, rate)

    monkeypatch.setattr(TrainingState, "set_learning_rate", record)
    return seen


def config_of(tmp_path, name, **values):
    config = tiny_config(tiny_dataset(tmp_path / "data" / name), tmp_path / name, images=0)
    return config.with_values(**{"minutes": MINUTES, "reporting__evaluate_every_s": 0.0, **values})


def go(way, config, stop_at=None):
    control, events = RunControl(), []

    def emit(event):
        events.append(event)
        if isinstance(event, MetricsReported) and event.progress.images_seen == stop_at:
            control.request_stop()

    way(config, emit, control)
    assert events[-1].outcome is (Outcome.STOPPED if stop_at else Outcome.FINISHED)
    return events[-1]


def tensors_of(run):
    return read_tensors(RunFolder(run).latest_checkpoint(), "")


def expect_equal(one, other):
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_that_a_run_of_minutes_resumes_bit_for_bit_with_the_same_estimate(tmp_path, rates):
    straight, broken = config_of(tmp_path, "straight"), config_of(tmp_path, "broken")
    assert go(train, straight).images_seen == 64
    rates_of_straight = list(rates)
    rates.clear()
    go(train, broken, stop_at=40)
    go(resume, RunFolder(broken.run).read_config())
    assert rates == rates_of_straight
    assert len(set(rates)) == 7
    first, last = (read_metadata(path) for path in RunFolder(broken.run).checkpoint_paths())
    assert first.loop_state["lr_schedule"] == last.loop_state["lr_schedule"]
    expect_equal(tensors_of(straight.run), tensors_of(broken.run))


def test_that_the_wall_clock_changes_nothing_once_the_estimate_is_fixed(
    tmp_path, rates, monkeypatch
):
    begun = config_of(tmp_path, "begun", images=96)
    go(train, begun, stop_at=40)
    expected = None
    # Twice as fast and two hundred times as fast: both see all images before their minutes end.
    for seconds in (0.04, 0.0004):
        other = begun.with_values(run=tmp_path / f"at-{seconds}")
        shutil.copytree(begun.run, other.run)
        monkeypatch.setattr(PacedClock, "seconds_per_image", seconds)
        rates.clear()
        config = RunFolder(other.run).read_config().with_values(run=other.run)
        assert go(resume, config).images_seen == 96
        # It reaches the final rate at the estimate, 64 images, and stays there.
        assert len(set(rates)) == 4
        assert rates[3:] == [config.training.final_learning_rate] * 4
        expected = expected or tensors_of(other.run)
        expect_equal(expected, tensors_of(other.run))


def test_that_a_slow_run_ends_by_its_minutes(tmp_path, rates, monkeypatch):
    config = config_of(tmp_path, "slow")
    go(train, config, stop_at=40)
    monkeypatch.setattr(PacedClock, "seconds_per_image", 2 * SECONDS_PER_IMAGE)
    assert go(resume, RunFolder(config.run).read_config()).images_seen == 56
    assert rates[-1] > config.training.final_learning_rate


def test_that_a_resumed_run_with_more_time_continues_at_a_higher_rate(tmp_path, rates):
    config = config_of(tmp_path, "longer")
    go(train, config)
    last = rates[-1]
    longer = RunFolder(config.run).read_config().with_values(minutes=2 * MINUTES)
    rates.clear()
    assert go(resume, longer).images_seen == 128
    assert rates[0] > last
    assert rates == sorted(rates, reverse=True)
    facts = read_metadata(RunFolder(config.run).latest_checkpoint())
    assert facts.loop_state["lr_schedule"] == {
        "minutes": 2 * MINUTES,
        "total_images": 128,
        "measured_images": 8,
    }
