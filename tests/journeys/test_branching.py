"""A branch, from the list of runs to its own last checkpoint, with the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.runs.folder import RunFolder
from engine.runs.notes import read_notes
from engine.train.loop import train
from studio.app import Studio
from studio.dialogs.branch_run import BranchRun
from tests.helpers.opened import PATIENCE_MS, counting_in_english, opened_studio
from tests.helpers.tiny import tiny_config, tiny_dataset
from tests.helpers.widgets import child


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
    with qtbot.waitSignal(studio.training.run_ended, timeout=PATIENCE_MS) as ended:
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
