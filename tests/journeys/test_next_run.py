"""The settings of the run that trains are read, and the next one is set up beside it."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.events import RunEnded
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.run_settings import RunSettingsDialog
from studio.models.run_state import Command, RunState
from tests.helpers.guards import is_event
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, ask, child, life, press


def field(studio: Studio, name: str) -> QLineEdit:
    edits = studio.window.run.findChildren(QLineEdit)
    return next(edit for edit in edits if edit.accessibleName() == name)


def fill_in(qtbot: QtBot, studio: Studio, name: str, text: str) -> None:
    field(studio, name).selectAll()
    qtbot.keyClicks(field(studio, name), text)


def shown(dialog: RunSettingsDialog) -> dict[str, tuple[str, str]]:
    """Give value and preset of each setting in the table."""
    model, rows = dialog.table.model(), {}
    for group in range(model.rowCount()):
        heading = model.index(group, 0)
        for row in range(model.rowCount(heading)):
            label, value, preset = (model.index(row, column, heading).data() for column in range(3))
            rows[label] = (value, preset)
    return rows


@pytest.mark.slow
def test_that_the_next_run_is_set_up_and_queued_while_one_trains(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"))
    fill_in(qtbot, studio, "Name", "first")
    fill_in(qtbot, studio, "Batch size", "8")
    ask(studio, Command.START)
    qtbot.waitUntil(lambda: life(studio) is RunState.RUNNING, timeout=DIALOG_PATIENCE_MS)

    # The form is the next run's: a name of its own, and every field can be changed.
    assert field(studio, "Name").text() != "first"
    fill_in(qtbot, studio, "Name", "second")
    fill_in(qtbot, studio, "Batch size", "4")
    fill_in(qtbot, studio, "Seed", "7")
    press(qtbot, window.run, "Settings…")
    dialog = child(window, RunSettingsDialog)
    assert dialog.windowTitle() == "Settings of first"
    assert shown(dialog)["Batch size"][0] == "8 pairs"
    dialog.only_modified.click()
    # What the preset leaves to the engine differs too, once it is decided.
    assert shown(dialog)["Tokenizer"] == ("Words", "Automatic")
    assert {"Batch size", "Seed"} & shown(dialog).keys() == {"Batch size"}

    # It waits for the one that trains; then the run shown is the one that trains.
    window.run._form.set_text("images", "32")
    window.run.refresh()
    press(qtbot, window.run, "Add to queue")
    [queued] = studio.runs_controller.runner.queue
    assert (queued.name, queued.plan.config.seed) == ("second", 7)
    assert "Batch size: 4 pairs" in window.runs.queue.list.item(0).text()
    fill_in(qtbot, studio, "Seed", "9")
    studio.runs_controller.runner.start()
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=lambda event: is_event(RunEnded)(event) and event.folder.name == "second",
        timeout=DIALOG_PATIENCE_MS,
    ):
        ask(studio, Command.STOP_SAVE)
    assert RunFolder(studio.workspace / "runs" / "second").read_config().seed == 7
    assert field(studio, "Seed").text() == "9", "a queued run leaves the form alone"
    window.actions_.run.settings.trigger()
    assert dialog.windowTitle() == "Settings of second"
    assert shown(dialog)["Seed"] == ("7", "0")

    # Its settings serve for a third run.
    press(qtbot, dialog, "Use for a new run")
    assert field(studio, "Seed").text() == "7"
    assert field(studio, "Batch size").text() == "4"
    assert field(studio, "Name").text() not in ("first", "second")
    assert window.run.can_start
    dialog.close()
