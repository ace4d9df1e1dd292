"""The Play panel with everything that it needs, over a player without networks."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.events import ImageArray
from engine.metrics.nearest import Neighbour, Neighbours
from studio.jobs.audio_player import AudioPlayer
from studio.jobs.frames import FrameJob
from studio.jobs.neighbours import NeighboursJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import Task
from studio.panels.play import PlayPanel
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.fake_player import FakePlayer


class Playing:
    """The panel, its player and what it has drawn."""

    def __init__(self, qtbot: QtBot, player: FakePlayer | None = None) -> None:
        self.qtbot, self.player = qtbot, player or FakePlayer()
        self.devices = FakeDevices()
        self.frames, self.films = (
            FrameJob(self.player.open, RunControl().request_state),
            Task("film"),
        )
        self.neighbours = NeighboursJob(self.find)
        self.sounds = PreviewPlayer(AudioPlayer(self.devices))
        self.panel = PlayPanel(self.frames, self.neighbours, self.sounds, self.films)
        qtbot.addWidget(self.panel)
        self.panel.resize(940, 460)
        self.shown: list[int] = []
        self.panel.feed.tiles_drawn.connect(lambda drawn: self.shown.append(drawn.frame.number))

    @staticmethod
    def find(_run: Path, image: ImageArray, _control: RunControl) -> Neighbours:
        near = Neighbour(image=image, text="a neighbour", distance=0.25)
        return Neighbours(pictures=(near,), usual=0.5, closer_than=0.9, is_validated=True)

    def open(self, run: Path) -> "Playing":
        self.panel.show()
        self.panel.show_run(run)
        self.wait()
        return self

    def wait(self) -> None:
        """Wait until the board shows the state."""
        self.qtbot.waitUntil(self.is_up_to_date)

    def is_up_to_date(self) -> bool:
        state, feed = self.panel.view.state, self.panel.feed
        drawn = self.panel._drawn
        return bool(self.shown) and self.shown[-1] == feed._last and all(
            tile in drawn and drawn[tile][0].scenes[drawn[tile][1]] == state.scene(tile)
            for tile in range(len(state.tiles))
        )  # fmt: skip

    def press_icon(self, name: str) -> None:
        buttons = self.panel.findChildren(QToolButton)
        button = next(b for b in buttons if b.accessibleName() == name and b.isVisible())
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def end(self) -> None:
        self.player.may_go_on.set()
        self.panel.shut_down()
        self.films.forget()
        assert self.films.wait(10_000)
        self.neighbours.shut_down()
        self.sounds.shut_down()
