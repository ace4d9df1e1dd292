import threading
from pathlib import Path

import pytest

from engine.control import RunControl


def test_that_a_stop_stays_requested():
    control = RunControl()
    assert not control.is_stop_requested
    control.request_stop()
    assert control.is_stop_requested
    assert control.is_stop_requested
    assert not control.is_discard_requested


def test_that_a_wish_to_discard_is_not_taken_back_by_a_later_stop():
    control = RunControl()
    control.request_stop(discard=True)
    control.request_stop()
    assert control.is_stop_requested
    assert control.is_discard_requested


@pytest.mark.parametrize("wish", ["checkpoint", "sample"])
def test_that_a_request_is_taken_once(wish):
    control = RunControl()
    take = getattr(control, f"take_{wish}_request")
    assert not take()
    getattr(control, f"request_{wish}")()
    assert take()
    assert not take()


def test_that_a_pause_lasts_until_the_run_is_asked_to_go_on():
    control = RunControl()
    control.request_pause(release=True)
    assert control.is_pause_requested
    assert control.is_release_requested
    assert not control.take_retry_request()
    control.request_resume()
    assert not control.is_pause_requested
    assert not control.is_release_requested
    assert control.take_retry_request()


def test_that_a_second_pause_says_whether_memory_is_kept():
    control = RunControl()
    control.request_pause(release=True)
    control.request_pause()
    assert not control.is_release_requested


def test_that_an_offered_folder_is_taken_once_and_means_another_try():
    control = RunControl()
    assert control.take_folder() is None
    control.offer_folder(Path("elsewhere"))
    assert control.take_retry_request()
    assert control.take_folder() == Path("elsewhere")
    assert control.take_folder() is None


@pytest.mark.parametrize(
    "wish",
    ["request_stop", "request_resume", "request_checkpoint", "request_sample"],
)
def test_that_a_wish_wakes_whoever_waits(wish):
    control = RunControl()
    waiting = threading.Event()

    def wait():
        waiting.set()
        control.wait(timeout_s=60)

    thread = threading.Thread(target=wait)
    thread.start()
    assert waiting.wait(10)
    while thread.is_alive():  # the wish may come before the wait has begun
        getattr(control, wish)()
        thread.join(0.01)
    assert not thread.is_alive()


def test_that_a_copy_of_the_state_goes_to_all_who_asked_and_once():
    control = RunControl()
    one, other = list[object](), list[object]()
    assert control.take_state_requests() == []
    control.request_state(one.append)
    control.request_state(other.append, "ema.")
    requests = control.take_state_requests()
    assert [request.prefix for request in requests] == ["", "ema."]
    for request in requests:
        request.receive("state")
    assert control.take_state_requests() == []
    assert (one, other) == (["state"], ["state"])
