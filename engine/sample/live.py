"""Weights of runs that are being trained in this process, for players in other threads.

The training loop publishes a copy of the EMA when it is asked to (``RunControl.request_snapshot``);
a player takes it. Each run has one slot, which holds the newest copy until the run ends.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class LiveWeights:
    """The EMA of a generator at one step; nobody changes the tensors."""

    tensors: Mapping[str, Tensor]
    """By name, on the CPU."""
    step: int
    images_seen: int
    elapsed_s: float


_lock = threading.Lock()
_slots: dict[Path, LiveWeights] = {}


def publish(folder: Path, weights: LiveWeights) -> None:
    """Replace the weights in the slot of a run.

    Args:
        folder: of the run.
        weights: a copy that the run does not change.
    """
    with _lock:
        _slots[folder.resolve()] = weights


def withdraw(folder: Path) -> None:
    """Empty the slot of a run that has ended; what was taken stays valid."""
    with _lock:
        _slots.pop(folder.resolve(), None)


def newest(folder: Path) -> LiveWeights | None:
    """Return the newest weights of a run; None if it is not trained here or was not asked yet."""
    with _lock:
        return _slots.get(folder.resolve())
