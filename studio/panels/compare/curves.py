"""Curves of compared runs: two plots of one metric each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from engine.runs.curves import Metric, MetricKind
from studio.models.comparison import (
    CurveAxis,
    ShownRun,
    band_of,
    metrics_of,
    positions,
    seed_groups,
)
from studio.models.loss_history import smoothed
from studio.models.loss_text import metric_scale, metric_words
from studio.settings.choices import CompareView
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.overlay_plot import Overlay, OverlayPlot

_SMOOTHING_STEPS = 99
_WIDE = 640
"""Width from which the two plots are beside each other."""


class MetricPlot(QWidget):
    """A plot of one metric, which is chosen above it."""

    metric_chosen = Signal()

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._metrics: dict[str, Metric] = {}
        self.chosen = ""
        """Key of the metric that the user has chosen; empty for the usual one."""
        self.field = ChoiceField()
        self.field.set_help(self.tr("Metric to compare"), self.tr("Metric"))
        self.field.text_edited.connect(self._on_chosen)
        self.plot = OverlayPlot(self.tr("images seen"), self.tr("{0} images"))
        self._nothing = plain_label(role="muted")
        self._nothing.hide()
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, self.field, (self.plot, 1), self._nothing)

    @property
    def shown_metric(self) -> Metric | None:
        """The metric that is shown."""
        return self._metrics.get(self.field.text())

    def offer(self, metrics: Sequence[Metric]) -> None:
        """Set the metrics to choose from."""
        known = {metric_key(metric): metric for metric in metrics}
        if known != self._metrics:
            self._metrics = known
            self.field.set_choices((key, metric_words(metric)[0]) for key, metric in known.items())
        keys = list(known)
        usual = keys[min(self._number, len(keys) - 1)] if keys else ""
        self.field.set_text(self.chosen if self.chosen in known else usual)
        metric = self.shown_metric
        tip = metric_words(metric)[1] if metric else ""
        self.field.set_help(tip or self.tr("Metric to compare"), self.tr("Metric"))
        name = metric_words(metric)[0] if metric else self.tr("Metric")
        self.plot.setAccessibleName(name)

    def show_missing(self, count: int) -> None:
        """Say how many runs lack the metric or its positions."""
        text = self.tr("%Ln run(s) have no such curve.", "", count)
        self._nothing.setText(text if count else "")
        self._nothing.setVisible(bool(count))

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.chosen = key
        self.metric_chosen.emit()


class CurvesPage(QWidget):
    """Two plots with a common horizontal axis."""

    pointed = Signal(object)
    """Emitted with the folder of the run under the pointer, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[ShownRun, ...] = ()
        self._bold: Path | None = None
        self._overlay_of: dict[Path, str] = {}
        self.plots = (MetricPlot(0), MetricPlot(1))
        self.axis = ChoiceField()
        self.axis.set_choices(
            (
                (CurveAxis.IMAGES.value, self.tr("Images seen")),
                (CurveAxis.TIME.value, self.tr("Time trained")),
                (CurveAxis.STEPS.value, self.tr("Steps")),
            )
        )
        self.axis.set_text(CurveAxis.IMAGES.value)
        self.axis.set_help(self.tr("What the curves are drawn over"), self.tr("Horizontal axis"))
        self.axis.text_edited.connect(self._draw)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.log = QCheckBox(self.tr("Log scale"))
        self.seeds = QCheckBox(self.tr("Join seeds"))
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        for plot in self.plots:
            plot.metric_chosen.connect(self._draw)
            plot.plot.pointed.connect(self._on_pointed)

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Draw the curves of runs."""
        self._runs = tuple(runs)
        self._draw()

    def emphasise(self, folder: Path | None) -> None:
        """Draw the curve of one run bold, or none."""
        self._bold = folder
        name = self._overlay_of.get(folder, "") if folder else ""
        for plot in self.plots:
            plot.plot.emphasise(name)

    def apply(self, view: CompareView) -> None:
        """Restore view settings."""
        self.axis.set_text(view.axis)
        self.smoothing.setValue(round(view.smoothing * 100))
        self.seeds.setChecked(view.joins_seeds)
        self.log.setChecked(view.is_log)
        for plot, chosen in zip(self.plots, view.metrics, strict=False):
            plot.chosen = chosen

    @Slot()
    def _draw(self) -> None:
        metrics = metrics_of(self._runs)
        axis = CurveAxis(self.axis.text())
        groups = self._groups()
        self._overlay_of = {run.folder: str(group[0].folder) for group in groups for run in group}
        for plot in self.plots:
            plot.offer(metrics)
            plot.plot.show_axis(*self._axis_words(axis))
            metric = plot.shown_metric
            drawn = [o for group in groups if metric and (o := self._overlay(group, metric, axis))]
            plot.plot.show_overlays(drawn)
            plot.show_missing(len(groups) - len(drawn) if metric else 0)
        self.emphasise(self._bold)

    def _groups(self) -> list[list[ShownRun]]:
        if not self.seeds.isChecked():
            return [[run] for run in self._runs]
        by_folder = {run.folder: run for run in self._runs}
        found = seed_groups({folder: run.config for folder, run in by_folder.items()})
        return [[by_folder[folder] for folder in group] for group in found]

    def _overlay(self, group: list[ShownRun], metric: Metric, axis: CurveAxis) -> Overlay | None:
        """Return the curve of a run, or the median of the seeds of a configuration."""
        curves: list[tuple[np.ndarray, np.ndarray]] = []
        weight = 0.0 if metric.kind is MetricKind.QUALITY else self.smoothing.value() / 100
        for run in group:
            points = run.curves.curves.get(metric)
            x = positions(points, axis, run.config) if points is not None else None
            if points is None or x is None or not len(x):
                continue
            values = smoothed(points.values, weight, points.reports_per_point)
            curves.append((x, metric_scale(metric) * values))
        if not curves:
            return None
        name, place = str(group[0].folder), group[0].place
        if len(curves) == 1:
            return Overlay(name, group[0].name, place, *curves[0])
        band = band_of(curves)
        if band is None:
            return None
        label = self.tr("{0}, median of %Ln seed(s)", "", len(curves)).format(group[0].name)
        return Overlay(name, label, place, band.x, band.median, (band.low, band.high))

    def _axis_words(self, axis: CurveAxis) -> tuple[str, str]:
        return {
            CurveAxis.IMAGES: (self.tr("images seen"), self.tr("{0} images")),
            CurveAxis.TIME: (self.tr("minutes trained"), self.tr("{0} min")),
            CurveAxis.STEPS: (self.tr("steps"), self.tr("{0} steps")),
        }[axis]

    @Slot(str)
    def _on_pointed(self, name: str) -> None:
        self.pointed.emit(Path(name) if name else None)

    @Slot(bool)
    def _set_log(self, is_log: bool) -> None:  # noqa: FBT001 - a Qt slot
        for plot in self.plots:
            plot.plot.set_log(is_log=is_log)
        self._draw()

    @Slot()
    def _fit(self) -> None:
        for plot in self.plots:
            plot.plot.fit_again()

    def _lay_out(self) -> None:
        self.smoothing.setRange(0, _SMOOTHING_STEPS)
        self.smoothing.setFixedWidth(110)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.setToolTip(
            self.tr("Weight of the past in the curves of losses; figures of quality stay as they "
                "are")
        )  # fmt: skip
        self.smoothing.valueChanged.connect(self._draw)
        self.log.setToolTip(
            self.tr("Logarithmic axis; values of zero and below are drawn at its lower edge")
        )
        self.log.toggled.connect(self._set_log)
        self.seeds.setToolTip(
            self.tr("Show runs that differ in nothing but their seed as one curve: their median, "
                "and a band from the lowest to the highest, as far as all of them have trained")
        )  # fmt: skip
        self.seeds.toggled.connect(self._draw)
        self.axis.setFixedWidth(150)
        smooth = QWidget()
        smooth.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = spaced(QHBoxLayout(smooth), SPACING, (0, 0, 0, 0))
        fill(row, QLabel(self.tr("Smoothing")), self.smoothing)
        controls = FlowLayout(SPACING)
        tip = self.tr("Show the whole runs; single outliers may leave the frame")
        fit = push_button(self.tr("Fit"), self._fit, tip=tip)
        for widget in (self.axis, smooth, self.seeds, self.log, fit):
            controls.addWidget(widget)
        for plot in self.plots:
            self._split.addWidget(plot)
        self._split.setChildrenCollapsible(False)
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), controls, (self._split, 1))


def metric_key(metric: Metric) -> str:
    """Return a metric as text, for a choice that is remembered."""
    return f"{metric.kind.value}:{metric.name}"
