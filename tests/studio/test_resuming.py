"""Going on with runs that lie on disk: finished, stopped, interrupted, failed, held."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.config.presets import config_from_preset
from engine.errors import DeviceLostError
from engine.events import CheckpointSaved, Outcome
from engine.fs.lock import RunLock
from studio.app import Studio, build_studio
from studio.dialogs.error import ErrorDialog
from studio.models.more_training import Resumable, Unit
from studio.models.run_state import Command, RunState
from studio.settings.choices import GeneralChoices
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.windows import (
    ask,
    child,
    life,
    says,
    start,
    status_text,
    visible_buttons,
    wait_for,
    write_run,
)


def resumable(**values: object) -> Resumable:
    config = config_from_preset("cpu-tiny", dataset=Path("d"), run=Path("r"))
    return Resumable(config=config.with_values(**values), images_seen=3_000, elapsed_s=120.0)


def amount(studio: Studio) -> QLineEdit:
    edits = studio.window.run.findChildren(QLineEdit)
    return next(edit for edit in edits if edit.accessibleName() == "More training")


def unit(studio: Studio) -> QComboBox:
    boxes = studio.window.run.findChildren(QComboBox)
    return next(box for box in boxes if box.accessibleName() == "Unit")


# How much more, as numbers.


def test_that_ten_more_minutes_come_on_top_of_what_was_trained():
    run = resumable(minutes=2.0)
    assert run.longer(Unit.MINUTES, "10").minutes == pytest.approx(120 / 60 + 10)
    assert run.longer(Unit.MINUTES, "10").images == 0


def test_that_more_images_come_on_top_and_lift_the_limit_in_time():
    more = resumable(minutes=2.0).longer(Unit.IMAGES, "5000")
    assert (more.minutes, more.images) == (0.0, 8_000)


def test_that_what_is_left_of_the_plan_is_suggested_and_leaves_it_alone():
    run = resumable(minutes=5.0, images=9_000)
    assert (run.usual_unit, run.usual_amount(Unit.MINUTES)) == (Unit.MINUTES, "3")
    assert run.longer(Unit.MINUTES, "3") == run.config, "both limits of the plan still hold"
    assert run.usual_amount(Unit.IMAGES) == "6000"


def test_that_as_much_again_is_suggested_when_nothing_is_left():
    run = resumable(minutes=2.0)
    assert run.usual_amount(Unit.MINUTES) == "2"
    assert run.longer(Unit.MINUTES, "2").minutes == pytest.approx(4.0)
    done = resumable(minutes=0.0, images=3_000)
    assert (done.usual_unit, done.usual_amount(Unit.IMAGES)) == (Unit.IMAGES, "3000")
    assert done.longer(Unit.IMAGES, "3000").images == 6_000


def test_that_the_suggestion_does_not_double_each_time():
    # Five minutes, then five more twice: the limit of the run is fifteen.
    run = replace(resumable(minutes=15.0), elapsed_s=900.0, resumed_s=600.0)
    assert run.usual_amount(Unit.MINUTES) == "5"
    run = replace(resumable(minutes=0.0, images=9_000), images_seen=9_000, resumed_images=6_000)
    assert run.usual_amount(Unit.IMAGES) == "3000"


@pytest.mark.parametrize("text", ["", "0"])
def test_that_no_amount_means_no_limit(text: str):
    more = resumable(minutes=2.0).longer(Unit.MINUTES, text)
    assert (more.minutes, more.images) == (0.0, 0)


def test_that_a_run_without_limits_goes_on_without():
    run = resumable(minutes=0.0)
    assert run.usual_amount(run.usual_unit) == ""
    assert run.longer(Unit.MINUTES, "") == run.config


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (Unit.MINUTES, "ten"),
        (Unit.MINUTES, "-1"),
        (Unit.MINUTES, "99999.9"),
        (Unit.IMAGES, "2.5"),
        (Unit.IMAGES, "nan"),
    ],
)
def test_that_what_is_no_amount_is_refused(unit: Unit, text: str):
    with pytest.raises(ValueError, match=r".+"):
        resumable(minutes=2.0).longer(unit, text)


# The window.


def test_that_the_run_panel_is_no_wider_when_a_run_can_be_resumed(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    studio.window.show_docks()
    studio.run_view.open(write_run(tmp_path / "runs" / "old", outcome=Outcome.STOPPED))
    qtbot.waitUntil(amount(studio).isVisible)
    # The dock's first width is 340 px; a panel that needs more would widen it for good.
    assert studio.window.run.minimumSizeHint().width() < 300


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        (Outcome.FINISHED, RunState.FINISHED, "Finished"),
        (Outcome.STOPPED, RunState.FINISHED, "Stopped, checkpoint saved"),
        (Outcome.FAILED, RunState.FAILED, "Ended with an error"),
        (None, RunState.INTERRUPTED, "Interrupted"),
    ],
)
def test_that_an_opened_run_says_how_it_ended_and_goes_on(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path, outcome, state, words: str
):
    run = write_run(tmp_path / "runs" / "old", outcome=outcome, minutes=5.0)
    studio.run_view.open(run)
    assert life(studio) is state
    assert words in status_text(studio)
    assert "Resume" in visible_buttons(studio.window.run)
    amount(studio).selectAll()
    qtbot.keyClicks(amount(studio), "10")
    visible_buttons(studio.window.run)["Resume"].click()
    assert life(studio) is RunState.PREPARING
    wait_for(qtbot, studio, RunState.RUNNING)
    [config] = engine.resumed
    assert config.run == run
    assert config.minutes == pytest.approx(3 / 60 + 10)
    assert studio.window.windowTitle() == "old – Diptych"


def test_that_curves_of_a_resumed_run_go_on_and_never_back(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path
):
    # Killed after 3,000 images, saved at 2,000: the last thousand is done again.
    studio.run_view.open(write_run(tmp_path / "runs" / "old", saved=2_000))
    curve = studio.window.losses.history.curves["discriminator"]
    assert list(curve.points()[0]) == [1_000, 2_000, 3_000]
    ask(studio, Command.RESUME)
    qtbot.waitUntil(lambda: "2,200 images" in status_text(studio))
    curve = studio.window.losses.history.curves["discriminator"]
    assert list(curve.points()[0]) == [1_000, 2_000, 2_100, 2_200]


def test_that_an_interrupted_run_resumes_with_one_click_as_it_was_planned(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path
):
    run = write_run(tmp_path / "runs" / "old", minutes=7.0, images=4_000)
    studio.run_view.open(run)
    button = visible_buttons(studio.window.run)["Resume"]
    assert button.property("role") == "primary"
    assert visible_buttons(studio.window.run)["Start training"].property("role") == ""
    button.click()
    qtbot.waitUntil(lambda: len(engine.resumed) == 1)
    assert engine.resumed[0].minutes == 7.0


def test_that_a_finished_run_in_the_window_goes_on_in_images(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    ask(studio, Command.STOP_SAVE)
    wait_for(qtbot, studio, RunState.FINISHED)
    box = unit(studio)
    box.setCurrentIndex(box.findText("images"))
    box.activated.emit(box.currentIndex())
    amount(studio).selectAll()
    qtbot.keyClicks(amount(studio), "1000")
    visible_buttons(studio.window.run)["Resume"].click()
    qtbot.waitUntil(lambda: len(engine.resumed) == 1)
    assert engine.resumed[0].images == 1_200
    assert engine.resumed[0].run == engine.configs[0].run


def test_that_what_is_no_amount_is_said_and_starts_nothing(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path
):
    studio.run_view.open(write_run(tmp_path / "runs" / "old"))
    amount(studio).selectAll()
    qtbot.keyClicks(amount(studio), "ten")
    assert says(studio.window.run, "Not a number")
    ask(studio, Command.RESUME)
    assert life(studio) is RunState.INTERRUPTED
    assert not engine.resumed


def test_that_a_run_that_was_cut_off_before_it_saved_can_begin_again(
    studio: Studio, engine: FakeEngine, tmp_path: Path
):
    studio.run_view.open(write_run(tmp_path / "runs" / "old", saved=None))
    assert life(studio) is RunState.INTERRUPTED
    ask(studio, Command.RESUME)
    assert [config.run for config in engine.resumed] == [tmp_path / "runs" / "old"]


def test_that_a_run_that_was_stopped_before_it_saved_cannot_go_on(studio: Studio, tmp_path: Path):
    studio.run_view.open(write_run(tmp_path / "runs" / "old", outcome=Outcome.STOPPED, saved=None))
    assert life(studio) is RunState.FINISHED
    assert "Resume" not in visible_buttons(studio.window.run)
    assert not studio.window.actions_.run.action(Command.RESUME).isEnabled()


def test_that_a_run_that_was_discarded_says_so_later_too(studio: Studio, tmp_path: Path):
    run = write_run(tmp_path / "runs" / "old", outcome=Outcome.STOPPED, saved=1_000)
    studio.run_view.open(run)
    assert "Stopped without saving" in status_text(studio)


def test_that_a_run_that_another_program_trains_is_left_to_it(
    studio: Studio, engine: FakeEngine, tmp_path: Path
):
    run = write_run(tmp_path / "runs" / "old")
    with RunLock(run):
        studio.run_view.open(run)
    assert "Trained by another program" in status_text(studio)
    assert says(studio.window.run, "Another program trains this run: process ")
    assert "Resume" not in visible_buttons(studio.window.run)
    ask(studio, Command.RESUME)
    assert not engine.configs
    studio.run_view.open(run)
    assert life(studio) is RunState.INTERRUPTED, "whoever held it is gone"
    assert not says(studio.window.run, "Another program trains")
    assert "Resume" in visible_buttons(studio.window.run)


def test_that_a_branch_that_was_never_trained_is_ready_to_go_on(studio: Studio, tmp_path: Path):
    run = write_run(tmp_path / "runs" / "old")
    (run / "events.jsonl").unlink()
    studio.run_view.open(run)
    assert "Ready" in status_text(studio)
    assert "Resume" in visible_buttons(studio.window.run)


def test_that_a_lost_device_offers_a_restart_that_resumes(
    qtbot: QtBot,
    qapp,
    studio: Studio,
    engine: FakeEngine,
    problem_log: ProblemLog,
    monkeypatch: pytest.MonkeyPatch,
):
    launched: list[list[str]] = []
    monkeypatch.setattr(QProcess, "startDetached", lambda _p, args: launched.append(args))
    start(qtbot, studio)
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(CheckpointSaved)):
        ask(studio, Command.SAVE_NOW)
    engine.failure_now = DeviceLostError("cuda", "it fell off the bus", 200)
    with qtbot.waitSignal(studio.reporter.error_reported):
        engine.fails_now.set()
    assert life(studio) is RunState.FAILED
    dialog = child(studio.window, ErrorDialog)
    assert says(dialog, "saved up to 200 images")
    buttons = {button.text(): button for button in dialog.findChildren(QPushButton)}
    buttons["Restart and resume"].click()
    qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert launched == [["-m", "studio"]]
    problem_log.expect("A job failed")
    problem_log.expect("DeviceLostError")
    # What the new process does first.
    again = build_studio(qapp, settings=studio.store._settings, work=engine.work())
    again.restore_last_run()
    wait_for(qtbot, again, RunState.RUNNING)
    assert engine.resumed[0].run == engine.configs[0].run
    assert not again.store.load(GeneralChoices()).resumes_last_run
    again.training.stop()
    assert again.training.wait(10_000)
    wait_for(qtbot, again, RunState.FINISHED)
    again.window.leave()
    again.window.deleteLater()
