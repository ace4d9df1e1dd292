"""A plot of named curves over one axis, with a crosshair readout."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.theme import DARK, MARGIN, SPACING, current_colors
from studio.widgets.plot_axis import CountAxis, GridAxis

SHOWN_PERCENTILES = (1.0, 99.0)
HEADROOM = 0.05
ROOM = 0.08
TIGHTNESS = 0.7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Range:
    """From where to where an axis goes."""

    low: float
    high: float


EMPTY = Range(low=0.0, high=0.0)


def steady_range(shown: Range, wanted: Range) -> Range:
    """Keep an axis where it is while that still suits; otherwise move it, with room to spare.

    An axis that moves at every report makes a plot restless, and costs more than its curves.
    """
    room = ROOM * (wanted.high - wanted.low)
    fits = shown.low <= wanted.low and wanted.high <= shown.high
    is_tight = (shown.high - shown.low) * TIGHTNESS <= wanted.high - wanted.low
    if fits and is_tight:
        return shown
    return Range(low=wanted.low - room, high=wanted.high + room)


def thinned(x: Floats, y: Floats, width: int) -> tuple[Floats, Floats]:
    """Reduce a curve to what ``width`` pixels can show: the extremes of each pixel's share."""
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
    """Find a range that shows the curves and lets single outliers leave the frame."""
    values = [curve for curve in curves if len(curve)]
    if not values:
        return Range(low=0.0, high=1.0)
    ends = [np.percentile(curve, SHOWN_PERCENTILES) for curve in values]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    margin = HEADROOM * (high - low) or max(abs(high), 1.0) * HEADROOM
    return Range(low=float(low - margin), high=float(high + margin))


@dataclass(frozen=True)
class Reading:
    """What stands at one place: the nearest point's ``x``, and each curve's label and value."""

    x: float
    values: list[tuple[str, float]]


class Crosshair(QObject):
    """Follows the pointer over a ``PlotWidget``; asks ``read`` what to say."""

    def __init__(self, plot: Any, title: str, read: Callable[[float], Reading | None]) -> None:
        """Watch ``plot``; ``title`` is the first line of a reading and holds ``{0}`` for x."""
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
        """What is shown; empty when nothing is."""
        return self._label.text() if self._label.isVisibleTo(self._plot) else ""

    def set_pen(self, pen: QPen) -> None:
        """Draw the line in another colour."""
        self._line.setPen(pen)

    @Slot(object)
    def point_at(self, place: QPointF) -> None:
        """Read at a place of the scene, or hide outside of the axes."""
        box = self._plot.getViewBox()
        is_inside = box.sceneBoundingRect().contains(place)
        reading = self._read(box.mapSceneToView(place).x()) if is_inside else None
        self._line.setVisible(reading is not None)
        self._label.setVisible(reading is not None)
        if reading is not None:
            self._line.setPos(reading.x)
            self._label.setText(self._words(reading))
            self._label.adjustSize()
            self._place(place)

    def _words(self, reading: Reading) -> str:
        first = self._title.format(self._plot.locale().toString(int(reading.x)))
        return "\n".join([first, *(f"{label}  {value:.4g}" for label, value in reading.values)])

    def _place(self, place: QPointF) -> None:
        """Keep the label inside: on the side of the pointer where there is more room."""
        at = self._plot.mapFromScene(place)
        is_right = at.x() > self._plot.width() / 2
        left = at.x() - self._label.width() - MARGIN if is_right else at.x() + MARGIN
        self._label.move(int(left), MARGIN)


SMALLEST_LOG = 1e-6
# Okabe & Ito's colours, which colour-blind eyes tell apart, a shade lighter on dark ground.
LIGHT_COLORS = ("#0072b2", "#d55e00", "#009e73", "#b5518f", "#b07a00", "#3a8fb7")
DARK_COLORS = ("#56b4e9", "#ff8f4d", "#35c79a", "#e08fc0", "#f0b93a", "#9ad4f5")
_RAW_SHARE = 0.3
_MARK = 6
_SIDES = ("left", "bottom")


@dataclass(eq=False)
class _Curve:
    label: str
    raw: Any
    bold: Any
    x: np.ndarray = field(default_factory=lambda: np.empty(0))
    y: np.ndarray = field(default_factory=lambda: np.empty(0))
    is_shown: bool = True


class CurvePlot(QWidget):
    """Draws each curve bold, over a faint raw one; fits itself until the user pans or zooms."""

    recolored = Signal()
    """The colours of the curves changed."""

    def __init__(
        self, axis: str, reading: str, parent: QWidget | None = None, *, has_marks: bool = False
    ) -> None:
        """Make an empty plot.

        Args:
            axis: names what runs to the right.
            reading: holds ``{0}``.
            parent: Qt's.
            has_marks: draw a dot at each point, for curves of few points.
        """
        super().__init__(parent)
        self._has_marks = has_marks
        self._curves: dict[str, _Curve] = {}
        self._is_fitting = True
        self._across = self._up = EMPTY
        self._is_log = False
        # pyqtgraph builds half of its methods at run time, out of a type checker's sight.
        self._plot: Any = pg.PlotWidget(
            axisItems={"left": GridAxis("left"), "bottom": CountAxis("bottom")}
        )
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setLabel("bottom", axis)
        self._plot.getAxis("bottom").enableAutoSIPrefix(enable=False)
        for side in _SIDES:
            # The grid belongs to the axes, and below the curves.
            self._plot.getAxis(side).setZValue(-1)
        self._plot.getViewBox().sigRangeChangedManually.connect(self._leave_fitting)
        self._crosshair = Crosshair(self._plot, reading, self._read_at)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._recolor()

    @property
    def is_fitting(self) -> bool:
        """Whether the plot still chooses its own range."""
        return self._is_fitting

    @property
    def crosshair(self) -> Crosshair:
        """What follows the pointer."""
        return self._crosshair

    def plot_item(self) -> Any:
        """Give pyqtgraph's own item, for what is not wrapped here."""
        return self._plot.getPlotItem()

    def clear(self) -> None:
        """Remove all curves and fit again."""
        for curve in self._curves.values():
            self._plot.removeItem(curve.raw)
            self._plot.removeItem(curve.bold)
        self._curves.clear()
        self._is_fitting = True
        self._across = self._up = EMPTY

    def add(self, name: str, label: str) -> None:
        """Add an empty curve; ``label`` is what the crosshair calls it."""
        self._curves[name] = _Curve(label=label, raw=self._plot.plot(), bold=self._plot.plot())
        self._recolor()

    def color(self, name: str) -> QColor:
        """Give the colour of a curve, which depends on its place and on the scheme."""
        table = DARK_COLORS if current_colors() is DARK else LIGHT_COLORS
        return QColor(table[list(self._curves).index(name) % len(table)])

    def hide_curve(self, name: str) -> None:
        """Show neither of a curve's lines."""
        curve = self._curves[name]
        curve.is_shown = False
        curve.raw.hide()
        curve.bold.hide()

    def show_curve(self, name: str, x: np.ndarray, y: np.ndarray, raw: np.ndarray | None) -> None:
        """Draw a curve: ``x`` [N], ``y`` [N], and ``raw`` [N] faint behind it or not at all."""
        curve = self._curves[name]
        curve.x, curve.y, curve.is_shown = x, y, True
        width = max(int(self._plot.width() * self.devicePixelRatio()), 100)
        curve.bold.setData(*thinned(x, self._scaled(y), width))
        curve.bold.show()
        curve.raw.setVisible(raw is not None)
        if raw is not None:
            curve.raw.setData(*thinned(x, self._scaled(raw), width))

    def set_log(self, *, is_log: bool) -> None:
        """Switch the vertical axis; curves follow when they are next shown."""
        self._is_log = is_log
        self._up = EMPTY
        self._plot.getAxis("left").setLogMode(is_log)

    def fit_again(self) -> None:
        """Choose the range from here on, until the user pans or zooms."""
        self._is_fitting = True
        self._across = self._up = EMPTY
        self.fit()

    def fit(self) -> None:
        """Show all of the visible curves, single outliers apart; not if the user chose a range."""
        shown = [curve for curve in self._curves.values() if curve.is_shown and len(curve.x)]
        if not shown or not self._is_fitting:
            return
        right = max(float(curve.x[-1]) for curve in shown)
        self._across = steady_range(self._across, Range(low=0.0, high=max(right, 1.0)))
        self._up = steady_range(self._up, robust_range([self._scaled(c.y) for c in shown]))
        across, up = (0.0, self._across.high), (self._up.low, self._up.high)
        self._plot.setRange(xRange=across, yRange=up, padding=0)
        # Otherwise pyqtgraph does this at the first paint, which then asks for a second one.
        self._plot.scene().prepareForPaint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolor()

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(values, SMALLEST_LOG)) if self._is_log else values

    @Slot()
    def _leave_fitting(self) -> None:
        self._is_fitting = False

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
        self._plot.setBackground(colors.surface)
        for side in _SIDES:
            axis = self._plot.getAxis(side)
            axis.setPen(colors.border)
            axis.setTextPen(colors.muted)
        self._plot.showGrid(x=False, y=True, alpha=1.0)
        self._crosshair.set_pen(pg.mkPen(colors.muted, style=Qt.PenStyle.DashLine))
        for name, curve in self._curves.items():
            color = self.color(name)
            curve.bold.setPen(pg.mkPen(color, width=2))
            if self._has_marks:
                curve.bold.setSymbol("o")
                curve.bold.setSymbolSize(_MARK)
                curve.bold.setSymbolBrush(color)
                curve.bold.setSymbolPen(None)
            curve.raw.setPen(pg.mkPen(_faint(color, QColor(colors.surface)), width=1))
        self.recolored.emit()


def _faint(color: QColor, ground: QColor) -> QColor:
    """Mix instead of blending: an opaque line is drawn many times faster than a translucent one."""
    mixed = (
        round(_RAW_SHARE * over + (1 - _RAW_SHARE) * under)
        for over, under in zip(_channels(color), _channels(ground), strict=True)
    )
    return QColor(*mixed)


def _channels(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()
