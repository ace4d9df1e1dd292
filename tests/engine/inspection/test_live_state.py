"""A run that trains hands out copies of its state, and is not changed by it."""

import threading
import time
from pathlib import Path

import pytest
import torch

from engine.control import RunControl
from engine.errors import StoppedError
from engine.events import MetricsReported, RunEnded, RunPaused
from engine.inspection.networks import load_networks, newest_snapshot, read_snapshot
from engine.runs.checkpoint import Snapshot, read_tensors
from engine.runs.folder import RunFolder
from engine.sample import live
from engine.sample.live import live_snapshot
from engine.train import metrics
from engine.train.run import train
from tests.helpers.tiny import tiny_config, tiny_dataset

STEPS, BATCH = 6, 8


def test_that_copies_are_of_the_step_that_they_say_and_the_run_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)
    dataset = tiny_dataset(tmp_path / "data")
    quiet = tiny_config(dataset, tmp_path / "quiet", images=STEPS * BATCH)
    train(quiet, lambda _event: None, RunControl())
    control, copies = RunControl(), list[Snapshot]()

    def ask(event: object) -> None:
        if isinstance(event, MetricsReported):
            control.request_state(copies.append)  # pyright: ignore[reportArgumentType]

    train(tiny_config(dataset, tmp_path / "asked", images=STEPS * BATCH), ask, control)
    assert [copy.metadata.step for copy in copies] == [*range(1, STEPS)]
    first, last = copies[0].tensors, copies[-1].tensors
    assert any(not torch.equal(first[name], last[name]) for name in first), "copies, not views"
    run = load_networks(tmp_path / "asked", copies[2])
    assert run.metadata.images_seen == 3 * BATCH
    one = read_tensors(RunFolder(tmp_path / "quiet").latest_checkpoint(), "")
    other = read_tensors(RunFolder(tmp_path / "asked").latest_checkpoint(), "")
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
    assert len(RunFolder(tmp_path / "asked").checkpoint_paths()) == 1, "nothing was written"


def test_that_a_paused_run_answers_as_well(tmp_path: Path):
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run", images=0)
    control, paused, ended = RunControl(), threading.Event(), threading.Event()

    def hear(event: object) -> None:
        if isinstance(event, MetricsReported) and event.progress.images_seen:
            control.request_pause()
        if isinstance(event, RunPaused):
            paused.set()
        if isinstance(event, RunEnded):
            ended.set()

    thread = threading.Thread(target=train, args=(config, hear, control))
    thread.start()
    try:
        assert paused.wait(60)
        found = live_snapshot(control.request_state, RunControl())
        assert found is not None
        assert found.metadata.images_seen > 0
    finally:
        control.request_stop()
        thread.join(60)
    assert ended.is_set()


def test_that_a_run_that_does_not_answer_is_read_from_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run", images=16)
    train(config, lambda _event: None, RunControl())
    monkeypatch.setattr(live, "LIVE_TIMEOUT_S", 0.05)
    asked: list[object] = []
    found = newest_snapshot(tmp_path / "run", lambda *request: asked.append(request), RunControl())
    assert len(asked) == 1
    assert found.metadata == read_snapshot(tmp_path / "run").metadata


def test_that_a_stop_ends_the_wait_for_an_answer():
    control = RunControl()
    control.request_stop()
    began_s = time.monotonic()
    with pytest.raises(StoppedError):
        live_snapshot(lambda _receive, prefix="": None, control)
    assert time.monotonic() - began_s < live.LIVE_TIMEOUT_S
