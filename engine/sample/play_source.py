"""Opens a player of a run, in the thread that uses it."""

from pathlib import Path

import torch

from engine.runs.folder import NEWEST
from engine.sample import live
from engine.sample.load import load_live, load_run
from engine.sample.one_thread import keep_to_one_thread
from engine.sample.player import Player


def open_player(folder: Path, checkpoint: str = NEWEST, *, is_live: bool = False) -> Player:
    """Open a player of a run; the calling thread computes on one core from then on.

    Args:
        folder: of the run.
        checkpoint: ``newest``, a metric such as ``kid`` for the best checkpoint by it, or the name
            of a checkpoint.
        is_live: play with the weights of the run that is being trained in this process, if it has
            published them; else with the checkpoint until ``Player.refresh`` finds some.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        ConfigError, CheckpointCorruptError: what is there is damaged.
    """
    keep_to_one_thread()
    weights = live.newest(folder) if is_live else None
    if weights is not None:
        return Player(load_live(folder, weights), folder)
    return Player(load_run(folder, torch.device("cpu"), checkpoint), folder)
