"""A run's rate is changed while it trains and taken back; a click on a curve leads to a branch."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.config.changes import settings_at
from engine.events import CheckpointSaved, MetricsReported, RunEnded, SettingsChanged
from engine.runs.event_reader import read_incidents
from engine.runs.folder import RunFolder
from engine.runs.metadata import read_notes
from engine.train import metrics
from studio.app import Studio
from studio.dialogs.run_settings import RunSettingsDialog
from studio.models.run_marks import Mark
from studio.models.run_state import Command, RunState
from tests.helpers.guards import is_event
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, TINY_FORM, ask, child, life, press, says

RATE = "training.learning_rate"


@pytest.mark.slow
def test_a_rate_is_changed_and_taken_back_and_a_branch_starts_from_a_click(
    qtbot: QtBot, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)
    window, training = studio.window, studio.training

    def wait_for(kind: type) -> list:
        with qtbot.waitSignal(
            training.event_emitted, check_params_cb=is_event(kind), timeout=DIALOG_PATIENCE_MS
        ) as blocker:
            pass
        return blocker.args or []

    window.show_docks()
    form = {**TINY_FORM, "images": "0", "reporting.evaluate_every_s": "0"}
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"), form)
    press(qtbot, window.run, "Start training")
    wait_for(MetricsReported)
    qtbot.waitUntil(lambda: life(studio) is RunState.RUNNING, timeout=DIALOG_PATIENCE_MS)

    # The settings of the run that trains: a rate is changed, and taken back.
    press(qtbot, window.run, "Settings…")
    dialog = child(window, RunSettingsDialog)
    page = dialog.live
    edit = child(page.fields[RATE], QLineEdit)
    before = page.fields[RATE].text()
    edit.selectAll()
    qtbot.keyClicks(edit, "0.003")
    qtbot.mouseClick(page.apply, Qt.MouseButton.LeftButton)
    (first,) = wait_for(SettingsChanged)
    assert (first.field, float(first.old), first.new) == (RATE, float(before), "0.003")
    qtbot.waitUntil(lambda: says(dialog, "images on."))
    ask(studio, Command.SAVE_NOW)
    (saved,) = wait_for(CheckpointSaved)
    qtbot.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    (second,) = wait_for(SettingsChanged)
    assert (second.old, float(second.new)) == ("0.003", float(before))
    qtbot.waitUntil(lambda: page.fields[RATE].text() == before)
    assert first.images_seen <= saved.images_seen <= second.images_seen
    dialog.close()

    # Both are marks on the curves, and in the log.
    marks = window.losses.board.plot.marks
    places = [mark.x for mark in marks.shown if mark.kind == Mark.RATE]
    assert places == [first.images_seen, second.images_seen]
    wait_for(MetricsReported)
    ask(studio, Command.STOP_SAVE)
    qtbot.waitUntil(lambda: life(studio) is RunState.FINISHED, timeout=DIALOG_PATIENCE_MS)
    run = RunFolder(training.folder or Path())
    logged = [e for e in read_incidents(run.log_file) if isinstance(e, SettingsChanged)]
    assert logged == [first, second]

    # A click on the curve where the checkpoint was saved.
    window.losses._draw()
    plot = window.losses.board.plot._plot
    qtbot.wait(600)
    plot.grab()
    box = plot.getViewBox()
    (low, high), wanted = box.viewRange()[1], saved.images_seen + 4
    place = plot.mapFromScene(box.mapViewToScene(QPointF(wanted, (low + high) / 2)))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    moment = studio.timeline.moment
    assert moment is not None
    assert window.quality.board.plot.marks.moment == marks.moment == moment
    sheet = window.gallery._sheet
    assert sheet is not None
    shown = [int(path.stem.removeprefix("preview-")) for path in run.preview_files()]
    assert sheet.images_seen == max([n for n in shown if n <= moment], default=shown[0])

    # A branch from there begins with the settings of that moment.
    bar = window.losses.moment_bar
    qtbot.waitUntil(bar.branch.isEnabled)
    qtbot.mouseClick(bar.branch, Qt.MouseButton.LeftButton)
    start = window.run._form.branch
    assert start is not None
    stored = run.read_config()
    rate = settings_at(stored, start.images_seen).training.learning_rate
    assert float(window.run._form.text(RATE)) == rate
    window.run._form.set_text("minutes", "0")
    window.run._form.set_text("images", str(start.images_seen + 80))
    window.run.refresh()
    press(qtbot, window.run, "Start training")
    (ended,) = wait_for(RunEnded)
    assert ended.error is None
    branch = RunFolder(ended.folder)
    assert branch.path != run.path
    origin = read_notes(branch.path).origin
    assert origin is not None
    assert (origin.run, origin.images_seen) == (run.path.name, start.images_seen)
    assert branch.read_config().training.learning_rate == rate
    assert branch.read_config().changes == ()
