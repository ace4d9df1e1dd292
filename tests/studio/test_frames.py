"""Frames come in order, the newest request is always answered, and a failure ends nothing."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.errors import CheckpointMissingError, UnknownWordsError
from engine.events import Outcome
from engine.sample.scene import GivenPicture, Noise, Scene
from studio.jobs.frame_answers import (
    Frame,
    PictureProjected,
    PlayEnded,
    PlayerOpened,
    PlayFailed,
    ProjectionEnded,
)
from studio.jobs.frames import FrameJob, PlayedRun
from tests.helpers.fake_player import FakePlayer, shade
from tests.helpers.run_folders import made_run

NOISE = Noise.from_seed(1)
T = TypeVar("T")


@pytest.fixture
def run(tmp_path: Path) -> PlayedRun:
    return PlayedRun(folder=made_run(tmp_path / "runs", "one"))


class Listener:
    """A job over a fake player, and what it has answered."""

    def __init__(self, player: FakePlayer) -> None:
        self.player = player
        self.job = FrameJob(player.open, RunControl().request_state)
        self.frames: list[Frame] = []
        self.answers: list[object] = []
        self.job.frame_drawn.connect(self.frames.append)
        self.job.answered.connect(self.answers.append)

    def has(self, kind: type) -> bool:
        return any(isinstance(answer, kind) for answer in self.answers)

    def one(self, kind: type[T]) -> T:
        [found] = [answer for answer in self.answers if isinstance(answer, kind)]
        return found


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener(FakePlayer())
    yield made
    made.player.may_go_on.set()
    made.job.shut_down()


def scene(truncation: float, **given: str) -> Scene:
    return Scene(noise=NOISE, truncation=truncation, given=given)


@pytest.mark.parametrize("milliseconds", [5, 20, 80])
def test_that_a_drag_shows_frames_in_order_and_the_last_request_last(
    qtbot: QtBot, listener: Listener, run: PlayedRun, milliseconds: int
):
    listener.player.seconds = milliseconds / 1000
    listener.job.open(run)
    requested: dict[int, float] = {}

    def move() -> None:
        place = (len(requested) + 1) / 60
        requested[listener.job.draw("board", [scene(place), scene(place)])] = place
        if len(requested) == 60:
            timer.stop()

    timer = QTimer(interval=16)
    timer.timeout.connect(move)
    timer.start()
    qtbot.waitUntil(
        lambda: len(requested) == 60 and listener.frames[-1:] != []
        and listener.frames[-1].number == max(requested)
    )  # fmt: skip
    numbers = [frame.number for frame in listener.frames]
    assert numbers == sorted(set(numbers)), "an older frame came after a newer one"
    for frame in listener.frames:
        drawn = scene(requested[frame.number])
        assert frame.scenes == (drawn, drawn)
        assert set(frame.tiles.flat) == {shade(drawn)}, "pixels of another request"
        assert frame.seconds >= listener.player.seconds


def test_that_requests_are_dropped_while_one_is_under_way_but_never_the_newest(
    qtbot: QtBot, listener: Listener, run: PlayedRun
):
    listener.player.may_go_on.clear()
    listener.job.open(run)
    qtbot.waitUntil(lambda: listener.has(PlayerOpened))
    first = listener.job.draw("board", [scene(0.1)])
    time.sleep(0.05)
    for place in (0.2, 0.3, 0.4):
        last = listener.job.draw("board", [scene(place)])
    other = listener.job.draw("plane", [scene(0.9)])
    listener.player.may_go_on.set()
    qtbot.waitUntil(lambda: len(listener.frames) == 3)
    # The board comes before the small pictures.
    assert [frame.number for frame in listener.frames] == [first, last, other]
    assert len(listener.player.rendered) == 3


def test_that_a_request_that_fails_is_told_and_the_next_is_drawn(
    qtbot: QtBot, listener: Listener, run: PlayedRun
):
    listener.job.open(run)
    listener.job.draw("board", [scene(0.5, text="purple")])
    qtbot.waitUntil(lambda: listener.has(PlayFailed))
    assert isinstance(listener.one(PlayFailed).error, UnknownWordsError)
    listener.job.draw("board", [scene(0.5, text="dark")])
    qtbot.waitUntil(lambda: bool(listener.frames))
    assert listener.frames[0].captions == ("dark",)


def test_that_a_run_that_cannot_be_opened_ends_with_its_error(
    qtbot: QtBot, listener: Listener, run: PlayedRun
):
    listener.player.failure = CheckpointMissingError(run.folder)
    listener.job.open(run)
    qtbot.waitUntil(lambda: listener.has(PlayEnded))
    ended = listener.one(PlayEnded)
    assert (ended.outcome, ended.error) == (Outcome.FAILED, listener.player.failure)


def test_that_frames_of_the_run_before_are_dropped(
    qtbot: QtBot, listener: Listener, run: PlayedRun
):
    listener.job.open(run)
    qtbot.waitUntil(lambda: listener.has(PlayerOpened))
    listener.player.may_go_on.clear()
    listener.job.draw("board", [scene(0.1)])
    time.sleep(0.05)
    other = PlayedRun(folder=run.folder, checkpoint="kid", is_live=True)
    listener.job.open(other)
    number = listener.job.draw("board", [scene(0.9)])
    listener.player.may_go_on.set()
    qtbot.waitUntil(lambda: bool(listener.frames))
    assert [frame.number for frame in listener.frames] == [number]
    assert listener.player.opened[-1] == (run.folder, "kid", True)


def test_that_frames_are_drawn_during_a_search_which_can_be_stopped(
    qtbot: QtBot, listener: Listener, run: PlayedRun
):
    listener.player.steps, listener.player.seconds = 10_000, 0.002
    listener.job.open(run)
    listener.job.project(GivenPicture(png=b""), {})
    qtbot.waitUntil(lambda: listener.has(PictureProjected))
    listener.job.draw("board", [scene(0.5)])
    qtbot.waitUntil(lambda: bool(listener.frames))
    assert not listener.has(ProjectionEnded)
    listener.job.stop()
    qtbot.waitUntil(lambda: listener.has(ProjectionEnded))
    assert listener.one(ProjectionEnded).is_stopped
    steps = [a.projection.step for a in listener.answers if isinstance(a, PictureProjected)]
    assert steps == sorted(steps)
    assert steps[-1] < 10_000


def test_that_a_search_that_is_over_says_so(qtbot: QtBot, listener: Listener, run: PlayedRun):
    listener.job.open(run)
    listener.job.project(GivenPicture(png=b""), {})
    qtbot.waitUntil(lambda: listener.has(ProjectionEnded))
    assert not listener.one(ProjectionEnded).is_stopped
