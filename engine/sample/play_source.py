"""Opens a player of a run, in the thread that uses it."""

from pathlib import Path

import torch

from engine.runs.folder import NEWEST
from engine.sample.load import load_run
from engine.sample.player import Player


def open_player(folder: Path, checkpoint: str = NEWEST) -> Player:
    """Open a player of a run; the calling thread computes on one core from then on.

    A second core gains little for a few pictures and takes it from the training.

    Args:
        folder: of the run.
        checkpoint: ``newest``, or a metric such as ``kid`` for the best checkpoint by it.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        ConfigError, CheckpointCorruptError: what is there is damaged.
    """
    torch.set_num_threads(1)
    return Player(load_run(folder, torch.device("cpu"), checkpoint), folder.absolute().name)
