"""What a ``Player`` answers besides pictures. Does not import torch, for the studio."""

from dataclasses import dataclass

from engine.data.table_cells import Cell
from engine.events import ImageArray
from engine.sample.scene import Scene

MAX_CANDIDATES = 5


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A value that a column may have, with its probability."""

    value: Cell
    """A text, or a cell of a table; None where the cell is missing."""
    probability: float


@dataclass(frozen=True, kw_only=True)
class FieldReading:
    """What is read of one field of a table."""

    name: str
    candidates: tuple[Candidate, ...] = ()
    """Of a categorical field, best first; of a numeric one, whether it is missing."""
    median: float | None = None
    """Of a numeric field; None if all numbers are missing."""
    interval: tuple[float, float] | None = None
    """Of a numeric field, the central 80 %."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the model reads in the given columns about another one."""

    candidates: tuple[Candidate, ...] = ()
    """Texts, at most ``MAX_CANDIDATES``, best first; empty for a table."""
    fields: tuple[FieldReading, ...] = ()
    """Of a table."""
    samples: int = 0
    """Samples that the probabilities are counted from; 0 if they are exact."""

    @property
    def covered(self) -> float:
        """Sum of the probabilities of the candidates."""
        return sum(candidate.probability for candidate in self.candidates)


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A direction of the noise along which pictures change."""

    number: int
    """From 0; ``Scene.offsets`` names directions by it."""
    scale: float
    """How much the first layer changes along it, relative to the first direction: 0 to 1."""
    text_kept: float | None
    """Share of pictures whose text stays at an offset of 2; None if no text can be read."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """A step of the search for the noise of a picture."""

    step: int
    steps: int
    """Number of all steps."""
    error: float
    """Mean squared difference of a pixel; black and white are 2 apart."""
    scene: Scene
    picture: ImageArray
    """What the scene shows: [H, W, 3]."""
