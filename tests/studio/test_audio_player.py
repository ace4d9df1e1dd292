"""One sound at a time: with a device that tests move by hand, and with miniaudio's null backend."""

import functools
import sys
import threading
import time

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.jobs import audio_player
from studio.jobs.audio_player import (
    AudioPlayer,
    PlaybackProblem,
    PlaybackUnavailableError,
    start_device,
)
from tests.helpers.fake_devices import FakeDevices

RATE = 8_000


@pytest.fixture
def devices() -> FakeDevices:
    return FakeDevices()


@pytest.fixture
def story() -> list[tuple[str, object]]:
    return []


@pytest.fixture
def player(qtbot: QtBot, devices: FakeDevices, story: list[tuple[str, object]]):
    player = AudioPlayer(devices)
    player.started.connect(lambda source: story.append(("started", source)))
    player.finished.connect(lambda source: story.append(("finished", source)))
    yield player
    player.stop()
    assert player.wait(2_000)
    qtbot.waitUntil(lambda: not player._job._thread.is_running)


def tone(count: int = 2_000) -> np.ndarray:
    return np.arange(count, dtype=np.int16)


def test_that_a_sound_is_played_to_its_end_off_the_gui_thread(qtbot, player, devices, story):
    player.play(tone(), RATE, source="tile")
    assert player.is_playing
    assert player.source == "tile"
    qtbot.waitUntil(lambda: bool(devices.streams))
    played = np.frombuffer(devices.play_all(), np.int16)
    assert np.array_equal(played[:2_000], tone())
    assert not played[2_000:].any()
    # What the device holds ready is silence before it is closed.
    assert len(played) >= 2_000 + audio_player.BUFFER_MS * RATE / 1_000
    qtbot.waitUntil(lambda: not player.is_playing)
    assert story == [("started", "tile"), ("finished", "tile")]
    assert devices.open_count == 0
    assert devices.rates == [RATE]
    assert threading.get_ident() not in devices.threads
    assert player.source is None


def test_that_a_second_sound_stops_the_first(qtbot, player, devices, story):
    player.play(tone(), RATE, source="a")
    qtbot.waitUntil(lambda: len(devices.streams) == 1)
    player.play(tone(), RATE, source="b")
    player.play(tone(), RATE, source="c")
    qtbot.waitUntil(lambda: len(devices.streams) == 2)
    devices.play_all()
    qtbot.waitUntil(lambda: not player.is_playing)
    kinds = [(kind, source) for source in "abc" for kind in ("started", "finished")]
    assert story == kinds
    assert devices.most_open == 1
    # The one between them was dropped before its turn.
    assert len(devices.streams) == 2


def test_that_stopping_closes_the_device_and_says_so_once(qtbot, player, devices, story):
    player.play(tone(), RATE, source=1)
    qtbot.waitUntil(lambda: devices.open_count == 1)
    player.stop()
    assert story == [("started", 1), ("finished", 1)]
    qtbot.waitUntil(lambda: devices.open_count == 0)
    player.stop()
    qtbot.wait(60)
    assert len(story) == 2


def test_that_a_receiver_may_stop_what_has_just_started(qtbot, player, devices, story):
    player.started.connect(lambda _source: player.stop())
    player.play(tone(), RATE, source=1)
    assert not player.is_playing
    assert story == [("started", 1), ("finished", 1)]
    qtbot.waitUntil(lambda: devices.open_count == 0)


def test_that_the_samples_may_change_after_the_call(qtbot, player, devices):
    samples = tone(10)
    player.play(samples, RATE)
    samples[:] = 0
    qtbot.waitUntil(lambda: bool(devices.streams))
    assert np.frombuffer(devices.play_all(), np.int16)[:10].tolist() == list(range(10))


def test_that_no_device_is_a_reason_and_ends_with_one(qtbot, player, devices, story):
    changes: list[bool] = []
    player.availability_changed.connect(changes.append)
    devices.error = PlaybackUnavailableError(PlaybackProblem.NO_DEVICE, "failed to init device")
    player.play(tone(), RATE, source=1)
    qtbot.waitUntil(lambda: not player.is_playing)
    assert (player.is_available, player.reason) == (False, PlaybackProblem.NO_DEVICE)
    assert story == [("started", 1), ("finished", 1)]
    devices.error = None
    player.probe()
    qtbot.waitUntil(lambda: len(devices.streams) == 1)
    devices.play_all()
    qtbot.waitUntil(lambda: player.is_available)
    assert player.reason is None
    assert changes == [False, True]
    assert len(story) == 2


def test_that_a_probe_does_not_disturb_a_sound(qtbot, player, devices, story):
    player.play(tone(), RATE, source=1)
    qtbot.waitUntil(lambda: bool(devices.streams))
    player.probe()
    assert player.is_playing
    devices.play_all()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert len(devices.streams) == 1


def test_that_an_unexpected_failure_ends_the_sound(qtbot, player, devices, story, problem_log):
    devices.error = RuntimeError("bad luck")
    player.play(tone(), RATE, source=1)
    qtbot.waitUntil(lambda: not player.is_playing)
    assert player.is_available
    problem_log.expect("A job failed", logger="studio.jobs")


def test_that_missing_miniaudio_is_a_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    with pytest.raises(PlaybackUnavailableError, match="miniaudio") as caught:
        start_device(audio_player._stream(b"", RATE, threading.Event()), RATE)
    assert caught.value.reason is PlaybackProblem.NO_LIBRARY


def test_that_the_null_backend_of_miniaudio_plays_in_real_time(qtbot):
    pytest.importorskip("miniaudio")
    player = AudioPlayer(functools.partial(start_device, backends=("NULL",)))
    start = time.monotonic()
    with qtbot.waitSignal(player.finished, timeout=3_000):
        player.play(tone(800), RATE, source=1)
    assert player.is_available
    assert time.monotonic() - start >= 0.1
    assert player.wait(2_000)


def test_that_a_backend_that_is_not_there_is_a_missing_device():
    miniaudio = pytest.importorskip("miniaudio")
    absent = next(
        backend.name
        for backend in miniaudio.Backend
        if backend not in miniaudio.get_enabled_backends()
    )
    stream = audio_player._stream(b"", RATE, threading.Event())
    next(stream)
    with pytest.raises(PlaybackUnavailableError) as caught:
        start_device(stream, RATE, backends=(absent,))
    assert caught.value.reason is PlaybackProblem.NO_DEVICE
