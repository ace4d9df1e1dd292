"""A scatter plot of two sets of points over a coloured field, with arrows."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.theme import current_colors, mixed
from studio.widgets.labels import fill, spaced
from studio.widgets.plot_axis import GridAxis, add_copy_actions, color_axes

Points = npt.NDArray[np.float32]

_SIZE = 6
_HEAD = 0.25
"""Length of an arrow's head relative to the arrow."""
_LARGEST_HEAD = 0.03
"""The same relative to the diagonal of the field, at most."""
_SPREAD = 0.5
"""Half the width of an arrow's head relative to its length."""
_STRENGTH = 0.45
"""Share of the colour at the ends of the field."""
_MAX_STRETCH = 2.0
"""Ratio of the ranges up to which both axes have the same scale."""
EMPTY: Points = np.zeros((0, 2), np.float32)


class PlanePlot(QWidget):
    """Points of two kinds over a field whose colours lead from a low to a high value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Most methods of pyqtgraph are created at run time, hence ``Any``.
        self._plot: Any = pg.PlotWidget(
            axisItems={"left": GridAxis("left"), "bottom": GridAxis("bottom")}, enableMenu=False
        )
        self._plot.hideButtons()
        self._field: Any = pg.ImageItem(axisOrder="row-major")
        self._field.setZValue(-10)
        self._real: Any = pg.ScatterPlotItem(size=_SIZE, pxMode=True)
        self._made: Any = pg.ScatterPlotItem(size=_SIZE, pxMode=True)
        self._arrows: Any = pg.PlotCurveItem(connect="pairs", antialias=True)
        for item in (self._field, self._real, self._arrows, self._made):
            self._plot.addItem(item)
        self._low, self._high = QColor(), QColor()
        self._logits = np.zeros((0, 0), np.float32)
        self._sets = (EMPTY, EMPTY)
        self._range: tuple[float, ...] = ()
        add_copy_actions(self._plot, self.values_text)
        fill(spaced(QVBoxLayout(self), margins=(0, 0, 0, 0)), self._plot)
        self.set_colors(QColor("#d55e00"), QColor("#0072b2"))

    def set_colors(self, low: QColor, high: QColor) -> None:
        """Set the colours of low and high values; generated points have the low one."""
        self._low, self._high = low, high
        self._recolor()

    def set_names(self, x: str, y: str, name: str) -> None:
        """Set the labels of the axes, and the accessible name."""
        self._plot.setLabel("bottom", x)
        self._plot.setLabel("left", y)
        self._plot.setAccessibleName(name)

    def show_field(
        self, values: npt.NDArray[np.float32], low: tuple[float, float], high: tuple[float, float]
    ) -> None:
        """Show a field [G, G], rows along y, between two corners; empty for none."""
        self._logits = values
        self._field.setVisible(values.size > 0)
        if values.size:
            # Levels of equal values must differ.
            ends = float(values.min()), float(values.max())
            levels = ends if ends[1] > ends[0] else (ends[0] - 1, ends[1] + 1)
            self._field.setImage(values, levels=levels)
            self._field.setRect(QRectF(low[0], low[1], high[0] - low[0], high[1] - low[1]))
        self._fit(low, high)

    def show_points(self, real: Points, made: Points, moved: Points) -> None:
        """Show points [N, 2], others [M, 2], and arrows from these to [M, 2]; empty for none."""
        self._sets = (real, made)
        self._real.setData(pos=real)
        self._made.setData(pos=made)
        x, y = (
            _arrow_lines(made, moved, self._diagonal())
            if len(moved)
            else (np.zeros(0), np.zeros(0))
        )
        self._arrows.setData(x, y)

    def plot_item(self) -> Any:
        """Return the ``pyqtgraph.PlotItem``."""
        return self._plot.getPlotItem()

    def arrow_points(self) -> Points:
        """Return the ends of all lines of the arrows: [K, 2]."""
        x, y = self._arrows.getData()
        if x is None or y is None:
            return EMPTY
        return np.stack([x, y], 1)

    def values_text(self) -> str:
        """Return a line for each point: its set and its coordinates, separated by tabs."""
        titles = (self.tr("real"), self.tr("generated"))
        return "\n".join(
            f"{title}\t{x:.6g}\t{y:.6g}"
            for title, points in zip(titles, self._sets, strict=True)
            for x, y in points.tolist()
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_arrows"):
            self._recolor()

    def _fit(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        """Show the whole field when its corners have changed; keep what the user zoomed into."""
        wanted = (*low, *high)
        if self._range and np.allclose(wanted, self._range, rtol=0.1, atol=0.1):
            return
        self._range = wanted
        width, height = high[0] - low[0], high[1] - low[1]
        is_alike = max(width, height) <= _MAX_STRETCH * min(width, height)
        self._plot.getViewBox().setAspectLocked(is_alike)
        self._plot.setRange(xRange=(low[0], high[0]), yRange=(low[1], high[1]), padding=0)

    def _diagonal(self) -> float:
        if not self._range:
            return 1.0
        left, low, right, high = self._range
        return float(np.hypot(right - left, high - low))

    def _recolor(self) -> None:
        colors = current_colors()
        color_axes(self._plot)
        surface = QColor(colors.surface)
        steps = np.linspace(-1, 1, 65)
        table = [
            mixed(self._high if step > 0 else self._low, surface, _STRENGTH * abs(step))
            for step in steps
        ]
        self._field.setLookupTable(
            np.array([[c.red(), c.green(), c.blue()] for c in table], np.uint8)
        )
        text = QColor(colors.text)
        self._real.setBrush(pg.mkBrush(None))
        self._real.setPen(pg.mkPen(mixed(text, surface, 0.7), width=1))
        self._made.setBrush(pg.mkBrush(self._low))
        self._made.setPen(pg.mkPen(surface, width=0.5))
        self._arrows.setPen(pg.mkPen(mixed(self._low, text, 0.6), width=1))


def _arrow_lines(
    start: Points, end: Points, diagonal: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the lines of arrows as pairs of points: the shaft, and two sides of the head."""
    along = (end - start).astype(np.float64)
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    head = along / length * np.minimum(_HEAD * length, _LARGEST_HEAD * diagonal)
    across = np.stack([-head[:, 1], head[:, 0]], 1)
    sides = [end - head + sign * _SPREAD * across for sign in (1, -1)]
    lines = np.stack([start, end, end, sides[0], end, sides[1]], 1).reshape(-1, 2)
    return lines[:, 0].astype(np.float64), lines[:, 1].astype(np.float64)
