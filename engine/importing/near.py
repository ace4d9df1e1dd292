"""Finds fingerprints that differ in a few bits, in time that grows with their number alone.

Source: Norouzi et al. 2012, arXiv:1307.2982 (multi-index hashing): cut into d + 1 bands, two hashes
that differ in at most d bits agree in at least one band, so it suffices to compare those that do.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.importing.perceptual import FLAT

COLOUR_TOLERANCE = 16
"""How far the mean colours of any field may lie apart in images that look the same; of 255."""
_BITS = 64
# Beyond it, hashes are made to collide, by somebody or by images that are alike by nature.
_MOST_COMPARED = 128


class NearIndex:
    """Fingerprints that were added, to be asked for one near another.

    Flat images are near none. With more than ``128`` in one bucket, later ones are not compared:
    that bounds the work, and only matters where images are alike by the hundreds.

    Args:
        distance: how many bits may differ.
        tolerance: how far the mean colours of a field may lie apart.
    """

    def __init__(self, distance: int, tolerance: int = COLOUR_TOLERANCE) -> None:
        self.distance, self.tolerance = distance, tolerance
        edges = np.linspace(0, _BITS, distance + 2).astype(int).tolist()
        bands = [(1 << high) - (1 << low) for low, high in itertools.pairwise(edges)]
        self._tables: list[tuple[int, dict[int, list[int]]]] = [(band, {}) for band in bands]
        self._hashes: list[int] = []
        self._colours: list[bytes] = []
        self._sums: list[int] = []
        self._names: list[int] = []
        self._known: dict[tuple[int, bytes], int] = {}

    def add(self, name: int, hash_: int, colours: bytes = b"") -> None:
        """Add a fingerprint by a number of the caller's; equal ones keep the first."""
        if hash_ == FLAT or (hash_, colours) in self._known:
            return
        self._known[hash_, colours] = place = len(self._names)
        self._names.append(name)
        self._hashes.append(hash_)
        self._colours.append(colours)
        self._sums.append(sum(colours))
        for mask, table in self._tables:
            bucket = table.setdefault(hash_ & mask, [])
            if len(bucket) < _MOST_COMPARED:
                bucket.append(place)

    def find(self, hash_: int, colours: bytes = b"") -> int | None:
        """Give the first added that is near, None if none is."""
        if hash_ == FLAT:
            return None
        best = self._known.get((hash_, colours), len(self._names))
        total = sum(colours)
        for mask, table in self._tables:
            for place in table.get(hash_ & mask, ()):
                if place >= best:
                    break
                if (
                    self._hashes[place] ^ hash_
                ).bit_count() <= self.distance and self._is_same_colour(place, colours, total):
                    best = place
                    break
        return self._names[best] if best < len(self._names) else None

    def _is_same_colour(self, place: int, colours: bytes, total: int) -> bool:
        known = self._colours[place]
        if known == colours or not known or not colours:
            return True
        # The sums tell most apart, many times quicker than field by field.
        if abs(self._sums[place] - total) > self.tolerance * len(colours):
            return False
        return all(abs(a - b) <= self.tolerance for a, b in zip(known, colours, strict=False))


def near_groups(
    hashes: npt.NDArray[np.uint64] | Sequence[int],
    distance: int,
    colours: Sequence[bytes] = (),
) -> list[list[int]]:
    """Group fingerprints that are near, each with the first of its group.

    In order, an item joins the first leader that is near, or becomes a leader. So no group drifts
    away from its leader, as chains of neighbours would.

    Args:
        hashes: [N].
        distance: how many bits may differ.
        colours: the items' layouts of colours; none leaves colours out of account.

    Returns:
        Places in ``hashes``, the leader first; groups of two or more, in the order of leaders.
    """
    index = NearIndex(distance)
    groups: dict[int, list[int]] = {}
    numbers = hashes.tolist() if isinstance(hashes, np.ndarray) else hashes
    for place, hash_ in enumerate(numbers):
        layout = colours[place] if colours else b""
        leader = index.find(hash_, layout)
        if leader is None:
            index.add(place, hash_, layout)
        groups.setdefault(place if leader is None else leader, []).append(place)
    return [group for group in groups.values() if len(group) > 1]
