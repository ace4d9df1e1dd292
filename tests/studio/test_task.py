"""A task in its thread: finishes, fails, is stopped, is overtaken."""

import threading

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import EditRefusedError, StoppedError
from engine.events import Outcome
from studio.jobs.latest import TaskEnded
from studio.jobs.task import Task, TaskProgressed
from tests.helpers.problem_log import ProblemLog


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
