"""Anti-aliased drawing of many small pictures at once.

Every shape is a coverage in [0, 1] of each pixel, computed for the whole batch; painting mixes a
colour in by its coverage. Pixel (row, column) spans [column, column + 1] by [row, row + 1].

Shapes: B pictures, S side in pixels. Coordinates are numbers, [B], or [B, S] for one per pixel row.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Coordinate = float | Floats
Colour = tuple[float, float, float] | Floats | npt.NDArray[np.integer]
BRIGHTEST = 255
BATCH = 500
"""Pictures that are drawn at once: few enough for the processor's cache."""


class Canvas:
    """A batch of RGB pictures to paint on.

    Args:
        count: B.
        side: S.
    """

    def __init__(self, count: int, side: int) -> None:
        # Channels first: NumPy is several times faster on long inner axes.
        self.pixels = np.zeros((3, count, side, side), dtype=np.float32)
        """[3, B, S, S] in [0, 255]."""
        self.edges = np.arange(side, dtype=np.float32)
        """Left edges of the columns, top edges of the rows: [S]."""

    def paint(self, cover: Floats, colour: Colour) -> None:
        """Mix a colour in.

        Args:
            cover: coverage, broadcast to [B, S, S].
            colour: [3], [B, 3] or [B, S, 3], which is one for each pixel row, in [0, 255].
        """
        share = cover.astype(np.float32, copy=False)
        for pixels, value in zip(self.pixels, _by_channel(colour), strict=True):
            pixels[...] += share * (value - pixels)

    def fill(self, colour: Colour) -> None:
        """Cover everything with a colour, as in ``paint``."""
        for pixels, value in zip(self.pixels, _by_channel(colour), strict=True):
            pixels[:] = value

    def box(
        self, left: Coordinate, top: Coordinate, right: Coordinate, bottom: Coordinate
    ) -> Floats:
        """Coverage of a rectangle whose left and right edges may differ by pixel row."""
        across = self._overlap(_by_row(left), _by_row(right), self.edges[None, None, :])
        down = self._overlap(_by_row(top), _by_row(bottom), self.edges[None, :, None])
        return across * down

    def _overlap(self, low: Floats, high: Floats, edges: Floats) -> Floats:
        return (np.minimum(edges + 1, high) - np.maximum(edges, low)).clip(0, 1)

    def disc(self, x: Coordinate, y: Coordinate, radius: Coordinate) -> Floats:
        """Coverage of a disc."""
        return self.blob(x, y, _by_row(radius))

    def blob(self, x: Coordinate, y: Coordinate, radius: Floats) -> Floats:
        """Coverage of a shape that is star-shaped around its centre.

        Args:
            x: centre.
            y: centre.
            radius: distance of the outline in the direction of each pixel, broadcast to [B, S, S].
        """
        across, down = self._offsets(x, y)
        distance = np.sqrt(across * across + down * down)
        return (radius.astype(np.float32, copy=False) - distance + np.float32(0.5)).clip(0, 1)

    def angles(self, x: Coordinate, y: Coordinate) -> Floats:
        """Directions of the pixel centres from a point, in radians, clockwise from the right."""
        across, down = self._offsets(x, y)
        return np.arctan2(down, across)

    def _offsets(self, x: Coordinate, y: Coordinate) -> tuple[Floats, Floats]:
        across = self.edges[None, None, :] + np.float32(0.5) - _by_row(x)
        down = self.edges[None, :, None] + np.float32(0.5) - _by_row(y)
        return across, down

    def to_bytes(self) -> npt.NDArray[np.uint8]:
        """Return the pictures: [B, S, S, 3]."""
        return np.moveaxis(self.pixels.clip(0, BRIGHTEST).round().astype(np.uint8), 0, -1)


def draw_in_batches(
    count: int, side: int, draw: Callable[[slice], npt.NDArray[np.uint8]]
) -> npt.NDArray[np.uint8]:
    """Draw many pictures in batches.

    Args:
        count: number of pictures.
        side: S.
        draw: draws the pictures of a slice: [B, S, S, 3].

    Returns:
        [count, S, S, 3].
    """
    pictures = np.empty((count, side, side, 3), dtype=np.uint8)
    for start in range(0, count, BATCH):
        items = slice(start, min(count, start + BATCH))
        pictures[items] = draw(items)
    return pictures


def _by_channel(colour: Colour) -> Floats:
    """Broadcast a colour to [3, B or 1, S or 1, 1]."""
    channels = np.moveaxis(np.asarray(colour, dtype=np.float32), -1, 0)
    if channels.ndim == 1:
        return channels.reshape(3, 1, 1, 1)
    return channels.reshape(*channels.shape, *[1] * (4 - channels.ndim))


def _by_row(value: Coordinate) -> Floats:
    """Broadcast a number, [B] or [B, S] to a batch with one value per pixel row: [B, S or 1, 1]."""
    values = np.asarray(value, dtype=np.float32)
    if values.ndim == 0:
        return values.reshape(1, 1, 1)
    return values.reshape(*values.shape, *[1] * (3 - values.ndim))
