"""Anti-aliased drawing of many small pictures at once.

Every shape is a coverage in [0, 1] of each pixel, computed for the whole batch; painting mixes a
colour in by its coverage. Pixel (row, column) spans [column, column + 1] by [row, row + 1].

Shapes: B pictures, S side in pixels. Coordinates are numbers, [B], or [B, S] for one per pixel row.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Coordinate = float | npt.NDArray[np.floating]
Colour = tuple[float, float, float] | npt.NDArray[np.floating]
BRIGHTEST = 255


class Canvas:
    """A batch of RGB pictures to paint on.

    Args:
        count: B.
        side: S.
    """

    def __init__(self, count: int, side: int) -> None:
        self.pixels = np.zeros((count, side, side, 3), dtype=np.float32)
        """[B, S, S, 3] in [0, 255]."""
        self.edges = np.arange(side, dtype=np.float32)
        """Left edges of the columns, top edges of the rows: [S]."""

    def paint(self, cover: Floats, colour: Colour) -> None:
        """Mix a colour in.

        Args:
            cover: coverage, broadcast to [B, S, S].
            colour: [3], [B, 3] or [B, S, S, 3] in [0, 255].
        """
        colours = np.asarray(colour, dtype=np.float32)
        if colours.ndim == 2:
            colours = colours[:, None, None]
        self.pixels += cover[..., None] * (colours - self.pixels)

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
            radius: distance of the outline, broadcast to [B, S, S]: see ``polar``.
        """
        distance, _angle = self.polar(x, y)
        return (radius - distance + np.float32(0.5)).clip(0, 1)

    def polar(self, x: Coordinate, y: Coordinate) -> tuple[Floats, Floats]:
        """Polar coordinates of the pixel centres around a point: each [B, S, S], in pixels, rad."""
        across = self.edges[None, None, :] + np.float32(0.5) - _by_row(x)
        down = self.edges[None, :, None] + np.float32(0.5) - _by_row(y)
        return np.hypot(across, down), np.arctan2(down, across)

    def to_bytes(self) -> npt.NDArray[np.uint8]:
        """Return the pictures: [B, S, S, 3]."""
        return self.pixels.clip(0, BRIGHTEST).round().astype(np.uint8)


def _by_row(value: Coordinate) -> Floats:
    """Broadcast a number, [B] or [B, S] to a batch with one value per pixel row: [B, S or 1, 1]."""
    values = np.asarray(value, dtype=np.float32)
    if values.ndim == 0:
        return values.reshape(1, 1, 1)
    return values.reshape(len(values), -1, 1)
