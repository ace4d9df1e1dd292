"""What a format finds in a source: images and texts that belong together, not yet read or decoded.

Shapes: H height, W width, C channels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""[H, W] or [H, W, C]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """Where an image lies. Small, so that a million of them fit into memory."""

    path: str
    """An entry of the tree."""
    part: int = -1
    """Which of several in that file (row of a table, image of an IDX file, byte offset of a
    shard's member); -1 where the file is the image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One item before it is decoded and checked."""

    key: str
    """Names it within the source, for ever the same: the image's path, or ``table.csv#12``."""
    image: ImageRef | None
    texts: tuple[str, ...]
    """All its captions, as found; none for an image-only item."""
    extras: Mapping[str, str] = field(default_factory=dict)
    """What else is known: ``label``, ``group``, ``split``."""
