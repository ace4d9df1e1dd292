import pytest

from engine.errors import NonFiniteLossError
from engine.train.meter import Skipped
from engine.train.recovery import CALM_STEPS, MOST_IN_A_ROW, TOO_MANY, WINDOW_STEPS, Recovery


def skipped(*steps: int) -> Skipped:
    return Skipped(steps=steps, terms={"critic": float("nan")})


def test_that_few_skipped_steps_need_no_rescue():
    recovery = Recovery()
    assert not recovery.is_needed(skipped(*range(TOO_MANY - 1)), TOO_MANY)
    assert not recovery.is_needed(None, 50)


def test_that_many_in_a_short_time_do():
    recovery = Recovery()
    assert not recovery.is_needed(skipped(100), 101)
    assert recovery.is_needed(skipped(*range(110, 110 + TOO_MANY - 1)), 130)
    assert recovery.trouble_step == 100


def test_that_as_many_over_a_long_time_do_not():
    recovery = Recovery()
    for number in range(3 * TOO_MANY):
        assert not recovery.is_needed(skipped(number * WINDOW_STEPS), number * WINDOW_STEPS + 1)


def test_that_each_time_halves_the_rate():
    recovery = Recovery()
    recovery.begin(640, ("critic",))
    recovery.end(0)
    recovery.begin(640, ("critic",))
    assert recovery.rate_scale == 0.25


def test_that_it_gives_up_when_going_back_does_not_help():
    recovery = Recovery()
    for _attempt in range(MOST_IN_A_ROW):
        recovery.begin(640, ("critic",))
        recovery.end(5)
    with pytest.raises(NonFiniteLossError) as caught:
        recovery.begin(640, ("critic",))
    assert (caught.value.images_seen, caught.value.losses) == (640, ("critic",))


def test_that_a_long_calm_makes_earlier_trouble_forgotten_but_not_the_rate():
    recovery = Recovery()
    for _attempt in range(MOST_IN_A_ROW):
        recovery.begin(640, ("critic",))
        recovery.end(5)
    recovery.is_needed(None, 5 + CALM_STEPS + 1)
    recovery.begin(10_000, ("critic",))
    assert recovery.rate_scale == 0.5 ** (MOST_IN_A_ROW + 1)


def test_that_a_checkpoint_remembers_the_rate():
    recovery, other = Recovery(), Recovery()
    recovery.begin(640, ("critic",))
    other.restore(recovery.position())
    assert other.rate_scale == 0.5
