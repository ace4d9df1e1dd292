"""To train on or held out: as the source says, else by a stable hash of the item's name."""

from collections.abc import Mapping

from engine.data.splits import stable_split
from engine.data.store import HELD_OUT, TRAIN

__all__ = ["split_of", "stable_split"]

NAMES: Mapping[str, str] = {
    "train": TRAIN,
    "training": TRAIN,
    "test": HELD_OUT,
    "testing": HELD_OUT,
    "val": HELD_OUT,
    "valid": HELD_OUT,
    "validation": HELD_OUT,
    "dev": HELD_OUT,
    "eval": HELD_OUT,
    "held_out": HELD_OUT,
}
"""What people call the two, and what they are here."""


def split_of(key: str, named: str, percent: int) -> str:
    """Give an item's split.

    Args:
        key: the item's name within the source.
        named: what the source calls its split; empty, or a name that is none, is not heeded.
        percent: share to hold out where the source says nothing.
    """
    return NAMES.get(named.strip().lower()) or stable_split(key, percent)
