"""What somebody asks of a gallery. Needs no torch: the studio's dialog fills it in."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.errors import ConfigError, Problem

MAX_COUNT = 100_000
MAX_SEED = 2**31 - 1


class Direction(StrEnum):
    """Which part of a pair is given."""

    JOINT = "joint"
    """Nothing: pairs from noise."""
    IMAGE_TO_TEXT = "image-to-text"
    """The image: a text for each."""
    TEXT_TO_IMAGE = "text-to-image"
    """The text: an image for each."""
    LATENT_PATH = "latent-path"
    """Nothing: a walk from one pair to another, through the noise between them."""
    TEXT_PATH = "text-path"
    """Two texts: a walk from the image of one to the image of the other."""


@dataclass(frozen=True, kw_only=True)
class GalleryRequest:
    """One gallery to write.

    Raises:
        ConfigError: names every problem at once.
    """

    run: Path
    """Folder of a trained run."""
    folder: Path
    """Folder for the gallery; must be new or empty."""
    count: int = 64
    """Pairs, 1 to ``MAX_COUNT``; with ``images`` at most one for each of them."""
    seed: int = 1
    """Start of the noise, 0 to ``MAX_SEED``; the same seed gives the same pairs."""
    direction: Direction = Direction.JOINT
    images: Path | None = None
    """Folder of the given images, for image-to-text."""

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        if not 1 <= self.count <= MAX_COUNT:
            problems.append(
                Problem("count", f"must be from 1 to {MAX_COUNT:,}, not {self.count:,}")
            )
        if not 0 <= self.seed <= MAX_SEED:
            problems.append(Problem("seed", f"must be from 0 to {MAX_SEED:,}, not {self.seed:,}"))
        if self.direction is Direction.IMAGE_TO_TEXT and self.images is None:
            problems.append(Problem("images", "must name a folder of images for image-to-text"))
        if problems:
            raise ConfigError(problems)
