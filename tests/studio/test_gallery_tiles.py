"""Tiles of the gallery that are selected, starred, tagged, dragged out and saved together."""

import itertools
import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDrag, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QInputDialog,
)
from pytestqt.qtbot import QtBot

from engine.runs.folder import create_run_folder, write_model
from engine.runs.tile_marks import TileMark, read_marks, write_marks
from engine.sample.scene_codec import scene_from_table
from engine.sample.scene_file import read_scene
from engine.sample.scene_sources import preview_scene
from studio.dialogs.error import ErrorDialog
from studio.dialogs.pair_view import PairView
from studio.dialogs.save_tiles import SaveTilesDialog
from studio.dialogs.selection_actions import SelectionActions
from studio.dialogs.step_grid import StepGridDialog, spread
from studio.dialogs.tile_origin import TileOriginDialog
from studio.panels.gallery import GalleryPanel
from studio.widgets.thumbnail_grid import STAR_ROLE
from tests.helpers.gallery_panel import gallery_panel, grid_of, menu_action, tile_centre
from tests.helpers.run_folders import make_preview, run_config, shade_of, write_preview
from tests.helpers.tiny import tiny_facts
from tests.helpers.windows import child, says


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> GalleryPanel:
    return gallery_panel(qtbot, tmp_path)


def select(qtbot: QtBot, panel: GalleryPanel, tile: int, key: Qt.KeyboardModifier) -> None:
    place = tile_centre(panel, tile)
    qtbot.mouseClick(grid_of(panel).viewport(), Qt.MouseButton.LeftButton, key, place)


def chosen_action(panel: GalleryPanel, text: str) -> QAction:
    actions = child(panel, SelectionActions).all
    return next(action for action in actions if action.text() == text)


def made_run_with_preview(tmp_path: Path, seen: int = 640) -> Path:
    run = create_run_folder(run_config(tmp_path / "runs", "cats", seed=7))
    write_model(run, tiny_facts())
    write_preview(run.path, seen)
    return run.path


def test_that_ctrl_and_shift_select_tiles_without_opening_a_pair(
    panel: GalleryPanel, run: Path, qtbot: QtBot
) -> None:
    panel.add_preview(make_preview(run, 9))
    select(qtbot, panel, 0, Qt.KeyboardModifier.ControlModifier)
    select(qtbot, panel, 2, Qt.KeyboardModifier.ControlModifier)
    assert grid_of(panel).selected_rows() == (0, 2)
    select(qtbot, panel, 3, Qt.KeyboardModifier.ShiftModifier)
    assert 3 in grid_of(panel).selected_rows()
    assert not panel.findChildren(PairView)
    qtbot.keyClick(grid_of(panel), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert grid_of(panel).selected_rows() == (0, 1, 2, 3)
    assert says(panel, "4 selected")
    qtbot.keyClick(grid_of(panel), Qt.Key.Key_Escape)
    assert not grid_of(panel).selectedIndexes()
    assert not says(panel, "selected")


def test_that_a_selection_stays_when_another_step_is_shown(panel: GalleryPanel, run: Path) -> None:
    panel.add_preview(make_preview(run, 1))
    grid_of(panel).select_rows([1, 3])
    panel.add_preview(make_preview(run, 2))
    assert grid_of(panel).selected_rows() == (1, 3)


def test_that_stars_are_written_to_the_run_and_shown_again(
    panel: GalleryPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    run = made_run_with_preview(tmp_path)
    panel.open_run(run)
    grid_of(panel).select_rows([1, 3])
    chosen_action(panel, "Star").trigger()
    stars = [grid_of(panel).model().index(row, 0).data(STAR_ROLE) for row in range(4)]
    assert stars == [False, True, False, True]
    spoken = grid_of(panel).model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "starred" in spoken
    qtbot.waitUntil(lambda: [*read_marks(run)] == [1, 3])
    assert {mark.images_seen for mark in read_marks(run).values()} == {640}
    panel.clear()
    panel.open_run(run)
    grid_of(panel).select_rows([1])
    chosen_action(panel, "Remove star").trigger()
    qtbot.waitUntil(lambda: [*read_marks(run)] == [3])


def test_that_tags_are_shown_in_the_tooltip(panel: GalleryPanel, tmp_path: Path) -> None:
    panel.open_run(made_run_with_preview(tmp_path))
    grid_of(panel).select_rows([2])
    chosen_action(panel, "Tags…").trigger()
    dialog = child(panel, QInputDialog)
    dialog.setTextValue("crisp, , crisp, 七")
    dialog.accept()
    tip = grid_of(panel).model().index(2, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "two\nTags: crisp, 七"


def test_that_tiles_are_dragged_as_files_that_carry_their_scenes(
    panel: GalleryPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.open_run(made_run_with_preview(tmp_path))
    grid_of(panel).select_rows([1, 3])
    dragged: list[list[Path]] = []

    def drop_at_once(drag: QDrag, _actions: Qt.DropAction) -> Qt.DropAction:
        dragged.append([Path(url.toLocalFile()) for url in drag.mimeData().urls()])
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", drop_at_once)
    grid_of(panel).startDrag(Qt.DropAction.CopyAction)
    ((one, three),) = dragged
    assert (one.name, three.name) == ("one-640-2.png", "three-640-4.png")
    assert QImage(str(three)).pixelColor(0, 0).red() == shade_of(3, 640)
    assert read_scene(three).scene == preview_scene(7, 3, 4)


def test_that_tiles_of_a_run_that_cannot_be_read_are_dragged_without_scenes(
    panel: GalleryPanel, run: Path
) -> None:
    panel.add_preview(make_preview(run, 9))
    grid_of(panel).select_rows([1])
    actions = child(panel, SelectionActions)
    chosen = panel._chosen()
    assert chosen is not None
    data = actions.mime_data(chosen)
    assert data.hasImage()
    (url,) = data.urls()
    assert QImage(url.toLocalFile()).text("Description") == "one"


def test_that_copies_are_enlarged_by_a_whole_factor(panel: GalleryPanel, run: Path) -> None:
    panel.add_preview(make_preview(run, 9))
    grid_of(panel).select_rows([1])
    chosen_action(panel, "Copy enlarged").trigger()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (512, 512)
    assert image.pixelColor(511, 511).red() == shade_of(1, 9)
    grid_of(panel).select_rows([0, 1, 2])
    chosen_action(panel, "Copy enlarged").trigger()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (2 * 256 + 8, 2 * 256 + 8)
    assert image.pixelColor(0, 300).red() == shade_of(2, 9)


def test_that_the_selection_is_saved_as_a_gallery(
    panel: GalleryPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    panel.open_run(made_run_with_preview(tmp_path))
    grid_of(panel).select_rows([3, 0])
    chosen_action(panel, "Save selection…").trigger()
    dialog = child(panel, SaveTilesDialog)
    dialog.folder.edit.setText("nowhere")
    assert not dialog.save.isEnabled()
    folder = tmp_path / "chosen"
    dialog.folder.edit.setText(str(folder))
    dialog.save.click()
    qtbot.waitUntil(dialog.open_folder.isVisible)
    assert says(dialog, "2 pair")
    lines = (folder / "metadata.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["zero", "three"]
    dialog.reject()


def test_that_a_folder_with_files_is_refused_with_a_sentence(
    panel: GalleryPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    panel.open_run(made_run_with_preview(tmp_path))
    grid_of(panel).select_rows([0])
    chosen_action(panel, "Save selection…").trigger()
    dialog = child(panel, SaveTilesDialog)
    dialog.folder.edit.setText(str(tmp_path / "runs"))
    dialog.save.click()
    qtbot.waitUntil(lambda: says(dialog, "The folder is not empty."))
    assert dialog.save.isEnabled()
    dialog.reject()


def test_that_the_origin_names_run_seed_and_step_and_copies_them(
    panel: GalleryPanel, tmp_path: Path
) -> None:
    panel.open_run(made_run_with_preview(tmp_path))
    grid_of(panel).select_rows([2])
    chosen_action(panel, "Where does this come from?").trigger()
    dialog = child(panel, TileOriginDialog)
    facts = dict(dialog.rows)
    assert (facts["Run"], facts["Seed"], facts["Step"]) == ("cats", "7", "10")
    dialog.copy()
    assert "Images seen: 640" in QGuiApplication.clipboard().text()
    dialog.copy_scene.click()
    table = json.loads(QGuiApplication.clipboard().text())
    assert scene_from_table(table) == preview_scene(7, 2, 4)
    dialog.close()


def test_that_tiles_are_drawn_by_step_as_one_picture(
    panel: GalleryPanel, run: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    for images_seen in (1, 40, 90):
        write_preview(run, images_seen)
    panel.open_run(run)
    grid_of(panel).select_rows([1, 3])
    chosen_action(panel, "Tiles by step…").trigger()
    dialog = child(panel, StepGridDialog)
    qtbot.waitUntil(dialog.save.isEnabled)
    dialog.save_to(tmp_path / "steps.png")
    picture = QImage(str(tmp_path / "steps.png"))
    points = itertools.product(range(picture.width()), range(0, picture.height(), 4))
    shades = {picture.pixelColor(x, y).red() for x, y in points}
    assert {shade_of(tile, seen) for tile in (1, 3) for seen in (1, 40, 90)} <= shades
    dialog.columns.setValue(1)
    qtbot.waitUntil(lambda: dialog.picture.image.width() < picture.width())
    assert dialog.picture.image.height() == picture.height()
    dialog.save_to(tmp_path / "missing" / "steps.png")
    assert not says(dialog, "Saved as")
    dialog.close()


@pytest.mark.parametrize(
    ("images_seen", "wanted", "chosen"),
    [
        ([5], 8, [0]),
        ([1, 10, 100, 1000], 4, [0, 1, 2, 3]),
        ([1, 10, 11, 12, 100, 1000], 4, [0, 3, 4, 5]),
        ([1000, 1001, 1002, 9000], 3, [0, 2, 3]),
        ([1, 2, 3], 1, [2]),
    ],
)
def test_that_steps_are_spread_by_the_logarithm_of_the_images(
    images_seen: list[int], wanted: int, chosen: list[int]
) -> None:
    assert spread(images_seen, wanted) == chosen


def test_that_starred_tiles_are_selected_from_the_menu(
    panel: GalleryPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    run = made_run_with_preview(tmp_path)
    write_marks(run, {tile: TileMark(tile=tile, images_seen=1, is_starred=True) for tile in (0, 2)})
    panel.open_run(run)
    menu_action(panel, 1, "Select starred")
    assert grid_of(panel).selected_rows() == (0, 2)
    menu_action(panel, 1, "Select all")
    assert len(grid_of(panel).selected_rows()) == 4


def test_that_tiles_can_be_dragged(panel: GalleryPanel, run: Path, qtbot: QtBot) -> None:
    panel.add_preview(make_preview(run, 9))
    flags = grid_of(panel).model().index(1, 0).flags()
    assert flags & Qt.ItemFlag.ItemIsDragEnabled
    assert grid_of(panel).dragEnabled()


def test_that_marks_that_cannot_be_written_are_explained(
    panel: GalleryPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    run = made_run_with_preview(tmp_path)
    panel.open_run(run)
    shutil.rmtree(run)
    grid_of(panel).select_rows([1])
    chosen_action(panel, "Star").trigger()
    qtbot.waitUntil(lambda: bool(panel.findChildren(ErrorDialog)))
