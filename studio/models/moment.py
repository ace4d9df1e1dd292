"""A moment of a run: images seen, and what exists of the run near it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.runs.branching import BranchStart


@dataclass(frozen=True, kw_only=True)
class CheckpointChoice:
    """A checkpoint of a run to play with."""

    folder: Path
    """Of the run."""
    checkpoint: Path
    images_seen: int


def nearest_start(starts: Sequence[BranchStart], images_seen: float) -> BranchStart | None:
    """Return the last checkpoint at or before a moment, or else the first after it.

    Args:
        starts: in any order; of two at the same place the first counts.
        images_seen: the moment.
    """
    before = [start for start in starts if start.images_seen <= images_seen]
    if before:
        return max(before, key=lambda start: start.images_seen)
    return min(starts, key=lambda start: start.images_seen, default=None)


def last_at(places: Sequence[int], images_seen: float) -> int:
    """Return the index of the last of ascending places at or before a moment, or else 0.

    Returns:
        -1 if there are no places.
    """
    before = sum(place <= images_seen for place in places)
    return max(before - 1, 0) if places else -1
