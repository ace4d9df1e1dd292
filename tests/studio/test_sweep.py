"""A sweep from the run form: lists of values and seeds, their problems, and the queue."""

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.config.forecast import training_seconds
from engine.events import RunEnded
from studio.app import Studio
from studio.dialogs.sweep import SweepDialog
from studio.models.run_form import RunForm
from studio.models.sweep import (
    MAX_RUNS,
    Axis,
    Sweep,
    SweepTime,
    build_sweep,
    split_seeds,
    split_values,
    sweep_examples,
    sweep_time,
    swept_names,
)
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import is_event
from tests.helpers.windows import child, says

RATE = "training.learning_rate"


@pytest.fixture
def form(tmp_path: Path) -> RunForm:
    form = RunForm(tmp_path, day=lambda: date(2026, 11, 30))
    form.choose_preset("cpu-tiny")
    return form


@pytest.fixture
def dialog(qtbot: QtBot, studio: Studio) -> SweepDialog:
    studio.window.show_docks()
    studio.window.actions_.sweep.trigger()
    return child(studio.window.run, SweepDialog)


def names(form: RunForm, values: str, seeds: str = "", name: str = RATE) -> list[str]:
    return [plan.config.run.name for plan in swept(form, values, seeds, name).plans]


def swept(form: RunForm, values: str, seeds: str = "", name: str = RATE) -> Sweep:
    return build_sweep(form, [Axis(name=name, values=values)], seeds)


def items(dialog: SweepDialog) -> list[tuple[str, str, str]]:
    found = [dialog.runs.topLevelItem(row) for row in range(dialog.runs.topLevelItemCount())]
    return [(item.text(0), item.text(1), item.text(2)) for item in found if item is not None]


def type_in(qtbot: QtBot, dialog: SweepDialog, values: str, seeds: str = "0") -> None:
    for field, text in ((dialog.values, values), (dialog.seeds, seeds)):
        field.edit.selectAll()
        qtbot.keyClicks(field.edit, text)


def test_that_lists_are_split_at_commas_and_ranges_are_spelled_out():
    assert split_values(" 0.1, 0.2;0.1\n3，4,") == ["0.1", "0.2", "3", "4"]
    assert split_seeds("7, 1-3, 2, 5..6") == ["7", "1", "2", "3", "5", "6"]
    for text in ("3-1", "0-1000000"):
        with pytest.raises(ValueError, match="no range of seeds"):
            split_seeds(text)


def test_that_each_value_and_seed_is_a_run_with_a_name_that_says_so(form: RunForm):
    stem = "digits-2026-11-30-1-learning-rate"
    assert names(form, "0.001, 2e-3") == [f"{stem}-0.001", f"{stem}-0.002"]
    sweep = swept(form, "0.001, 0.002", "4-5")
    found = [
        (plan.config.training.learning_rate, plan.config.seed, plan.config.run.name)
        for plan in sweep.plans
    ]
    assert found == [
        (0.001, 4, f"{stem}-0.001-seed-4"),
        (0.001, 5, f"{stem}-0.001-seed-5"),
        (0.002, 4, f"{stem}-0.002-seed-4"),
        (0.002, 5, f"{stem}-0.002-seed-5"),
    ]
    assert {plan.starter for plan in sweep.plans} == {"digits"}
    assert form.text(RATE) == "0.002", "the form stays as it is"


def test_that_equal_values_count_once(form: RunForm):
    assert len(names(form, "0.001, 1e-3, .001")) == 1
    assert len(names(form, "hinge, Hinge", name="training.adversarial_loss")) == 1


def test_that_every_bad_value_is_named_with_its_reason(form: RunForm):
    sweep = swept(form, "0.001, 5, x", "1, -2")
    assert sweep.values_problems[0].splitlines() == [
        "5: Must be at most 0.1",
        "x: Not a number; write 0.001 or 1e-3",
    ]
    assert sweep.seeds_problem == "-2: Must be at least 0"
    assert sweep.plans == ()
    assert "values" in swept(form, " , ").values_problems[0]
    many = swept(form, "0.001, 0.002", f"1-{MAX_RUNS}")
    assert str(2 * MAX_RUNS) in many.values_problems[0]


def test_that_values_that_the_other_settings_exclude_are_left_out(form: RunForm):
    form.set_text("training.final_learning_rate", "0.0015")
    sweep = swept(form, "0.001, 0.002")
    assert [run.problem != "" for run in sweep.runs] == [True, False]
    assert "must not exceed the learning rate" in sweep.skipped[0].problem
    assert [plan.config.training.learning_rate for plan in sweep.plans] == [0.002]


def test_that_two_settings_make_a_grid_without_what_the_rules_refuse(form: RunForm):
    final = "training.final_learning_rate"
    axes = [Axis(name=RATE, values="0.001, 0.002"), Axis(name=final, values="0.0005, 0.0015")]
    sweep = build_sweep(form, axes, "1-2")
    assert len(sweep.runs) == 8
    # A final rate above the rate is refused, with both seeds.
    assert [run.values for run in sweep.skipped] == [("0.001", "0.0015")] * 2
    found = [
        (c.training.learning_rate, c.training.final_learning_rate, c.seed)
        for c in (plan.config for plan in sweep.plans)
    ]
    assert found == [
        (0.001, 0.0005, 1),
        (0.001, 0.0005, 2),
        (0.002, 0.0005, 1),
        (0.002, 0.0005, 2),
        (0.002, 0.0015, 1),
        (0.002, 0.0015, 2),
    ]
    stem = "digits-2026-11-30-1-learning-rate-0.001-final-learning-rate-0.0005-seed-1"
    assert sweep.plans[0].config.run.name == stem
    twice = build_sweep(form, [Axis(name=RATE, values="0.001")] * 2, "")
    assert twice.values_problems[1] == "Choose two different settings"
    many = [Axis(name=RATE, values="0.001, 0.002"), Axis(name=final, values="0.0001, 0.0002")]
    assert str(4 * MAX_RUNS) in build_sweep(form, many, f"1-{MAX_RUNS}").values_problems[1]


def test_that_the_time_of_all_runs_is_added_up(form: RunForm):
    def time(speed: float = 0.0, **limits: str) -> SweepTime:
        for name, text in limits.items():
            form.set_text(name, text)
        plans = swept(form, "0.001, 0.002", "1-3").plans
        return sweep_time(plans, lambda _config: speed)

    assert time(minutes="2", images="0") == SweepTime(seconds=6 * 120.0)
    assert time(minutes="0", images="6000") == SweepTime(unmeasured=6)
    known = time(100.0, minutes="0", images="6000")
    assert known == SweepTime(seconds=6 * training_seconds(6000, 100.0))
    # Whichever limit is reached first ends a run.
    assert time(100.0, minutes="0.5", images="6000") == SweepTime(seconds=6 * 30.0)
    assert time(100.0, minutes="0", images="0") == SweepTime(unlimited=6)


def test_that_settings_of_other_families_cannot_be_swept(form: RunForm):
    offered = swept_names(form)
    assert RATE in offered
    assert not {"seed", "init_from", "variational.kl_weight"} & set(offered)


def test_that_values_near_the_present_one_are_suggested(form: RunForm):
    assert sweep_examples(form, RATE) == "0.001, 0.002, 0.004"
    assert sweep_examples(form, "training.adversarial_loss").startswith("non-saturating, ")
    form.set_text(RATE, "nonsense")
    assert sweep_examples(form, RATE) == ""


def test_that_problems_are_said_before_anything_is_queued(
    qtbot: QtBot, studio: Studio, dialog: SweepDialog
):
    type_in(qtbot, dialog, "0.001, 7")
    assert dialog.values.problem == "7: Must be at most 0.1"
    assert not dialog.ok.isEnabled()
    type_in(qtbot, dialog, "0.001", "3-1")
    assert "no range" in dialog.seeds.problem
    type_in(qtbot, dialog, "0.001, 0.003", "1")
    assert [(value, seed) for value, seed, _name in items(dialog)] == [
        ("0.001", "1"),
        ("0.003", "1"),
    ]
    assert dialog.ok.isEnabled()
    assert len(studio.queue.queue) == 0


def test_that_a_second_setting_is_combined_with_the_first(
    qtbot: QtBot, studio: Studio, dialog: SweepDialog
):
    form = studio.window.run._form
    form.set_text("minutes", "3")
    type_in(qtbot, dialog, "0.001, 0.002", "1")
    assert not dialog.second_values.isVisible()
    assert says(dialog, "take about 6 min 0 s, one after the other.")
    dialog.second.set_text("training.final_learning_rate")
    dialog.second.text_edited.emit(dialog.second.text())
    assert dialog.second_values.isVisible()
    dialog.second_values.edit.selectAll()
    qtbot.keyClicks(dialog.second_values.edit, "0.0005, 0.0015")
    assert says(dialog, "must not exceed the learning rate")
    assert says(dialog, "take about 9 min 0 s")
    assert dialog.ok.text() == "Add 3 runs to the queue"
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    rates = [
        (run.plan.config.training.learning_rate, run.plan.config.training.final_learning_rate)
        for run in studio.queue.queue
    ]
    assert rates == [(0.001, 0.0005), (0.002, 0.0005), (0.002, 0.0015)]


def test_that_the_time_is_known_once_the_speed_is_measured(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, dialog: SweepDialog
):
    engine.speed = 50.0
    form = studio.window.run._form
    for name, text in (("minutes", "0"), ("images", "6000")):
        form.set_text(name, text)
    studio.window.run.refresh()
    type_in(qtbot, dialog, "0.001, 0.002", "1")
    assert says(dialog, "is not known before the speed is measured")
    qtbot.mouseClick(dialog.estimate, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: says(dialog, "take about"))
    assert not dialog.estimate.isVisible()
    form.set_text("images", "0")
    dialog.check()
    assert says(dialog, "have no limit of time or images")
    dialog.reject()


def test_that_a_sweep_is_queued_with_one_click_and_trained(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, dialog: SweepDialog
):
    type_in(qtbot, dialog, "0.001, 0.003", "1, 2")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    queue = studio.queue.queue
    found = [(run.plan.config.training.learning_rate, run.plan.config.seed) for run in queue]
    assert found == [(0.001, 1), (0.001, 2), (0.003, 1), (0.003, 2)]
    assert studio.window.runs._views.currentIndex() == 1
    assert len({run.name for run in queue}) == 4
    engine.finish.set()
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        studio.queue.start()
    qtbot.waitUntil(lambda: len(engine.configs) == 4)
    qtbot.waitUntil(lambda: not studio.training.is_running and len(queue) == 0)
    assert [config.seed for config in engine.configs] == [1, 2, 1, 2]


def test_that_choices_are_swept_by_name(qtbot: QtBot, dialog: SweepDialog):
    dialog.setting.set_text("training.adversarial_loss")
    dialog.setting.text_edited.emit("training.adversarial_loss")
    assert "Hinge" in [value for value, _seed, _name in items(dialog)]
    type_in(qtbot, dialog, "hinge, nonsense")
    assert dialog.values.problem == "nonsense: Not a known choice"
    dialog.reject()


def test_that_the_form_has_a_button_for_it(qtbot: QtBot, studio: Studio):
    studio.window.show_docks()
    buttons = studio.window.run.findChildren(QPushButton)
    button = next(b for b in buttons if b.accessibleName() == "Sweep settings")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    child(studio.window.run, SweepDialog).reject()
