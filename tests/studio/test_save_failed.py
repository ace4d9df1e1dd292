"""A run that cannot save: what the dialog says, what it offers, when it goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.errors import DiskFullError, FolderNotWritableError
from engine.events import CheckpointSaved, RunEvent, RunPaused, RunRelocated
from studio.app import Studio
from studio.dialogs.confirm import ConfirmDiscard
from studio.dialogs.error import ErrorDialog
from studio.dialogs.save_failed import SaveFailedDialog
from studio.models.run_state import Command, RunState
from studio.settings.choices import GeneralChoices
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import is_event
from tests.helpers.windows import ask, child, life, says, start, status_text, wait_for


@pytest.fixture(autouse=True)
def room_at_the_end(studio: Studio, engine: FakeEngine) -> Iterator[None]:
    """Let a run that is still stuck when the test is over save and end."""
    yield
    engine.is_disk_full.clear()
    if life(studio) is RunState.PAUSED:
        studio.training.go_on()


def get_stuck(qtbot: QtBot, studio: Studio, engine: FakeEngine) -> SaveFailedDialog:
    start(qtbot, studio)
    engine.is_disk_full.set()
    ask(studio, Command.SAVE_NOW)
    qtbot.waitUntil(lambda: studio.storage_errors.dialog is not None)
    assert studio.storage_errors.dialog is not None
    return studio.storage_errors.dialog


def test_that_a_full_disk_is_told_in_bytes_and_blocks_nothing(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    dialog = get_stuck(qtbot, studio, engine)
    assert life(studio) is RunState.PAUSED
    assert "Waiting: it cannot save" in status_text(studio)
    assert says(dialog, "needs 286.10 MiB, and 976.56 KiB are free")
    assert says(dialog, str(engine.configs[0].run))
    assert not dialog.isModal()
    assert says(studio.window.run, "The disk is full.")
    assert not studio.window.findChildren(ErrorDialog)


def test_that_the_dialog_goes_when_the_run_goes_on(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    dialog = get_stuck(qtbot, studio, engine)
    engine.is_disk_full.clear()
    dialog.retry.click()
    assert not dialog.retry.isEnabled()
    wait_for(qtbot, studio, RunState.RUNNING)
    qtbot.waitUntil(lambda: studio.storage_errors.dialog is None)
    assert not says(studio.window.run, "The disk is full.")


def test_that_a_vain_attempt_can_be_made_again(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    dialog = get_stuck(qtbot, studio, engine)
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunPaused)):
        dialog.retry.click()
    assert studio.storage_errors.dialog is dialog
    assert dialog.retry.isEnabled()
    assert life(studio) is RunState.PAUSED


def test_that_a_closed_dialog_stays_closed_until_somebody_asks(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    engine.retry_s = 0.01
    dialog = get_stuck(qtbot, studio, engine)
    dialog.close()
    for _ in range(3):
        with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunPaused)):
            pass
        assert not dialog.isVisible()
    wait_for(qtbot, studio, RunState.PAUSED)
    ask(studio, Command.RESUME)
    qtbot.waitUntil(lambda: studio.storage_errors.dialog not in (None, dialog))
    assert child(studio.window, SaveFailedDialog).isVisible()
    engine.is_disk_full.clear()
    qtbot.waitUntil(lambda: studio.storage_errors.dialog is None)


def test_that_the_window_follows_a_run_to_another_folder(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path
):
    dialog = get_stuck(qtbot, studio, engine)
    dialog.folder.click()
    picker = child(studio.window, QFileDialog)
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunRelocated)):
        picker.fileSelected.emit(str(tmp_path / "other disk" / "run"))
    picker.reject()
    assert studio.training.folder == tmp_path / "other disk" / "run"
    assert studio.run_view.folder == tmp_path / "other disk" / "run"
    assert studio.store.load(GeneralChoices()).last_run == tmp_path / "other disk" / "run"
    qtbot.waitUntil(lambda: studio.storage_errors.dialog is None)
    assert studio.window.windowTitle().startswith("run – ")
    wait_for(qtbot, studio, RunState.RUNNING)


def test_that_a_folder_is_not_offered_to_a_run_that_got_on_by_itself(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path
):
    engine.retry_s = 0.01
    dialog = get_stuck(qtbot, studio, engine)
    dialog.folder.click()
    picker = child(studio.window, QFileDialog)
    engine.is_disk_full.clear()
    qtbot.waitUntil(lambda: studio.storage_errors.dialog is None)
    events: list[RunEvent] = []
    studio.training.event_emitted.connect(events.append)
    picker.fileSelected.emit(str(tmp_path / "late"))
    picker.reject()
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(CheckpointSaved)):
        ask(studio, Command.SAVE_NOW)
    assert not any(map(is_event(RunRelocated), events))
    assert studio.training.folder == engine.configs[0].run


def test_that_stopping_without_saving_asks_and_ends(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    dialog = get_stuck(qtbot, studio, engine)
    dialog.discard.click()
    child(studio.window, ConfirmDiscard).discard.click()
    assert life(studio) is RunState.STOPPING
    qtbot.waitUntil(lambda: not studio.training.is_running)
    assert studio.storage_errors.dialog is None
    assert "Stopped without saving" in status_text(studio)
    assert not studio.window.findChildren(ErrorDialog)


def test_that_a_run_that_cannot_save_on_its_way_out_waits_for_a_word(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    engine.is_disk_full.set()
    ask(studio, Command.STOP_SAVE)
    wait_for(qtbot, studio, RunState.PAUSED)
    dialog = studio.storage_errors.dialog
    assert dialog is not None
    engine.is_disk_full.clear()
    dialog.retry.click()
    assert life(studio) is RunState.STOPPING, "it is still on its way to the end"
    wait_for(qtbot, studio, RunState.FINISHED)
    assert "Stopped, checkpoint saved" in status_text(studio)


def test_that_stopping_a_second_time_tries_to_save_at_once(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    engine.is_disk_full.set()
    ask(studio, Command.STOP_SAVE)
    wait_for(qtbot, studio, RunState.PAUSED)
    engine.is_disk_full.clear()
    ask(studio, Command.STOP_SAVE)
    wait_for(qtbot, studio, RunState.FINISHED)
    assert "Stopped, checkpoint saved" in status_text(studio)


def test_that_other_reasons_have_words_too(qtbot: QtBot, studio: Studio):
    error = FolderNotWritableError(Path("/gone"), "no such folder")
    dialog = SaveFailedDialog(studio.window, error)
    qtbot.addWidget(dialog)
    dialog.show()
    assert says(dialog, "A folder cannot be written to.")
    assert says(dialog, "/gone: no such folder.")
    dialog.show_error(DiskFullError(Path("/full"), 2_000_000, 1_000))
    assert says(dialog, "The disk is full.")
