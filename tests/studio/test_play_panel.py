"""The Play panel over a player without networks: each key and each move is drawn."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from engine.errors import CheckpointMissingError
from engine.sample.scene import GivenPicture, Noise, Scene
from engine.sample.scene_file import read_scene
from studio.models.play_notes import DirectionNote, read_play_notes
from studio.models.play_view import PlayState
from studio.panels.play.board import DragMoved
from studio.panels.play.drawing_pad import DrawingCanvas
from studio.panels.play.feed import BESIDE_TRAINING_S
from studio.panels.play.reading import ReadingBars
from studio.panels.play.throttle import BESIDE_TRAINING_MS
from tests.helpers.fake_player import shade
from tests.helpers.playing import Playing
from tests.helpers.run_folders import made_run
from tests.helpers.windows import child, drag_in, drop, says


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_run(tmp_path / "runs", "one")


@pytest.fixture
def playing(qtbot: QtBot) -> Iterator[Playing]:
    made = Playing(qtbot)
    yield made
    made.end()


def test_that_eight_items_are_drawn_as_soon_as_the_panel_is_seen(playing: Playing, run: Path):
    playing.panel.show_run(run)
    assert not playing.player.opened, "a panel that is not seen loads nothing"
    playing.panel.show()
    playing.wait()
    assert playing.player.opened == [(run, "newest", False)]
    assert playing.panel.board.captions == ("dark",) * 8


def wait_for_text(playing: Playing, text: str) -> None:
    playing.qtbot.waitUntil(lambda: playing.panel.board.captions == (text,) * 8)


def test_that_a_text_is_drawn_while_it_is_typed(playing: Playing, run: Path):
    playing.open(run)
    playing.qtbot.keyClicks(playing.panel.prompt.focusProxy(), "gr")
    # The word that is being typed is completed.
    wait_for_text(playing, "grey")
    playing.qtbot.keyClicks(playing.panel.prompt.focusProxy(), "een")
    playing.qtbot.waitUntil(lambda: says(playing.panel.prompt, "The run does not know “green”."))
    wait_for_text(playing, "grey")  # The last known text stays.
    chips = playing.panel.prompt.findChildren(QPushButton)
    chip = next(one for one in chips if one.isVisible() and one.text() == "grey")
    playing.qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert playing.panel.prompt.text == "grey"
    playing.qtbot.waitUntil(lambda: not says(playing.panel.prompt, "does not know"))


def test_that_an_empty_prompt_leaves_the_text_open(playing: Playing, run: Path):
    playing.open(run)
    playing.panel.prompt.type_text("light")
    wait_for_text(playing, "light")
    playing.panel.view.history.undo()
    assert playing.panel.prompt.text == ""
    wait_for_text(playing, "dark")
    assert not playing.panel.view.state.given


def test_that_what_is_typed_while_a_run_is_opened_is_drawn(playing: Playing, run: Path):
    playing.panel.show()
    playing.player.may_go_on.clear()
    playing.panel.show_run(run)
    playing.qtbot.keyClicks(playing.panel.prompt.focusProxy(), "light")
    playing.player.may_go_on.set()
    wait_for_text(playing, "light")


@pytest.mark.parametrize("milliseconds", [5, 20, 80])
def test_that_a_drag_ends_with_what_was_asked_for_last(
    playing: Playing, run: Path, milliseconds: int
):
    playing.open(run)
    playing.panel.edits.set_count(16)
    playing.wait()
    playing.player.seconds = milliseconds / 1000
    qtbot, board = playing.qtbot, playing.panel.board
    start = board.rect().center()
    qtbot.mousePress(board, Qt.MouseButton.LeftButton, pos=start)
    for step in range(40):
        qtbot.mouseMove(board, start + QPoint(4 * step, -2 * step))
        qtbot.wait(16)
    qtbot.mouseRelease(board, Qt.MouseButton.LeftButton, pos=start)
    playing.wait()
    assert playing.panel.view.state.pad[0] > 0.3
    assert playing.shown == sorted(playing.shown), "an older frame came after a newer one"
    assert playing.panel.view.history.count() == 2, "the drag is one change"


def test_that_fewer_tiles_are_drawn_while_a_slow_player_is_dragged(playing: Playing, run: Path):
    playing.player.seconds = 0.1
    playing.open(run)
    # It takes some frames to find out how slow it is.
    for seed in range(6):
        playing.panel.view.change(replace(playing.panel.view.state, plane=seed), "plane")
        playing.panel.edits.move_pad(DragMoved(x=seed / 10, y=0.1))
        playing.wait()
    assert playing.panel.feed.coarse_count < 8
    count = playing.panel.feed.coarse_count
    playing.player.rendered.clear()
    playing.panel.edits.begin_drag()
    playing.panel.edits.move_pad(DragMoved(x=0.5, y=0.5))
    playing.wait()
    boards = [scenes for scenes in playing.player.rendered if len(scenes) in (count, 8)]
    assert [len(scenes) for scenes in boards] == [count, 8], "all follow once it rests"
    playing.panel.edits.end_drag()


def test_that_tiles_take_turns_beside_training(playing: Playing, run: Path):
    playing.open(run)
    feed, edits = playing.panel.feed, playing.panel.edits
    edits.set_count(16)
    edits.choose(5)
    playing.wait()
    playing.panel.set_training(is_training=True)
    tiles: list[tuple[int, ...]] = []
    feed.tiles_drawn.connect(lambda drawn: tiles.append(drawn.tiles))
    # However busy the machine is, the drag does not rest.
    feed._rest.setInterval(60_000)
    edits.begin_drag()
    for step in range(1, 9):
        feed._tile_s = 1e-6
        feed._tile_cpu_s = BESIDE_TRAINING_S / 4.5
        edits.move_pad(DragMoved(x=step / 20, y=0.1))
        edits.throttle.flush()
        playing.qtbot.waitUntil(lambda: feed._last not in feed._requested)
    assert [(each[0], len(each)) for each in tiles] == [(5, 4)] * 8
    assert playing.player.drafts == 8
    drawn = {tile for each in tiles[:5] for tile in each}
    assert drawn == set(range(16)), "three others in each frame, all within five"
    edits.end_drag()
    playing.wait()


@pytest.mark.parametrize("milliseconds", [5, 20, 80])
def test_that_a_drag_beside_training_is_limited_and_ends_with_its_last_move(
    playing: Playing, run: Path, milliseconds: int
):
    playing.open(run)
    playing.panel.set_training(is_training=True)
    playing.player.seconds = milliseconds / 1000
    qtbot, board = playing.qtbot, playing.panel.board
    states: list[PlayState] = []
    playing.panel.view.changed.connect(states.append)
    start, moves = board.rect().center(), 60
    qtbot.mousePress(board, Qt.MouseButton.LeftButton, pos=start)
    began = time.perf_counter()
    for step in range(1, moves):
        qtbot.mouseMove(board, start + QPoint(2 * step, -step))
        qtbot.wait(8)
    took_s = time.perf_counter() - began
    assert len(states) <= 1000 * took_s / BESIDE_TRAINING_MS + 2
    assert len(states) < moves - 5
    qtbot.mouseRelease(board, Qt.MouseButton.LeftButton, pos=start)
    last = QPoint(2 * (moves - 1), -(moves - 1))
    assert playing.panel.view.state.pad == pytest.approx((last.x() / 320, last.y() / 320))
    playing.wait()
    assert playing.shown == sorted(set(playing.shown)), "an older frame came after a newer one"
    assert playing.panel.view.history.count() == 1, "the drag is one change"


def test_that_pictures_are_painted_where_they_have_changed(playing: Playing, run: Path):
    playing.open(run)
    board = playing.panel.board
    playing.panel.edits.toggle_lock(3)
    playing.panel.edits.choose(2)
    playing.panel.edits.set_truncation(0.25)
    playing.wait()
    playing.qtbot.wait(50)
    seen = board.grab().toImage()
    board._repaint()
    assert board.grab().toImage() == seen
    place = board._picture_rect(6).center().toPoint() * board.devicePixelRatioF()
    assert seen.pixelColor(place).red() == shade(Scene(noise=Noise.from_seed(1), truncation=0.25))
    window = playing.panel.palette().window().color()
    assert seen.pixelColor(0, 0) == window, "the board has the colour of its panel"
    board.show_tiles({6: (QImage(), "another caption")})
    assert board.grab().toImage() != seen


def test_that_the_handle_of_the_pad_leaves_no_trace(playing: Playing, run: Path):
    playing.open(run)
    pad = playing.panel.side.noise.pad
    first = pad.grab().toImage()
    pad.show_place(0.5, -0.25)
    assert pad.grab().toImage() != first
    pad.show_place(0.0, 0.0)
    assert pad.grab().toImage() == first


def test_that_truncation_directions_and_dice_are_drawn_and_undone(playing: Playing, run: Path):
    playing.open(run)
    before = playing.panel.view.state
    playing.panel.edits.set_truncation(0.4)
    playing.wait()
    colour = playing.panel.board.picture(0).pixelColor(0, 0)
    assert colour.red() == shade(Scene(noise=Noise.from_seed(1), truncation=0.4))
    playing.panel.edits.roll()
    playing.panel.edits.vary(0.3)
    assert playing.panel.view.state.noise(0) != before.noise(0)
    for _change in range(3):
        playing.press_icon("Undo")
    assert playing.panel.view.state == before
    playing.wait()


def test_that_a_dropped_picture_is_read_and_can_be_left_open_again(
    playing: Playing, run: Path, tmp_path: Path
):
    playing.open(run)
    playing.panel.prompt.type_text("light")
    wait_for_text(playing, "light")
    path = tmp_path / "mine.png"
    Image.new("RGB", (60, 40), (9, 200, 30)).save(path)
    (tmp_path / "rows.csv").touch()
    assert drag_in(playing.panel, path)
    assert not drag_in(playing.panel, tmp_path / "rows.csv")
    drop(playing.panel, path)
    qtbot, state = playing.qtbot, playing.panel.view
    qtbot.waitUntil(lambda: "image" in state.state.given)
    assert "text" not in state.state.given, "the text is what is asked for"
    given = state.state.given["image"]
    assert isinstance(given, GivenPicture)
    assert QImage.fromData(given.png).size().width() == 32
    qtbot.waitUntil(lambda: "75 %" in spoken(playing))
    playing.panel.side.given.given_changed.emit(("image", None))
    assert not state.state.given
    assert spoken(playing) == ""


def spoken(playing: Playing) -> str:
    bars = playing.panel.side.reading.findChildren(ReadingBars)
    return "; ".join(one.accessibleName() for one in bars if one.accessibleName())


def test_that_a_drawing_is_given_at_each_stroke(playing: Playing, run: Path):
    playing.open(run)
    playing.panel.side.sections["given"].set_open(is_open=True)
    canvas = child(playing.panel, DrawingCanvas)
    middle = canvas.rect().center()
    playing.qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    given = playing.panel.view.state.given["image"]
    assert isinstance(given, GivenPicture)
    playing.qtbot.mouseMove(canvas, middle + QPoint(30, 0))
    playing.qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert playing.panel.view.state.given["image"] != given
    drawn = QImage.fromData(given.png)
    assert drawn.pixelColor(16, 16).lightness() > 150
    assert drawn.pixelColor(2, 2) == QColor("black")


def test_that_a_picture_of_the_clipboard_is_given(playing: Playing, run: Path):
    playing.open(run)
    picture = QImage(20, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    QGuiApplication.clipboard().setImage(picture)
    playing.panel.actions_.paste()
    playing.qtbot.waitUntil(lambda: "image" in playing.panel.view.state.given)


def test_that_favourites_and_directions_come_back_with_the_run(
    qtbot: QtBot, playing: Playing, run: Path
):
    playing.open(run)
    playing.panel.edits.set_truncation(0.7)
    playing.press_icon("Add the chosen item to the favourites")
    kept = playing.panel.view.state.scene(0)
    qtbot.waitUntil(lambda: bool(playing.panel.side.directions.shown))
    note = DirectionNote(number=1, name="thick", is_reversed=True, is_pinned=True)
    playing.panel.side.directions._on_note(note)
    assert [one.number for one in playing.panel.side.directions.shown] == [1, 0]
    qtbot.waitUntil(lambda: read_play_notes(run).directions == {1: note})
    assert read_play_notes(run).favourites == (kept,)

    again = Playing(qtbot)
    again.open(run)
    qtbot.waitUntil(lambda: again.panel.side.favourites.count() == 1)
    qtbot.waitUntil(lambda: [o.number for o in again.panel.side.directions.shown] == [1, 0])
    again.panel.side.favourites.opened.emit(0)
    assert again.panel.view.state.scene(0) == kept
    again.panel.side.favourites.remove_requested.emit(0)
    qtbot.waitUntil(lambda: read_play_notes(run).favourites == ())
    again.end()


def test_that_a_walk_plays_its_frames_and_stops_when_the_board_changes(playing: Playing, run: Path):
    playing.open(run)
    walk = playing.panel.side.walk
    playing.panel.actions_.add_key()
    playing.panel.edits.choose(3)
    playing.panel.actions_.add_key()
    assert len(playing.panel.view.state.keys) == 2
    walk.toggle()
    playing.qtbot.waitUntil(lambda: playing.panel.board._stage is not None)
    walked = [s for scenes in playing.player.rendered for s in scenes if s.towards]
    assert walked
    playing.panel.edits.begin_drag()
    playing.panel.edits.end_drag()
    assert not walk.is_playing
    assert playing.panel.board._stage is None


def walk_of_four(playing: Playing) -> list[Scene]:
    """Add four key frames of different lightness."""
    for truncation in (0.2, 0.4, 0.6, 0.8):
        playing.panel.edits.set_truncation(truncation)
        playing.panel.edits.throttle.flush()
        playing.panel.actions_.add_key()
    playing.panel.resize(940, 900)
    playing.qtbot.waitUntil(lambda: all(lightness(playing)))
    return list(playing.panel.view.state.keys)


def lightness(playing: Playing) -> list[int]:
    """Return how light the pictures of the key frames are; 0 for one that is not drawn yet."""
    strip = playing.panel.side.walk.strip
    icons = [strip.item(row).icon() for row in range(strip.count())]
    pictures = [icon.pixmap(8, 8).toImage() for icon in icons]
    return [0 if one.isNull() else one.pixelColor(4, 4).red() for one in pictures]


def drag_key(playing: Playing, row: int, x: int) -> None:
    strip = playing.panel.side.walk.strip
    viewport, place = strip.viewport(), strip.visualItemRect(strip.item(row)).center()
    playing.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place)
    for part in (0.3, 0.7, 1.0):
        way = QPoint(round(place.x() + (x - place.x()) * part), place.y())
        playing.qtbot.mouseMove(viewport, way)
    playing.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(x, place.y()))


def test_that_a_key_frame_is_dragged_to_another_place_and_back_by_undo(playing: Playing, run: Path):
    one, two, three, four = walk_of_four(playing.open(run))
    strip, view = playing.panel.side.walk.strip, playing.panel.view
    shades = lightness(playing)
    drag_key(playing, 0, strip.visualItemRect(strip.item(2)).right())
    assert view.state.keys == (two, three, one, four)
    assert strip.currentRow() == 2
    # Pictures go with their key frames at once, before they are drawn again.
    assert lightness(playing) == [shades[1], shades[2], shades[0], shades[3]]
    drag_key(playing, 3, -20)
    assert view.state.keys == (four, two, three, one)
    # Where it lies already, nothing changes.
    index = view.history.index()
    drag_key(playing, 1, strip.visualItemRect(strip.item(1)).right())
    assert view.history.index() == index
    view.history.undo()
    view.history.undo()
    assert view.state.keys == (one, two, three, four)
    assert lightness(playing) == shades


def test_that_a_key_frame_is_moved_by_keys_and_escape_ends_a_drag(playing: Playing, run: Path):
    one, two, three, four = walk_of_four(playing.open(run))
    strip, view, qtbot = playing.panel.side.walk.strip, playing.panel.view, playing.qtbot
    strip.setCurrentRow(3)
    qtbot.keyClick(strip, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert view.state.keys == (one, two, four, three)
    qtbot.keyClick(strip, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(strip, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert view.state.keys == (one, two, three, four)
    assert strip.currentRow() == 3
    viewport = strip.viewport()
    place = strip.visualItemRect(strip.item(0)).center()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseMove(viewport, place + QPoint(120, 0))
    qtbot.keyClick(strip, Qt.Key.Key_Escape)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place + QPoint(120, 0))
    assert view.state.keys == (one, two, three, four)


@pytest.mark.parametrize("suffix", ["webp", "gif"])
def test_that_a_walk_over_the_board_is_exported(
    playing: Playing, run: Path, tmp_path: Path, suffix: str
):
    playing.open(run)
    playing.panel.edits.set_count(4)
    playing.wait()
    playing.panel.side.sections["walk"].set_open(is_open=True)
    walk = playing.panel.side.walk
    walk._leg.setCurrentIndex(0)
    walk.export_requested.emit(suffix)
    picker = child(playing.panel, QFileDialog)
    path = tmp_path / f"walk.{suffix}"
    picker.fileSelected.emit(str(path))
    playing.qtbot.waitUntil(path.is_file)
    with Image.open(path) as film:
        assert film.size == (256, 256)
    playing.qtbot.waitUntil(lambda: says(walk, "Saved as"))
    picker.reject()


def test_that_a_picture_is_found_in_the_noise_and_one_undo_forgets_it(playing: Playing, run: Path):
    playing.open(run)
    content = QImage(32, 32, QImage.Format.Format_Grayscale8)
    content.fill(7)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    content.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType]
    picture = GivenPicture(png=bytes(buffer.data().data()))
    playing.panel.edits.give("image", picture)
    before = playing.panel.view.state
    playing.panel.side.search.search.click()
    found = Noise.from_seed(1_000 + playing.player.steps)
    playing.qtbot.waitUntil(lambda: playing.panel.view.state.noise(0) == found)
    playing.qtbot.waitUntil(lambda: not playing.panel.side.search.is_searching)
    playing.panel.view.history.undo()
    assert playing.panel.view.state == before


def test_that_the_nearest_training_items_are_compared_once_they_are_to_be_seen(
    playing: Playing, run: Path
):
    playing.open(run)
    assert not says(playing.panel, "usually")
    playing.panel.side.sections["neighbours"].set_open(is_open=True)
    playing.qtbot.waitUntil(
        lambda: says(playing.panel, "Distance 0.250; a held-out picture's is usually 0.500.")
    )


def test_that_a_hidden_panel_does_not_follow_a_run_and_a_seen_one_does(playing: Playing, run: Path):
    playing.panel.show()
    playing.panel.show_run(run, is_live=True)
    playing.wait()
    playing.qtbot.waitUntil(lambda: playing.player.refreshed > 0)
    playing.panel.hide()
    assert not playing.panel.session._follow.isActive()
    count = playing.player.refreshed
    playing.panel.show()
    playing.qtbot.waitUntil(lambda: playing.player.refreshed > count)
    assert len(playing.player.opened) == 1


def test_that_a_run_without_weights_is_tried_again_while_it_trains(playing: Playing, run: Path):
    playing.player.failure = CheckpointMissingError(run)
    playing.panel.show()
    playing.panel.show_run(run, is_live=True)
    playing.qtbot.waitUntil(lambda: len(playing.player.opened) > 0)
    playing.qtbot.waitUntil(lambda: playing.panel._stack.currentIndex() == 0)
    playing.player.failure = None
    playing.wait()
    assert playing.panel._stack.currentIndex() == 1


def test_that_a_checkpoint_can_be_chosen(playing: Playing, run: Path):
    playing.open(run)
    playing.panel.play(run, "kid")
    playing.qtbot.waitUntil(lambda: playing.player.opened[-1] == (run, "kid", False))
    playing.wait()


def test_that_a_saved_picture_brings_its_scene_back(playing: Playing, run: Path, tmp_path: Path):
    playing.open(run)
    playing.panel.edits.choose(5)
    playing.press_icon("Save the chosen item as PNG, with its scene")
    picker = child(playing.panel, QFileDialog)
    assert Path(picker.selectedFiles()[0]).name == "one-dark.png"
    path, scene = tmp_path / "mine.png", playing.panel.view.state.scene(5)
    picker.fileSelected.emit(str(path))
    playing.qtbot.waitUntil(path.is_file)
    assert read_scene(path).scene == scene
    picker.reject()

    # Dropped here, it comes back, whatever is shown meanwhile.
    playing.panel.edits.roll()
    playing.panel.edits.set_truncation(0.2)
    drop(playing.panel, path)
    playing.qtbot.waitUntil(lambda: playing.panel.view.state.scene(5) == scene)


def test_that_the_board_is_used_by_keys(playing: Playing, run: Path):
    playing.open(run)
    board, view, qtbot = playing.panel.board, playing.panel.view, playing.qtbot
    board.setFocus()
    qtbot.keyClick(board, Qt.Key.Key_Right)
    assert view.state.chosen == 1
    qtbot.keyClick(board, Qt.Key.Key_L)
    assert view.state.tiles[1].is_locked
    qtbot.keyClick(board, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert view.state.pad == (0.05, 0.0)
    playing.wait()
    assert np.all([not board.picture(tile).isNull() for tile in range(8)])
