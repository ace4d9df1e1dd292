"""Shapes: pictures of simple shapes, with captions that say everything about them.

Each picture shows one shape on a plain background, and its caption names all attributes: size,
colour, shape, row, column. The attributes of an image are known exactly, so a classifier can be
trained to measure coherence.

Shapes: N pictures, S side in pixels.
"""

import functools
import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from engine.data.manifest import TRAIN, VALIDATION
from engine.data.starters import STARTERS
from engine.starters.columns import StarterContent, pair_content

SIDE = 32
OVERSAMPLING = 4
BACKGROUND = (244, 244, 240)

# Well separated in hue or lightness, where possible for colour-blind viewers too.
COLOURS = {
    "red": (214, 39, 40),
    "orange": (255, 140, 0),
    "yellow": (240, 205, 20),
    "green": (34, 150, 60),
    "cyan": (40, 190, 210),
    "blue": (35, 70, 200),
    "purple": (130, 50, 170),
    "black": (25, 25, 25),
}
SHAPES = ("circle", "square", "triangle", "star")
RADII = {"small": 4.0, "large": 6.6}
"""Radius of the enclosing circle in pixels."""
ROWS = {"top": 8.0, "middle": 16.0, "bottom": 24.0}
COLUMNS = {"left": 8.0, "centre": 16.0, "right": 24.0}
"""Centre of the shape in pixels."""
ATTRIBUTES = {"size": RADII, "colour": COLOURS, "shape": SHAPES, "row": ROWS, "column": COLUMNS}
"""Values of each attribute, in the order of a caption's words."""
PLACE_JITTER = 0.9
SIZE_JITTER = 0.08
COLOUR_JITTER = 12

Pictures = npt.NDArray[np.uint8]
ShapeRecord = dict[str, object]


def render_shapes(count: int, seed: int) -> tuple[Pictures, list[ShapeRecord]]:
    """Render pictures with uniform, independent attributes.

    Args:
        count: N.
        seed: seed of the attributes and jitter.

    Returns:
        [N, S, S, 3] uint8, and a record with ``text`` and ``attributes`` for each.
    """
    random = np.random.default_rng(seed)
    pictures = np.empty((count, SIDE, SIDE, 3), dtype=np.uint8)
    records: list[ShapeRecord] = []
    for number in range(count):
        attributes = {
            name: list(values)[random.integers(len(values))] for name, values in ATTRIBUTES.items()
        }
        pictures[number] = _render(attributes, random)
        records.append({"text": caption(attributes), "attributes": attributes})
    return pictures, records


def caption(attributes: dict[str, str]) -> str:
    """Describe a picture, for example ``small red circle top left``."""
    return " ".join(attributes[name] for name in ATTRIBUTES)


def caption_count() -> int:
    """Return the number of different captions."""
    return math.prod(map(len, ATTRIBUTES.values()))


def _render(attributes: dict[str, str], random: np.random.Generator) -> Pictures:
    jitter = random.uniform(-1, 1, size=6)
    radius = RADII[attributes["size"]] * (1 + SIZE_JITTER * jitter[0])
    centre = (
        COLUMNS[attributes["column"]] + PLACE_JITTER * jitter[1],
        ROWS[attributes["row"]] + PLACE_JITTER * jitter[2],
    )
    colour = np.array(COLOURS[attributes["colour"]]) + COLOUR_JITTER * jitter[3:]
    large = Image.new("L", (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING))
    outline = (np.array(centre) + radius * _outline(attributes["shape"])) * OVERSAMPLING
    ImageDraw.Draw(large).polygon([tuple(point) for point in outline.tolist()], fill=255)
    small = large.resize((SIDE, SIDE), Image.Resampling.BOX)
    # Fraction of each pixel that the shape covers: [S, S, 1].
    cover = np.asarray(small, dtype=np.float64)[..., None] / 255
    mixed = cover * colour.clip(0, 255) + (1 - cover) * np.array(BACKGROUND)
    return mixed.round().astype(np.uint8)


@functools.cache
def _outline(shape: str) -> npt.NDArray[np.float64]:
    """Return the corners of a shape around the origin, of about equal area per radius: [P, 2]."""
    if shape == "circle":
        return _corners(np.full(48, 0.92), turn=0.0)
    if shape == "square":
        return _corners(np.full(4, 1.15), turn=math.pi / 4)
    if shape == "triangle":
        return _corners(np.full(3, 1.25), turn=-math.pi / 2)
    return _corners(np.tile([1.3, 0.55], 5), turn=-math.pi / 2)


def _corners(radii: npt.NDArray[np.float64], turn: float) -> npt.NDArray[np.float64]:
    angles = turn + np.arange(len(radii)) * 2 * math.pi / len(radii)
    return radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)


SEED = 0


def build() -> StarterContent:
    """Render the pictures of the example dataset."""
    count = STARTERS["shapes"].items
    images, records = render_shapes(count, SEED)
    for number, record in enumerate(records):
        record["split"] = TRAIN if number < count - STARTERS["shapes"].held_out else VALIDATION
    return pair_content(images, records)
