"""A plot of named curves with a crosshair readout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.theme import DARK, MARGIN, SPACING, current_colors, mixed
from studio.widgets.labels import fill, spaced
from studio.widgets.plot_axis import GridAxis, add_copy_actions, color_axes, plot_widget
from studio.widgets.plot_marks import MarkKind, PlotMarks

SHOWN_PERCENTILES = (1.0, 99.0)
HEADROOM = 0.05
ROOM = 0.08
TIGHTNESS = 0.7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Range:
    """Range of an axis."""

    low: float
    high: float


EMPTY = Range(low=0.0, high=0.0)


def steady_range(shown: Range, wanted: Range) -> Range:
    """Return ``shown`` while it fits ``wanted``, otherwise ``wanted`` with a margin.

    This prevents a change of the axis, which costs more than drawing the curves, at every report.
    """
    margin = ROOM * (wanted.high - wanted.low)
    fits = shown.low <= wanted.low and wanted.high <= shown.high
    is_tight = (shown.high - shown.low) * TIGHTNESS <= wanted.high - wanted.low
    if fits and is_tight:
        return shown
    return Range(low=wanted.low - margin, high=wanted.high + margin)


def thinned(x: Floats, y: Floats, width: int) -> tuple[Floats, Floats]:
    """Reduce a curve to the minimum and maximum in each of ``width`` pixels."""
    if len(x) <= 2 * width:
        return x, y
    share = -(-len(x) // width)
    whole = len(x) // share * share
    blocks = y[:whole].reshape(-1, share)
    starts = np.arange(0, whole, share)
    picks = np.sort(np.stack([starts + blocks.argmin(1), starts + blocks.argmax(1)], 1), 1)
    kept = np.concatenate([picks.ravel(), np.arange(whole, len(x))])
    return x[kept], y[kept]


def robust_range(curves: list[Floats]) -> Range:
    """Return a range that covers the central percentiles of all curves, ignoring outliers."""
    values = [curve for curve in curves if len(curve)]
    if not values:
        return Range(low=0.0, high=1.0)
    ends = [np.percentile(curve, SHOWN_PERCENTILES) for curve in values]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    margin = HEADROOM * (high - low) or max(abs(high), 1.0) * HEADROOM
    return Range(low=float(low - margin), high=float(high + margin))


@dataclass(frozen=True)
class Reading:
    """Values at a position: the nearest ``x``, and label and value of each curve."""

    x: float
    values: list[tuple[str, float]]


class Crosshair(QObject):
    """Vertical line and label that follow the pointer over a ``PlotWidget``."""

    def __init__(self, plot: Any, title: str, read: Callable[[float], Reading | None]) -> None:
        """Attach to ``plot``; ``title`` is a format of x, ``read`` returns the values at x."""
        super().__init__(plot)
        self._plot, self._title, self._read = plot, title, read
        self._line: Any = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        plot.addItem(self._line, ignoreBounds=True)
        self._label = QLabel(plot)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._label.setMargin(SPACING)
        self._label.setProperty("role", "readout")
        self._label.hide()
        plot.scene().sigMouseMoved.connect(self.point_at)

    @property
    def text(self) -> str:
        """Text of the label; empty while it is hidden."""
        return self._label.text() if self._label.isVisibleTo(self._plot) else ""

    def set_title(self, title: str) -> None:
        """Set the format of the first line."""
        self._title = title

    def set_pen(self, pen: QPen) -> None:
        """Set the pen of the line."""
        self._line.setPen(pen)

    @Slot(object)
    def point_at(self, place: QPointF) -> None:
        """Show the values at a scene position; hide outside of the view box."""
        box = self._plot.getViewBox()
        is_inside = box.sceneBoundingRect().contains(place)
        reading = self._read(box.mapSceneToView(place).x()) if is_inside else None
        self._line.setVisible(reading is not None)
        self._label.setVisible(reading is not None)
        if reading is not None:
            self._line.setPos(reading.x)
            first = self._title.format(self._plot.locale().toString(int(reading.x)))
            lines = [f"{label}  {value:.4g}" for label, value in reading.values]
            self._label.setText("\n".join([first, *lines]))
            self._label.adjustSize()
            if self._label.height() + MARGIN > self._plot.height():
                # A low plot would cut off the last lines.
                self._label.setText("   ".join([first, *lines]))
                self._label.adjustSize()
            # The label is on the side of the pointer with more room.
            x = self._plot.mapFromScene(place).x()
            is_right = x > self._plot.width() / 2
            left = x - self._label.width() - MARGIN if is_right else x + MARGIN
            self._label.move(int(left), MARGIN)


MIN_LOG = 1e-6
# Palette of Okabe and Ito, safe for colour blindness; lighter for the dark scheme.
LIGHT_COLORS = ("#0072b2", "#d55e00", "#009e73", "#b5518f", "#b07a00", "#3a8fb7")
DARK_COLORS = ("#56b4e9", "#ff8f4d", "#35c79a", "#e08fc0", "#f0b93a", "#9ad4f5")
_RAW_SHARE = 0.3
_MARK = 6


@dataclass(eq=False)
class _Curve:
    label: str
    raw: Any
    bold: Any
    x: np.ndarray = field(default_factory=lambda: np.empty(0))
    y: np.ndarray = field(default_factory=lambda: np.empty(0))
    is_shown: bool = True


class CurvePlot(QWidget):
    """Plot of smoothed curves over faint raw ones; fits its range until the user pans or zooms."""

    recolored = Signal()
    """Emitted after the colours of the curves changed."""

    def __init__(
        self,
        axis: str,
        reading: str,
        parent: QWidget | None = None,
        *,
        has_marks: bool = False,
        mark_kinds: Mapping[str, MarkKind] | None = None,
    ) -> None:
        """Create an empty plot.

        Args:
            axis: label of the horizontal axis.
            reading: format of the crosshair's first line, with ``{0}`` for x.
            parent: parent widget.
            has_marks: draw a dot at each point, for curves of few points.
            mark_kinds: looks of the marks along the bottom, by kind.
        """
        super().__init__(parent)
        self._axis, self._has_marks = axis, has_marks
        self._curves: dict[str, _Curve] = {}
        self.is_fitting = True
        """Whether the range follows the data."""
        self._across = self._up = EMPTY
        self._is_log = False
        self._plot = plot_widget(GridAxis("left"))
        self._plot.setLabel("bottom", axis)
        self._plot.getViewBox().sigRangeChangedManually.connect(self._leave_fitting)
        add_copy_actions(self._plot, self.values_text)
        fit = QAction(self.tr("Show everything"), self._plot)
        fit.triggered.connect(self.fit_again)
        self._plot.addAction(fit)
        self.crosshair = Crosshair(self._plot, reading, self._read_at)
        self.marks = PlotMarks(self._plot, mark_kinds or {})
        fill(spaced(QVBoxLayout(self), margins=(0, 0, 0, 0)), self._plot)
        self._recolor()

    def plot_item(self) -> Any:
        """Return the ``pyqtgraph.PlotItem``."""
        return self._plot.getPlotItem()

    def clear(self) -> None:
        """Remove all curves and fit the range again."""
        for curve in self._curves.values():
            self._plot.removeItem(curve.raw)
            self._plot.removeItem(curve.bold)
        self._curves.clear()
        self.is_fitting = True
        self._across = self._up = EMPTY

    def add(self, name: str, label: str) -> None:
        """Add an empty curve; ``label`` is its name in the crosshair."""
        self._curves[name] = _Curve(label=label, raw=self._plot.plot(), bold=self._plot.plot())
        self._recolor()

    def color(self, name: str) -> QColor:
        """Return the colour of a curve in the current scheme."""
        table = DARK_COLORS if current_colors() is DARK else LIGHT_COLORS
        return QColor(table[list(self._curves).index(name) % len(table)])

    def hide_curve(self, name: str) -> None:
        """Hide both lines of a curve."""
        curve = self._curves[name]
        curve.is_shown = False
        curve.raw.hide()
        curve.bold.hide()

    def show_curve(self, name: str, x: np.ndarray, y: np.ndarray, raw: np.ndarray | None) -> None:
        """Draw a curve of ``x`` [N] and ``y`` [N], with ``raw`` [N] faint behind it if given."""
        curve = self._curves[name]
        curve.x, curve.y, curve.is_shown = x, y, True
        width = max(int(self._plot.width() * self.devicePixelRatio()), 100)
        curve.bold.setData(*thinned(x, self._scaled(y), width))
        curve.bold.show()
        curve.raw.setVisible(raw is not None)
        if raw is not None:
            curve.raw.setData(*thinned(x, self._scaled(raw), width))

    def set_log(self, *, is_log: bool) -> None:
        """Set the scale of the vertical axis; applies to curves when they are shown next."""
        self._is_log = is_log
        self._up = EMPTY
        self._plot.getAxis("left").setLogMode(is_log)

    def fit_again(self) -> None:
        """Fit the range to the data from now on, until the user pans or zooms."""
        self.is_fitting = True
        self._across = self._up = EMPTY
        self.fit()

    def fit(self) -> None:
        """Fit the range to the visible curves, unless the user chose a range."""
        shown = [curve for curve in self._curves.values() if curve.is_shown and len(curve.x)]
        if not shown or not self.is_fitting:
            return
        right = max(float(curve.x[-1]) for curve in shown)
        self._across = steady_range(self._across, Range(low=0.0, high=max(right, 1.0)))
        self._up = steady_range(self._up, robust_range([self._scaled(c.y) for c in shown]))
        across, up = (0.0, self._across.high), (self._up.low, self._up.high)
        self._plot.setRange(xRange=across, yRange=up, padding=0)
        # Prevents a second paint: pyqtgraph would otherwise do this at the first one.
        self._plot.scene().prepareForPaint()

    def values_text(self) -> str:
        """Return the visible curves as lines of x and values, separated by tabs."""
        shown = [curve for curve in self._curves.values() if curve.is_shown]
        tables = [dict(zip(c.x.tolist(), c.y.tolist(), strict=True)) for c in shown]
        rows = [
            [f"{x:.15g}", *(f"{table[x]:.6g}" if x in table else "" for table in tables)]
            for x in sorted(set().union(*tables))
        ]
        heads = [self._axis, *(curve.label for curve in shown)]
        return "\n".join("\t".join(row) for row in (heads, *rows))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolor()

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(values, MIN_LOG)) if self._is_log else values

    @Slot()
    def _leave_fitting(self) -> None:
        self.is_fitting = False

    def _read_at(self, x: float) -> Reading | None:
        shown = [curve for curve in self._curves.values() if curve.is_shown and len(curve.x)]
        if not shown:
            return None
        values = [
            (curve.label, float(curve.y[int(np.abs(curve.x - x).argmin())])) for curve in shown
        ]
        nearest = shown[0].x[int(np.abs(shown[0].x - x).argmin())]
        return Reading(x=float(nearest), values=values)

    def _recolor(self) -> None:
        colors = current_colors()
        color_axes(self._plot)
        self.marks.recolor()
        self.crosshair.set_pen(pg.mkPen(colors.muted, style=Qt.PenStyle.DashLine))
        for name, curve in self._curves.items():
            color = self.color(name)
            curve.bold.setPen(pg.mkPen(color, width=2))
            if self._has_marks:
                curve.bold.setSymbol("o")
                curve.bold.setSymbolSize(_MARK)
                curve.bold.setSymbolBrush(color)
                curve.bold.setSymbolPen(None)
            faint = mixed(color, QColor(colors.surface), _RAW_SHARE)
            curve.raw.setPen(pg.mkPen(faint, width=1))
        self.recolored.emit()
