"""Pause, resume, stop, discard, save now, sample now: from the button to the run and back."""

from typing import cast

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.events import (
    Alert,
    AlertChanged,
    CheckpointSaved,
    DatasetVerified,
    EvaluationFailed,
    LogRestored,
    MetricsReported,
    MicroBatchingEnabled,
    PreviewFailed,
    PreviewReady,
    RolledBack,
    RunResumed,
    StepsSkipped,
)
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.confirm import CloseAnswer, ConfirmDiscard, ConfirmQuit
from studio.models.run_state import Command, RunState
from studio.models.trouble_text import advice, skipped_checkpoints_text
from studio.panels.run.controls import HealthNotes
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
)


def checkpoints(engine: FakeEngine) -> list[str]:
    return [path.name for path in RunFolder(engine.configs[-1].run).checkpoint_paths()]


def test_that_a_pause_says_so_at_once_and_a_resume_too(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    visible_buttons(studio.window.run)["Pause"].click()
    # In the same turn of the event loop: nothing was waited for.
    assert life(studio) is RunState.PAUSING
    assert "Pausing…" in status_text(studio)
    assert not visible_buttons(studio.window.run)["Pausing…"].isEnabled()
    wait_for(qtbot, studio, RunState.PAUSED)
    assert says(studio.window.run, "Paused")
    assert "Paused" in studio.window.windowTitle()
    buttons = visible_buttons(studio.window.run)
    assert set(buttons) == {"Resume", "Stop", "Settings…", "Add to queue", "Sweep settings"}
    buttons["Resume"].click()
    assert "Resuming…" in status_text(studio)
    wait_for(qtbot, studio, RunState.RUNNING)
    assert "Paused" not in studio.window.windowTitle()


def test_that_a_pause_can_give_the_memory_back(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    start(qtbot, studio)
    assert not checkpoints(engine)
    ask(studio, Command.PAUSE_RELEASE)
    wait_for(qtbot, studio, RunState.PAUSED)
    assert "Paused, memory given back" in status_text(studio)
    assert checkpoints(engine), "what is given back has to be on disk first"
    ask(studio, Command.RESUME)
    wait_for(qtbot, studio, RunState.RUNNING)


def test_that_a_paused_run_stops_and_keeps_what_it_has(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    ask(studio, Command.PAUSE)
    wait_for(qtbot, studio, RunState.PAUSED)
    visible_buttons(studio.window.run)["Stop"].click()
    assert "Stopping…" in status_text(studio)
    wait_for(qtbot, studio, RunState.FINISHED)
    assert "Stopped, checkpoint saved" in status_text(studio)
    assert checkpoints(engine)


def test_that_discarding_asks_once_and_says_what_would_be_lost(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(CheckpointSaved)):
        ask(studio, Command.SAVE_NOW)
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(MetricsReported)):
        ask(studio, Command.SAMPLE_NOW)
    qtbot.waitUntil(lambda: "300 images" in status_text(studio))
    ask(studio, Command.STOP_DISCARD)
    ask(studio, Command.STOP_DISCARD)
    [guard] = studio.window.findChildren(ConfirmDiscard)
    text = guard.informativeText()
    assert "(100 images) since the last checkpoint will be lost" in text
    assert "Older checkpoints stay." in text
    assert life(studio) is RunState.RUNNING
    guard.discard.click()
    assert life(studio) is RunState.STOPPING
    wait_for(qtbot, studio, RunState.FINISHED)
    assert "Stopped without saving" in status_text(studio)
    assert checkpoints(engine) == ["checkpoint-000000000200"]


def test_that_a_no_to_discarding_changes_nothing(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    ask(studio, Command.STOP_DISCARD)
    guard = child(studio.window, ConfirmDiscard)
    assert "nothing was saved yet" in guard.informativeText()
    guard.reject()
    assert life(studio) is RunState.RUNNING
    assert studio.run_controller.guard is None


def test_that_nothing_is_asked_where_nothing_would_be_lost(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(CheckpointSaved)):
        ask(studio, Command.SAVE_NOW)
    ask(studio, Command.STOP_DISCARD)
    assert studio.run_controller.guard is None
    wait_for(qtbot, studio, RunState.FINISHED)
    assert "Stopped, checkpoint saved" in status_text(studio)


def test_that_the_question_goes_when_the_run_ends(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    start(qtbot, studio)
    ask(studio, Command.STOP_DISCARD)
    assert studio.run_controller.guard is not None
    engine.finish.set()
    wait_for(qtbot, studio, RunState.FINISHED)
    assert studio.run_controller.guard is None


def test_that_a_sample_is_drawn_when_asked_for(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)

    def is_the_one_asked_for(event: object) -> bool:
        # A preview of the start may still be under way.
        return isinstance(event, PreviewReady) and event.images_seen == 300

    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_the_one_asked_for):
        visible_buttons(studio.window.run)["Sample now"].click()
    wait_for(qtbot, studio, RunState.RUNNING)


def test_that_every_wish_has_a_shortcut_of_its_own(studio: Studio):
    keys = [studio.window.actions_.run.action(command).shortcut().toString() for command in Command]
    assert all(keys)
    others = [
        action.shortcut().toString()
        for action in studio.window.actions_.findChildren(QAction)
        if action.shortcut().toString()
    ]
    assert len(set(others)) == len(others), "no two actions share a key"
    assert len(set(keys)) == len(Command)
    assert set(keys) <= set(others)


def test_that_every_control_says_what_it_does(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    for button in visible_buttons(studio.window.run).values():
        assert button.toolTip(), button.text()
    arrows = [b for b in studio.window.run.findChildren(QToolButton) if b.property("split")]
    assert [b.accessibleName() for b in arrows] == ["Ways to pause", "Ways to stop"]


def test_that_closing_a_paused_run_asks_and_saves(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    start(qtbot, studio)
    ask(studio, Command.PAUSE)
    wait_for(qtbot, studio, RunState.PAUSED)
    studio.window.close()
    guard = child(studio.window, ConfirmQuit)
    assert guard.text() == "The run is paused. Save it and quit?"
    assert "Keep training" not in {button.text() for button in guard.buttons()}
    guard.button_for(CloseAnswer.SAVE_AND_QUIT).click()
    qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert checkpoints(engine)


def test_that_closing_twice_asks_once(qtbot: QtBot, studio: Studio):
    start(qtbot, studio)
    studio.window.close()
    studio.window.close()
    [guard] = studio.window.findChildren(ConfirmQuit)
    guard.reject()
    assert life(studio) is RunState.RUNNING


def test_that_keeping_a_run_that_has_ended_meanwhile_closes_the_window(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    studio.window.close()
    engine.finish.set()
    wait_for(qtbot, studio, RunState.FINISHED)
    child(studio.window, ConfirmQuit).button_for(CloseAnswer.KEEP_TRAINING).click()
    assert not studio.window.isVisible()


SKIPPED = StepsSkipped(images_seen=6_400, steps=tuple(range(50, 57)), terms=("discriminator",))
BACK = RolledBack(images_seen=6_000, from_images_seen=6_400, rate_scale=0.5)
SPLIT = MicroBatchingEnabled(
    images_seen=6_000,
    batch_size=64,
    num_micro_batches=4,
    memory_bytes=7 * 2**30,
    budget_bytes=8 * 2**30,
)


@pytest.mark.parametrize(
    ("event", "happened", "done"),
    [
        (SKIPPED, "6,400 images. Not a number: discriminator.", "(step 50, 51, 52, 53, 54, …)"),
        (BACK, "unstable at 6,400 images", "back to 6,000 images and continues with 50 %"),
        (SPLIT, "A batch of 64 does not fit", "into 4 micro-batches, to the same effect"),
        (SPLIT, "A batch of 64 does not fit", "7.00 GiB of 8.00 GiB were taken."),
        (LogRestored(bytes_restored=2**20), "log of this run was deleted", "Its 1.00 MiB are"),
    ],
)
def test_that_trouble_is_told_with_what_was_done(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, event, happened: str, done: str
):
    start(qtbot, studio)
    engine.trouble.append(event)
    qtbot.waitUntil(lambda: says(studio.window.run, happened))
    assert says(studio.window.run, done)


def test_that_the_same_trouble_stands_once_and_a_new_run_has_none(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    later = StepsSkipped(images_seen=9_900, steps=(99,), terms=("penalty",))
    engine.trouble += [SKIPPED, later]
    qtbot.waitUntil(lambda: says(studio.window.run, "9,900 images"))
    assert not says(studio.window.run, "6,400 images")
    ask(studio, Command.STOP_SAVE)
    wait_for(qtbot, studio, RunState.FINISHED)
    assert says(studio.window.run, "9,900 images"), "somebody may only look now"
    start(qtbot, studio)
    assert not says(studio.window.run, "9,900 images")


def test_that_a_dataset_that_has_changed_is_told(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, problem_log: ProblemLog
):
    start(qtbot, studio)
    engine.trouble += [DatasetVerified(damage=()), DatasetVerified(damage=("images 0 to 9",))]
    qtbot.waitUntil(lambda: says(studio.window.run, "has changed since it was written: images 0"))
    problem_log.expect("The dataset has changed: images 0 to 9")


def test_that_damaged_checkpoints_are_named():
    event = RunResumed(
        images_seen=500,
        elapsed_s=1.0,
        checkpoint="checkpoint-000000000500",
        skipped_checkpoints=("checkpoint-000000000900: cut short",),
    )
    words = skipped_checkpoints_text(event)
    assert words is not None
    assert "checkpoint-000000000900: cut short" in words.trouble
    assert "checkpoint-000000000500 (500 images)" in words.remedy
    whole = RunResumed(images_seen=500, elapsed_s=1.0, checkpoint="checkpoint-000000000500")
    assert skipped_checkpoints_text(whole) is None


def test_that_a_failed_preview_or_measurement_ends_nothing(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, problem_log: ProblemLog
):
    start(qtbot, studio)
    engine.trouble.append(PreviewFailed(error=ValueError("no paint")))
    engine.trouble.append(EvaluationFailed(error=ValueError("no judge")))
    with qtbot.waitSignal(
        studio.training.event_emitted, check_params_cb=is_event(EvaluationFailed)
    ):
        pass
    assert life(studio) is RunState.RUNNING
    problem_log.expect("no paint")
    problem_log.expect("no judge")


# --------------------------------------------------------------------------
# Alerts in plain words, in the run panel and in a run's events.


def changed(alert: Alert, *, is_raised: bool = True) -> AlertChanged:
    return AlertChanged(
        alert=alert, is_raised=is_raised, images_seen=100, evidence={"image_diversity": 0.123456}
    )


@pytest.fixture
def notes(qtbot: QtBot) -> HealthNotes:
    made = HealthNotes()
    qtbot.addWidget(made)
    return made


def note_texts(notes: HealthNotes) -> list[str]:
    labels = notes.findChildren(QLabel)
    return [
        label.text() for label in labels if not cast("QWidget", label.parentWidget()).isHidden()
    ]


def test_that_every_alert_has_words_and_a_remedy():
    words = [advice(alert) for alert in Alert]
    assert len({word.trouble for word in words}) == len(Alert)
    assert all("Try " in word.remedy for word in words)


def test_that_alerts_come_and_go(notes: HealthNotes):
    assert notes.isHidden()
    notes.show_health(changed(Alert.MODE_COLLAPSE))
    notes.show_health(changed(Alert.OVERFITTING))
    assert not notes.isHidden()
    assert advice(Alert.MODE_COLLAPSE).trouble in note_texts(notes)
    assert advice(Alert.OVERFITTING).remedy in note_texts(notes)
    notes.show_health(changed(Alert.MODE_COLLAPSE, is_raised=False))
    assert advice(Alert.MODE_COLLAPSE).trouble not in note_texts(notes)
    notes.show_health(changed(Alert.OVERFITTING, is_raised=False))
    assert notes.isHidden()


def test_that_the_evidence_is_a_glance_away(notes: HealthNotes):
    notes.show_health(changed(Alert.MODE_COLLAPSE))
    assert notes.findChildren(QLabel)[0].toolTip() == "image_diversity 0.123"


def test_that_an_alert_that_comes_again_stands_once(notes: HealthNotes):
    notes.show_health(changed(Alert.MODE_COLLAPSE))
    notes.show_health(changed(Alert.MODE_COLLAPSE))
    assert note_texts(notes).count(advice(Alert.MODE_COLLAPSE).trouble) == 1


def test_that_a_new_run_has_none(notes: HealthNotes):
    notes.show_health(changed(Alert.NON_FINITE))
    notes.clear()
    assert notes.isHidden()
    assert note_texts(notes) == []
