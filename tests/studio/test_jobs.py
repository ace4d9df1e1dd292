"""One job in a thread of its own, with real threads and real signals."""

import sys
import threading
from collections.abc import Callable

import PySide6
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from engine.errors import EditRefusedError, StoppedError
from engine.events import Outcome
from studio.jobs import thread
from studio.jobs import thread as module
from studio.jobs.task import Task, TaskEnded, TaskProgressed
from studio.jobs.thread import MAX_COALESCED, MAX_PENDING, EventQueue, JobThread
from tests.helpers.guards import ProblemLog


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
    job = JobThread(Ended, coalesced=(Report,))
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
    assert most <= MAX_PENDING
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


# A task in its thread: finishes, fails, is stopped, is overtaken.


@pytest.fixture
def task() -> Task:
    return Task("test")


def outcome(qtbot: QtBot, task: Task, work) -> TaskEnded:
    with qtbot.waitSignal(task.ended) as heard:
        task.start(work)
    assert heard.args
    return heard.args[0]


def test_that_a_task_gives_its_result(qtbot: QtBot, task: Task):
    main = threading.get_ident()
    ended = outcome(qtbot, task, lambda _report, _control: threading.get_ident())
    assert ended.outcome is Outcome.FINISHED
    assert ended.result != main
    assert not task.is_running


def test_that_an_explained_error_is_an_outcome(qtbot: QtBot, task: Task):
    def work(_report, _control):
        raise EditRefusedError("no")

    ended = outcome(qtbot, task, work)
    assert ended.outcome is Outcome.FAILED
    assert isinstance(ended.error, EditRefusedError)


def test_that_a_fault_is_logged_and_told(qtbot: QtBot, task: Task, problem_log: ProblemLog):
    def work(_report, _control):
        raise KeyError("a fault")

    assert isinstance(outcome(qtbot, task, work).error, KeyError)
    problem_log.expect("A job failed", logger="studio.jobs.thread")


def test_that_progress_is_told_and_not_too_often(qtbot: QtBot, task: Task):
    seen: list[TaskProgressed] = []
    task.progressed.connect(seen.append)

    def work(report, _control):
        for done in range(1, 10_001):
            report(done, 10_000)

    outcome(qtbot, task, work)
    assert (seen[-1].done, seen[-1].total) == (10_000, 10_000)
    assert len(seen) < 100


def waiting(control):
    while not control.is_stop_requested:
        threading.Event().wait(0.005)
    raise StoppedError


def test_that_a_task_can_be_cancelled(qtbot: QtBot, task: Task):
    task.start(lambda _report, control: waiting(control))
    with qtbot.waitSignal(task.ended) as heard:
        task.cancel()
    assert heard.args
    assert heard.args[0].outcome is Outcome.STOPPED


def test_that_a_newer_request_takes_the_place_of_older_ones(qtbot: QtBot, task: Task):
    results: list[object] = []
    task.ended.connect(lambda ended: results.append(ended.result))
    task.start(lambda _report, control: waiting(control))
    task.start(lambda _report, _control: "never begun")
    with qtbot.waitSignal(task.ended):
        task.start(lambda _report, _control: "newest")
    assert results == ["newest"]
    assert task.wait(1000)


# Events between two threads: bounded, in order, and none of importance lost.


class QueuedReport:
    """Of which only the newest matter."""

    def __init__(self, number: int) -> None:
        self.number = number


def taken(queue: EventQueue) -> list[object]:
    events = []
    while (event := queue.get()) is not None:
        events.append(event)
    return events


def test_that_of_a_flood_of_reports_the_newest_wait():
    queue = EventQueue((QueuedReport,))
    for number in range(10_000):
        queue.put(QueuedReport(number))
        assert len(queue) <= MAX_COALESCED
    numbers = [event.number for event in taken(queue) if isinstance(event, QueuedReport)]
    assert numbers == list(range(10_000 - MAX_COALESCED, 10_000))


def test_that_no_other_event_is_lost_and_the_order_holds():
    queue = EventQueue((QueuedReport,))
    for number in range(MAX_PENDING - MAX_COALESCED):
        queue.put(f"important {number}")
        queue.put(QueuedReport(number))
    events = taken(queue)
    important = [event for event in events if isinstance(event, str)]
    assert important == [f"important {number}" for number in range(MAX_PENDING - MAX_COALESCED)]
    # Each report that is left stands behind the event that it followed.
    for place, event in enumerate(events):
        if isinstance(event, QueuedReport):
            assert events[place - 1] == f"important {event.number}"


def test_that_reports_taken_in_between_make_room_for_others():
    queue = EventQueue((QueuedReport,))
    for number in range(3 * MAX_COALESCED):
        queue.put(QueuedReport(number))
        assert len(taken(queue)) == 1


def test_that_a_full_mailbox_holds_up_whoever_fills_it():
    queue = EventQueue()
    for number in range(MAX_PENDING):
        queue.put(number)
    is_in = threading.Event()
    worker = threading.Thread(target=lambda: (queue.put("one more"), is_in.set()))
    worker.start()
    assert len(queue) == MAX_PENDING
    assert not is_in.is_set()
    assert queue.get() == 0
    worker.join()
    assert is_in.is_set()
    assert len(queue) == MAX_PENDING
    assert taken(queue)[-1] == "one more"


def test_that_a_receiver_that_hangs_slows_a_run_and_never_ends_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BACKPRESSURE_TIMEOUT_S", 0.001)
    queue = EventQueue()
    for number in range(MAX_PENDING + 3):
        queue.put(number)
    assert taken(queue) == list(range(MAX_PENDING + 3))


def test_that_nobody_is_held_up_by_a_receiver_that_waits_for_the_end():
    queue = EventQueue()
    queue.unbound()
    for number in range(3 * MAX_PENDING):
        queue.put(number)
    assert len(queue) == 3 * MAX_PENDING


def test_that_the_receiver_is_told_once_until_it_rests_again():
    queue = EventQueue()
    assert queue.put("first")
    assert not queue.put("second")
    assert not queue.arm_notification(), "something waits: no reason to ask for a call"
    assert not queue.put("third")
    assert taken(queue) == ["first", "second", "third"]
    assert queue.arm_notification()
    assert queue.put("fourth")


# --------------------------------------------------------------------------
# Facts about PySide6's signals that jobs rely on: docs/decisions/0001-pyside6-below-6-12.md.

EMISSIONS = 10_000
SLACK = 100
"""References that come and go with the interpreter itself; a leak takes one per emission."""


class _Speaker(QObject):
    spoken = Signal(object)


@pytest.mark.parametrize("singleton", [None, True, False], ids=str)
def test_that_emitting_keeps_the_reference_counts_of_singletons(singleton: bool | None) -> None:
    heard = 0

    def hear(_value: object) -> None:
        nonlocal heard
        heard += 1

    speaker = _Speaker()
    speaker.spoken.connect(hear)
    before = sys.getrefcount(singleton)
    for _ in range(EMISSIONS):
        speaker.spoken.emit(singleton)
    after = sys.getrefcount(singleton)
    assert heard == EMISSIONS
    assert abs(after - before) < SLACK


def test_that_the_toolkit_is_older_than_the_release_that_aborts() -> None:
    major, minor, *_rest = PySide6.__version__.split(".")
    assert (int(major), int(minor)) < (6, 12)
