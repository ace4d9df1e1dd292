"""A user plays with a run: types, drops, walks, saves, and finds everything again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.events import RunEnded
from engine.sample.play_source import open_player
from engine.sample.scene import Scene
from engine.train.run import train
from studio.app import Studio
from studio.jobs.frame_answers import SnapshotTaken
from studio.models.run_state import Command, RunState
from studio.panels.play.reading import ReadingBars
from tests.helpers.guards import is_event
from tests.helpers.tiny import WORDS, tiny_config, tiny_dataset
from tests.helpers.windows import (
    DIALOG_PATIENCE_MS,
    TINY_FORM,
    ask,
    child,
    drop,
    life,
    press,
    says,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Train a run of a second."""
    folder = tmp_path / "runs" / "tiny"
    ends: list[object] = []
    config = tiny_config(tiny_dataset(tmp_path / "tiny"), folder)
    train(config, ends.append, RunControl())
    assert isinstance(ends[-1], RunEnded)
    assert ends[-1].error is None
    return folder


def open_run(qtbot: QtBot, studio: Studio, folder: Path) -> None:
    """Open a run by the menu: one action."""
    studio.window.actions_.open_run.trigger()
    picker = child(studio.window, QFileDialog)
    picker.fileSelected.emit(str(folder))
    picker.reject()


def wait_until_drawn(qtbot: QtBot, studio: Studio) -> None:
    """Wait until the board shows what is asked for."""
    panel = studio.window.play

    def is_drawn() -> bool:
        state, drawn = panel.view.state, panel._drawn
        return all(
            tile in drawn and drawn[tile][0].scenes[drawn[tile][1]] == state.scene(tile)
            for tile in range(len(state.tiles))
        )

    qtbot.waitUntil(is_drawn, timeout=DIALOG_PATIENCE_MS)


def rendered(folder: Path, *scenes: Scene) -> np.ndarray:
    """Draw scenes without the window, each alone: [N, H, W, 3]."""
    player = open_player(folder)
    return np.concatenate([player.render([scene]).images for scene in scenes])


def pixels(picture: QImage) -> np.ndarray:
    """Give the pixels of a picture: [H, W, 3]."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.array(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)


def click_header(qtbot: QtBot, section: QWidget) -> None:
    qtbot.mouseClick(child(section, QToolButton), Qt.MouseButton.LeftButton)


@pytest.mark.slow
def test_the_way_from_a_word_to_its_picture_in_two_actions(qtbot: QtBot, studio: Studio, run: Path):
    window = studio.window
    open_run(qtbot, studio, run)
    assert window.focusWidget() is window.play.prompt.focusProxy(), "one may type at once"
    qtbot.keyClicks(window.focusWidget(), "light")
    qtbot.waitUntil(
        lambda: window.play.board.captions == ("light",) * 8, timeout=DIALOG_PATIENCE_MS
    )
    wait_until_drawn(qtbot, studio)
    state, board = window.play.view.state, window.play.board
    expected = rendered(run, *(state.scene(tile) for tile in range(8)))
    shown = np.stack([pixels(board.picture(tile)) for tile in range(8)])
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.slow
def test_the_way_from_a_picture_to_its_text_in_one_action(
    qtbot: QtBot, studio: Studio, run: Path, tmp_path: Path
):
    window = studio.window
    studio.run_view.open(run)
    path = tmp_path / "mine.png"
    Image.new("L", (50, 50), 220).save(path)
    drop(window, path)
    qtbot.waitUntil(lambda: "image" in window.play.view.state.given, timeout=DIALOG_PATIENCE_MS)
    bars = window.play.side.reading
    qtbot.waitUntil(lambda: bool(bars.findChildren(ReadingBars)), timeout=DIALOG_PATIENCE_MS)
    [candidates] = [one._candidates for one in bars.findChildren(ReadingBars)]
    chances = [one.probability for one in candidates]
    assert chances == sorted(chances, reverse=True)
    assert 0.3 < sum(chances) <= 1.001
    assert any(str(one.value) in WORDS for one in candidates)
    assert bars.isVisible()
    wait_until_drawn(qtbot, studio)


@pytest.mark.slow
def test_the_way_to_a_walk_as_webp_in_four_actions(
    qtbot: QtBot, studio: Studio, run: Path, tmp_path: Path
):
    window = studio.window
    open_run(qtbot, studio, run)
    panel = window.play
    wait_until_drawn(qtbot, studio)
    click_header(qtbot, panel.side.sections["walk"])
    walk = panel.side.walk
    qtbot.waitUntil(lambda: bool(walk.frames))
    walk._leg.setCurrentIndex(0)
    scenes = list(walk.frames)
    press(qtbot, panel, "Export…")
    picker = child(window, QFileDialog)
    path = tmp_path / "walk.webp"
    picker.fileSelected.emit(str(path))
    picker.reject()
    qtbot.waitUntil(lambda: says(walk, "Saved as"), timeout=DIALOG_PATIENCE_MS)
    with Image.open(path) as film:
        assert film.format == "WEBP"
        assert getattr(film, "n_frames", 0) == len(scenes)
        first = np.asarray(next(ImageSequence.Iterator(film)).convert("RGB"))
    [small] = rendered(run, scenes[0])
    factor = len(first) // len(small)
    np.testing.assert_array_equal(first[::factor, ::factor], small)


@pytest.mark.slow
def test_that_a_saved_picture_that_is_dropped_has_the_same_pixels(
    qtbot: QtBot, studio: Studio, run: Path, tmp_path: Path
):
    window, panel = studio.window, studio.window.play
    open_run(qtbot, studio, run)
    qtbot.keyClicks(window.focusWidget(), "dark")
    qtbot.waitUntil(lambda: panel.view.state.given == {"text": "dark"}, timeout=DIALOG_PATIENCE_MS)
    wait_until_drawn(qtbot, studio)
    board = panel.board
    start = board.rect().center()
    qtbot.mousePress(board, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(board, start + QPoint(20, 0))
    qtbot.mouseMove(board, start + QPoint(90, 30))
    qtbot.mouseRelease(board, Qt.MouseButton.LeftButton, pos=start)
    panel.edits.set_truncation(0.8)
    panel.edits.choose(2)
    wait_until_drawn(qtbot, studio)
    before, shown = panel.view.state.scene(2), pixels(board.picture(2))

    path = tmp_path / "mine.png"
    panel.actions_.save()
    picker = child(window, QFileDialog)
    picker.fileSelected.emit(str(path))
    picker.reject()
    qtbot.waitUntil(path.is_file)
    with Image.open(path) as saved:
        np.testing.assert_array_equal(np.asarray(saved.convert("RGB")), shown)

    # Everything changes, then the file brings it back.
    panel.edits.roll()
    panel.edits.give("text", "grey")
    panel.edits.set_count(4)
    panel.edits.choose(1)
    wait_until_drawn(qtbot, studio)
    drop(window, path)
    qtbot.waitUntil(lambda: panel.view.state.given == {"text": "dark"})
    wait_until_drawn(qtbot, studio)
    after = panel.view.state.scene(1)
    assert (after.given, after.truncation) == (before.given, before.truncation)
    np.testing.assert_array_equal(pixels(board.picture(1)), shown)


@pytest.mark.slow
def test_that_a_run_that_trains_is_played_with_and_followed(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"), {**TINY_FORM, "images": "0"})
    ask(studio, Command.START)
    qtbot.waitUntil(lambda: life(studio) is RunState.RUNNING, timeout=DIALOG_PATIENCE_MS)
    window.show_play()
    answers: list[object] = []
    studio.frames.answered.connect(answers.append)
    wait_until_drawn(qtbot, studio)
    first = pixels(window.play.board.picture(0))
    qtbot.waitUntil(
        lambda: any(isinstance(answer, SnapshotTaken) for answer in answers),
        timeout=DIALOG_PATIENCE_MS,
    )
    qtbot.waitUntil(
        lambda: not np.array_equal(pixels(window.play.board.picture(0)), first),
        timeout=DIALOG_PATIENCE_MS,
    )
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunEnded),
        timeout=DIALOG_PATIENCE_MS,
    ):
        ask(studio, Command.STOP_SAVE)
    # The checkpoint of its end is played with.
    qtbot.waitUntil(lambda: window.play.session.is_open, timeout=DIALOG_PATIENCE_MS)
    assert window.play.session.run is not None
    assert not window.play.session.run.is_live
    wait_until_drawn(qtbot, studio)
