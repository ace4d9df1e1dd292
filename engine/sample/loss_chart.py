"""Plot loss curves to an image file, without a display."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.fs.atomic import wrap_os_error

WIDTH, HEIGHT = 1200, 600
SCALE = 2
"""Supersampling factor, for antialiasing."""
LEFT, RIGHT, TOP, BOTTOM = 80, 30, 70, 60
PAPER, INK, GRID = "#ffffff", "#333333", "#e4e4e4"
# Okabe & Ito's palette for colour-blind readers.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
TICKS = 6
SHOWN_SHARE = 99.0
"""Percentile of the values that the axis covers; outliers above it are clipped."""

Curve = Sequence[tuple[float, float]]
Range = tuple[float, float]


def write_loss_chart(path: Path, curves: Mapping[str, Curve], *, title: str) -> None:
    """Plot curves and write a PNG.

    Args:
        path: ends in ``.png``.
        curves: by name, points of images seen and loss.
        title: title of the chart.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    chart = _Chart(curves)
    chart.draw(title)
    try:
        chart.picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(path)
    except OSError as error:
        raise wrap_os_error(error, path.parent) from error


class _Chart:
    def __init__(self, curves: Mapping[str, Curve]) -> None:
        self._curves = {name: np.array(curve, float) for name, curve in curves.items() if curve}
        points = np.concatenate([*self._curves.values(), np.zeros((1, 2))])
        self._x: Range = (0.0, max(points[:, 0].max(), 1.0))
        self._y: Range = (0.0, max(float(np.percentile(points[:, 1], SHOWN_SHARE)) * 1.1, 1e-9))
        self.picture = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self._pen = ImageDraw.Draw(self.picture)
        self._font = ImageFont.load_default(15 * SCALE)

    def draw(self, title: str) -> None:
        self._pen.text((LEFT * SCALE, 22 * SCALE), title, INK, ImageFont.load_default(20 * SCALE))
        for value in _ticks(self._y):
            at = self._place(0, value)
            self._pen.line([at, self._place(self._x[1], value)], GRID, SCALE)
            self._pen.text((at[0] - 8 * SCALE, at[1]), f"{value:g}", INK, self._font, anchor="rm")
        for value in _ticks(self._x):
            at = self._place(value, 0)
            label = f"{value / 1000:g}k" if value and self._x[1] > 2000 else f"{value:g}"
            self._pen.text((at[0], at[1] + 8 * SCALE), label, INK, self._font, anchor="mt")
        bottom = ((LEFT + (WIDTH - LEFT - RIGHT) // 2) * SCALE, (HEIGHT - 14) * SCALE)
        self._pen.text(bottom, "images seen", INK, self._font, anchor="mb")
        for number, (name, curve) in enumerate(self._curves.items()):
            colour = COLOURS[number % len(COLOURS)]
            clipped = curve.clip((self._x[0], self._y[0]), (self._x[1], self._y[1]))
            points = [self._place(x, y) for x, y in clipped.tolist()]
            self._pen.line(points, colour, 2 * SCALE, joint="curve")
            left, middle = (WIDTH - RIGHT - 130 * (len(self._curves) - number)) * SCALE, 34 * SCALE
            self._pen.line([(left, middle), (left + 22 * SCALE, middle)], colour, 4 * SCALE)
            self._pen.text((left + 30 * SCALE, middle), name, INK, self._font, anchor="lm")

    def _place(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return (
            (LEFT + across * (WIDTH - LEFT - RIGHT)) * SCALE,
            (HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)) * SCALE,
        )


def _ticks(span: Range) -> list[float]:
    """Return round values that divide a range into about ``TICKS`` steps."""
    rough = (span[1] - span[0]) / TICKS
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    return [step * number for number in range(math.floor(span[1] / step) + 1)]
