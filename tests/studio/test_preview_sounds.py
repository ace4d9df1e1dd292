"""Sounds of previews: marks on the tiles, Space, a button for each column, one at a time."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.data.waveform import Sounds
from engine.sample.preview_sounds import write_sounds
from studio.dialogs.pair_view import PairView
from studio.jobs.audio_player import AudioPlayer, PlaybackProblem, PlaybackUnavailableError
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.tiles import TileJobs
from studio.panels.gallery import GalleryPanel
from studio.widgets.thumbnail_grid import SOUND_ROLE, SoundMark, ThumbnailGrid
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.fake_engine import answering
from tests.helpers.run_folders import make_preview, write_preview
from tests.helpers.windows import child, says

RATE = 8_000


class Story:
    """A gallery over a device that plays only when a test says so."""

    def __init__(self, qtbot: QtBot, run: Path) -> None:
        self.qtbot, self.run, self.devices = qtbot, run, FakeDevices()
        self.audio = AudioPlayer(self.devices)
        self.player = PreviewPlayer(self.audio)
        self.panel = GalleryPanel(NearestJob(answering(None)), self.player, TileJobs(Path))
        qtbot.addWidget(self.panel)
        self.panel.resize(640, 480)
        self.panel.show()
        self.grid = child(self.panel, ThumbnailGrid)

    def add(self, images_seen: int, *columns: str) -> np.ndarray:
        """Write a preview with one second of sound per tile and column, and show it."""
        path = write_preview(self.run, images_seen)
        waves = np.arange(4, dtype=np.int16)[:, None] + np.ones((4, RATE // 100), np.int16)
        sounds = Sounds(samples=waves, rate=RATE, spectrograms=np.zeros((4, 2, 2), np.uint8))
        write_sounds(path, dict.fromkeys(columns, sounds))
        self.panel.add_preview(make_preview(self.run, images_seen))
        return waves

    def marks(self) -> list[SoundMark | None]:
        model = self.grid.model()
        return [model.index(row, 0).data(SOUND_ROLE) for row in range(model.rowCount())]

    def press_space(self, tile: int) -> None:
        self.grid.setCurrentIndex(self.grid.model().index(tile, 0))
        self.qtbot.keyClick(self.grid, Qt.Key.Key_Space)

    def wait_for_device(self, count: int) -> None:
        self.qtbot.waitUntil(lambda: len(self.devices.streams) == count)

    def wait_for_rest(self) -> None:
        self.qtbot.waitUntil(lambda: not self.audio._job._thread.is_running)


@pytest.fixture
def story(qtbot: QtBot, tmp_path: Path):
    story = Story(qtbot, tmp_path / "run")
    yield story
    story.player.shut_down()
    story.wait_for_rest()


def test_that_tiles_without_sounds_have_no_mark_and_space_opens_them(story: Story):
    story.add(1)
    assert story.marks() == [None] * 4
    story.press_space(2)
    assert child(story.panel, PairView).isVisible()
    assert not story.devices.threads


def test_that_space_plays_the_tile_and_space_again_stops_it(story: Story):
    waves = story.add(1, "speech")
    # The first sounds make the studio look for a device.
    story.wait_for_device(1)
    assert story.marks() == [SoundMark.IDLE] * 4
    story.press_space(2)
    story.wait_for_device(2)
    assert story.marks() == [SoundMark.IDLE, SoundMark.IDLE, SoundMark.PLAYING, SoundMark.IDLE]
    played = np.frombuffer(story.devices.play_all(), np.int16)
    assert np.array_equal(played[: len(waves[2])], waves[2])
    story.press_space(2)
    assert story.marks() == [SoundMark.IDLE] * 4
    story.wait_for_rest()
    assert story.devices.open_count == 0
    assert not story.panel.findChildren(PairView)


def test_that_two_tiles_never_play_at_once(story: Story):
    story.add(1, "speech")
    story.press_space(0)
    story.wait_for_device(1)
    story.press_space(1)
    story.wait_for_device(2)
    assert story.marks()[:2] == [SoundMark.IDLE, SoundMark.PLAYING]
    assert story.devices.most_open == 1


def test_that_a_click_on_the_mark_plays_and_one_beside_it_opens(story: Story):
    story.add(1, "speech")
    rect = story.grid.visualRect(story.grid.model().index(1, 0))
    mark = story.grid.itemDelegate().mark_in(rect).center().toPoint()  # pyright: ignore[reportAttributeAccessIssue]
    story.qtbot.mouseClick(story.grid.viewport(), Qt.MouseButton.LeftButton, pos=mark)
    assert story.marks()[1] == SoundMark.PLAYING
    assert not story.panel.findChildren(PairView)
    story.qtbot.mouseClick(story.grid.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert child(story.panel, PairView).isVisible()


@pytest.mark.parametrize(
    ("problem", "words"),
    [(PlaybackProblem.NO_DEVICE, "no sound device"), (PlaybackProblem.NO_LIBRARY, "miniaudio")],
)
def test_that_marks_and_buttons_are_greyed_with_the_reason(
    story: Story, problem: PlaybackProblem, words: str
):
    story.devices.error = PlaybackUnavailableError(problem, "none")
    story.add(1, "speech")
    story.qtbot.waitUntil(lambda: story.marks() == [SoundMark.UNAVAILABLE] * 4)
    tip = story.grid.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("one\n")
    assert words in tip
    # Another preview does not ask again.
    asked = len(story.devices.threads)
    story.add(2, "speech")
    story.wait_for_rest()
    assert len(story.devices.threads) == asked
    story.qtbot.keyClick(story.grid, Qt.Key.Key_Return)
    story.grid.tile_opened.emit(1)
    (button,) = sound_buttons(story)
    assert not button.isEnabled()
    assert words in button.toolTip()


def sound_buttons(story: Story) -> list[QPushButton]:
    view = child(story.panel, PairView)
    return [b for b in view.findChildren(QPushButton) if b.text().startswith(("Play", "Stop "))]


def test_that_the_pair_view_has_a_button_for_each_column(story: Story):
    story.add(1, "speech", "noise")
    story.grid.tile_opened.emit(3)
    buttons = {button.text(): button for button in sound_buttons(story)}
    assert set(buttons) == {"Play noise", "Play speech"}
    buttons["Play speech"].click()
    assert buttons["Play speech"].text() == "Stop speech"
    buttons["Play noise"].click()
    assert [button.text() for button in buttons.values()] == ["Stop noise", "Play speech"]
    child(story.panel, PairView).close()
    assert not story.audio.is_playing


@pytest.mark.parametrize("steps", [1, 2])
def test_that_space_in_the_pair_view_plays_the_first_column(story: Story, steps: int):
    for step in range(steps):
        story.add(step, "speech")
    story.grid.tile_opened.emit(0)
    view = child(story.panel, PairView)
    story.qtbot.keyClick(view.focusWidget() or view, Qt.Key.Key_Space)
    assert story.marks()[0] == SoundMark.PLAYING
    story.add(3)
    assert not any(button.isVisible() for button in sound_buttons(story))


def test_that_a_notice_is_shown_with_the_tiles_and_with_each(story: Story):
    story.add(1)
    story.panel.show_notice("Not for diagnosis")
    story.grid.tile_opened.emit(0)
    view = child(story.panel, PairView)
    assert says(view, "Not for diagnosis")
    assert says(story.panel, "Not for diagnosis")
    story.panel.show_notice("")
    assert not says(view, "Not for diagnosis")


def test_that_only_single_images_are_compared_with_training_images(story: Story):
    story.add(1, "speech")
    story.panel.set_comparable(False)
    story.grid.tile_opened.emit(0)
    box = child(child(story.panel, PairView), QCheckBox)
    assert not box.isVisible()
    story.panel.set_comparable(True)
    assert box.isVisible()
    box.setChecked(True)
    story.panel.set_comparable(False)
    assert not box.isChecked()


def test_that_a_sound_that_is_gone_is_not_played(story: Story):
    story.add(1, "speech")
    next((story.run / "samples").glob("*.wav")).unlink()
    story.press_space(0)
    assert story.marks() == [SoundMark.IDLE] * 4
    assert not story.audio.is_playing
