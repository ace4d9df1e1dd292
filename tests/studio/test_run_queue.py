"""The queue: its order, its file, and what is started when."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from engine.errors import FolderNotWritableError
from engine.events import RunEnded
from engine.runs.branching import BranchStart
from studio.app import Studio
from studio.dialogs.error import ErrorDialog
from studio.models.run_form import RunPlan
from studio.models.run_queue import FILE_NAME, QueueState, RunQueue
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.run_folders import made_run, run_config
from tests.helpers.windows import child


def plan(workspace: Path, name: str, **values: object) -> RunPlan:
    return RunPlan(config=run_config(workspace / "runs", name, **values), starter="digits")


def names(queue: RunQueue) -> list[str]:
    return [run.name for run in queue]


@pytest.fixture
def queue(tmp_path: Path) -> RunQueue:
    return RunQueue(tmp_path / FILE_NAME)


def again(tmp_path: Path) -> RunQueue:
    return RunQueue(tmp_path / FILE_NAME)


def test_that_the_queue_survives_a_restart(tmp_path: Path, queue: RunQueue):
    start = BranchStart(
        source=tmp_path / "a", checkpoint=tmp_path / "a" / "c", images_seen=5, elapsed_s=1.5
    )
    plans = [
        plan(tmp_path, "one", seed=5),
        RunPlan(config=run_config(tmp_path / "runs", "two"), starter="", branch=start),
    ]
    for each in plans:
        queue.add(each)
    queue.change(1, QueueState.FAILED, "because")
    queue.set_stops_on_failure(stops=True)
    read = again(tmp_path)
    assert [run.plan for run in read] == plans
    assert (read[1].state, read[1].reason) == (QueueState.FAILED, "because")
    assert read.stops_on_failure


def test_that_runs_are_moved_and_taken_out(tmp_path: Path, queue: RunQueue):
    for name in "abcd":
        queue.add(plan(tmp_path, name))
    queue.move(3, 0)
    assert names(queue) == names(again(tmp_path)) == ["d", "a", "b", "c"]
    queue.move(0, 2)
    assert names(queue) == ["a", "b", "d", "c"]
    queue.remove(1)
    assert names(again(tmp_path)) == ["a", "d", "c"]


def test_that_no_two_runs_have_one_name(tmp_path: Path, queue: RunQueue):
    made_run(tmp_path / "runs", "cats-2")
    for _time in range(3):
        queue.add(plan(tmp_path, "cats"))
    assert names(queue) == ["cats", "cats-3", "cats-4"]


def test_that_a_run_that_a_crash_has_ended_is_due_again(tmp_path: Path, queue: RunQueue):
    queue.add(plan(tmp_path, "a"))
    queue.change(0, QueueState.RUNNING)
    assert queue.next_due() is None
    assert again(tmp_path)[0].state is QueueState.INTERRUPTED
    assert again(tmp_path).next_due() == 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"format": 9, "runs": []}',
        '{"format": 2}',
        '{"format": 2, "runs": 7}',
        '{"format": 2, "runs": [{"config": "x = [", "state": "waiting"}]}',
        '{"format": 2, "runs": [{"config": "", "state": "flying"}]}',
        '{"format": [], "runs": []}',
    ],
)
def test_that_a_damaged_queue_begins_empty_and_is_kept_aside(tmp_path: Path, content: str):
    (tmp_path / FILE_NAME).write_text(content)
    queue = again(tmp_path)
    assert len(queue) == 0
    assert (tmp_path / "queue-damaged.json").read_text() == content
    queue.add(plan(tmp_path, "a"))
    assert names(again(tmp_path)) == ["a"]
    assert json.loads((tmp_path / FILE_NAME).read_text())["format"] == 2


def forgive(problem_log: ProblemLog) -> None:
    problem_log.expect("A job failed", logger="studio.jobs")
    problem_log.expect("Cannot write to", logger="studio.errors")


@pytest.fixture
def waiting(studio: Studio) -> RunQueue:
    """Three runs that wait in the studio's queue."""
    for name in ("one", "two", "three"):
        studio.runs_controller.runner.add(plan(studio.workspace, name))
    return studio.runs_controller.runner.queue


def started(engine: FakeEngine) -> list[str]:
    return [config.run.name for config in engine.configs]


def test_that_runs_are_trained_in_turn(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue
):
    waiting.move(2, 0)
    engine.finish.set()
    studio.window.runs.queue.start.click()
    qtbot.waitUntil(lambda: not studio.runs_controller.runner.is_active)
    assert started(engine) == ["three", "one", "two"]
    assert engine.starters == ["digits"] * 3
    assert len(waiting) == 0
    assert not studio.training.is_running


def test_that_no_run_starts_while_another_is_under_way(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue
):
    studio.runs_controller.start(plan(studio.workspace, "mine"))
    qtbot.waitUntil(lambda: studio.training.is_running and bool(engine.configs))
    studio.runs_controller.runner.start()
    qtbot.wait(50)
    assert started(engine) == ["mine"]
    engine.finish.set()
    qtbot.waitUntil(lambda: not studio.runs_controller.runner.is_active)
    assert started(engine) == ["mine", "one", "two", "three"]


def test_that_a_failed_run_is_marked_and_the_next_one_starts(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue, problem_log: ProblemLog
):
    engine.failure = FolderNotWritableError(Path("x"), "no")
    studio.runs_controller.runner.start()
    qtbot.waitUntil(lambda: not studio.runs_controller.runner.is_active)
    assert started(engine) == ["one", "two", "three"]
    assert [run.state for run in waiting] == [QueueState.FAILED] * 3
    assert "cannot be written" in waiting[0].reason
    for dialog in studio.window.findChildren(ErrorDialog):
        dialog.reject()
        forgive(problem_log)
    engine.failure = None
    engine.finish.set()
    studio.window.show_runs()
    studio.window.runs.show_page(1)
    studio.window.runs.queue.list.setCurrentRow(1)
    studio.window.runs.queue.retry.click()
    studio.window.runs.queue.start.click()
    qtbot.waitUntil(lambda: len(waiting) == 2 and not studio.training.is_running)


def test_that_the_queue_stops_on_failure_if_asked_to(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue, problem_log: ProblemLog
):
    engine.failure = FolderNotWritableError(Path("x"), "no")
    studio.window.runs.queue.stops.click()
    studio.runs_controller.runner.start()
    qtbot.waitUntil(lambda: not studio.runs_controller.runner.is_active)
    assert started(engine) == ["one"]
    assert [run.state for run in waiting][1:] == [QueueState.WAITING] * 2
    child(studio.window, ErrorDialog).reject()
    forgive(problem_log)


def test_that_a_stop_pauses_the_queue(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue
):
    studio.runs_controller.runner.start()
    qtbot.waitUntil(lambda: bool(engine.configs))
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        studio.training.stop()
    qtbot.wait(50)
    assert started(engine) == ["one"]
    assert names(waiting) == ["one", "two", "three"]
    assert waiting[0].state is QueueState.INTERRUPTED
    assert not studio.runs_controller.runner.is_active


def test_that_a_run_that_was_stopped_goes_on_when_the_queue_does(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue
):
    folder = made_run(studio.workspace / "runs", "zero", outcome="stopped")
    waiting.add(plan(studio.workspace, "zero"))
    waiting.replace_plan(3, plan(studio.workspace, "zero"))
    waiting.move(3, 0)
    waiting.change(0, QueueState.INTERRUPTED)
    engine.finish.set()
    studio.runs_controller.runner.start()
    qtbot.waitUntil(lambda: not studio.runs_controller.runner.is_active)
    assert [config.run for config in engine.resumed] == [folder]
    assert len(waiting) == 0


def test_that_pausing_lets_the_run_under_way_go_on(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue
):
    studio.runs_controller.runner.start()
    qtbot.waitUntil(lambda: bool(engine.configs))
    studio.runs_controller.runner.pause()
    engine.finish.set()
    qtbot.waitUntil(lambda: not studio.training.is_running)
    qtbot.wait(50)
    assert started(engine) == ["one"]
    assert names(waiting) == ["two", "three"]


def test_that_a_name_that_was_given_away_meanwhile_costs_no_run(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, waiting: RunQueue
):
    made_run(studio.workspace / "runs", "one")
    engine.finish.set()
    studio.runs_controller.runner.start()
    qtbot.waitUntil(lambda: not studio.runs_controller.runner.is_active)
    assert started(engine) == ["one-2", "two", "three"]


def test_that_the_panel_adds_the_form_to_the_queue(qtbot: QtBot, studio: Studio):
    studio.window.show_docks()
    name = studio.window.run._form.name
    studio.window.run._controls.queue.click()
    studio.window.run._controls.queue.click()
    assert names(studio.runs_controller.runner.queue) == [name, f"{name[:-1]}2"]
    assert studio.window.runs.isVisible()
    assert studio.window.runs.queue.list.count() == 2


@pytest.mark.parametrize(
    ("row", "onto", "half", "after"),
    [
        (0, 1, "lower", ["two", "one", "three"]),
        (0, 1, "upper", ["one", "two", "three"]),
        (0, 2, "lower", ["two", "three", "one"]),
        (2, 0, "upper", ["three", "one", "two"]),
        (2, 0, "lower", ["one", "three", "two"]),
        (0, None, "", ["two", "three", "one"]),
    ],
)
def test_that_lines_are_dragged(
    studio: Studio, waiting: RunQueue, row: int, onto: int | None, half: str, after: list[str]
):
    studio.window.show_runs()
    studio.window.runs.show_page(1)
    lines = studio.window.runs.queue.list
    lines.setCurrentRow(row)
    rect = lines.visualItemRect(lines.item(2 if onto is None else onto))
    y = {"upper": rect.top() + 2, "lower": rect.bottom() - 2}.get(half, rect.bottom() + 20)
    mime, kind = QMimeData(), Qt.DropAction.MoveAction
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    lines.dropEvent(QDropEvent(QPointF(20, y), kind, mime, button, keys))
    assert names(waiting) == after
    assert [lines.item(place).text().split(" ")[0] for place in range(3)] == after


def test_that_lines_are_moved_by_key(qtbot: QtBot, studio: Studio, waiting: RunQueue):
    view = studio.window.runs.queue
    studio.window.show_runs()
    studio.window.runs.show_page(1)
    view.list.setCurrentRow(2)
    qtbot.keyClick(view.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(waiting) == ["one", "three", "two"]
    assert view.list.currentRow() == 1
    qtbot.keyClick(view.list, Qt.Key.Key_Delete)
    assert names(waiting) == ["one", "two"]
