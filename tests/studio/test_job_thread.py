"""One job in a thread of its own, with real threads and real signals."""

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from studio.jobs import thread
from studio.jobs.mailbox import ROOM
from studio.jobs.thread import JobThread


class Ended:
    """The last event of these jobs."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def job(qtbot: QtBot, heard: list[object]) -> JobThread:
    job = JobThread(Ended)
    job.event_emitted.connect(heard.append)
    return job


def finish(qtbot: QtBot, job: JobThread, work: Callable[[Callable[[object], None]], None]) -> None:
    job.start(work, ending=Ended, name="test")
    qtbot.waitUntil(lambda: not job.is_running)


def test_that_events_arrive_in_order_and_in_the_gui_thread(qtbot, job, heard):
    threads: list[threading.Thread] = []
    job.event_emitted.connect(lambda _event: threads.append(threading.current_thread()))
    worked_in: list[int] = []

    def work(emit):
        worked_in.append(threading.get_ident())
        emit("one")
        emit("two")
        emit(Ended())

    finish(qtbot, job, work)
    assert heard[:2] == ["one", "two"]
    assert isinstance(heard[2], Ended)
    assert set(threads) == {threading.main_thread()}
    assert worked_in != [threading.get_ident()]


def test_that_the_next_job_can_start_from_the_last_event(qtbot, job, heard):
    def restart(event):
        if isinstance(event, Ended) and heard.count("job") == 1:
            job.start(lambda emit: (emit("job"), emit(Ended())), ending=Ended, name="second")

    job.event_emitted.connect(restart)
    job.start(lambda emit: (emit("job"), emit(Ended())), ending=Ended, name="first")
    qtbot.waitUntil(lambda: heard.count("job") == 2 and not job.is_running)
    assert sum(isinstance(event, Ended) for event in heard) == 2


def test_that_a_second_job_beside_the_first_is_refused(qtbot, job):
    gate = threading.Event()
    job.start(lambda emit: (gate.wait(5), emit(Ended())), ending=Ended, name="test")
    with pytest.raises(RuntimeError, match="already under way"):
        job.start(lambda _emit: None, ending=Ended, name="test")
    gate.set()
    qtbot.waitUntil(lambda: not job.is_running)


def test_that_a_job_that_raises_still_ends(qtbot, job, heard, problem_log):
    error = ValueError("broken")

    def work(_emit):
        raise error

    finish(qtbot, job, work)
    assert [event.error for event in heard] == [error]
    problem_log.expect("A job failed", logger="studio.jobs")


def test_that_even_an_exit_does_not_leave_the_thread(qtbot, job, heard, problem_log):
    def work(_emit):
        raise SystemExit(3)

    finish(qtbot, job, work)
    assert [str(event.error) for event in heard] == ["SystemExit(3)"]
    problem_log.expect("A job failed")


def test_that_an_error_after_the_last_event_changes_nothing_of_it(qtbot, job, heard, problem_log):
    ended = Ended()

    def work(emit):
        emit(ended)
        raise ValueError

    finish(qtbot, job, work)
    assert heard == [ended]
    problem_log.expect("A job failed")


def test_that_a_job_that_returns_without_its_last_event_is_given_one(qtbot, job, heard):
    finish(qtbot, job, lambda _emit: None)
    assert "without its last event" in str(heard[0].error)


def test_that_waiting_tells_whether_the_thread_ended_in_time(qtbot, job):
    assert job.wait(0), "nothing runs yet"
    gate = threading.Event()
    job.start(lambda emit: (gate.wait(5), emit(Ended())), ending=Ended, name="test")
    assert not job.wait(20)
    gate.set()
    assert job.wait(5_000)
    qtbot.waitUntil(lambda: not job.is_running)


def test_that_a_thread_that_finishes_twice_ends_the_job_once(qtbot, job, heard):
    finish(qtbot, job, lambda emit: emit(Ended()))
    job._finish()
    assert len(heard) == 1


class Report:
    """Of which only the newest matter."""


def test_that_a_flood_reaches_the_window_thinned_and_nothing_else_is_lost(qtbot):
    heard = []
    job = JobThread(Ended, thinned=(Report,))
    job.event_emitted.connect(heard.append)
    most = 0

    def work(emit):
        nonlocal most
        for number in range(2_000):
            emit(Report())
            if number % 10 == 0:
                emit(number)
            most = max(most, job.waiting_count)
        emit(Ended())

    finish(qtbot, job, work)
    assert [event for event in heard if isinstance(event, int)] == list(range(0, 2_000, 10))
    assert isinstance(heard[-1], Ended)
    assert most <= ROOM
    assert job.waiting_count == 0


def test_that_the_window_has_its_turn_between_events(qtbot, monkeypatch):
    monkeypatch.setattr(thread, "TURN_S", 0.0)
    heard = []
    job = JobThread(Ended)
    job.event_emitted.connect(heard.append)
    # Without any time for a turn, all are passed on when the thread has ended, and in order.

    def work(emit):
        for event in ("one", "two", Ended()):
            emit(event)

    finish(qtbot, job, work)
    assert heard[:2] == ["one", "two"]
    assert isinstance(heard[2], Ended)
