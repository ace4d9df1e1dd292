"""The gallery as a user has it: look, step, zoom, open, copy, save."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QPushButton,
    QSlider,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from studio.dialogs.error import ErrorDialog
from studio.dialogs.pair_view import PairView
from studio.panels.gallery import GalleryPanel
from studio.settings.choices import GalleryView
from studio.widgets.image_view import ImageView
from studio.widgets.steps import TimelineBar
from studio.widgets.thumbnail_grid import wrapped_lines
from tests.helpers.gallery_panel import gallery_panel, grid_of, menu_action, tile_centre
from tests.helpers.guards import ProblemLog
from tests.helpers.run_folders import TEXTS, make_preview, shade_of, write_preview
from tests.helpers.windows import child, drag_in, drop


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> GalleryPanel:
    return gallery_panel(qtbot, tmp_path)


def step_slider(panel: GalleryPanel) -> QSlider:
    return child(child(panel, TimelineBar), QSlider)


def shown_shade(panel: GalleryPanel, tile: int = 0) -> int:
    image: QImage = grid_of(panel).model().index(tile, 0).data(Qt.ItemDataRole.DecorationRole)
    return image.pixelColor(0, 0).red()


def open_pair(qtbot: QtBot, panel: GalleryPanel, tile: int) -> PairView:
    place = tile_centre(panel, tile)
    qtbot.mouseClick(grid_of(panel).viewport(), Qt.MouseButton.LeftButton, pos=place)
    return child(panel, PairView)


def test_that_an_empty_gallery_says_how_to_fill_it(panel: GalleryPanel) -> None:
    assert not grid_of(panel).isVisible()
    assert not child(panel, TimelineBar).isVisible()


def test_that_the_newest_preview_is_shown_with_its_texts(panel: GalleryPanel, run: Path) -> None:
    for images_seen in (1, 2):
        panel.add_preview(make_preview(run, images_seen))
    assert shown_shade(panel, 3) == shade_of(3, 2)
    model = grid_of(panel).model()
    assert [model.index(row, 0).data() for row in range(4)] == list(TEXTS)
    assert grid_of(panel).isVisible()


def test_that_live_is_lit_only_while_new_previews_may_come(panel: GalleryPanel, run: Path) -> None:
    button = next(b for b in panel.findChildren(QToolButton) if b.text() in ("Live", "Newest"))
    panel.set_growing(True)
    panel.add_preview(make_preview(run, 1))
    panel.add_preview(make_preview(run, 2))
    assert (button.text(), button.isChecked()) == ("Live", True)
    step_slider(panel).setValue(0)
    assert not button.isChecked()
    panel.set_growing(False)
    assert (button.text(), button.isChecked(), button.isEnabled()) == ("Newest", False, True)
    button.click()
    assert (step_slider(panel).value(), button.isChecked()) == (1, False)


def test_that_the_slider_follows_at_the_end_and_holds_still_before_it(
    panel: GalleryPanel, run: Path
) -> None:
    for images_seen in (1, 2, 3):
        panel.add_preview(make_preview(run, images_seen))
    slider = step_slider(panel)
    slider.setValue(1)
    panel.add_preview(make_preview(run, 4))
    assert (slider.value(), slider.maximum()) == (1, 3)
    assert shown_shade(panel) == 2
    slider.setValue(3)
    panel.add_preview(make_preview(run, 5))
    assert (slider.value(), slider.maximum()) == (4, 4)
    assert shown_shade(panel) == 5


def test_that_left_and_right_step_through_the_run(
    panel: GalleryPanel, run: Path, qtbot: QtBot
) -> None:
    for images_seen in (1, 2, 3):
        panel.add_preview(make_preview(run, images_seen))
    qtbot.keyClick(step_slider(panel), Qt.Key.Key_Left)
    assert shown_shade(panel) == 2
    qtbot.keyClick(step_slider(panel), Qt.Key.Key_Right)
    assert shown_shade(panel) == 3


def test_that_a_new_preview_keeps_the_tile_that_has_the_focus(
    panel: GalleryPanel, run: Path
) -> None:
    panel.add_preview(make_preview(run, 1))
    grid = grid_of(panel)
    grid.setCurrentIndex(grid.model().index(2, 0))
    panel.add_preview(make_preview(run, 2))
    assert grid.currentIndex().row() == 2


def test_that_clear_forgets_everything(panel: GalleryPanel, run: Path) -> None:
    panel.add_preview(make_preview(run, 1))
    panel.clear()
    assert grid_of(panel).model().rowCount() == 0
    assert not grid_of(panel).isVisible()


def test_that_a_run_on_disk_opens_at_its_newest_step(panel: GalleryPanel, run: Path) -> None:
    for images_seen in (10, 20, 30):
        write_preview(run, images_seen)
    panel.open_run(run)
    assert shown_shade(panel) == 30
    step_slider(panel).setValue(0)
    assert shown_shade(panel) == 10


def test_that_a_damaged_newest_preview_gives_way_to_the_one_before(
    panel: GalleryPanel, run: Path, problem_log: ProblemLog
) -> None:
    write_preview(run, 10)
    write_preview(run, 20).write_bytes(b"no picture")
    panel.open_run(run)
    assert shown_shade(panel) == 10
    assert not step_slider(panel).isEnabled()
    problem_log.expect("Skipping")


@pytest.mark.parametrize(("turn", "zoom"), [(120, 3), (-120, 1), (60, 2)])
def test_that_ctrl_and_the_wheel_zoom(panel: GalleryPanel, run: Path, turn: int, zoom: int) -> None:
    panel.add_preview(make_preview(run, 1))
    grid = grid_of(panel)
    wheel = QWheelEvent(
        QPointF(9, 9),
        QPointF(9, 9),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid.viewport(), wheel)
    assert panel.view() == GalleryView(zoom=zoom)


def test_that_zoomed_pixels_are_whole_and_crisp(panel: GalleryPanel, run: Path) -> None:
    panel.set_view(GalleryView(zoom=5))
    panel.add_preview(make_preview(run, 77, side=8))
    middle = tile_centre(panel, 0)
    shot = grid_of(panel).viewport().grab().toImage()
    row = grid_of(panel).visualRect(grid_of(panel).model().index(0, 0)).top() + 20
    shade = shade_of(0, 77)
    width = sum(shot.pixelColor(x, row).red() == shade for x in range(2 * middle.x()))
    assert width == 5 * 8


def test_that_long_texts_get_a_second_line_and_the_tooltip_has_them_whole(
    panel: GalleryPanel, run: Path
) -> None:
    panel.add_preview(make_preview(run, 1))
    height = grid_of(panel).gridSize().height()
    event = make_preview(run, 2)
    object.__setattr__(event, "texts", ("woman in motorized wheelchair facing right",) * 4)
    panel.add_preview(event)
    assert grid_of(panel).gridSize().height() > height
    tip = grid_of(panel).model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == event.texts[0]


@pytest.mark.parametrize("text", ["坐在电动轮椅上的女人面向右侧", "😀" * 40, "a" * 99])
def test_that_texts_without_spaces_wrap_and_are_cut_short(qapp: QApplication, text: str) -> None:
    font = QApplication.font()
    first, second = wrapped_lines(text, font.toString(), 80, 2)
    assert text.startswith(first)
    assert second.endswith("…")
    assert text.startswith(first + second.removesuffix("…"))


def test_that_a_click_opens_the_pair(panel: GalleryPanel, run: Path, qtbot: QtBot) -> None:
    panel.add_preview(make_preview(run, 9))
    view = open_pair(qtbot, panel, 2)
    assert view.isVisible()
    shade = child(view, ImageView).image.pixelColor(0, 0).red()
    assert shade == shade_of(2, 9)


def test_that_enter_opens_the_pair(panel: GalleryPanel, run: Path, qtbot: QtBot) -> None:
    panel.add_preview(make_preview(run, 9))
    grid = grid_of(panel)
    grid.setCurrentIndex(grid.model().index(1, 0))
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert child(panel, PairView).isVisible()


def test_that_the_menu_copies_image_and_text(panel: GalleryPanel, run: Path) -> None:
    panel.add_preview(make_preview(run, 9))
    menu_action(panel, 3, "Copy text")
    assert QGuiApplication.clipboard().text() == "three"
    menu_action(panel, 3, "Copy image")
    assert QGuiApplication.clipboard().image().pixelColor(0, 0).red() == shade_of(3, 9)


def test_that_the_menu_saves_an_image_that_carries_its_text(
    panel: GalleryPanel, run: Path, tmp_path: Path
) -> None:
    panel.add_preview(make_preview(run, 9))
    menu_action(panel, 1, "Save image…")
    dialog = child(panel, QFileDialog)
    assert Path(dialog.selectedFiles()[0]).name == "one-9.png"
    # A newer preview must not change what was asked for.
    panel.add_preview(make_preview(run, 10))
    dialog.fileSelected.emit(str(tmp_path / "one.png"))
    dialog.reject()
    saved = QImage(str(tmp_path / "one.png"))
    assert saved.pixelColor(0, 0).red() == shade_of(1, 9)
    assert saved.text("Description") == "one"


def test_that_an_image_that_cannot_be_saved_is_explained(
    panel: GalleryPanel, run: Path, tmp_path: Path
) -> None:
    panel.add_preview(make_preview(run, 9))
    menu_action(panel, 1, "Save image…")
    dialog = child(panel, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "no such folder" / "one.png"))
    dialog.reject()
    explained = child(panel, ErrorDialog)
    assert explained.isVisible()
    explained.close()


def test_that_saving_is_offered_only_when_there_is_a_run(panel: GalleryPanel, qtbot: QtBot) -> None:
    (save,) = (
        button for button in panel.findChildren(QPushButton) if button.text() == "Save gallery…"
    )
    assert not save.isEnabled()
    assert "no run" in save.toolTip()
    panel.set_can_save(True)
    assert "no run" not in save.toolTip()
    with qtbot.waitSignal(panel.save_requested):
        qtbot.mouseClick(save, Qt.MouseButton.LeftButton)


def test_that_a_preview_of_another_count_and_size_is_taken(panel: GalleryPanel, run: Path) -> None:
    panel.add_preview(make_preview(run, 1, count=256, side=64))
    assert grid_of(panel).model().rowCount() == 256
    panel.add_preview(make_preview(run, 2, count=16, side=32))
    assert grid_of(panel).model().rowCount() == 16
    assert shown_shade(panel, 15) == shade_of(15, 2)


def test_that_a_dropped_picture_is_completed_and_other_files_are_left_to_the_window(
    qtbot: QtBot, panel: GalleryPanel, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("a.png", "b.wav", "c.csv")]
    for file in files:
        file.touch()
    assert not any(drag_in(panel, file) for file in files)
    panel.set_can_save(True)
    assert [drag_in(panel, path) for path in (*files, tmp_path)] == [True, True, False, False]
    assert not drag_in(panel, files[0], files[1])
    with qtbot.waitSignal(panel.given_dropped) as dropped:
        drop(panel, files[0])
    assert dropped.args == [files[0]]


def test_that_rows_of_a_table_get_as_many_lines_as_they_need(
    panel: GalleryPanel, run: Path
) -> None:
    long = "radius 13.05, texture 19.52, perimeter 73.69, area 934.5, smoothness 0.102"
    panel.add_preview(replace(make_preview(run, 1), texts=(long, "a", "b", "c")))
    grid = grid_of(panel)

    def height() -> int:
        return grid.visualRect(grid.model().index(0, 0)).height()

    two = height()
    panel.set_cells(True)
    panel.add_preview(replace(make_preview(run, 2), texts=(long, "a", "b", "c")))
    assert height() >= two + 2 * grid.fontMetrics().height()
    panel.set_cells(True)
    panel.add_preview(replace(make_preview(run, 3), texts=("x 1", "a", "b", "c")))
    assert height() < two
