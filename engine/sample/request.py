"""Request for a gallery. Does not import torch, for the studio's dialog."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.errors import ConfigError, Problem, TextsUnreadableError
from engine.fs.untrusted import MalformedFileError, read_regular

MAX_COUNT = 100_000
MAX_SEED = 2**31 - 1
MAX_BYTES = 50_000_000
"""Largest text file that is read."""


class Direction(StrEnum):
    """What is sampled, and from which conditions."""

    JOINT = "joint"
    """Pairs from noise."""
    IMAGE_TO_TEXT = "image-to-text"
    """A text for each given image."""
    TEXT_TO_IMAGE = "text-to-image"
    """An image for each given text."""
    LATENT_PATH = "latent-path"
    """Interpolation between two pairs in the latent space."""
    TEXT_PATH = "text-path"
    """Interpolation between the images of given texts."""


NEED_TEXTS = (Direction.TEXT_TO_IMAGE, Direction.TEXT_PATH)


@dataclass(frozen=True, kw_only=True)
class GalleryRequest:
    """Settings of a gallery.

    Raises:
        ConfigError: lists all problems.
    """

    run: Path
    """Folder of a trained run."""
    folder: Path
    """Folder for the gallery; must be new or empty."""
    count: int = 64
    """Number of pairs, 1 to ``MAX_COUNT``; at most one for each given image or text; for a path,
    the total including both ends."""
    seed: int = 1
    """Seed of the noise, 0 to ``MAX_SEED``."""
    direction: Direction = Direction.JOINT
    images: Path | None = None
    """The given image, or a folder of them, for image-to-text."""
    texts: Path | None = None
    """File of the given texts, one per line, for text-to-image and text-path."""
    to_seed: int = 2
    """Seed whose first pair is the end of a latent-path, 0 to ``MAX_SEED``."""
    checkpoint: str = "newest"
    """``newest``, or a metric such as ``kid`` for the best checkpoint by it."""
    truncation: float = 1.0
    """Truncation factor of the noise, above 0 to 1; smaller values give less varied pairs."""
    given: Mapping[str, Path] = field(default_factory=dict)
    """What is given, by column: a file of texts or of rows, an image or a sound, or a folder of
    them. Instead of a direction, or besides."""
    make: tuple[str, ...] = ()
    """Columns to write besides those that are given; empty for all."""

    def __post_init__(self) -> None:
        problems = [
            Problem(name, message)
            for name, message, is_broken in (
                ("count", f"must be from 1 to {MAX_COUNT:,}", not 1 <= self.count <= MAX_COUNT),
                ("seed", f"must be from 0 to {MAX_SEED:,}", not 0 <= self.seed <= MAX_SEED),
                ("to_seed", f"must be from 0 to {MAX_SEED:,}", not 0 <= self.to_seed <= MAX_SEED),
                ("truncation", "must be above 0 and at most 1", not 0 < self.truncation <= 1),
                (
                    "make",
                    f"must not name what is given: {', '.join(set(self.make) & set(self.given))}",
                    bool(set(self.make) & set(self.given)),
                ),
                (
                    "images",
                    "must name an image, or a folder of them, for image-to-text",
                    self.direction is Direction.IMAGE_TO_TEXT
                    and self.images is None
                    and not self.given,
                ),
                (
                    "texts",
                    f"must name a file of texts for {self.direction}",
                    self.direction in NEED_TEXTS and self.texts is None and not self.given,
                ),
            )
            if is_broken
        ]
        if problems:
            raise ConfigError(problems)


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """Split a text into its lines with their numbers from 1; empty ones are left out."""
    lines = enumerate(text.splitlines(), 1)
    return [(number, line.strip()) for number, line in lines if line.strip()]


def read_lines(path: Path, *, at_least: int = 1) -> list[tuple[int, str]]:
    """Read the ``numbered_lines`` of a text file.

    Raises:
        TextsUnreadableError: it is not UTF-8, too large, or holds too few texts.
    """
    try:
        text = read_regular(path.resolve(), MAX_BYTES).decode("utf-8-sig")
    except MalformedFileError as error:
        raise TextsUnreadableError(path, str(error)) from error
    except UnicodeDecodeError as error:
        raise TextsUnreadableError(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise TextsUnreadableError(path, error.strerror or str(error)) from error
    lines = numbered_lines(text)
    if len(lines) < at_least:
        raise TextsUnreadableError(path, f"it holds {len(lines)} texts and must hold {at_least}")
    return lines
