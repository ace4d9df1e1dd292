"""Sounds and rows in the Play panel: heard, given, fixed in part, and shown."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from engine.data.facts import AudioFacts, TableFacts
from engine.data.table_codec import Cells
from engine.data.table_fields import CategoricalField, NumericField
from engine.data.waveform import Sounds
from engine.sample.sampler import Samples
from engine.sample.scene import GivenCells, GivenSound, Scene
from studio.jobs.audio_player import PlaybackProblem, PlaybackUnavailableError
from tests.helpers.fake_player import FakePlayer
from tests.helpers.playing import Playing
from tests.helpers.run_folders import made_run
from tests.helpers.tiny import tiny_facts
from tests.helpers.windows import says

RATE, LENGTH = 8_000, 4_000
FIELDS = (
    CategoricalField(name="colour", values=("blue", "red")),
    NumericField(name="weight", quantiles=(0.0, 5.0, 10.0)),
)


class ManyColumns(FakePlayer):
    """Also makes a sound of one sample value, and a row that repeats what is given of it."""

    def render(
        self,
        scenes: Sequence[Scene],
        columns: Collection[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> Samples:
        """Draw what the plain one draws, with sounds and rows."""
        plain = super().render(scenes, columns, is_draft=is_draft)
        count = len(scenes)
        waves = np.repeat(np.arange(1, count + 1, dtype=np.int16)[:, None], LENGTH, axis=1)
        sounds = Sounds(samples=waves, rate=RATE, spectrograms=np.zeros((count, 8, 8), np.uint8))
        given = [scene.given.get("facts") for scene in scenes]
        known = [dict(one.cells) if isinstance(one, GivenCells) else {} for one in given]
        rows = tuple((row.get("colour", "blue"), float(row.get("weight") or 2.5)) for row in known)
        cells = Cells(fields=("colour", "weight"), rows=rows)
        return replace(plain, columns={**plain.columns, "facts": cells, "speech": sounds})


@pytest.fixture
def playing(qtbot: QtBot, tmp_path: Path) -> Iterator[Playing]:
    columns = {
        **tiny_facts().columns,
        "facts": TableFacts(fields=FIELDS),
        "speech": AudioFacts(rate=RATE, samples=LENGTH),
    }
    made = Playing(qtbot, ManyColumns(columns=columns))
    made.panel.resize(1000, 900)
    yield made.open(made_run(tmp_path / "runs", "one"))
    made.end()


def tip_at(playing: Playing, place: QPoint) -> str:
    board = playing.panel.board
    QToolTip.hideText()
    event = QHelpEvent(QEvent.Type.ToolTip, place, board.mapToGlobal(place))
    QApplication.sendEvent(board, event)
    return QToolTip.text()


def test_that_a_typed_word_is_heard_by_space_and_by_its_mark(playing: Playing):
    playing.qtbot.keyClicks(playing.panel.prompt.focusProxy(), "grey")
    playing.qtbot.waitUntil(lambda: playing.panel.board.captions[0].startswith("grey"))
    playing.wait()
    board, devices = playing.panel.board, playing.devices
    board.setFocus()
    playing.qtbot.keyClick(board, Qt.Key.Key_Right)
    playing.qtbot.keyClick(board, Qt.Key.Key_Space)
    playing.qtbot.waitUntil(lambda: board._marks.playing == 1)
    playing.qtbot.waitUntil(lambda: devices.rates[-1:] == [RATE])
    # Each tile has its own sound.
    value = playing.panel._drawn[1][1] + 1
    assert set(np.frombuffer(devices.streams[-1].send(300), "<i2").tolist()) == {value}
    playing.qtbot.keyClick(board, Qt.Key.Key_Space)
    playing.qtbot.waitUntil(lambda: board._marks.playing == -1)
    mark = board._sound_mark(3).center().toPoint()
    assert tip_at(playing, mark) == "Play the sound or stop it (Space)"
    playing.qtbot.mouseClick(board, Qt.MouseButton.LeftButton, pos=mark)
    playing.qtbot.waitUntil(lambda: board._marks.playing == 3)


def test_that_without_a_sound_device_the_board_says_why_nothing_is_heard(
    playing: Playing, tmp_path: Path
):
    playing.qtbot.waitUntil(lambda: playing.devices.streams != [])
    playing.devices.streams.clear()
    reason = "Sounds cannot be played: there is no sound device."
    playing.devices.error = PlaybackUnavailableError(PlaybackProblem.NO_DEVICE, "none")
    playing.panel._sounds.toggle(0)
    playing.qtbot.waitUntil(lambda: playing.panel._sounds.problem == reason)
    board = playing.panel.board
    assert tip_at(playing, board._sound_mark(0).center().toPoint()) == reason
    board.setFocus()
    playing.qtbot.keyClick(board, Qt.Key.Key_Space)
    assert says(playing.panel.prompt, "Sounds cannot be played")
    # A device that comes later is found by trying again.
    playing.devices.error = None
    playing.qtbot.keyClick(board, Qt.Key.Key_Space)
    playing.qtbot.waitUntil(lambda: playing.devices.streams != [])
    playing.devices.play_all()
    playing.qtbot.waitUntil(lambda: not playing.panel._sounds.problem)


def test_that_a_given_sound_is_heard_and_left_open_again(playing: Playing):
    panel = playing.panel
    panel.side.sections["given"].set_open(is_open=True)
    wave = np.full(LENGTH, 7, "<i2")
    panel.edits.give("speech", GivenSound(samples=wave.tobytes()))
    assert says(panel.side.given, "0.5 s")
    buttons = panel.side.given.findChildren(QPushButton)
    play = next(b for b in buttons if b.accessibleName().startswith("Play or stop the given"))
    playing.qtbot.mouseClick(play, Qt.MouseButton.LeftButton)
    playing.qtbot.waitUntil(lambda: playing.devices.rates[-1:] == [RATE])
    assert set(np.frombuffer(playing.devices.streams[-1].send(300), "<i2").tolist()) == {7}
    panel.edits.give("speech", None)
    assert not play.isVisible()
    assert says(panel.side.given, "Drop a sound to give it.")


def test_that_fixed_cells_are_marked_and_the_rest_is_seen(playing: Playing):
    panel = playing.panel
    panel.side.sections["given"].set_open(is_open=True)
    given = panel.side.given
    weight = next(e for e in given.findChildren(QLineEdit) if e.accessibleName() == "weight")
    colour = next(e for e in given.findChildren(QComboBox) if e.accessibleName() == "colour")
    labels = {label.text(): label for label in given.findChildren(QLabel)}
    playing.qtbot.waitUntil(lambda: weight.placeholderText() == "2.5")
    assert colour.itemText(0) == "blue"
    playing.qtbot.keyClicks(weight, "7")
    assert panel.view.state.given == {"facts": GivenCells(cells={"weight": "7"})}
    assert labels["weight"].property("role") == "heading"
    assert labels["colour"].property("role") != "heading"
    playing.qtbot.waitUntil(lambda: "weight 7" in panel.board.captions[0])
    playing.qtbot.keyClicks(weight, "x")
    assert weight.property("invalid")
    panel.view.history.undo()
    assert panel.view.state.given == {}
    assert labels["weight"].property("role") != "heading"


def test_that_a_long_caption_is_whole_in_its_tooltip(playing: Playing):
    board = playing.panel.board
    place = board._picture_rect(2).center().toPoint()
    assert tip_at(playing, place) == board.captions[2]
    assert tip_at(playing, QPoint(1, 1)) in ("", board.captions[0])


def test_that_another_run_begins_with_an_empty_prompt(playing: Playing, tmp_path: Path):
    playing.panel.prompt.type_text("grey")
    playing.qtbot.waitUntil(lambda: playing.panel.view.state.given == {"text": "grey"})
    playing.panel.show_run(made_run(tmp_path / "runs", "two"))
    playing.qtbot.waitUntil(lambda: playing.panel.session.is_open)
    playing.wait()
    assert playing.panel.prompt.text == ""
    assert playing.panel.view.state.given == {}
