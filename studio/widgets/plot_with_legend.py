"""A curve plot with a legend that shows and hides curves, and an empty state."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QToolButton, QWidget

from studio.theme import SPACING
from studio.widgets.curve_plot import CurvePlot
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import plain_label
from studio.widgets.plot_marks import MarkKind, MarksButton, PlotMark

_SWATCH = QSize(14, 14)


class CurveLegend(QWidget):
    """Checkable buttons, one for each curve, in as many rows as they need."""

    visibility_changed = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: dict[str, QToolButton] = {}
        self._labels: dict[str, str] = {}
        self._last: QWidget | None = None
        self._layout = FlowLayout(SPACING // 2, self)
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)

    def add(self, name: str, label: str, tip: str, *, is_on: bool) -> None:
        """Add the button of a curve."""
        chip = QToolButton()
        chip.setCheckable(True)
        chip.setAutoRaise(True)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setText(label)
        chip.setToolTip(tip)
        chip.setChecked(is_on)
        chip.toggled.connect(lambda is_on: self.visibility_changed.emit(name, is_on))
        self._chips[name], self._labels[name] = chip, label
        self._layout.addWidget(chip)
        if self._last is not None:
            self._layout.removeWidget(self._last)
            self._layout.addWidget(self._last)

    def append(self, widget: QWidget) -> None:
        """Add a widget that stays behind the buttons of the curves."""
        self._last = widget
        self._layout.addWidget(widget)

    @property
    def names(self) -> tuple[str, ...]:
        """The curves in the legend."""
        return tuple(self._chips)

    def chip(self, name: str) -> QToolButton:
        """Return the button of a curve."""
        return self._chips[name]

    def set_color(self, name: str, color: QColor) -> None:
        """Set the colour of a curve; the swatch of a hidden curve is hollow."""
        self._chips[name].setIcon(swatch(color, is_on=self._chips[name].isChecked()))

    def set_value(self, name: str, value: float) -> None:
        """Append the latest value of a curve to its label."""
        self._chips[name].setText(f"{self._labels[name]} {value:.3g}")

    def clear(self) -> None:
        """Remove all buttons."""
        for chip in self._chips.values():
            self._layout.removeWidget(chip)
            chip.deleteLater()
        self._chips.clear()
        self._labels.clear()


def swatch(color: QColor, *, is_on: bool = True) -> QIcon:
    """Return a dot in a colour, hollow if it is not on."""
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
    """A stack of an empty state and a curve plot, with a legend to lay out elsewhere.

    Args:
        name: accessible name of the plot.
        empty: text of the empty state.
        has_marks: draw a dot at each point.
        mark_kinds: looks of the marks along the bottom, by kind; their button is in the legend.
        parent: parent widget.
    """

    switched = Signal()
    """Emitted when a curve is shown or hidden; the curves must be drawn again."""

    def __init__(
        self,
        name: str,
        empty: str,
        *,
        has_marks: bool = False,
        mark_kinds: Mapping[str, MarkKind] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._hidden: set[str] = set()
        self.legend = CurveLegend()
        self.legend.visibility_changed.connect(self._switch)
        kinds = mark_kinds or {}
        self.plot = CurvePlot(
            self.tr("images seen"), self.tr("{0} images"), has_marks=has_marks, mark_kinds=kinds
        )
        self.marks_button = MarksButton(kinds)
        self.marks_button.hidden_changed.connect(self.plot.marks.hide_kinds)
        self.legend.append(self.marks_button)
        self.plot.setAccessibleName(name)
        self.plot.recolored.connect(self._color_legend)
        self._empty = plain_label(empty, role="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(self._empty)
        self.addWidget(self.plot)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The hidden curves in alphabetical order."""
        return tuple(sorted(self._hidden))

    def hide_curves(self, names: Iterable[str]) -> None:
        """Hide the named curves and show all others."""
        self._hidden = set(names)
        for name in self.legend.names:
            self.legend.chip(name).setChecked(name not in self._hidden)

    def clear(self) -> None:
        """Remove all curves; curves hidden by name stay hidden when added again."""
        self.plot.clear()
        self.legend.clear()
        self.setCurrentIndex(0)

    def set_marks(self, marks: Sequence[PlotMark]) -> None:
        """Replace the marks."""
        self.plot.marks.set_marks(marks)
        self.marks_button.show_present(marks)

    def set_empty(self, text: str) -> None:
        """Set the text that is shown while there are no curves."""
        self._empty.setText(text)

    def add(self, name: str, label: str, tip: str) -> None:
        """Add a curve to legend and plot."""
        self.legend.add(name, label, tip, is_on=name not in self._hidden)
        self.plot.add(name, label)

    def draw(self, name: str, x: np.ndarray, y: np.ndarray, raw: np.ndarray | None = None) -> None:
        """Draw a curve unless it is hidden, and show its last value in the legend.

        Args:
            name: name of the curve.
            x: [N] images seen.
            y: [N] values.
            raw: [N] values drawn faint behind ``y``.
        """
        self.legend.set_value(name, float(y[-1]) if len(y) else math.nan)
        if name in self._hidden:
            self.plot.hide_curve(name)
        else:
            self.plot.show_curve(name, x, y, raw)

    def show_drawn(self) -> None:
        """Show the plot and fit its range, after the last call of ``draw``."""
        if self.legend.names:
            self.setCurrentIndex(1)
        self.plot.fit()

    @Slot()
    def _color_legend(self) -> None:
        self.marks_button.recolor()
        for name in self.legend.names:
            self.legend.set_color(name, self.plot.color(name))

    @Slot(str, bool)
    def _switch(self, name: str, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        (self._hidden.discard if is_on else self._hidden.add)(name)
        self._color_legend()
        self.switched.emit()
