"""One run through its whole life, with the real engine: paused, given back, stopped, resumed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.events import PreviewReady, RunEnded, RunResumed
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.runs.metadata import read_notes
from engine.train.run import train
from studio.app import Studio
from studio.dialogs.run_name import BranchRun
from studio.models.run_state import Command, RunActivity, RunState
from tests.helpers.guards import is_event
from tests.helpers.tiny import tiny_config, tiny_dataset
from tests.helpers.windows import (
    DIALOG_PATIENCE_MS,
    ask,
    child,
    counting_in_english,
    life,
    opened_studio,
)


@pytest.mark.slow
def test_that_a_run_is_paused_given_back_stopped_and_resumed(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    def wait_for(state: RunState) -> None:
        qtbot.waitUntil(lambda: life(studio) is state, timeout=DIALOG_PATIENCE_MS)

    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"))
    ask(studio, Command.START)
    wait_for(RunState.RUNNING)
    qtbot.waitUntil(lambda: studio.run_view.status.unsaved_images > 0, timeout=DIALOG_PATIENCE_MS)

    ask(studio, Command.PAUSE)
    wait_for(RunState.PAUSED)
    ask(studio, Command.RESUME)
    wait_for(RunState.RUNNING)

    ask(studio, Command.PAUSE_RELEASE)
    released = RunActivity.RELEASED
    qtbot.waitUntil(lambda: studio.run_view.status.activity is released, timeout=DIALOG_PATIENCE_MS)
    run = RunFolder(studio.training.folder or Path())
    assert run.checkpoint_paths(), "memory is given back once its content is on disk"
    ask(studio, Command.RESUME)
    wait_for(RunState.RUNNING)

    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(PreviewReady),
        timeout=DIALOG_PATIENCE_MS,
    ):
        ask(studio, Command.SAMPLE_NOW)
    ask(studio, Command.STOP_SAVE)
    wait_for(RunState.FINISHED)
    stopped_at = read_metadata(run.latest_checkpoint()).images_seen

    ask(studio, Command.RESUME)
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunResumed),
        timeout=DIALOG_PATIENCE_MS,
    ) as resumed:
        pass
    assert (resumed.args or [])[0].images_seen == stopped_at
    wait_for(RunState.RUNNING)
    ask(studio, Command.STOP_SAVE)
    wait_for(RunState.FINISHED)
    assert read_metadata(run.latest_checkpoint()).images_seen >= stopped_at


# A branch, from the list of runs to its own last checkpoint, with the real engine.


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path) -> Iterator[Studio]:
    settings = QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)
    with counting_in_english(qapp), opened_studio(qapp, settings) as made:
        yield made


def test_that_a_branch_is_chosen_changed_and_trained(qtbot: QtBot, studio: Studio):
    dataset = tiny_dataset(studio.workspace / "datasets" / "tiny")
    config = tiny_config(dataset, studio.workspace / "runs" / "base", images=64)
    config = config.with_values(reporting__evaluate_every_s=0.0)
    train(config, lambda _event: None, RunControl())
    studio.window.show_runs()
    panel = studio.window.runs
    qtbot.waitUntil(lambda: panel.table.names() == ["base"])
    panel.table.mark(config.run)
    with qtbot.waitSignal(studio.runs.choices_found):
        panel.bar.branch.click()
    dialog = child(studio.window, BranchRun)
    assert dialog.field.text() == "checkpoint-000000000064"
    dialog.ok.click()
    form = studio.window.run._form
    assert form.text("images") == "128"
    form.set_text("images", "96")
    form.set_text("training.beta2", "0.5")
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunEnded),
        timeout=DIALOG_PATIENCE_MS,
    ) as ended:
        studio.window.run.start()
    assert ended.args is not None
    assert ended.args[0].error is None
    branch = RunFolder(studio.workspace / "runs" / "base-2")
    assert branch.read_config().training.beta2 == 0.5
    assert branch.latest_checkpoint() == branch.checkpoint_path(96)
    origin = read_notes(branch.path).origin
    assert origin is not None
    assert (origin.run, origin.images_seen) == ("base", 64)
    assert studio.window.run.origin.isHidden()
    qtbot.waitUntil(lambda: set(panel.table.names()) == {"base", "base-2"})
