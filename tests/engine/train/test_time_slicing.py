import threading
import time

import pytest
import torch

from engine.control import RunControl
from engine.errors import StoppedError
from engine.train.time_slicing import TimeSlicedCall


def draw(control: RunControl) -> list[float]:
    """Draw from the global generator, as the training of a classifier does."""
    drawn: list[float] = []
    for _number in range(10):
        control.stop_if_asked()
        drawn.append(torch.rand(()).item())
    return drawn


def test_that_a_call_in_slices_returns_what_the_call_returns():
    torch.manual_seed(5)
    expected = draw(RunControl())
    torch.manual_seed(5)
    call = TimeSlicedCall(draw, RunControl())
    slices = 1
    while not call.advance(0.0):
        slices += 1
        torch.rand(3)
    assert call.result() == expected
    assert (slices, call.num_checks) == (11, 10)
    assert call.advance(0.0)


def test_that_the_callers_random_numbers_are_those_without_the_call():
    torch.manual_seed(5)
    expected = torch.rand(20)
    torch.manual_seed(5)
    call = TimeSlicedCall(draw, RunControl())
    drawn: list[torch.Tensor] = []
    for _step in range(20):
        call.advance(0.0)
        drawn.append(torch.rand(1))
    assert torch.equal(torch.cat(drawn), expected)


def test_that_only_one_of_the_two_sides_runs():
    running: list[str] = []

    def work(control: RunControl) -> None:
        for _number in range(5):
            running.append("call")
            time.sleep(0.001)
            assert running.pop() == "call"
            control.stop_if_asked()

    call = TimeSlicedCall(work, RunControl())
    while not call.advance(0.0):
        running.append("caller")
        time.sleep(0.002)
        assert running.pop() == "caller"
    call.result()


def test_that_a_long_slice_runs_to_the_end():
    call = TimeSlicedCall(draw, RunControl())
    assert call.advance(60.0)
    assert len(call.result()) == 10
    assert call.spent_s > 0


def test_that_an_error_is_raised_with_the_result():
    def fail(_control: RunControl) -> None:
        raise ZeroDivisionError

    call = TimeSlicedCall(fail, RunControl())
    assert call.advance(0.0)
    with pytest.raises(ZeroDivisionError):
        call.result()


@pytest.mark.parametrize("begins", [False, True])
def test_that_a_cancelled_call_leaves_no_thread(*, begins: bool):
    before = threading.active_count()
    call = TimeSlicedCall(draw, RunControl())
    if begins:
        call.advance(0.0)
    call.cancel()
    assert threading.active_count() == before
    if begins:
        with pytest.raises(StoppedError):
            call.result()


def test_that_a_stop_of_the_run_ends_the_call():
    control = RunControl()
    call = TimeSlicedCall(draw, control)
    call.advance(0.0)
    control.request_stop()
    assert call.advance(0.0)
    with pytest.raises(StoppedError):
        call.result()
