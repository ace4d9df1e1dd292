"""A thread that keeps to one core leaves others as many as before."""

import threading

import pytest
import torch

from engine.sample.one_thread import keep_to_one_thread, one_thread


@pytest.fixture
def two_threads():
    """Let threads that begin compute on two cores."""
    usual = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(usual)


def in_a_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.usefixtures("two_threads")
def test_a_run_that_begins_later_computes_on_all_cores():
    def play():
        keep_to_one_thread()
        # The playing thread continues while the run begins.
        later = in_a_thread(torch.get_num_threads)
        torch.ones(100_000).sum()
        return torch.get_num_threads(), later

    assert in_a_thread(play) == (1, 2)
    assert torch.get_num_threads() == 2
    assert in_a_thread(torch.get_num_threads) == 2


@pytest.mark.usefixtures("two_threads")
def test_one_thread_ends_with_the_block():
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
