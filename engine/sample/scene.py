"""Scenes: what one generated item is made from, as a small value that can be saved.

A scene names the given columns, the noise, the truncation and the offsets along directions. The
same scene and the same checkpoint give the same item. Does not import torch, for the studio.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.data.table_cells import Cell

MAX_PARTS = 16
"""Most parts of a mixed noise; the parts with the smallest weights are left out."""
MIN_WEIGHT = 1e-4
"""Weight below which a part is left out."""


@dataclass(frozen=True, kw_only=True)
class SeedNoise:
    """One row of the noise that is drawn for several items at once."""

    seed: int
    """Of the random number generator, already mixed (``engine.data.seeds.mix_seed``)."""
    row: int = 0
    """From 0 to ``rows`` - 1."""
    rows: int = 64
    """Items that the noise is drawn for; the values of a row depend on it."""


@dataclass(frozen=True, kw_only=True)
class StoredNoise:
    """Noise given by its values, as the search for a picture's noise finds it."""

    values: tuple[tuple[str, tuple[float, ...]], ...]
    """Parts of the model's noise by name, flattened. Others are those of ``SeedNoise(seed=0)``."""


NoiseSource = SeedNoise | StoredNoise


@dataclass(frozen=True, kw_only=True)
class Noise:
    """A linear combination of independent noises.

    The squares of the weights sum to 1, so a combination of standard normal noises is standard
    normal noise, as likely as any other. Noise that selects tokens cannot be combined: it is taken
    from the part with the largest weight.
    """

    parts: tuple[tuple[NoiseSource, float], ...]
    """Sources with their weights, at least one."""

    @classmethod
    def from_seed(cls, seed: int, row: int = 0, rows: int = 64) -> "Noise":
        """Return the noise of one drawn row."""
        return cls(parts=((SeedNoise(seed=seed, row=row, rows=rows), 1.0),))

    @classmethod
    def combine(cls, noises: Iterable[tuple["Noise", float]]) -> "Noise":
        """Combine noises with weights, normalised so that the squares sum to 1.

        Args:
            noises: with a weight each, of which at least one is not 0.
        """
        weights: dict[NoiseSource, float] = {}
        for noise, weight in noises:
            for source, own in noise.parts:
                weights[source] = weights.get(source, 0.0) + weight * own
        largest = sorted(weights.items(), key=lambda part: -abs(part[1]))[:MAX_PARTS]
        kept = [part for part in largest if abs(part[1]) >= MIN_WEIGHT]
        norm = math.sqrt(sum(weight * weight for _source, weight in kept))
        return cls(parts=tuple((source, weight / norm) for source, weight in kept))

    def varied(self, other: "Noise", amount: float) -> "Noise":
        """Return the noise at a fraction of the way to another one, on the sphere.

        Args:
            other: independent of this one.
            amount: 0 for this noise, 1 for the other.
        """
        angle = 0.5 * math.pi * amount
        return self.combine([(self, math.cos(angle)), (other, math.sin(angle))])


@dataclass(frozen=True, kw_only=True)
class GivenPicture:
    """A given picture."""

    png: bytes
    """In the size and with the channels of the run's column."""


@dataclass(frozen=True, kw_only=True)
class GivenSound:
    """A given sound."""

    samples: bytes
    """Little-endian int16, mono, at the rate of the run's column."""


@dataclass(frozen=True, kw_only=True)
class GivenCells:
    """Given cells of a row; fields that are not named are filled in."""

    cells: Mapping[str, Cell]


Given = str | GivenPicture | GivenSound | GivenCells
"""The given value of a column; a text is a string."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What one item is made from."""

    noise: Noise
    given: Mapping[str, Given] = field(default_factory=dict)
    """By column; the others are generated."""
    truncation: float = 1.0
    """Factor of the noise, above 0 to 1."""
    offsets: Mapping[int, float] = field(default_factory=dict)
    """By number of a direction (``Player.directions``), the offset along it in units of the
    noise's standard deviation."""
    towards: "Scene | None" = None
    """The other end of a walk on which the item is; it has no ``towards`` of its own."""
    place: float = 0.0
    """Place on the walk, 0 for this scene, 1 for ``towards``."""

    def with_given(self, column: str, value: Given | None) -> "Scene":
        """Return the scene with another value of a column; None leaves the column open."""
        given = {name: old for name, old in self.given.items() if name != column}
        return replace(self, given=given if value is None else {**given, column: value})
