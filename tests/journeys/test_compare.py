"""A user sweeps the learning rate with two seeds, trains the runs and compares them."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.sweep import SweepDialog
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, TINY_FORM, child, press

FORM = {
    **TINY_FORM,
    "images": "64",
    "reporting.preview_count": "4",
    "reporting.evaluate_every_s": "0",
}


def trained(studio: Studio) -> list[Path]:
    runs = studio.workspace / "runs"
    return sorted(path for path in runs.iterdir() if not path.name.startswith("."))


def turn_to(qtbot: QtBot, studio: Studio, page: str) -> None:
    buttons = studio.window.compare.findChildren(QToolButton)
    button = next(b for b in buttons if b.text() == page and b.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.slow
def test_that_a_sweep_is_queued_trained_and_compared(qtbot: QtBot, studio: Studio, tmp_path: Path):
    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"), FORM)
    assert window.run.can_queue, window.run.reason

    # A value that the settings do not allow is told before anything is queued.
    window.actions_.sweep.trigger()
    dialog = child(window.run, SweepDialog)
    dialog.values.edit.selectAll()
    qtbot.keyClicks(dialog.values.edit, "0.001, 0.004, 4")
    assert "4: Must be at most" in dialog.values.problem
    assert not dialog.ok.isEnabled()
    qtbot.keyClick(dialog.values.edit, Qt.Key.Key_Backspace)
    dialog.seeds.edit.selectAll()
    qtbot.keyClicks(dialog.seeds.edit, "1-2")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    runner = studio.runs_controller.runner
    plans = [run.plan.config for run in runner.queue]
    wanted = [(0.001, 1), (0.001, 2), (0.004, 1), (0.004, 2)]
    assert [(config.training.learning_rate, config.seed) for config in plans] == wanted

    press(qtbot, window.runs.queue, "Start queue")
    qtbot.waitUntil(
        lambda: len(runner.queue) == 0 and not studio.training.is_running,
        timeout=2 * DIALOG_PATIENCE_MS,
    )
    runs = trained(studio)
    slow, fast = runs[:2], runs[2:]
    rates = [RunFolder(run).read_config().training.learning_rate for run in runs]
    assert rates == [0.001, 0.001, 0.004, 0.004]

    # All are selected in the list of runs and compared.
    window.show_runs()
    window.runs.show_page(0)
    qtbot.waitUntil(lambda: window.runs.table.shown_count == 4)
    window.runs.table.selectAll()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    compare = window.compare
    dock = child(window, QDockWidget, "compare")
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: set(compare.shown) == {*runs})
    plot = compare.curves.plots[0].plot
    assert set(plot.names) == {*map(str, runs)}
    assert all(len(plot._curves[name].y) for name in plot.names)
    # A run reports once a second, and these take about as long: two may have no place in common.
    places = [plot._curves[str(run)].x for run in runs]
    joined = sum(
        bool(((first >= other[0]) & (first <= other[-1])).any())
        for first, other in zip(places[::2], places[1::2], strict=True)
    )
    compare.curves.seeds.click()
    assert len(plot.names) == len(plot._bands) == joined
    compare.curves.seeds.click()

    turn_to(qtbot, studio, "Settings")
    assert compare.settings.model.names == ("seed", "training.learning_rate")

    # The noise is that of the seed, so the same place shows the same noise at all times.
    turn_to(qtbot, studio, "Samples")
    wall = compare.samples.model
    qtbot.waitUntil(lambda: (wall.rowCount(), wall.columnCount()) == (4, 4))
    slider = child(compare.samples.steps, QSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert compare.samples.images_seen == compare.samples._steps[0]

    # A brush on the learning rate leaves half of them, everywhere.
    turn_to(qtbot, studio, "Parallel coordinates")
    axes = compare.parallel.axes
    qtbot.waitUntil(lambda: "training.learning_rate" in [axis.name for axis in axes._axes])
    axes.setFocus()
    number = [axis.name for axis in axes._axes].index("training.learning_rate")
    for _press in range(number):
        qtbot.keyClick(axes, Qt.Key.Key_Right)
    for _press in range(10):
        qtbot.keyClick(axes, Qt.Key.Key_Up)
    assert set(compare.shown) == {*fast}
    turn_to(qtbot, studio, "Curves")
    assert set(plot.names) == {*map(str, fast)}
    turn_to(qtbot, studio, "Parallel coordinates")
    press(qtbot, compare, "Clear brushes")
    assert set(compare.shown) == {*slow, *fast}
