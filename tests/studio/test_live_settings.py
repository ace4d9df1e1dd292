"""The settings of the run that trains, changed in its dialog and taken back."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.config.changes import live_settings
from engine.config.run import RunConfig
from engine.config.setting import value_at
from engine.errors import ConfigError, Problem
from engine.events import SettingsChanged, SettingsRejected
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.run_settings import RunSettingsDialog
from studio.models.run_form import FIELDS
from studio.models.run_state import Command, RunState
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import is_event
from tests.helpers.windows import ask, child, life, press, says, start, wait_for

RATE, LAST_RATE = "training.learning_rate", "training.final_learning_rate"


@pytest.fixture
def dialog(qtbot: QtBot, studio: Studio) -> RunSettingsDialog:
    studio.window.show_docks()
    start(qtbot, studio)
    press(qtbot, studio.window.run, "Settings…")
    return child(studio.window, RunSettingsDialog)


def type_in(qtbot: QtBot, dialog: RunSettingsDialog, name: str, text: str) -> None:
    edit = child(dialog.live.fields[name], QLineEdit)
    edit.selectAll()
    qtbot.keyClicks(edit, text)


def apply(qtbot: QtBot, studio: Studio, dialog: RunSettingsDialog) -> SettingsChanged:
    return changed_by(qtbot, studio, dialog.live.apply)


def changed_by(qtbot: QtBot, studio: Studio, button: QPushButton) -> SettingsChanged:
    with qtbot.waitSignal(
        studio.training.event_emitted, check_params_cb=is_event(SettingsChanged)
    ) as blocker:
        button.click()
    return (blocker.args or [])[0]


def test_exactly_the_live_settings_of_the_family_have_fields(dialog: RunSettingsDialog):
    live = live_settings(RunConfig)
    of_family = {n for n in live if "hybrid" in (FIELDS[n].about.families or ("hybrid",))}
    assert dialog.live.fields.keys() == of_family
    assert "variational.kl_weight" not in of_family
    assert dialog.live.isVisible()
    assert says(dialog, "count from the next step on, after about 200 images")
    assert not dialog.live.apply.isEnabled()


def test_a_value_is_applied_undone_and_redone(
    qtbot: QtBot, studio: Studio, dialog: RunSettingsDialog
):
    page = dialog.live
    type_in(qtbot, dialog, "training.penalty_weight", "0.5")
    assert page.apply.isEnabled()
    event = apply(qtbot, studio, dialog)
    assert (event.field, event.old, event.new) == ("training.penalty_weight", "2.0", "0.5")
    assert says(dialog, "Penalty weight (gamma): 2 → 0.5, from 200 images on.")
    assert not page.apply.isEnabled()
    assert page.undo.toolTip() == "Undo: Penalty weight (gamma)"
    event = changed_by(qtbot, studio, page.undo)
    assert (event.old, event.new) == ("0.5", "2.0")
    assert page.fields["training.penalty_weight"].text() == "2"
    assert not page.undo.isEnabled()
    event = changed_by(qtbot, studio, page.redo)
    assert (event.old, event.new) == ("2.0", "0.5")
    folder = studio.training.folder
    assert folder is not None
    stored = RunFolder(folder).read_config().changes
    assert [str(change) for change in stored] == ["200 training.penalty_weight=0.5"]
    # The table of all settings has the value in effect, and says since when.
    press_page(dialog, "All settings")
    dialog.table.copy.trigger()
    row = next(item for item in dialog.table._items if item.text(0) == "Penalty weight (gamma)")
    assert row.text(1) == "0.5"
    assert "From 200 images on: 0.5" in row.toolTip(1)


def press_page(dialog: RunSettingsDialog, text: str) -> None:
    next(b for b in dialog._page_buttons.buttons() if b.text() == text).click()


def test_two_values_that_are_valid_only_together_are_one_step(
    qtbot: QtBot, studio: Studio, dialog: RunSettingsDialog
):
    before = dialog.live.fields[RATE].text(), dialog.live.fields[LAST_RATE].text()
    type_in(qtbot, dialog, RATE, "0.00001")
    assert not dialog.live.apply.isEnabled()
    assert dialog.live.fields[LAST_RATE].problem == "must not exceed the learning rate"
    type_in(qtbot, dialog, LAST_RATE, "0.000001")
    apply(qtbot, studio, dialog)
    qtbot.waitUntil(lambda: not dialog.live.apply.isEnabled())
    assert studio.setting_changes.count() == 1
    changed_by(qtbot, studio, dialog.live.undo)
    qtbot.waitUntil(
        lambda: (dialog.live.fields[RATE].text(), dialog.live.fields[LAST_RATE].text()) == before
    )


def test_what_the_run_refuses_is_explained_and_leaves_no_step(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, dialog: RunSettingsDialog
):
    type_in(qtbot, dialog, "training.penalty_weight", "3")
    apply(qtbot, studio, dialog)
    type_in(qtbot, dialog, "training.column_weights", "smell=2")
    reason = "name no column of the dataset: 'smell' (it has text, image)"
    engine.refusal = ConfigError([Problem("training.column_weights", reason)])
    with qtbot.waitSignal(
        studio.training.event_emitted, check_params_cb=is_event(SettingsRejected)
    ):
        dialog.live.apply.click()
    assert studio.setting_changes.index() == 1
    assert says(dialog, f"The settings stay as they are. Column weights: {reason}.")


def test_values_out_of_range_cannot_be_applied(qtbot: QtBot, dialog: RunSettingsDialog):
    type_in(qtbot, dialog, "training.penalty_weight", "-1")
    assert dialog.live.fields["training.penalty_weight"].problem == "Must be at least 0"
    assert not dialog.live.apply.isEnabled()
    dialog.live.reset.click()
    assert dialog.live.fields["training.penalty_weight"].text() == "2"
    assert not dialog.live.fields["training.penalty_weight"].problem


def test_a_pause_knows_from_when_a_change_counts(
    qtbot: QtBot, studio: Studio, dialog: RunSettingsDialog
):
    ask(studio, Command.PAUSE)
    wait_for(qtbot, studio, RunState.PAUSED)
    assert says(dialog, "count from the next step on, after 200 images")
    dialog.live.fields["data.augmentation"].text_edited.emit("ada")
    event = apply(qtbot, studio, dialog)
    assert (event.field, event.new) == ("data.augmentation", "ada")


def test_the_page_goes_with_the_run_and_a_new_run_has_nothing_to_undo(
    qtbot: QtBot, studio: Studio, dialog: RunSettingsDialog
):
    type_in(qtbot, dialog, "training.penalty_weight", "3")
    apply(qtbot, studio, dialog)
    ask(studio, Command.STOP_SAVE)
    wait_for(qtbot, studio, RunState.FINISHED)
    assert dialog.live.isHidden()
    assert not studio.setting_changes.canUndo()
    assert dialog.table.isVisible()
    # A new run from these settings begins with what the last change left.
    press(qtbot, dialog, "Use for a new run")
    assert studio.window.run._form.text("training.penalty_weight") == "3"
    assert life(studio) is RunState.FINISHED


def test_every_setting_that_may_change_is_valid_as_it_is():
    config = RunConfig(dataset=Path(), run=Path())
    for name in live_settings(RunConfig):
        assert FIELDS[name].about.problem_with(value_at(config, name)) is None
