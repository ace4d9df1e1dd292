"""A curve plot with a legend that toggles curves, and an empty state."""

import math
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QWidget

from studio.theme import SPACING
from studio.widgets.curve_plot import CurvePlot
from studio.widgets.labels import plain_label

_SWATCH = QSize(14, 14)


class CurveLegend(QWidget):
    """Emits which curve was switched on or off; knows nothing about what they mean."""

    visibility_changed = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: dict[str, QToolButton] = {}
        self._labels: dict[str, str] = {}
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING // 2)
        self._layout.addStretch(1)

    def add(self, name: str, label: str, tip: str, *, is_on: bool) -> None:
        """Add a chip."""
        chip = QToolButton()
        chip.setCheckable(True)
        chip.setAutoRaise(True)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setText(label)
        chip.setToolTip(tip)
        chip.setChecked(is_on)
        chip.toggled.connect(lambda is_on: self.visibility_changed.emit(name, is_on))
        self._chips[name], self._labels[name] = chip, label
        self._layout.insertWidget(self._layout.count() - 1, chip)

    @property
    def names(self) -> tuple[str, ...]:
        """The curves that have a chip."""
        return tuple(self._chips)

    def chip(self, name: str) -> QToolButton:
        """Give the chip of a curve."""
        return self._chips[name]

    def set_color(self, name: str, color: QColor) -> None:
        """Colour a chip; a curve that is off is hollow."""
        self._chips[name].setIcon(_swatch(color, is_on=self._chips[name].isChecked()))

    def set_value(self, name: str, value: float) -> None:
        """Show a curve's latest value."""
        self._chips[name].setText(f"{self._labels[name]} {value:.3g}")

    def set_tip(self, name: str, tip: str) -> None:
        """Say something else about a curve."""
        self._chips[name].setToolTip(tip)

    def clear(self) -> None:
        """Remove all chips."""
        for chip in self._chips.values():
            self._layout.removeWidget(chip)
            chip.deleteLater()
        self._chips.clear()
        self._labels.clear()


def _swatch(color: QColor, *, is_on: bool) -> QIcon:
    picture = QPixmap(_SWATCH * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(color)
    painter.setBrush(color if is_on else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(2, 2, _SWATCH.width() - 4, _SWATCH.height() - 4)
    painter.end()
    return QIcon(picture)


class PlotWithLegend(QStackedWidget):
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
