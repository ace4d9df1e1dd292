"""When skipped steps require a rollback, and what a checkpoint stores of it."""

import json
import math

import pytest

from engine.errors import NonFiniteLossError
from engine.train.divergence import (
    CALM_STEPS,
    MAX_ROLLBACKS,
    MAX_SKIPPED,
    WINDOW_STEPS,
    DivergenceGuard,
)
from engine.train.metrics import Skipped


def skipped(*steps: int) -> Skipped:
    return Skipped(steps=steps, terms={"discriminator": float("nan")})


def test_that_few_skipped_steps_need_no_rollback():
    guard = DivergenceGuard()
    assert not guard.needs_rollback(skipped(*range(MAX_SKIPPED - 1)), MAX_SKIPPED)
    assert not guard.needs_rollback(None, 50)


def test_that_many_in_a_short_time_do():
    guard = DivergenceGuard()
    assert not guard.needs_rollback(skipped(100), 101)
    assert guard.needs_rollback(skipped(*range(110, 110 + MAX_SKIPPED - 1)), 130)
    assert guard.trouble_step == 100


def test_that_as_many_over_a_long_time_do_not():
    guard = DivergenceGuard()
    for number in range(3 * MAX_SKIPPED):
        assert not guard.needs_rollback(skipped(number * WINDOW_STEPS), number * WINDOW_STEPS + 1)


def test_that_each_time_halves_the_rate():
    guard = DivergenceGuard()
    guard.begin_rollback(640, ("discriminator",))
    guard.end_rollback(0)
    guard.begin_rollback(640, ("discriminator",))
    assert guard.rate_scale == 0.25


def test_that_it_gives_up_when_going_back_does_not_help():
    guard = DivergenceGuard()
    for _attempt in range(MAX_ROLLBACKS):
        guard.begin_rollback(640, ("discriminator",))
        guard.end_rollback(5)
    with pytest.raises(NonFiniteLossError) as caught:
        guard.begin_rollback(640, ("discriminator",))
    assert (caught.value.images_seen, caught.value.losses) == (640, ("discriminator",))


def test_that_a_long_calm_makes_earlier_trouble_forgotten_but_not_the_rate():
    guard = DivergenceGuard()
    for _attempt in range(MAX_ROLLBACKS):
        guard.begin_rollback(640, ("discriminator",))
        guard.end_rollback(5)
    guard.needs_rollback(None, 5 + CALM_STEPS + 1)
    guard.begin_rollback(10_000, ("discriminator",))
    assert guard.rate_scale == 0.5 ** (MAX_ROLLBACKS + 1)


def test_that_a_checkpoint_remembers_the_rate():
    guard, other = DivergenceGuard(), DivergenceGuard()
    guard.begin_rollback(640, ("discriminator",))
    other.load_state_dict(guard.state_dict())
    assert other.rate_scale == 0.5


def test_that_a_resumed_run_continues_a_series_of_rollbacks():
    guard = DivergenceGuard()
    for _attempt in range(MAX_ROLLBACKS - 1):
        guard.begin_rollback(640, ("discriminator",))
        guard.end_rollback(5)
    guard.needs_rollback(skipped(*range(6, 5 + MAX_SKIPPED - 1)), 30)
    other = DivergenceGuard()
    other.load_state_dict(json.loads(json.dumps(guard.state_dict())))
    assert other.needs_rollback(skipped(30), 31)
    assert other.trouble_step == 5
    other.begin_rollback(640, ("discriminator",))
    with pytest.raises(NonFiniteLossError):
        other.begin_rollback(640, ("discriminator",))


@pytest.mark.parametrize("scale", [None, "half", math.nan, -1.0, 0.0, 7])
@pytest.mark.parametrize(
    "table", [None, 3, {}, {"rollbacks": -1, "recent": []}, {"rollbacks": 1, "recent": ["x"]}]
)
def test_that_invalid_state_counts_as_none(scale, table):
    guard = DivergenceGuard()
    guard.load_state_dict({"rate_scale": scale, "divergence": table})
    assert guard.state_dict() == DivergenceGuard().state_dict()
