"""A plot of one metric of several runs: curves or bands in fixed colours, one of them bold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio.theme import DARK, current_colors
from studio.widgets.curve_plot import DARK_COLORS, EMPTY, LIGHT_COLORS, CurvePlot, thinned

Floats = npt.NDArray[np.float64]

LIGHT_RUNS = (*LIGHT_COLORS, "#6a51c7", "#8c4a2f", "#5f7d14", "#c2255c", "#55606e", "#0b8a8a")
DARK_RUNS = (*DARK_COLORS, "#b3a1ff", "#d99a7c", "#b5d35c", "#ff7fa8", "#b4bfcc", "#5fd6d6")
"""Colours of up to twelve runs; the first six are those of ``CurvePlot``."""
_BAND_ALPHA = 48
_BOLD_WIDTH = 4
_NEAR_PX = 14
"""Distance from a curve at which the pointer is on it."""
_MAX_MARKED = 60
"""Points up to which a curve has a dot at each, as evaluations are rare."""


def run_color(place: int) -> QColor:
    """Return the colour of a run in the current scheme."""
    table = DARK_RUNS if current_colors() is DARK else LIGHT_RUNS
    return QColor(table[place % len(table)])


@dataclass(frozen=True)
class Overlay:
    """A curve with an optional band around it."""

    name: str
    label: str
    place: int
    """Number of the colour."""
    x: Floats
    """[N], ascending."""
    y: Floats
    """[N]."""
    band: tuple[Floats, Floats] | None = field(default=None)
    """[N] lowest and highest values."""


class OverlayPlot(CurvePlot):
    """Curves of several runs; the pointer highlights the nearest one."""

    pointed = Signal(str)
    """Emitted with the name of the curve under the pointer; empty if there is none."""

    def __init__(self, axis: str, reading: str, parent: QWidget | None = None) -> None:
        """Create an empty plot; the arguments are those of ``CurvePlot``."""
        self._places: dict[str, int] = {}
        self._bands: dict[str, Any] = {}
        self._bold = self._under_pointer = ""
        super().__init__(axis, reading, parent)
        self._plot.scene().sigMouseMoved.connect(self._point_at)

    @property
    def names(self) -> tuple[str, ...]:
        """The curves that are drawn."""
        return tuple(self._curves)

    @property
    def bold(self) -> str:
        """The curve that is emphasised."""
        return self._bold

    def show_axis(self, axis: str, reading: str) -> None:
        """Set the label of the horizontal axis and the first line of the crosshair."""
        if axis != self._axis:
            self._axis = axis
            self._plot.setLabel("bottom", axis)
            self.crosshair.set_title(reading)
            self.is_fitting, self._across = True, EMPTY

    def show_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Replace the curves; those that stay are drawn with their new points."""
        wanted = {overlay.name: overlay for overlay in overlays}
        for name in [name for name in self._curves if name not in wanted]:
            self._remove(name)
        for name, overlay in wanted.items():
            is_new = name not in self._curves
            self._places[name] = overlay.place
            if is_new:
                self.add(name, overlay.label)
            self._curves[name].label = overlay.label
            self.show_curve(name, overlay.x, overlay.y, None)
            self._mark(name, len(overlay.x))
            self._show_band(overlay)
        self.fit()

    def emphasise(self, name: str) -> None:
        """Draw one curve bold; an empty name draws none so."""
        if name == self._bold:
            return
        before, self._bold = self._bold, name
        for changed in {before, name} & self._curves.keys():
            self._pen(changed)

    def color(self, name: str) -> QColor:
        """Return the colour of a curve in the current scheme."""
        return run_color(self._places.get(name, 0))

    def _remove(self, name: str) -> None:
        curve = self._curves.pop(name)
        self._plot.removeItem(curve.raw)
        self._plot.removeItem(curve.bold)
        self._places.pop(name, None)
        band = self._bands.pop(name, None)
        if band is not None:
            self._plot.removeItem(band)

    def _pen(self, name: str) -> None:
        """Draw a curve as it is emphasised; thin lines are drawn ten times as fast as wide ones."""
        is_bold = name == self._bold
        item = self._curves[name].bold
        item.setPen(pg.mkPen(self.color(name), width=_BOLD_WIDTH if is_bold else 1))
        item.setZValue(1 if is_bold else 0)

    def _mark(self, name: str, count: int) -> None:
        item = self._curves[name].bold
        symbol = "o" if 0 < count <= _MAX_MARKED else None
        if item.opts["symbol"] != symbol:
            item.setSymbol(symbol)
            item.setSymbolSize(5)
            item.setSymbolBrush(self.color(name))
            item.setSymbolPen(None)

    def _show_band(self, overlay: Overlay) -> None:
        band = self._bands.pop(overlay.name, None)
        if band is not None:
            self._plot.removeItem(band)
        if overlay.band is None:
            return
        width = max(int(self._plot.width() * self.devicePixelRatio()), 100)
        edges = [
            pg.PlotCurveItem(*thinned(overlay.x, self._scaled(edge), width))
            for edge in overlay.band
        ]
        color = self.color(overlay.name)
        color.setAlpha(_BAND_ALPHA)
        band = pg.FillBetweenItem(*edges, brush=pg.mkBrush(color))
        band.setZValue(-1)
        self._plot.addItem(band, ignoreBounds=True)
        self._bands[overlay.name] = band

    @Slot(object)
    def _point_at(self, place: QPointF) -> None:
        name = self._nearest(place)
        if name != self._under_pointer:
            self._under_pointer = name
            self.pointed.emit(name)

    def _nearest(self, place: QPointF) -> str:
        """Return the curve that is nearest to a scene position, if it is near."""
        box = self._plot.getViewBox()
        if not box.sceneBoundingRect().contains(place):
            return ""
        at = box.mapSceneToView(place)
        across, up = (abs(size) or 1.0 for size in box.viewPixelSize())
        distances: dict[str, float] = {}
        for name, curve in self._curves.items():
            if len(curve.x):
                # Beyond its ends, a curve is as far away as its end is.
                x = float(np.clip(at.x(), curve.x[0], curve.x[-1]))
                y = float(np.interp(x, curve.x, self._scaled(curve.y)))
                distances[name] = math.hypot((x - at.x()) / across, (y - at.y()) / up)
        nearest = min(distances, key=lambda name: distances[name], default="")
        return nearest if nearest and distances[nearest] <= _NEAR_PX else ""

    def _recolor(self) -> None:
        super()._recolor()
        for name in self._curves:
            self._pen(name)
            self._curves[name].bold.setSymbolBrush(self.color(name))
        for name, band in self._bands.items():
            color = self.color(name)
            color.setAlpha(_BAND_ALPHA)
            band.setBrush(pg.mkBrush(color))

    def leaveEvent(self, event: Any) -> None:
        """Highlight nothing once the pointer is elsewhere."""
        super().leaveEvent(event)
        if self._under_pointer:
            self._under_pointer = ""
            self.pointed.emit("")
