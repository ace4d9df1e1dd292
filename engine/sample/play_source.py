"""Opens a player of a run, in the thread that uses it."""

from pathlib import Path

import torch

from engine.control import RequestState, RunControl
from engine.runs.folder import NEWEST
from engine.sample.live import live_snapshot
from engine.sample.load import EMA_PREFIX, load_live, load_run
from engine.sample.one_thread import keep_to_one_thread
from engine.sample.player import Player


def open_player(folder: Path, checkpoint: str = NEWEST, live: RequestState | None = None) -> Player:
    """Open a player of a run; the calling thread computes on one core from then on.

    Args:
        folder: of the run.
        checkpoint: ``newest``, a metric such as ``kid`` for the best checkpoint by it, or the name
            of a checkpoint.
        live: of a run that is being trained in this process: play with its weights, and with the
            checkpoint until ``Player.refresh`` finds newer ones if it does not answer.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        ConfigError, CheckpointCorruptError: what is there is damaged.
    """
    keep_to_one_thread()
    snapshot = None if live is None else live_snapshot(live, RunControl(), EMA_PREFIX)
    if snapshot is not None:
        return Player(load_live(folder, snapshot), folder, live)
    return Player(load_run(folder, torch.device("cpu"), checkpoint), folder, live)
