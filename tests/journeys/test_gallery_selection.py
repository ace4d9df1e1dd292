"""A user stars two tiles of a run, saves them, plays with one of the files and imports the rest."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from engine.runs.tile_marks import read_marks
from engine.sample.scene_file import read_scene
from studio.app import Studio
from studio.dialogs.save_tiles import SaveTilesDialog
from studio.dialogs.selection_actions import SelectionActions
from studio.models.run_state import Command, RunState
from studio.widgets.thumbnail_grid import ThumbnailGrid
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import (
    DIALOG_PATIENCE_MS,
    TINY_FORM,
    ask,
    child,
    drop,
    life,
    press,
)


@pytest.mark.slow
def test_that_starred_tiles_are_saved_played_with_and_imported(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    window = studio.window
    window.show_docks()
    form = {**TINY_FORM, "images": "64", "reporting.preview_count": "4"}
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"), form)
    ask(studio, Command.START)
    qtbot.waitUntil(lambda: life(studio) is RunState.FINISHED, timeout=2 * DIALOG_PATIENCE_MS)
    run = studio.run_view.folder
    assert run is not None

    # Two tiles are chosen and starred from the keyboard.
    window.show_gallery()
    grid = child(window.gallery, ThumbnailGrid)
    window.activateWindow()
    grid.setFocus()
    qtbot.waitUntil(grid.hasFocus)
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_rows() == (0, 1)
    qtbot.keyClick(grid, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: [*read_marks(run)] == [0, 1])

    # The selection is saved as it is shown, in a folder of the workspace.
    child(window.gallery, SelectionActions).save.trigger()
    dialog = child(window, SaveTilesDialog)
    folder = Path(dialog.folder.edit.text())
    assert folder.parent == studio.workspace / "galleries"
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.open_folder.isVisible, timeout=DIALOG_PATIENCE_MS)
    dialog.close()
    lines = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    sheet = window.gallery._sheet
    assert sheet is not None
    assert [line["text"] for line in lines] == [*sheet.texts[:2]]

    # One of the files is dropped on the window, which plays with its scene.
    picture = folder / "000001.png"
    drop(window, picture)
    play = child(window, QDockWidget, "play")
    qtbot.waitUntil(lambda: not play.visibleRegion().isEmpty())
    saved = read_scene(picture)
    assert saved.run == run.name
    view = window.play.view

    def plays_with_it() -> bool:
        return view.state.noise(view.state.chosen) == saved.scene.noise

    qtbot.waitUntil(plays_with_it, timeout=DIALOG_PATIENCE_MS)

    # The folder is recognised as a gallery, and its texts are found.
    studio.importing.open(folder)
    wizard = studio.importing.wizard
    assert wizard is not None
    qtbot.waitUntil(wizard.next.isEnabled, timeout=DIALOG_PATIENCE_MS)
    press(qtbot, wizard, "Next")
    qtbot.waitUntil(lambda: wizard.format.has_answers, timeout=DIALOG_PATIENCE_MS)
    assert wizard.form.reading.format == "gallery"
    shown = {card.text for card in wizard.format.board.cards}
    assert shown <= {*sheet.texts[:2]}
    wizard.close()
