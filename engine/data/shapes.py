"""Pictures of simple shapes, rendered from a seed: the yardstick for coherence.

Every picture is one shape on a plain ground, and its caption says all there is to say: size,
colour, shape, place. What is true of a picture is known exactly, so a judge can be trained to read
it back.

Shapes: N pictures, S side in pixels.
"""

import functools
import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

SIDE = 32
OVERSAMPLING = 4
BACKGROUND = (244, 244, 240)

# Far apart in hue or lightness, on the light ground, for colour-blind eyes too where possible.
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
PLACE_JITTER = 0.9
SIZE_JITTER = 0.08
COLOUR_JITTER = 12

Pictures = npt.NDArray[np.uint8]
Record = dict[str, object]


def render_shapes(count: int, seed: int) -> tuple[Pictures, list[Record]]:
    """Render pictures, each attribute drawn evenly and apart from the others.

    Args:
        count: N.
        seed: decides everything.

    Returns:
        [N, S, S, 3] uint8, and for each the record with ``text`` and ``attributes``.
    """
    random = np.random.default_rng(seed)
    pictures = np.empty((count, SIDE, SIDE, 3), dtype=np.uint8)
    records: list[Record] = []
    for number in range(count):
        attributes = _draw_attributes(random)
        pictures[number] = _render(attributes, random)
        records.append({"text": caption(attributes), "attributes": attributes})
    return pictures, records


def caption(attributes: dict[str, str]) -> str:
    """Say what is to be seen, such as ``small red circle top left``."""
    return " ".join(attributes[name] for name in ("size", "colour", "shape", "row", "column"))


def caption_count() -> int:
    """How many captions there are."""
    return math.prod(map(len, (RADII, COLOURS, SHAPES, ROWS, COLUMNS)))


def _draw_attributes(random: np.random.Generator) -> dict[str, str]:
    choices = {"size": RADII, "colour": COLOURS, "shape": SHAPES, "row": ROWS, "column": COLUMNS}
    return {name: list(names)[random.integers(len(names))] for name, names in choices.items()}


def _render(attributes: dict[str, str], random: np.random.Generator) -> Pictures:
    jitter = random.uniform(-1, 1, size=6)
    radius = RADII[attributes["size"]] * (1 + SIZE_JITTER * jitter[0])
    centre = (
        COLUMNS[attributes["column"]] + PLACE_JITTER * jitter[1],
        ROWS[attributes["row"]] + PLACE_JITTER * jitter[2],
    )
    colour = np.array(COLOURS[attributes["colour"]]) + COLOUR_JITTER * jitter[3:]
    cover = _cover(attributes["shape"], centre, radius)
    mixed = cover * colour.clip(0, 255) + (1 - cover) * np.array(BACKGROUND)
    return mixed.round().astype(np.uint8)


def _cover(shape: str, centre: tuple[float, float], radius: float) -> npt.NDArray[np.float64]:
    """How much of each pixel the shape covers: [S, S, 1], 0 to 1."""
    large = Image.new("L", (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING))
    outline = (np.array(centre) + radius * _outline(shape)) * OVERSAMPLING
    ImageDraw.Draw(large).polygon([tuple(point) for point in outline.tolist()], fill=255)
    small = large.resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)[..., None] / 255


@functools.cache
def _outline(shape: str) -> npt.NDArray[np.float64]:
    """Corners of a shape about the origin, of about equal area for equal radius: [P, 2]."""
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
