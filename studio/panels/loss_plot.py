"""The losses, live: one curve for each, smoothed over the raw one."""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.events import LossesReported
from studio.models.loss_history import LossHistory, robust_range, smoothed, thinned
from studio.settings.views import PlotView
from studio.theme import DARK, MARGIN, SPACING, current_colors
from studio.widgets.curve_legend import CurveLegend
from studio.widgets.labels import plain_label

REDRAW_MS = 50
SMALLEST_LOG = 1e-6
SMOOTHING_STEPS = 99
# Okabe & Ito's colours, which colour-blind eyes tell apart, a shade lighter on dark ground.
LIGHT_COLORS = ("#0072b2", "#d55e00", "#009e73", "#b5518f", "#b07a00", "#3a8fb7")
DARK_COLORS = ("#56b4e9", "#ff8f4d", "#35c79a", "#e08fc0", "#f0b93a", "#9ad4f5")


class LossPlotPanel(QWidget):
    """Shows the losses of one run; redraws at most 20 times a second, and only when visible."""

    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._hidden: set[str] = set()
        self._lines: dict[str, tuple[Any, Any]] = {}
        self._is_fitting = True
        self._legend = CurveLegend()
        self._legend.visibility_changed.connect(self._switch)
        self._plot = self._make_plot()
        self._readout = self._make_readout()
        self._make_controls()
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self._draw)
        self._lay_out()
        self._recolor()

    def clear(self) -> None:
        """Forget the curves; a new run begins."""
        self._history = LossHistory()
        for raw, smooth in self._lines.values():
            self._plot.removeItem(raw)
            self._plot.removeItem(smooth)
        self._lines.clear()
        self._legend.clear()
        self._is_fitting = True
        self._stack.setCurrentIndex(0)

    def add_losses(self, event: LossesReported) -> None:
        """Take a report in; it is drawn a moment later, together with its neighbours."""
        self._history.append(event.progress.images_seen, dict(event.losses))
        if not self._redraw.isActive() and self.isVisible():
            self._redraw.start()

    def view(self) -> PlotView:
        """Give what to remember."""
        return PlotView(
            smoothing=self._smoothing.value() / 100,
            is_log=self._log.isChecked(),
            hidden=tuple(sorted(self._hidden)),
        )

    def set_view(self, view: PlotView) -> None:
        """Restore what was remembered."""
        self._smoothing.setValue(round(view.smoothing * 100))
        self._log.setChecked(view.is_log)
        self._hidden = set(view.hidden)
        for name in self._lines:
            self._legend.chip(name).setChecked(name not in self._hidden)

    def _make_plot(self) -> pg.PlotWidget:
        plot = pg.PlotWidget()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setLabel("bottom", self.tr("images seen"))
        plot.getAxis("bottom").enableAutoSIPrefix(enable=False)
        plot.getAxis("bottom").tickStrings = _image_ticks
        plot.setAccessibleName(self.tr("Losses"))
        plot.getViewBox().sigRangeChangedManually.connect(self._leave_fitting)
        self._mark = pg.InfiniteLine(angle=90, movable=False)
        self._mark.hide()
        plot.addItem(self._mark, ignoreBounds=True)
        plot.scene().sigMouseMoved.connect(self._point_at)
        return plot

    def _make_readout(self) -> QLabel:
        label = QLabel(self._plot)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.setMargin(SPACING)
        label.setProperty("role", "readout")
        label.hide()
        return label

    def _make_controls(self) -> None:
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setRange(0, SMOOTHING_STEPS)
        self._smoothing.setValue(round(PlotView().smoothing * 100))
        self._smoothing.setFixedWidth(110)
        self._smoothing.setAccessibleName(self.tr("Smoothing"))
        self._smoothing.setToolTip(
            self.tr("Weight of the past in the bold curves; the raw ones stay behind them, faint")
        )
        self._smoothing.valueChanged.connect(self._draw)
        self._log = QCheckBox(self.tr("Log scale"))
        self._log.setToolTip(
            self.tr("Logarithmic axis; values of zero and below are drawn at its lower edge")
        )
        self._log.toggled.connect(self._set_log)
        self._fit = QPushButton(self.tr("Fit"))
        self._fit.setToolTip(
            self.tr("Show the whole run again; single outliers may leave the frame")
        )
        self._fit.clicked.connect(self._fit_again)

    def _lay_out(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(SPACING)
        controls.addWidget(self._legend, stretch=1)
        controls.addWidget(QLabel(self.tr("Smoothing")))
        controls.addWidget(self._smoothing)
        controls.addWidget(self._log)
        controls.addWidget(self._fit)
        empty = plain_label(self.tr("Loss curves appear here when training starts."), role="muted")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(self._plot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, SPACING, MARGIN, MARGIN)
        layout.setSpacing(SPACING)
        layout.addLayout(controls)
        layout.addWidget(self._stack, stretch=1)

    @Slot()
    def _draw(self) -> None:
        shown = []
        for name, curve in self._history.curves.items():
            if name not in self._lines:
                self._add_curve(name)
            x, values = curve.points()
            weight = self._smoothing.value() / 100
            soft = smoothed(values, weight, curve.reports_per_point)
            self._legend.set_value(name, float(soft[-1]) if len(soft) else math.nan)
            is_shown = name not in self._hidden
            self._set_line(name, 0, x, values, is_shown=is_shown and weight > 0)
            self._set_line(name, 1, x, soft, is_shown=is_shown)
            if is_shown:
                shown.append((x, self._scaled(soft)))
        if self._lines:
            self._stack.setCurrentIndex(1)
        if self._is_fitting and shown:
            self._show_all(shown)

    def _set_line(
        self, name: str, which: int, x: np.ndarray, y: np.ndarray, *, is_shown: bool
    ) -> None:
        line = self._lines[name][which]
        line.setVisible(is_shown)
        if is_shown:
            width = max(int(self._plot.width() * self.devicePixelRatio()), 100)
            line.setData(*thinned(x, self._scaled(y), width))

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        if not self._log.isChecked():
            return values
        return np.log10(np.maximum(values, SMALLEST_LOG))

    def _show_all(self, shown: list[tuple[np.ndarray, np.ndarray]]) -> None:
        span = robust_range([y for _x, y in shown])
        right = max(float(x[-1]) for x, _y in shown if len(x))
        self._plot.setRange(xRange=(0, max(right, 1.0)), yRange=(span.low, span.high), padding=0)

    def _add_curve(self, name: str) -> None:
        raw, smooth = self._plot.plot(), self._plot.plot()
        self._lines[name] = (raw, smooth)
        label, tip = self._words(name)
        self._legend.add(name, label, tip, is_on=name not in self._hidden)
        self._recolor()

    def _words(self, name: str) -> tuple[str, str]:
        known = {
            "generator": (
                self.tr("Generator"),
                self.tr("How badly the generator fails to convince the critic"),
            ),
            "critic": (
                self.tr("Critic"),
                self.tr("How badly the critic tells real pairs from generated ones"),
            ),
            "penalty": (
                self.tr("Penalty"),
                self.tr("What keeps the critic smooth: its squared slope at the real pairs"),
            ),
            "caption": (
                self.tr("Caption"),
                self.tr("How surprising the real words are to the generator, in nats a word"),
            ),
        }
        return known.get(name, (name, name))

    @Slot(str, bool)
    def _switch(self, name: str, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        (self._hidden.discard if is_on else self._hidden.add)(name)
        self._recolor()
        self._draw()

    @Slot(bool)
    def _set_log(self, is_log: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._plot.getAxis("left").setLogMode(is_log)
        self._draw()

    @Slot()
    def _leave_fitting(self) -> None:
        self._is_fitting = False

    @Slot()
    def _fit_again(self) -> None:
        self._is_fitting = True
        self._draw()

    @Slot(object)
    def _point_at(self, place: QPointF) -> None:
        box = self._plot.getViewBox()
        is_inside = box.sceneBoundingRect().contains(place) and bool(self._lines)
        self._mark.setVisible(is_inside)
        self._readout.setVisible(is_inside)
        if is_inside:
            self._read_at(box.mapSceneToView(place).x())
            self._place_readout(place)

    def _read_at(self, images_seen: float) -> None:
        lines: list[str] = []
        for name, (_raw, smooth) in self._lines.items():
            x, y = smooth.getData()
            if name in self._hidden or x is None or not len(x):
                continue
            nearest = int(np.abs(x - images_seen).argmin())
            value = 10 ** y[nearest] if self._log.isChecked() else y[nearest]
            if not lines:
                self._mark.setPos(x[nearest])
                text = self.tr("{0} images")
                lines.append(text.format(self.locale().toString(int(x[nearest]))))
            lines.append(f"{self._words(name)[0]}  {value:.4g}")
        self._readout.setText("\n".join(lines))
        self._readout.adjustSize()

    def _place_readout(self, place: QPointF) -> None:
        at = self._plot.mapFromScene(place)
        is_right = at.x() > self._plot.width() / 2
        left = at.x() - self._readout.width() - MARGIN if is_right else at.x() + MARGIN
        self._readout.move(int(left), MARGIN)

    def _recolor(self) -> None:
        colors = current_colors()
        self._plot.setBackground(colors.surface)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(colors.border)
            axis.setTextPen(colors.muted)
        self._plot.showGrid(x=False, y=True, alpha=0.12)
        self._mark.setPen(pg.mkPen(colors.muted, style=Qt.PenStyle.DashLine))
        table = DARK_COLORS if colors is DARK else LIGHT_COLORS
        for number, (name, (raw, smooth)) in enumerate(self._lines.items()):
            color = QColor(table[number % len(table)])
            smooth.setPen(pg.mkPen(color, width=2))
            self._legend.set_color(name, color.name())
            color.setAlpha(70)
            raw.setPen(pg.mkPen(color, width=1))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolor()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came in while nobody looked."""
        super().showEvent(event)
        self._draw()


def _image_ticks(values: list[float], scale: float, _spacing: float) -> list[str]:
    """Write image counts with k and M, in every locale alike."""
    return [_short(value * scale) for value in values]


def _short(count: float) -> str:
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            return f"{count / size:g}{suffix}"
    return f"{count:g}"
