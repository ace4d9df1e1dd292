"""Bar plots of counts: vertical bars over numbers, with a range or a mark, or horizontal ones."""

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from studio.theme import DARK, current_colors
from studio.widgets.curve_plot import DARK_COLORS, LIGHT_COLORS
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.plot_axis import CountAxis, GridAxis, add_copy_actions, color_axes, plot_widget

_THICKNESS = 0.8
_MAX_NAME = 18
_ROOM = 1.06
"""Ratio of the axis range to the longest bar."""
_HISTOGRAM_HEIGHT = 170
_MARGIN = 0.05
"""Room beside the ends of a range, relative to its width."""


class BarPlot(QWidget):
    """A static bar plot with a title."""

    def __init__(self, title: str, axis: str = "", parent: QWidget | None = None) -> None:
        """Create an empty plot.

        Args:
            title: heading and accessible name.
            axis: label of the horizontal axis; empty for horizontal bars.
            parent: parent widget.
        """
        super().__init__(parent)
        self.counts: tuple[int, ...] = ()
        self._names: tuple[str, ...] = ()
        self._plot = plot_widget(CountAxis("left") if axis else GridAxis("left"))
        self._is_upright = bool(axis)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setAccessibleName(title)
        if axis:
            self._plot.setLabel("bottom", axis)
        else:
            self._plot.invertY(b=True)
        self._bars: Any = pg.BarGraphItem(x=[], height=[], width=_THICKNESS)
        self._plot.addItem(self._bars)
        add_copy_actions(self._plot, self.values_text)
        layout = spaced(QVBoxLayout(self), margins=(0, 0, 0, 0))
        fill(layout, plain_label(title, role="heading"), (self._plot, 1))
        self._recolor()

    def show_numbers(self, numbers: Sequence[float], counts: Sequence[int], step: float) -> None:
        """Show vertical bars at intervals of ``step``."""
        self.counts, self._names = tuple(counts), tuple(f"{number:g}" for number in numbers)
        self._bars.setOpts(x=list(numbers), height=list(counts), width=_THICKNESS * step, y0=0)
        low = min(numbers, default=0) - step
        high = max(numbers, default=1) + step
        top = max(max(counts, default=0), 1) * _ROOM
        self._plot.setRange(xRange=(low, high), yRange=(0, top), padding=0)

    def show_names(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Show horizontal bars from top to bottom, as many as fit the height."""
        self.counts, self._names = tuple(counts), tuple(names)
        self._lay_names()

    def values_text(self) -> str:
        """Return a line for each bar: its name or number and its count, separated by a tab."""
        rows = zip(self._names, self.counts, strict=True)
        return "\n".join(f"{name}\t{count}" for name, count in rows)

    def _lay_names(self) -> None:
        room = self._plot.getViewBox().height() / self.fontMetrics().lineSpacing()
        count = min(len(self._names), max(int(room), 1))
        names, counts = self._names[:count], self.counts[:count]
        places = list(range(count))
        self._bars.setOpts(
            x0=0, y=places, width=list(counts), height=_THICKNESS, x=None, x1=None, y0=None
        )
        short = (n if len(n) <= _MAX_NAME else f"{n[: _MAX_NAME - 1]}…" for n in names)
        self._plot.getAxis("left").setTicks([list(zip(places, short, strict=True))])
        right = max(max(counts, default=0), 1) * _ROOM
        self._plot.setRange(xRange=(0, right), yRange=(-0.6, max(len(names), 1) - 0.4), padding=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Adapt the number of horizontal bars to the height."""
        super().resizeEvent(event)
        if not self._is_upright:
            # The view box is resized after this event.
            QTimer.singleShot(0, self, self._lay_names)

    def _recolor(self) -> None:
        color_axes(self._plot, is_upright=self._is_upright)
        color = (DARK_COLORS if current_colors() is DARK else LIGHT_COLORS)[0]
        self._bars.setOpts(brush=pg.mkBrush(color), pen=pg.mkPen(None))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_bars"):
            self._recolor()


class RangeHistogram(BarPlot):
    """A histogram with a range whose ends can be dragged."""

    range_chosen = Signal(float, float)
    """The user has dragged an end of the range."""

    def __init__(self, title: str, axis: str, parent: QWidget | None = None) -> None:
        super().__init__(title, axis, parent)
        self.setFixedHeight(_HISTOGRAM_HEIGHT)
        self._region: Any = pg.LinearRegionItem(movable=True)
        self._plot.addItem(self._region)
        self._region.sigRegionChangeFinished.connect(self._on_region)

    def show_histogram(self, least: float, most: float, counts: Sequence[int]) -> None:
        """Show counts in bins of equal width from ``least`` to ``most``."""
        step = (most - least) / len(counts) or 1.0
        places = [least + (number + 0.5) * step for number in range(len(counts))]
        # Roots, because one value is often far more frequent than all others.
        self.show_numbers(places, [math.isqrt(count) for count in counts], step)
        self._plot.getAxis("left").setStyle(showValues=False)

    def show_range(self, low: float, high: float) -> None:
        """Show the range, and make room for its ends."""
        with QSignalBlocker(self._region):
            self._region.setRegion((low, high))
        (left, right), _vertical = self._plot.getViewBox().viewRange()
        margin = _MARGIN * (high - low)
        left, right = min(left, low - margin), max(right, high + margin)
        self._plot.setXRange(left, right, padding=0)

    def _on_region(self) -> None:
        low, high = self._region.getRegion()
        self.range_chosen.emit(low, high)


class MarkHistogram(BarPlot):
    """A histogram with a mark that can be dragged."""

    mark_chosen = Signal(float)
    """The user has dragged the mark."""

    def __init__(self, title: str, axis: str, parent: QWidget | None = None) -> None:
        super().__init__(title, axis, parent)
        self.setFixedHeight(_HISTOGRAM_HEIGHT)
        self.mark: Any = pg.InfiniteLine(angle=90, movable=True)
        self._plot.addItem(self.mark)
        self.mark.sigPositionChangeFinished.connect(self._on_mark)
        self._color_mark()

    def show_mark(self, value: float) -> None:
        """Show the mark, and make room for it."""
        with QSignalBlocker(self.mark):
            self.mark.setPos(value)
        (left, right), _vertical = self._plot.getViewBox().viewRange()
        self._plot.setXRange(min(left, 0), max(right, value * _ROOM), padding=0)

    def _on_mark(self) -> None:
        self.mark_chosen.emit(float(self.mark.value()))

    def _color_mark(self) -> None:
        color = self.palette().color(QPalette.ColorRole.WindowText)
        self.mark.setPen(pg.mkPen(color, width=2, style=Qt.PenStyle.DashLine))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "mark"):
            self._color_mark()


_LOWEST = 96
_MAX_BARS = 48
_GAP = 2


class BarChart(QWidget):
    """A painted bar chart of counts by value; adjacent values are joined if there are many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: list[tuple[int, int, int]] = []
        """First value, last value and count of each bar."""
        self._mark = 0
        self._mark_text = ""
        self._tip = "{0}: {1}"
        self.setMinimumHeight(_LOWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, counts: Sequence[tuple[int, int]], *, tip: str = "{0}: {1}") -> None:
        """Show counts by ascending value; ``tip`` formats value and count of a bar."""
        self.bars = joined_bars(counts, _MAX_BARS)
        self._tip = tip
        self.update()

    def show_mark(self, value: int, text: str) -> None:
        """Mark the position after a value with a line and a text; an empty text removes it."""
        self._mark, self._mark_text = value, text
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(240, _LOWEST + 24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint bars, axis and mark."""
        if not self.bars:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._place()
        self._paint_bars(painter, place)
        self._paint_axis(painter, place)
        if self._mark_text:
            self._paint_mark(painter, place)
        painter.end()

    def _place(self) -> QRectF:
        line = QFontMetrics(self.font()).height()
        return QRectF(self.rect()).adjusted(0, line + 2, 0, -line - 4)

    def _slot(self, place: QRectF, number: int) -> QRectF:
        # The width is limited, for charts of few bars.
        wide = min(place.width() / len(self.bars), 40.0)
        return QRectF(place.left() + number * wide, place.top(), wide, place.height())

    def _paint_bars(self, painter: QPainter, place: QRectF) -> None:
        highest = max(count for _first, _last, count in self.bars)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        for number, (_first, _last, count) in enumerate(self.bars):
            slot = self._slot(place, number)
            if count:
                slot.setTop(slot.bottom() - max(1.5, slot.height() * count / highest))
                painter.drawRoundedRect(slot.adjusted(0, 0, -_GAP, 0), 1.5, 1.5)

    def _paint_axis(self, painter: QPainter, place: QRectF) -> None:
        palette, metrics = self.palette(), QFontMetrics(self.font())
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        baseline, free_from = place.bottom() + metrics.ascent() + 2, -1.0
        for number, (first, _last, _count) in enumerate(self.bars):
            slot, text = self._slot(place, number), str(first)
            if slot.left() >= free_from:
                painter.drawText(QPointF(slot.left(), baseline), text)
                free_from = slot.left() + metrics.horizontalAdvance(text) + 18

    def _paint_mark(self, painter: QPainter, place: QRectF) -> None:
        metrics = QFontMetrics(self.font())
        behind = sum(1 for first, _last, _count in self.bars if first <= self._mark)
        x = place.left() + behind * self._slot(place, 0).width() - _GAP / 2
        color = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        painter.setPen(QPen(color, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, 0), QPointF(x, place.bottom()))
        width = metrics.horizontalAdvance(self._mark_text)
        left = x + 5 if x + 5 + width < self.width() else max(0.0, x - 5 - width)
        painter.setPen(color)
        painter.drawText(QPointF(left, metrics.ascent()), self._mark_text)

    def event(self, event: QEvent) -> bool:
        """Show value and count of the bar under the pointer as a tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.bars:
            place = self._place()
            number = int((event.pos().x() - place.left()) / self._slot(place, 0).width())
            if 0 <= number < len(self.bars):
                first, last, count = self.bars[number]
                span = str(first) if first == last else f"{first}–{last}"
                QToolTip.showText(event.globalPos(), self._tip.format(span, f"{count:,}"), self)
                return True
        return super().event(event)


def joined_bars(counts: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int, int]]:
    """Join adjacent values into at most ``most`` bars of equal width.

    The last bar holds the values beyond 99 % of the counts, so that a long tail does not squeeze
    the others.
    """
    if not counts:
        return []
    first, total, so_far, end = counts[0][0], sum(c for _v, c in counts), 0, counts[-1][0]
    for value, count in counts:
        so_far += count
        if so_far >= 0.99 * total:
            end = value
            break
    step = -(-(end - first + 1) // most)
    slots = -(-(end - first + 1) // step)
    bars = [[first + n * step, first + (n + 1) * step - 1, 0] for n in range(slots)]
    for value, count in counts:
        bars[min((value - first) // step, slots - 1)][2] += count
    bars[-1][1] = max(bars[-1][1] if step > 1 else bars[-1][0], counts[-1][0])
    return [(low, high, count) for low, high, count in bars]
