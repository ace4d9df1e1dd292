"""Loss panel: a smoothed curve over a raw one for each loss."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from engine.events import MetricsReported
from studio.models.loss_history import LossHistory, smoothed
from studio.models.loss_text import loss_words
from studio.models.run_marks import mark_kinds
from studio.settings.choices import PlotView
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import fill, spaced
from studio.widgets.moment_bar import MomentBar
from studio.widgets.plot_with_legend import PlotWithLegend

REDRAW_MS = 1000
SMOOTHING_STEPS = 99


class LossPlotPanel(QWidget):
    """Losses of one run; redrawn at most once a second, and only while visible."""

    moment_chosen = Signal(float)
    """Emitted with the images seen at a place of the plot that the user has clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = LossHistory()
        self.board = PlotWithLegend(
            self.tr("Losses"),
            self.tr("Loss curves appear here when training starts."),
            mark_kinds=mark_kinds(),
        )
        self.board.plot.marks.chosen.connect(self.moment_chosen)
        self.moment_bar = MomentBar()
        self.board.switched.connect(self._draw)
        self._make_controls()
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self._draw)

    def clear(self) -> None:
        """Remove all curves."""
        self.history = LossHistory()
        self.board.clear()

    def add_losses(self, event: MetricsReported) -> None:
        """Add a report; drawing is delayed and combined with other reports."""
        self.history.append(event.progress.images_seen, dict(event.losses))
        if not self._redraw.isActive() and self.isVisible():
            self._redraw.start()

    def drop_after(self, images_seen: int) -> None:
        """Remove the points after a number of images, when a run is rewound."""
        self.history.drop_after(images_seen)

    def view(self) -> PlotView:
        """Return the view settings to remember."""
        return PlotView(
            smoothing=self._smoothing.value() / 100,
            is_log=self._log.isChecked(),
            hidden=self.board.hidden,
            hidden_marks=tuple(sorted(self.board.marks_button.hidden)),
        )

    def set_view(self, view: PlotView) -> None:
        """Restore view settings."""
        self._smoothing.setValue(round(view.smoothing * 100))
        self._log.setChecked(view.is_log)
        self.board.hide_curves(view.hidden)
        self.board.marks_button.hide_kinds(view.hidden_marks)

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
        tip = self.tr("Show the whole run; single outliers may leave the frame")
        refit = push_button(self.tr("Fit"), self.board.plot.fit_again, tip=tip)
        view = QWidget()
        view.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row, label = spaced(QHBoxLayout(view), SPACING, (0, 0, 0, 0)), QLabel(self.tr("Smoothing"))
        fill(row, label, self._smoothing, self._log, refit)
        controls = FlowLayout(SPACING)
        controls.addWidget(self.board.legend)
        controls.addWidget(view)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, controls, (self.board, 1), self.moment_bar)

    @Slot()
    def _draw(self) -> None:
        weight = self._smoothing.value() / 100
        for name, curve in self.history.curves.items():
            if name not in self.board.legend.names:
                self.board.add(name, *loss_words(name))
            x, values = curve.points()
            soft = smoothed(values, weight, curve.reports_per_point)
            self.board.draw(name, x, soft, values if weight > 0 else None)
        self.board.show_drawn()

    @Slot(bool)
    def _set_log(self, is_log: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.board.plot.set_log(is_log=is_log)
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the points added while hidden."""
        super().showEvent(event)
        self._draw()
