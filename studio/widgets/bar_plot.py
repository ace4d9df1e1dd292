"""A plot of counts as bars: upright over numbers, or lying beside names."""

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.theme import DARK, current_colors
from studio.widgets.curve_plot import DARK_COLORS, LIGHT_COLORS
from studio.widgets.labels import plain_label
from studio.widgets.plot_axis import CountAxis, GridAxis

_THICKNESS = 0.8
_LONGEST_NAME = 18
_ROOM = 1.06
"""The range against the longest bar."""
_NO_TICKS: list[list[tuple[float, str]]] = [[]]


class BarPlot(QWidget):
    """A title and the bars under it; nothing to drag or zoom."""

    def __init__(self, title: str, axis: str = "", parent: QWidget | None = None) -> None:
        """Make an empty plot.

        Args:
            title: stands above, and is what a screen reader says.
            axis: names what runs to the right; empty for lying bars, which run by count.
            parent: Qt's.
        """
        super().__init__(parent)
        self.counts: tuple[int, ...] = ()
        self._names: tuple[str, ...] = ()
        self._plot: Any = pg.PlotWidget(
            axisItems={
                "left": CountAxis("left") if axis else GridAxis("left"),
                "bottom": CountAxis("bottom"),
            }
        )
        self._is_upright = bool(axis)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setAccessibleName(title)
        self._plot.getAxis("bottom").enableAutoSIPrefix(enable=False)
        self._plot.getAxis("left").enableAutoSIPrefix(enable=False)
        if axis:
            self._plot.setLabel("bottom", axis)
        else:
            self._plot.invertY(b=True)
        self._bars: Any = pg.BarGraphItem(x=[], height=[], width=_THICKNESS)
        self._plot.addItem(self._bars)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(plain_label(title, role="heading"))
        layout.addWidget(self._plot, stretch=1)
        self._recolor()

    def show_numbers(self, numbers: Sequence[float], counts: Sequence[int], step: float) -> None:
        """Show upright bars, each ``step`` apart."""
        self.counts = tuple(counts)
        self._bars.setOpts(x=list(numbers), height=list(counts), width=_THICKNESS * step, y0=0)
        low = min(numbers, default=0) - step
        high = max(numbers, default=1) + step
        top = max(max(counts, default=0), 1) * _ROOM
        self._plot.setRange(xRange=(low, high), yRange=(0, top), padding=0)

    def show_names(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Show lying bars, the first on top, as many as there is room for their names."""
        self.counts, self._names = tuple(counts), tuple(names)
        self._lay_names()

    def _lay_names(self) -> None:
        room = self._plot.getViewBox().height() / self.fontMetrics().lineSpacing()
        count = min(len(self._names), max(int(room), 1))
        names, counts = self._names[:count], self.counts[:count]
        places = list(range(count))
        self._bars.setOpts(
            x0=0, y=places, width=list(counts), height=_THICKNESS, x=None, x1=None, y0=None
        )
        ticks = [(place, _short(name)) for place, name in zip(places, names, strict=True)]
        self._plot.getAxis("left").setTicks([ticks])
        right = max(max(counts, default=0), 1) * _ROOM
        self._plot.setRange(xRange=(0, right), yRange=(-0.6, max(len(names), 1) - 0.4), padding=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names as much room as they need."""
        super().resizeEvent(event)
        if not self._is_upright:
            # The axes have their places only after the plot has got its own.
            QTimer.singleShot(0, self, self._lay_names)

    def _recolor(self) -> None:
        colors = current_colors()
        self._plot.setBackground(colors.surface)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setZValue(-1)
            axis.setPen(colors.border)
            axis.setTextPen(colors.muted)
        self._plot.showGrid(x=not self._is_upright, y=self._is_upright, alpha=1.0)
        color = (DARK_COLORS if colors is DARK else LIGHT_COLORS)[0]
        self._bars.setOpts(brush=pg.mkBrush(color), pen=pg.mkPen(None))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_bars"):
            self._recolor()


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
