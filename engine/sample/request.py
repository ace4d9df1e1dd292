"""The request for a gallery. Does not import torch: the studio's dialog fills it in."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.errors import ConfigError, Problem, TextsUnreadableError

MAX_COUNT = 100_000
MAX_SEED = 2**31 - 1
MAX_BYTES = 50_000_000
"""Largest file of texts."""


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


NEED_TEXTS = (Direction.TEXT_TO_IMAGE, Direction.TEXT_PATH)


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
    """Pairs, 1 to ``MAX_COUNT``; with ``images`` or ``texts`` at most one for each of
    them; on a path, the pairs from end to end."""
    seed: int = 1
    """Start of the noise, 0 to ``MAX_SEED``; the same seed gives the same pairs."""
    direction: Direction = Direction.JOINT
    images: Path | None = None
    """Folder of the given images, for image-to-text."""
    texts: Path | None = None
    """File of the given texts, one a line, for text-to-image and text-path."""
    to_seed: int = 2
    """Seed at whose first pair a latent-path arrives, 0 to ``MAX_SEED``."""
    checkpoint: str = "newest"
    """``newest``, or the figure by which the checkpoint is the best, such as ``kid``."""
    truncation: float = 1.0
    """How much of the noise is used, above 0 to 1; less gives more typical pairs that vary less."""

    def __post_init__(self) -> None:
        problems = [
            Problem(field, message)
            for field, message, is_broken in (
                ("count", f"must be from 1 to {MAX_COUNT:,}", not 1 <= self.count <= MAX_COUNT),
                ("seed", f"must be from 0 to {MAX_SEED:,}", not 0 <= self.seed <= MAX_SEED),
                ("to_seed", f"must be from 0 to {MAX_SEED:,}", not 0 <= self.to_seed <= MAX_SEED),
                ("truncation", "must be above 0 and at most 1", not 0 < self.truncation <= 1),
                (
                    "images",
                    "must name a folder of images for image-to-text",
                    self.direction is Direction.IMAGE_TO_TEXT and self.images is None,
                ),
                (
                    "texts",
                    f"must name a file of texts for {self.direction}",
                    self.direction in NEED_TEXTS and self.texts is None,
                ),
            )
            if is_broken
        ]
        if problems:
            raise ConfigError(problems)


def read_texts(path: Path, *, at_least: int = 1) -> list[str]:
    """Read a file of texts, one a line; empty lines are ignored.

    Raises:
        TextsUnreadableError: not a UTF-8 text file, too large, or with too few texts.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextsUnreadableError(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise TextsUnreadableError(path, error.strerror or str(error)) from error
    if size > MAX_BYTES:
        raise TextsUnreadableError(path, f"it has more than {MAX_BYTES // 1_000_000} MB")
    texts = [line.strip() for line in text.splitlines() if line.strip()]
    if len(texts) < at_least:
        raise TextsUnreadableError(path, f"it holds {len(texts)} texts and must hold {at_least}")
    return texts
