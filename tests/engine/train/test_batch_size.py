from typing import Any, cast

import pytest
import torch

from engine.train.batch_size import (
    CANDIDATES,
    DeviceMemory,
    choose_batch,
    peak_bytes,
    total_bytes,
)
from engine.train.setup import steps_per_second


class FakeMachine:
    """Takes a fixed time a step and an image, and so much memory an image."""

    def __init__(self, *, per_step_s=1.0, per_image_s=0.0, per_image=1, total=10**9, tells=True):
        self.seconds = 0.0
        self.largest = 0
        self._per_step_s, self._per_image_s = per_step_s, per_image_s
        self._per_image, self._total, self._tells = per_image, total, tells

    def take_steps(self, size):
        if size * self._per_image > self._total:
            raise torch.OutOfMemoryError
        self.largest = max(self.largest, size)
        self.seconds += self._per_step_s + size * self._per_image_s

    def budget(self):
        return self._total if self._tells else 0

    def peak(self):
        return self.largest * self._per_image if self._tells else 0

    def choose(self, largest=10_000, multiple=1):
        memory = cast("Any", self)
        return choose_batch(
            self.take_steps,
            memory,
            largest=largest,
            multiple=multiple,
            clock=lambda: self.seconds,
        )


def test_that_the_largest_wins_where_more_is_faster():
    chosen = FakeMachine().choose()
    assert (chosen.batch_size, chosen.refused) == (CANDIDATES[-1], 0)
    assert chosen.images_per_s == CANDIDATES[-1]


def test_that_a_batch_that_brings_nothing_is_not_taken():
    # 64 images take 1 + 0.64 s, 128 take 1 + 1.28 s: 39 against 56 images/s; 512 against 256: 1.16
    # times; with 0.1 s an image even 32 brings less than a tenth more.
    chosen = FakeMachine(per_image_s=0.1, per_step_s=0.3).choose()
    assert (chosen.batch_size, chosen.refused) == (16, 32)


def test_that_memory_is_foreseen_before_it_is_full():
    machine = FakeMachine(per_image=10, total=1000)
    chosen = machine.choose()
    assert (chosen.batch_size, chosen.refused) == (64, 128)
    assert machine.largest == 64
    assert (chosen.memory_bytes, chosen.budget_bytes) == (640, 1000)


def test_that_memory_that_is_full_is_survived():
    chosen = FakeMachine(per_image=10, total=1000, tells=False).choose()
    assert (chosen.batch_size, chosen.refused) == (64, 128)


def test_that_not_even_the_smallest_fitting_is_said():
    with pytest.raises(torch.OutOfMemoryError):
        FakeMachine(per_image=10, total=100, tells=False).choose()


def test_that_no_batch_exceeds_the_dataset():
    assert FakeMachine().choose(largest=100).batch_size == 64
    assert FakeMachine().choose(largest=5).batch_size == 5


def test_that_ranks_can_share_every_batch():
    machine = FakeMachine()
    # 512, rounded up; of a dataset of three pairs the smallest that can be shared.
    assert machine.choose(multiple=12).batch_size == 516
    assert machine.choose(largest=3, multiple=12).batch_size == 12


def test_that_main_memory_tells_what_it_can():
    memory = DeviceMemory(torch.device("cpu"))
    assert memory.budget() >= 0
    before = memory.peak()
    held = bytearray(b"x") * 200_000_000
    assert memory.peak() >= before
    assert len(held) == 200_000_000


def test_that_this_machine_tells_what_it_has_and_what_was_taken():
    device = torch.device("cpu")
    total, taken = total_bytes(device), peak_bytes(device)
    # With torch inside, a process takes tens of megabytes; some systems tell nothing.
    assert total == 0 or 10**7 < taken < total


class SteppingClock:
    """Every ``interval``-th step takes longer; the first two take a start-up time more."""

    def __init__(self, *, long_s, short_s, interval, start_s=0.0):
        self.seconds, self.steps = 0.0, []
        self._long_s, self._short_s = long_s, short_s
        self._interval, self._start_s = interval, start_s

    def take_step(self, number):
        is_long = number % self._interval == 0
        self.seconds += self._long_s if is_long else self._short_s
        self.seconds += self._start_s if len(self.steps) < 2 else 0.0
        self.steps.append(number)

    def measure(self):
        return steps_per_second(self.take_step, interval=self._interval, clock=lambda: self.seconds)


@pytest.mark.parametrize(
    ("clock", "mean_s"),
    [
        # Whole intervals: (30 + 7 * 10) / 8 ms.
        (SteppingClock(long_s=0.03, short_s=0.01, interval=8, start_s=0.2), 0.0125),
        # Slow: one step of each kind at a time, weighted like the whole ones: (0.5 + 7 * 0.2) / 8.
        (SteppingClock(long_s=0.5, short_s=0.2, interval=8), 0.2375),
        # So slow that the first two steps count: (9 + 7 * 4) / 8.
        (SteppingClock(long_s=9.0, short_s=4.0, interval=8), 4.625),
        (SteppingClock(long_s=0.05, short_s=0.0, interval=1, start_s=0.1), 0.05),
    ],
)
def test_that_long_steps_count_as_often_as_they_come(clock, mean_s):
    assert 1 / clock.measure() == pytest.approx(mean_s)
    # About a second, beyond the first steps.
    assert clock.seconds < 15


def test_that_slow_steps_are_few():
    clock = SteppingClock(long_s=9.0, short_s=4.0, interval=8)
    clock.measure()
    assert clock.steps == [0, 1]
