"""Several runs beside each other, within the whole window."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDockWidget, QSlider
from pytestqt.qtbot import QtBot

from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.i18n import Language
from studio.models.run_history import Column
from studio.panels.compare import ComparePanel
from studio.panels.compare.panel import CURVES, PARALLEL, SAMPLES, SETTINGS
from studio.settings.choices import CompareView
from studio.settings.codec import SettingsStore
from tests.helpers.run_folders import (
    BEGUN_S,
    made_run,
    measured,
    run_lines,
    shade_of,
    write_log,
    write_preview,
)
from tests.helpers.windows import child, opened_studio, says

RATES = {"slow": 0.001, "usual": 0.002, "fast": 0.004}


def reports(count: int, level: float) -> list[dict[str, Any]]:
    progress = {"images_per_s": 100.0, "remaining_s": None, "fraction": None}
    return [
        {
            "event": "MetricsReported",
            "time": BEGUN_S,
            "progress": {**progress, "images_seen": 64 * n, "elapsed_s": 30.0 * n},
            "losses": {"generator": level + 1 / n, "discriminator": level},
            "metrics": {},
        }
        for n in range(1, count + 1)
    ]


@pytest.fixture
def runs(studio: Studio) -> Path:
    """Three runs that differ in their learning rate; "usual" has a second seed."""
    folder = studio.workspace / "runs"
    for number, (name, rate) in enumerate(RATES.items()):
        run = made_run(folder, name, training__learning_rate=rate, training__batch_size=64)
        write_log(run, [*reports(20, 1.0 + number), measured(640, kid=0.1 * (number + 1))])
        for seen in (0, 640, 1280)[: 3 - (number == 2)]:
            write_preview(run, seen)
    again = made_run(folder, "usual-2", seed=1, training__learning_rate=0.002)
    write_log(again, [*reports(20, 4.0), measured(640, kid=0.3)])
    return folder


@pytest.fixture
def panel(qtbot: QtBot, studio: Studio, runs: Path) -> ComparePanel:
    """Compare three runs."""
    studio.window.resize(1280, 900)
    studio._compare(tuple(runs / name for name in RATES))
    panel = studio.window.compare
    qtbot.waitUntil(lambda: len(panel.shown) == 3)
    return panel


def drawn(panel: ComparePanel, plot: int = 0) -> dict[str, np.ndarray]:
    """Give the values of each curve by the name of its run."""
    curves = panel.curves.plots[plot].plot
    return {Path(name).name: curves._curves[name].y for name in curves.names}


def choose_metric(panel: ComparePanel, key: str) -> None:
    panel.curves.plots[0].field.set_text(key)
    panel.curves.plots[0].field.text_edited.emit(key)


def bold(panel: ComparePanel) -> list[str]:
    """Say what is bold in each view."""
    settings, wall, axes = panel.settings.model, panel.samples.model, panel.parallel
    found = [f.name for f in panel.chips.folders if panel.chips.chip(f).button.font().bold()]
    found += [Path(panel.curves.plots[0].plot.bold).name]
    for model in (settings, wall):
        for column in range(model.columnCount()):
            font = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.FontRole)
            if font is not None:
                found.append(getattr(model.run_at(column), "name", ""))
    row = axes.axes._bold
    return [*found, *([axes._summaries[row].folder.name] if row >= 0 else [])]


def test_that_an_empty_comparison_says_what_to_do(qtbot: QtBot, studio: Studio):
    studio.window.show_panel("compare")
    assert says(studio.window.compare, "Select up to twelve in the Runs panel and press Ctrl+K")


def test_that_selected_rows_are_compared_by_a_key(qtbot: QtBot, studio: Studio, runs: Path):
    studio.window.show_runs()
    table = studio.window.runs.table
    qtbot.waitUntil(lambda: table.shown_count == 4)
    assert not studio.window.runs.bar.compare.isEnabled()
    table.mark(runs / "slow")
    flags = QItemSelectionModel.SelectionFlag
    row = table.names().index("fast")
    table.selectionModel().select(table.model().index(row, Column.NAME), flags.Select | flags.Rows)
    # With several rows, what is done to one run is not offered.
    assert table.run is None
    assert not studio.window.runs.bar.open.isEnabled()
    assert studio.window.runs.bar.compare.isEnabled()
    qtbot.keyClick(studio.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dock = child(studio.window, QDockWidget, "compare")
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    assert set(studio.compared.folders) == {runs / "slow", runs / "fast"}
    # A single row is added.
    table.mark(runs / "usual")
    studio.window.runs.bar.compare.click()
    assert len(studio.compared.folders) == 3
    # No row shows the panel and changes nothing.
    table.clearSelection()
    studio.window.actions_.compare.trigger()
    assert len(studio.compared.folders) == 3


def test_that_a_run_under_the_pointer_in_the_list_is_highlighted(
    qtbot: QtBot, studio: Studio, runs: Path
):
    studio.window.show_runs()
    table, highlight = studio.window.runs.table, studio.window.compare.highlight
    qtbot.waitUntil(lambda: table.shown_count == 4)
    table.entered.emit(table.model().index(table.names().index("fast"), Column.NAME))
    assert highlight.folder == runs / "fast"
    QApplication.sendEvent(table, QEvent(QEvent.Type.Leave))
    assert highlight.folder is None


def test_that_more_than_twelve_are_refused_with_a_sentence(qtbot: QtBot, studio: Studio):
    studio._compare(tuple(Path(f"/none/{n}") for n in range(14)))
    assert len(studio.compared.folders) == 12
    assert "12" in studio.window.statusBar().currentMessage()
    assert not studio.window.compare.chips.field.isEnabled()
    studio.compared.clear()


def test_that_curves_of_one_metric_are_laid_over_each_other(panel: ComparePanel):
    # The first figure of quality, in thousandths, is shown without asking.
    assert {name: y.tolist() for name, y in drawn(panel).items()} == {
        "slow": [100],
        "usual": [pytest.approx(200)],
        "fast": [pytest.approx(300)],
    }
    choose_metric(panel, "loss:discriminator")
    assert {name: y[-1] for name, y in drawn(panel).items()} == pytest.approx(
        {"slow": 1.0, "usual": 2.0, "fast": 3.0}
    )
    child(panel.curves, QSlider).setValue(0)
    choose_metric(panel, "loss:generator")
    np.testing.assert_allclose(drawn(panel)["usual"], [2 + 1 / n for n in range(1, 21)])


def test_that_curves_are_drawn_over_images_minutes_and_steps(panel: ComparePanel, runs: Path):
    choose_metric(panel, "loss:generator")
    curve = panel.curves.plots[0].plot._curves
    for axis, expected, label in (
        ("images", 1280, "images seen"),
        ("time", 10, "minutes trained"),
        ("steps", 20, "steps"),
    ):
        panel.curves.axis.set_text(axis)
        panel.curves.axis.text_edited.emit(axis)
        assert curve[str(runs / "slow")].x[-1] == pytest.approx(expected)
        assert panel.curves.plots[0].plot.plot_item().getAxis("bottom").labelText == label


def test_that_seeds_are_joined_to_a_median_with_a_band(
    qtbot: QtBot, studio: Studio, panel: ComparePanel, runs: Path
):
    studio._compare((runs / "usual-2",))
    qtbot.waitUntil(lambda: len(panel.shown) == 4)
    choose_metric(panel, "loss:discriminator")
    assert len(drawn(panel)) == 4
    panel.curves.seeds.click()
    assert {n: float(y[-1]) for n, y in drawn(panel).items()} == pytest.approx(
        {"slow": 1.0, "usual": 3.0, "fast": 3.0}
    )
    plot = panel.curves.plots[0].plot
    low, high = plot._bands[str(runs / "usual")].curves
    assert (low.getData()[1][-1], high.getData()[1][-1]) == pytest.approx((2.0, 4.0))
    # A seed that is pointed at elsewhere emphasises the curve that it is part of.
    panel.highlight.point_at(runs / "usual-2")
    assert plot.bold == str(runs / "usual")


def test_that_only_settings_that_differ_are_listed_and_copied(panel: ComparePanel, tmp_path: Path):
    panel.show_page(SETTINGS)
    assert panel.settings.model.names == ("training.learning_rate",)
    panel.settings.table.copy()
    assert QGuiApplication.clipboard().text().splitlines() == [
        "\tslow\tusual\tfast",
        "Learning rate\t0.001\t0.002\t0.004",
    ]
    panel.settings.save_csv(tmp_path / "settings.csv")
    content = (tmp_path / "settings.csv").read_text()
    assert content == "setting,slow,usual,fast\ntraining.learning_rate,0.001,0.002,0.004\n"
    errors: list[Exception] = []
    panel.failed.disconnect()
    panel.failed.connect(errors.append)
    panel.settings.save_csv(tmp_path / "none" / "settings.csv")
    assert isinstance(errors[0], OSError)


def test_that_equal_settings_and_a_single_run_are_told(panel: ComparePanel, runs: Path):
    panel.show_page(SETTINGS)
    panel.selection.replace([runs / "usual"])
    assert says(panel, "Add a second run")


def test_that_previews_of_all_runs_follow_one_slider(qtbot: QtBot, panel: ComparePanel, runs: Path):
    def shades() -> list[int | None]:
        model = panel.samples.model
        images = [
            model.index(1, column).data(Qt.ItemDataRole.DecorationRole) for column in range(3)
        ]
        return [image.pixelColor(0, 0).red() if image is not None else None for image in images]

    panel.show_page(SAMPLES)
    qtbot.waitUntil(lambda: panel.samples.model.rowCount() == 4)
    assert panel.samples.images_seen == 1280
    # The nearest sheet at or before: "fast" has none after 640 images.
    assert shades() == [shade_of(1, 1280), shade_of(1, 1280), shade_of(1, 640)]
    header = panel.samples.model.headerData(2, Qt.Orientation.Horizontal)
    assert header == "fast\n640 images"
    slider = child(panel.samples.steps, QSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert panel.samples.images_seen == 640
    qtbot.waitUntil(lambda: shades() == [shade_of(1, 640)] * 3)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shades() == [shade_of(1, 0)] * 3)
    # The place is kept when a run comes that has other steps.
    write_preview(runs / "usual-2", 320)
    panel.selection.add([runs / "usual-2"])
    qtbot.waitUntil(lambda: len(panel.shown) == 4)
    assert panel.samples.images_seen == 0
    qtbot.waitUntil(lambda: panel.samples.model.columnCount() == 4)
    header = str(panel.samples.model.headerData(3, Qt.Orientation.Horizontal))
    assert header.endswith("no preview yet")
    assert says(panel, "The noise of previews follows from the seed")


def wiped(panel: ComparePanel) -> list[int | None]:
    """Give the grey of the pictures left and right of the divider."""
    images = panel.samples.wipe.view.images
    return [None if image.isNull() else image.pixelColor(0, 0).red() for image in images]


def test_that_two_runs_are_laid_on_top_of_each_other_with_a_divider(
    qtbot: QtBot, panel: ComparePanel, runs: Path
):
    panel.show_page(SAMPLES)
    samples, wipe = panel.samples, panel.samples.wipe
    qtbot.waitUntil(lambda: samples.model.rowCount() == 4)
    samples.wall.setCurrentIndex(samples.model.index(2, 2))
    samples.wall.setFocus()
    qtbot.keyClick(samples.wall, Qt.Key.Key_Return)
    # The run whose pair was opened is on the right; it has no newer sheet.
    assert (wipe.left.text(), wipe.right.text()) == (str(runs / "slow"), str(runs / "fast"))
    qtbot.waitUntil(lambda: wiped(panel) == [shade_of(2, 1280), shade_of(2, 640)])
    view = wipe.view
    assert view.hasFocus()
    place = view.image_rect()
    shot = view.grab().toImage()
    scale = shot.devicePixelRatio()

    def grey(x: float) -> int:
        return shot.pixelColor(round(x * scale), round((place.top() + 5) * scale)).red()

    assert grey(place.left() + 0.25 * place.width()) == shade_of(2, 1280)
    assert grey(place.left() + 0.75 * place.width()) == shade_of(2, 640)

    # The divider follows the pointer and Shift with the arrow keys.
    middle = place.center().toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(view, QPoint(round(place.left() + 0.9 * place.width()), middle.y()))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle)
    assert abs(view.value() - 90) <= 1
    shot = view.grab().toImage()
    assert grey(place.left() + 0.75 * place.width()) == shade_of(2, 1280)
    before = view.value()
    qtbot.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.value() == before - 5
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.value() == 0


def test_that_arrow_keys_show_other_pairs_and_other_steps(
    qtbot: QtBot, panel: ComparePanel, runs: Path
):
    panel.show_page(SAMPLES)
    wipe, view = panel.samples.wipe, panel.samples.wipe.view
    panel.samples.wipes.click()
    qtbot.waitUntil(lambda: wiped(panel) == [shade_of(0, 1280), shade_of(0, 1280)])
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert wiped(panel) == [shade_of(1, 1280)] * 2
    assert says(wipe, "Pair 2 of 4")
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert says(wipe, "Pair 1 of 4")
    # Two steps of one run: the left side stays where it is.
    wipe.hold.setChecked(True)
    wipe.right.set_text(str(runs / "slow"))
    wipe.right.text_edited.emit(str(runs / "slow"))
    for seen in (640, 0):
        qtbot.keyClick(view, Qt.Key.Key_Down)
        assert panel.samples.images_seen == seen
        qtbot.waitUntil(lambda seen=seen: wiped(panel) == [shade_of(0, 1280), shade_of(0, seen)])
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert panel.samples.images_seen == 0
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert panel.samples.images_seen == 640
    # A run that is no longer compared is replaced.
    panel.selection.remove(runs / "slow")
    qtbot.waitUntil(lambda: wipe.left.text() == str(runs / "usual"))
    assert wipe.right.text() == str(runs / "fast")


def test_that_a_damaged_preview_leaves_its_column_empty(
    qtbot: QtBot, panel: ComparePanel, runs: Path
):
    RunFolder(runs / "slow").preview_path(1280).write_bytes(b"no picture")
    panel.show_page(SAMPLES)
    qtbot.waitUntil(lambda: panel.samples.model.rowCount() == 4)
    assert panel.samples.model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None
    assert panel.samples.model.index(0, 1).data(Qt.ItemDataRole.DecorationRole) is not None


def test_that_brushes_narrow_every_view_and_choose_what_is_compared(
    qtbot: QtBot, panel: ComparePanel, runs: Path
):
    panel.show_page(PARALLEL)
    axes = panel.parallel.axes
    qtbot.waitUntil(lambda: [a.name for a in axes._axes][-1:] == ["figure:kid"])
    assert len(axes._rows) == 4, "all runs of the workspace"
    assert [row.label for row in axes._rows if row.color is None] == ["usual-2"]
    # The lower half of KID: 0.1 and 0.2 of at most 0.3.
    axes.brush("figure:kid", 0.0, 0.6)
    assert says(panel, "2 of 4 runs")
    assert {folder.name for folder in panel.shown} == {"slow", "usual"}
    panel.show_page(CURVES)
    assert set(drawn(panel)) == {"slow", "usual"}
    panel.show_page(SETTINGS)
    assert panel.settings.model.columnCount() == 2
    panel.show_page(PARALLEL)
    panel.parallel.clear.click()
    assert len(panel.shown) == 3
    axes.brush("seed", 0.9, 1.0)
    panel.parallel.compare.click()
    assert [folder.name for folder in panel.selection.folders] == ["usual-2"]
    # A click on a line compares its run as well, and another one no longer.
    panel.parallel.clear.click()
    row = [row.label for row in axes._rows].index("fast")
    for count in (2, 1):
        axes.chosen.emit(row)
        assert len(panel.selection.folders) == count


def test_that_axes_are_chosen_from_a_menu(qtbot: QtBot, panel: ComparePanel):
    panel.show_page(PARALLEL)
    qtbot.waitUntil(lambda: len(panel.parallel.axes._axes) == 3)
    actions = {action.text(): action for action in panel.parallel.choice._menu.actions()}
    assert set(actions) == {"Seed", "Learning rate", "Images: KID × 1000"}
    actions["Seed"].trigger()
    assert [axis.label for axis in panel.parallel.axes._axes] == list(actions)[1:]
    assert panel.view().axes == ("training.learning_rate", "figure:kid")


def test_that_a_run_is_bold_in_all_views_at_once(qtbot: QtBot, panel: ComparePanel, runs: Path):
    for page in (SETTINGS, SAMPLES, PARALLEL):
        panel.show_page(page)
    qtbot.waitUntil(lambda: panel.samples.model.columnCount() == 3)
    qtbot.waitUntil(lambda: len(panel.parallel.axes._rows) == 4)
    panel.show_page(CURVES)
    plot = panel.curves.plots[0].plot
    place = plot.plot_item().getViewBox().mapViewToScene(QPointF(640, 200))
    plot.plot_item().scene().sigMouseMoved.emit(place)
    assert bold(panel) == ["usual"] * 5
    # The other way: from a line of the parallel coordinates, and from a chip with the focus.
    row = [row.label for row in panel.parallel.axes._rows].index("fast")
    panel.parallel.axes.pointed.emit(row)
    assert bold(panel) == ["fast"] * 5
    panel.chips.chip(runs / "slow").pointed.emit(runs / "slow")
    assert bold(panel) == ["slow"] * 5
    panel.settings.table.entered.emit(panel.settings.model.index(0, 1))
    assert bold(panel) == ["usual"] * 5
    panel.highlight.point_at(None)
    assert bold(panel) == [""]


def test_that_runs_are_added_hidden_and_removed_in_the_panel(
    qtbot: QtBot, panel: ComparePanel, runs: Path
):
    field = panel.chips.field
    qtbot.waitUntil(lambda: len(field._folders) == 4)
    qtbot.keyClicks(field, "usual-2")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert panel.selection.folders[-1] == runs / "usual-2"
    assert field.text() == ""
    qtbot.waitUntil(lambda: len(panel.shown) == 4)
    panel.chips.chip(runs / "slow").button.click()
    assert runs / "slow" not in panel.shown
    assert "slow" not in drawn(panel)
    chip = panel.chips.chip(runs / "usual").button
    qtbot.keyClick(chip, Qt.Key.Key_Delete)
    panel.chips.chip(runs / "fast").remove.click()
    assert panel.selection.folders == (runs / "slow", runs / "usual-2")
    panel.chips.clear.click()
    assert panel.selection.folders == ()
    assert says(panel, "No runs to compare yet")


def test_that_a_run_that_trains_is_followed(qtbot: QtBot, panel: ComparePanel, runs: Path):
    choose_metric(panel, "loss:discriminator")
    log = RunFolder(runs / "slow").log_file
    before = log.read_bytes()
    write_log(runs / "slow", [*reports(40, 1.0)[20:], measured(1280, kid=0.05)])
    log.write_bytes(before + log.read_bytes())
    # Nobody asks for it: the panel looks by itself.
    qtbot.waitUntil(lambda: len(drawn(panel)["slow"]) == 40)
    assert len(drawn(panel)["usual"]) == 20


def test_that_a_renamed_run_stays_and_a_deleted_one_goes(
    qtbot: QtBot, studio: Studio, panel: ComparePanel, runs: Path
):
    studio.runs.rename(runs / "slow", "snail")
    qtbot.waitUntil(lambda: runs / "snail" in panel.selection.folders)
    qtbot.waitUntil(lambda: runs / "snail" in panel.shown)
    studio.runs.delete(runs / "fast")
    qtbot.waitUntil(lambda: runs / "fast" not in panel.selection.folders)
    qtbot.waitUntil(lambda: not studio.runs.is_changing)


def test_that_a_run_without_the_metric_is_counted(qtbot: QtBot, panel: ComparePanel, runs: Path):
    write_log(made_run(runs, "dumb"), reports(3, 1.0))
    panel.selection.add([runs / "dumb"])
    qtbot.waitUntil(lambda: len(panel.shown) == 4)
    assert "dumb" not in drawn(panel)
    assert not panel.curves.plots[0]._nothing.isHidden()
    choose_metric(panel, "loss:generator")
    assert "dumb" in drawn(panel)
    assert panel.curves.plots[0]._nothing.isHidden()


def test_that_damaged_runs_are_compared_as_far_as_they_can_be_read(
    qtbot: QtBot, panel: ComparePanel, runs: Path
):
    torn = made_run(runs, "torn")
    write_log(torn, run_lines(6400, "finished"))
    (torn / "run.toml").write_text("[")
    panel.selection.add([torn, runs / "gone"])
    qtbot.waitUntil(lambda: len(panel.shown) == 5)
    choose_metric(panel, "loss:discriminator")
    assert "torn" in drawn(panel)
    assert "gone" not in drawn(panel)
    for page in (SETTINGS, SAMPLES, PARALLEL):
        panel.show_page(page)
    assert panel.settings.model.index(0, 3).data() == ""


def test_that_the_comparison_outlives_the_session(
    qtbot: QtBot, qapp: QApplication, studio: Studio, settings: QSettings, panel: ComparePanel
):
    choose_metric(panel, "loss:generator")
    panel.curves.seeds.setChecked(True)
    panel.show_page(SETTINGS)
    view = panel.view()
    assert view == CompareView(
        page=SETTINGS,
        joins_seeds=True,
        metrics=("loss:generator", ""),
        runs=tuple(map(str, panel.selection.folders)),
    )
    studio.remember()
    assert SettingsStore(settings).load(CompareView()) == view
    with opened_studio(qapp, settings) as later:
        assert later.window.compare.view() == view
        later.window.show_panel("compare")
        qtbot.waitUntil(lambda: len(later.window.compare.shown) == 3)
        later.window.close()


def test_that_a_change_of_the_language_keeps_the_comparison(
    qtbot: QtBot, studio: Studio, panel: ComparePanel
):
    folders, old = studio.compared.folders, studio.window
    studio.window.actions_.language_chosen.emit(Language.CHINESE)
    qtbot.waitUntil(lambda: studio.window is not old)
    assert studio.compared.folders == folders
    studio.window.show_panel("compare")
    qtbot.waitUntil(lambda: len(studio.window.compare.shown) == 3)
