import pytest

from engine.train import clock as module
from engine.train.clock import Clock


@pytest.fixture
def now(monkeypatch):
    seconds = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds[0])
    return seconds


def test_that_only_what_is_between_start_and_stop_counts(now):
    clock = Clock()
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
    clock = Clock()
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
    clock = Clock()
    with clock.stopped():
        now[0] += 1
    now[0] += 1
    assert clock.elapsed_s == 0


@pytest.mark.parametrize("is_going", [False, True])
def test_that_it_takes_up_where_a_checkpoint_was_left(now, is_going):
    clock = Clock()
    if is_going:
        clock.start()
    now[0] += 9
    clock.set(640, 30.0)
    now[0] += 2
    assert (clock.images_seen, clock.elapsed_s) == (640, 32.0 if is_going else 30.0)
