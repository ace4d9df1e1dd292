"""Closing the window while a run is under way."""

import pytest
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from engine.events import PreviewReady, RunEnded
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.confirm import CloseAnswer, ConfirmQuit
from studio.dialogs.error import ErrorDialog
from studio.settings.choices import WindowLayout
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.windows import child


def start(qtbot: QtBot, studio: Studio) -> None:
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(PreviewReady)):
        studio.window.actions_.start.trigger()


def answer(studio: Studio, choice: CloseAnswer) -> None:
    child(studio.window, ConfirmQuit).button_for(choice).click()


def test_that_an_idle_window_closes_and_remembers(studio: Studio):
    assert studio.window.close()
    assert not studio.window.isVisible()
    assert studio.store.load(WindowLayout()).docks


def test_that_cancel_changes_nothing(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    assert not studio.window.close()
    answer(studio, CloseAnswer.CANCEL)
    assert studio.window.isVisible()
    assert studio.training.is_running


def test_that_escape_cancels(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    studio.window.close()
    child(studio.window, ConfirmQuit).reject()
    assert studio.window.isVisible()
    assert studio.training.is_running


def test_that_save_and_quit_leaves_a_checkpoint(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    start(qtbot, studio)
    studio.window.close()
    answer(studio, CloseAnswer.SAVE_AND_QUIT)
    qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert not studio.training.is_running
    assert RunFolder(engine.configs[0].run).checkpoint_paths()


def test_that_keep_training_quits_when_the_run_ends(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    studio.window.close()
    answer(studio, CloseAnswer.KEEP_TRAINING)
    assert studio.window.isMinimized()
    assert studio.training.is_running
    engine.finish.set()
    qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert RunFolder(engine.configs[0].run).checkpoint_paths()


@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_that_keep_training_hides_in_the_tray_where_there_is_one(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    start(qtbot, studio)
    studio.window.close()
    answer(studio, CloseAnswer.KEEP_TRAINING)
    assert not studio.window.isVisible()
    tray = child(studio.closing, QSystemTrayIcon)
    tray.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    assert studio.window.isVisible()
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        engine.finish.set()
    assert studio.window.isVisible()


def test_that_an_error_brings_the_window_back(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, problem_log: ProblemLog
):
    start(qtbot, studio)
    studio.window.close()
    answer(studio, CloseAnswer.KEEP_TRAINING)
    engine.save_failure = OSError("the disk is gone")
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        engine.finish.set()
    assert studio.window.isVisible()
    assert not studio.window.isMinimized()
    child(studio.window, ErrorDialog).reject()
    problem_log.expect("A job failed")
    problem_log.expect("the disk is gone")


def test_that_ctrl_c_saves_and_quits(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    studio.closing.save_and_quit()
    qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert not studio.training.is_running
