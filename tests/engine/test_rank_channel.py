"""Rank 0 tells the others what to do, and hears why one gave up."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from engine.cli.processes import several_processes
from engine.errors import ConfigError, RankLostError
from engine.rank_channel import FAILED, OUT_OF_MEMORY, READY, FollowerChannel, LeaderChannel


@contextlib.contextmanager
def connected(**options: Any) -> Iterator[tuple[LeaderChannel, FollowerChannel]]:
    """Connect two ranks, which have exchanged a message."""
    leader, others = LeaderChannel(2, **options), list[FollowerChannel]()

    def connect() -> None:
        others.append(FollowerChannel("127.0.0.1", leader.port, leader.token, 1))

    thread = threading.Thread(target=connect)
    thread.start()
    leader.send({"kind": "hello", "rate": 0.1})
    thread.join()
    try:
        yield leader, others[0]
    finally:
        leader.close()
        others[0].close()


def test_that_orders_arrive_in_order_and_unchanged():
    with connected() as (leader, follower):
        leader.send({"kind": "step", "rate": 1e-300, "text": "ä\n" * 50_000})
        assert follower.receive() == {"kind": "hello", "rate": 0.1}
        assert follower.receive() == {"kind": "step", "rate": 1e-300, "text": "ä\n" * 50_000}


def test_that_rank_0_waits_until_the_others_are_ready():
    with connected() as (leader, follower):
        threading.Timer(0.3, follower.answer, [READY]).start()
        leader.wait_until_ready()


def test_that_a_rank_that_fails_says_why():
    with connected() as (leader, follower):
        follower.answer(FAILED, "There is no dataset in /data")
        with pytest.raises(RankLostError, match=r"process 2: There is no dataset in /data\."):
            leader.wait_until_ready()


def test_that_a_lack_of_memory_is_known_as_such():
    with connected() as (leader, follower):
        follower.answer(OUT_OF_MEMORY, "it ran out of memory")
        assert leader.loss().is_out_of_memory
        follower.answer(FAILED, "it is broken")
        assert not leader.loss().is_out_of_memory


@pytest.mark.parametrize(
    ("dead", "reason"),
    [("", "process 2 ended unexpectedly"), ("process 2 was killed", "process 2 was killed")],
)
def test_that_a_rank_that_is_gone_is_noticed(dead, reason):
    died = list[str]()
    with connected(find_dead=lambda: died[0] if died else "") as (leader, follower):
        follower.close()
        died.append(dead)
        with pytest.raises(RankLostError, match=reason):
            leader.wait_until_ready()
        assert not leader.loss().is_out_of_memory


def test_that_a_rank_that_cannot_be_started_is_noticed():
    leader = LeaderChannel(2, find_dead=lambda: "process 2 ended unexpectedly")
    with pytest.raises(RankLostError, match="process 2 ended unexpectedly"):
        leader.send({"kind": "hello"})
    leader.close()


def test_that_the_others_hear_that_rank_0_has_ended():
    with connected() as (leader, follower):
        follower.receive()
        leader.close()
        assert follower.receive() is None
    with pytest.raises(OSError, match="refused"):
        FollowerChannel("127.0.0.1", leader.port, leader.token, 1)


def test_that_a_stranger_is_not_let_in():
    leader = LeaderChannel(2)
    strangers = [socket.create_connection(("127.0.0.1", leader.port)) for _ in range(3)]
    for stranger, words in zip(
        strangers, [b'{"token": "", "rank": 1}\n', b"[]\n", b"\n"], strict=True
    ):
        stranger.sendall(words)
    follower = FollowerChannel("127.0.0.1", leader.port, leader.token, 1)
    leader.send({"kind": "hello"})
    assert follower.receive() == {"kind": "hello"}
    assert [stranger.recv(10) for stranger in strangers] == [b""] * 3
    for end in (leader, follower, *strangers):
        end.close()


@pytest.mark.parametrize("count", [0, -1, 5000])
def test_that_an_odd_number_of_processes_is_refused(count):
    with (
        pytest.raises(ConfigError, match="--processes: must be 1 to 1024"),
        several_processes(count),
    ):
        pass


def test_that_torchrun_and_processes_are_not_combined(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="torchrun"), several_processes(2):
        pass
