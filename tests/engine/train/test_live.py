"""Weights of a run in training: what a player gets of them, and that the run stays the same."""

from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from engine.control import RunControl
from engine.runs.checkpoint import read_tensors
from engine.runs.folder import RunFolder
from engine.sample import live
from engine.sample.load import EMA_PREFIX
from engine.sample.play_source import open_player
from engine.sample.scene import Noise, Scene
from engine.train.run import resume, train
from tests.helpers.tiny import tiny_config, tiny_dataset

SCENE = Scene(noise=Noise.from_seed(1))


class _Asking(RunControl):
    """Asks for the weights after every step, and stops after some."""

    def __init__(self, folder, stops_after=1_000) -> None:
        super().__init__()
        self.folder, self.stops_after, self.steps = folder, stops_after, []

    def take_snapshot_request(self) -> bool:
        weights = live.newest(self.folder)
        if weights is not None:
            self.steps.append(weights.step)
        if len(self.steps) == self.stops_after:
            self.request_stop()
        return True


def final_tensors(run):
    return read_tensors(RunFolder(run).newest_valid().path, "")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny_dataset(tmp_path_factory.mktemp("live") / "data")


def test_a_run_that_publishes_at_every_step_trains_bit_for_bit_the_same(tmp_path, data):
    quiet, asked = (tiny_config(data, tmp_path / name) for name in ("quiet", "asked"))
    train(quiet, lambda _event: None, RunControl())
    control = _Asking(asked.run)
    train(asked, lambda _event: None, control)
    assert control.steps == list(range(1, 8))
    one, other = final_tensors(quiet.run), final_tensors(asked.run)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_resumed_run_ends_as_one_that_was_never_stopped_or_asked(tmp_path, data):
    whole = tiny_config(data, tmp_path / "whole", images=96)
    train(whole, lambda _event: None, RunControl())
    halves = tiny_config(data, tmp_path / "halves", images=96)
    train(halves, lambda _event: None, _Asking(halves.run, stops_after=4))
    resume(halves, lambda _event: None, _Asking(halves.run))
    one, other = final_tensors(whole.run), final_tensors(halves.run)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_player_follows_a_run_that_is_being_trained(tmp_path, data):
    config = tiny_config(data, tmp_path / "run")
    control = RunControl()
    pictures, seen = [], []
    players = []

    def follow(event):
        control.request_snapshot()
        weights = live.newest(config.run)
        if weights is None:
            return
        if not players:
            # There is no checkpoint yet.
            players.append(open_player(config.run, is_live=True))
        else:
            players[0].refresh()
        seen.append(players[0].images_seen)
        pictures.append(players[0].render([SCENE]).images[0])

    # A request is served after a step; the run reports after each.
    control.request_snapshot()
    config = config.with_values(images=64)
    train(config, follow, control)
    assert len(pictures) > 1
    assert seen == sorted(seen)
    assert live.newest(config.run) is None
    assert not players[0].refresh()
    weights = read_tensors(RunFolder(config.run).newest_valid().path, EMA_PREFIX)
    assert weights.keys() == cast("nn.Module", players[0]._renderer.model).state_dict().keys()


def test_refreshed_weights_are_those_that_were_published(tmp_path, data):
    config = tiny_config(data, tmp_path / "run")
    train(config, lambda _event: None, RunControl())
    player = open_player(config.run)
    before = player.render([SCENE]).images
    assert not player.refresh()
    model = cast("nn.Module", player._renderer.model)
    tensors = {n: t.clone() for n, t in model.state_dict().items()}
    changed = {n: t * 1.5 if t.is_floating_point() else t for n, t in tensors.items()}
    weights = live.LiveWeights(tensors=changed, step=99, images_seen=792, elapsed_s=1.0)
    live.publish(config.run, weights)
    try:
        assert player.refresh()
        assert not player.refresh()
    finally:
        live.withdraw(config.run)
    assert player.images_seen == 792
    assert not np.array_equal(player.render([SCENE]).images, before)
