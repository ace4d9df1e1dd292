"""A plot of named curves with a legend that switches them, and a sentence while there are none."""

import math
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.widgets.curve_legend import CurveLegend
from studio.widgets.curve_plot import CurvePlot
from studio.widgets.labels import plain_label


class CurveBoard(QStackedWidget):
    """Keeps plot and legend in step; asks to be drawn again when a curve is switched.

    Args:
        name: for those who hear the screen.
        empty: what to say while there is no curve.
        has_marks: show each point.
        parent: owns it.
    """

    switched = Signal()

    def __init__(
        self, name: str, empty: str, *, has_marks: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._hidden: set[str] = set()
        self._legend = CurveLegend()
        self._legend.visibility_changed.connect(self._switch)
        self._plot = CurvePlot(self.tr("images seen"), self.tr("{0} images"), has_marks=has_marks)
        self._plot.setAccessibleName(name)
        self._plot.recolored.connect(self._color_legend)
        nothing = plain_label(empty, role="muted")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(nothing)
        self.addWidget(self._plot)

    @property
    def legend(self) -> CurveLegend:
        """The chips; to be laid out wherever there is room."""
        return self._legend

    @property
    def plot(self) -> CurvePlot:
        """The plot itself."""
        return self._plot

    @property
    def hidden(self) -> tuple[str, ...]:
        """The curves that are switched off, in order of their names."""
        return tuple(sorted(self._hidden))

    def hide_curves(self, names: Iterable[str]) -> None:
        """Switch these off and all others on."""
        self._hidden = set(names)
        for name in self._legend.names:
            self._legend.chip(name).setChecked(name not in self._hidden)

    def clear(self) -> None:
        """Remove all curves; which of them are off is remembered."""
        self._plot.clear()
        self._legend.clear()
        self.setCurrentIndex(0)

    def has_curve(self, name: str) -> bool:
        """Whether a curve is there already."""
        return name in self._legend.names

    def add(self, name: str, label: str, tip: str) -> None:
        """Add a curve."""
        self._legend.add(name, label, tip, is_on=name not in self._hidden)
        self._plot.add(name, label)

    def draw(self, name: str, x: np.ndarray, y: np.ndarray, raw: np.ndarray | None = None) -> None:
        """Draw a curve unless it is off, and show its last value.

        Args:
            name: of the curve, added before.
            x: [N] images seen.
            y: [N] values.
            raw: [N], drawn faint behind them.
        """
        self._legend.set_value(name, float(y[-1]) if len(y) else math.nan)
        if name in self._hidden:
            self._plot.hide_curve(name)
        else:
            self._plot.show_curve(name, x, y, raw)

    def show_drawn(self) -> None:
        """After the last curve was drawn, let all be seen."""
        if self._legend.names:
            self.setCurrentIndex(1)
        self._plot.fit()

    @Slot()
    def _color_legend(self) -> None:
        for name in self._legend.names:
            self._legend.set_color(name, self._plot.color(name))

    @Slot(str, bool)
    def _switch(self, name: str, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        (self._hidden.discard if is_on else self._hidden.add)(name)
        self._color_legend()
        self.switched.emit()
