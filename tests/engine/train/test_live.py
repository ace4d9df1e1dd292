"""Weights of a run in training: what a player gets of them, and that the run stays the same."""

import threading
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from engine.control import RunControl, StateRequest
from engine.events import MetricsReported
from engine.runs.checkpoint import Snapshot, read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.sample import live
from engine.sample.load import EMA_PREFIX, load_run
from engine.sample.play_source import open_player
from engine.sample.player import Player
from engine.sample.scene import Noise, Scene
from engine.train.run import resume, train
from tests.helpers.tiny import tiny_config, tiny_dataset

CPU = torch.device("cpu")
SCENE = Scene(noise=Noise.from_seed(1))


class _Asking(RunControl):
    """Asks for the weights after every step, and stops after some."""

    def __init__(self, stops_after=1_000) -> None:
        super().__init__()
        self.stops_after, self.steps = stops_after, []

    def take_state_requests(self) -> list[StateRequest]:
        return [StateRequest(self._on_copy, EMA_PREFIX)]

    def _on_copy(self, snapshot) -> None:
        assert all(name.startswith(EMA_PREFIX) for name in snapshot.tensors)
        if snapshot.metadata.step:
            self.steps.append(snapshot.metadata.step)
        if len(self.steps) == self.stops_after:
            self.request_stop()


def final_tensors(run):
    return read_tensors(RunFolder(run).newest_valid().path, "")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny_dataset(tmp_path_factory.mktemp("live") / "data")


def test_a_run_that_publishes_at_every_step_trains_bit_for_bit_the_same(tmp_path, data):
    quiet, asked = (tiny_config(data, tmp_path / name) for name in ("quiet", "asked"))
    train(quiet, lambda _event: None, RunControl())
    control = _Asking()
    train(asked, lambda _event: None, control)
    assert control.steps == list(range(1, 8))
    one, other = final_tensors(quiet.run), final_tensors(asked.run)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_resumed_run_ends_as_one_that_was_never_stopped_or_asked(tmp_path, data):
    whole = tiny_config(data, tmp_path / "whole", images=96)
    train(whole, lambda _event: None, RunControl())
    halves = tiny_config(data, tmp_path / "halves", images=96)
    train(halves, lambda _event: None, _Asking(stops_after=4))
    resume(RunFolder(halves.run).read_config(), lambda _event: None, _Asking())
    one, other = final_tensors(whole.run), final_tensors(halves.run)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_player_follows_a_run_that_is_being_trained(tmp_path, data):
    config = tiny_config(data, tmp_path / "run")
    control = RunControl()
    pictures, seen, players = [], [], []

    def follow() -> None:
        # In another thread than the run's, as in the studio.
        player = open_player(config.run, live=control.request_state)
        players.append(player)
        while not has_ended.is_set():
            player.refresh()
            seen.append(player.images_seen)
            pictures.append(player.render([SCENE]).images[0])

    def hear(event) -> None:
        if isinstance(event, MetricsReported) and not follower.is_alive() and not players:
            follower.start()
        if isinstance(event, MetricsReported) and len(set(seen)) > 2:
            control.request_stop()

    has_ended, follower = threading.Event(), threading.Thread(target=follow)
    config = config.with_values(images=0)
    train(config, hear, control)
    has_ended.set()
    follower.join(60)
    assert len(set(seen)) > 2
    assert seen == sorted(seen)
    player = players[0]
    player.refresh()
    assert not player.refresh()
    weights = read_tensors(RunFolder(config.run).newest_valid().path, EMA_PREFIX)
    assert weights.keys() == cast("nn.Module", player._renderer.model).state_dict().keys()


def test_a_player_of_a_run_that_does_not_answer_plays_its_checkpoint(tmp_path, data, monkeypatch):
    config = tiny_config(data, tmp_path / "run")
    train(config, lambda _event: None, RunControl())
    monkeypatch.setattr(live, "LIVE_TIMEOUT_S", 0.05)
    player = open_player(config.run, live=RunControl().request_state)
    assert player.images_seen == config.images
    assert not player.refresh()


def test_refreshed_weights_are_those_that_were_copied(tmp_path, data):
    config = tiny_config(data, tmp_path / "run")
    train(config, lambda _event: None, RunControl())
    control = RunControl()
    player = Player(load_run(config.run, CPU), config.run, control.request_state)
    before = player.render([SCENE]).images
    # It asks, and has an answer the next time.
    assert not player.refresh()
    (request,) = control.take_state_requests()
    assert request.prefix == EMA_PREFIX
    model = cast("nn.Module", player._renderer.model)
    tensors = {f"{EMA_PREFIX}{n}": t.clone() for n, t in model.state_dict().items()}
    changed = {n: t * 1.5 if t.is_floating_point() else t for n, t in tensors.items()}
    metadata = replace(read_metadata(RunFolder(config.run).latest_checkpoint()), step=99)
    request.receive(Snapshot(tensors=changed, metadata=replace(metadata, images_seen=792)))
    assert player.refresh()
    assert not player.refresh()
    assert player.images_seen == 792
    assert not np.array_equal(player.render([SCENE]).images, before)
