"""Axes and set-up shared by the plots."""

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QGuiApplication, QPainter, QPen

from studio.theme import current_colors


class GridAxis(pg.AxisItem):
    """An axis with an opaque grid.

    The grid of pyqtgraph is translucent: a line takes 0.2 ms on a CPU, 40 times as long.
    """

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.setStyle(maxTickLevel=1)

    def generateDrawSpecs(self, p: QPainter) -> Any:
        """Return the specification of pyqtgraph with the theme's grid colour."""
        specs = super().generateDrawSpecs(p)
        if specs is None:
            return None
        axis, ticks, texts = specs
        pen = QPen(current_colors().grid)
        return axis, [(pen, start, end) for _pen, start, end in ticks], texts


class CountAxis(GridAxis):
    """An axis of counts with the suffixes k and M in every locale."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: ARG002 - pyqtgraph's signature
        """Return a text for each tick."""
        return [_abbreviated(value * scale) for value in values]


def _abbreviated(count: float) -> str:
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            return f"{count / size:g}{suffix}"
    return f"{count:g}"


def plot_widget(left: GridAxis) -> Any:
    """Create a ``PlotWidget`` with a count axis at the bottom and the grid behind the data."""
    # Most methods of pyqtgraph are created at run time, hence ``Any``.
    axes = {"left": left, "bottom": CountAxis("bottom")}
    plot: Any = pg.PlotWidget(axisItems=axes, enableMenu=False)
    plot.hideButtons()
    for side in ("left", "bottom"):
        plot.getAxis(side).enableAutoSIPrefix(enable=False)
        plot.getAxis(side).setZValue(-1)
    return plot


def add_copy_actions(plot: Any, values: Callable[[], str]) -> None:
    """Add a context menu to a plot that copies it as a picture or as values.

    Args:
        plot: a ``PlotWidget``.
        values: returns the values as lines of cells that are separated by tabs.
    """
    picture = QAction(QCoreApplication.translate("Plot", "Copy picture"), plot)
    picture.triggered.connect(lambda: QGuiApplication.clipboard().setPixmap(plot.grab()))
    table = QAction(QCoreApplication.translate("Plot", "Copy values"), plot)
    table.triggered.connect(lambda: QGuiApplication.clipboard().setText(values()))
    plot.addActions([picture, table])
    plot.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


def color_axes(plot: Any, *, is_upright: bool = True) -> None:
    """Apply the current scheme; the grid is horizontal if ``is_upright``, otherwise vertical."""
    colors = current_colors()
    plot.setBackground(colors.surface)
    for side in ("left", "bottom"):
        plot.getAxis(side).setPen(colors.border)
        plot.getAxis(side).setTextPen(colors.muted)
    plot.showGrid(x=not is_upright, y=is_upright, alpha=1.0)
