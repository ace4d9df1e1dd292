"""How good the samples are, measured now and then while a run trains."""

import math

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.events import QualityMeasured
from studio.models.loss_history import LossHistory
from studio.models.quality_views import figure_words, quality_views, shown_value
from studio.theme import MARGIN, SPACING
from studio.widgets.curve_legend import CurveLegend
from studio.widgets.curve_plot import CurvePlot
from studio.widgets.labels import plain_label


class QualityPanel(QWidget):
    """Shows the figures of one run, those of one scale at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._best: dict[str, float] = {}
        self._views = {view.name: view for view in quality_views()}
        self._view = next(iter(self._views))
        self._legend = CurveLegend()
        self._legend.visibility_changed.connect(self._switch)
        self._hidden: set[str] = set()
        self._plot = CurvePlot(self.tr("images seen"), self.tr("{0} images"), has_marks=True)
        self._plot.setAccessibleName(self.tr("Quality"))
        self._plot.recolored.connect(self._color_legend)
        self._lay_out()

    @property
    def legend(self) -> CurveLegend:
        """The chips above the plot."""
        return self._legend

    @property
    def plot(self) -> CurvePlot:
        """The plot itself."""
        return self._plot

    def clear(self) -> None:
        """Forget the figures; a new run begins."""
        self._history = LossHistory()
        self._best.clear()
        self._restart()
        self._stack.setCurrentIndex(0)

    def add_quality(self, event: QualityMeasured) -> None:
        """Take a measurement in."""
        values = {name: shown_value(name, value) for name, value in event.figures.items()}
        self._history.append(event.images_seen, values)
        self._best.update({name: values[name] for name in event.best if name in values})
        self._draw()

    def show_view(self, name: str) -> None:
        """Show other figures."""
        self._buttons[name].setChecked(True)
        self._view = name
        self._restart()
        self._draw()

    def _lay_out(self) -> None:
        choice = QHBoxLayout()
        choice.setSpacing(SPACING // 2)
        group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for view in self._views.values():
            button = QToolButton()
            button.setText(view.title)
            button.setProperty("role", "view")
            button.setCheckable(True)
            button.setChecked(view.name == self._view)
            button.clicked.connect(lambda _checked, name=view.name: self.show_view(name))
            group.addButton(button)
            self._buttons[view.name] = button
            choice.addWidget(button)
        choice.addSpacing(SPACING)
        choice.addWidget(self._legend, stretch=1)
        empty = plain_label(
            self.tr("Quality is measured about once a minute while a run trains."), role="muted"
        )
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(self._plot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, SPACING, MARGIN, MARGIN)
        layout.setSpacing(SPACING)
        layout.addLayout(choice)
        layout.addWidget(self._stack, stretch=1)

    def _restart(self) -> None:
        self._plot.clear()
        self._legend.clear()

    @Slot()
    def _draw(self) -> None:
        shown = [n for n in self._views[self._view].figures if n in self._history.curves]
        for name in shown:
            if name not in self._legend.names:
                label, tip = figure_words(name)
                self._legend.add(name, label, tip, is_on=name not in self._hidden)
                self._plot.add(name, label)
            x, y = self._history.curves[name].points()
            self._legend.set_value(name, float(y[-1]) if len(y) else math.nan)
            self._legend.set_tip(name, self._tip(name))
            if name in self._hidden:
                self._plot.hide_curve(name)
            else:
                self._plot.show_curve(name, x, y, None)
        if self._history.curves:
            self._stack.setCurrentIndex(1)
        self._plot.fit()

    def _tip(self, name: str) -> str:
        _label, meaning = figure_words(name)
        if name not in self._best:
            return meaning
        best = self.tr("Best so far: {0}").format(f"{self._best[name]:.3g}")
        return f"{meaning}\n{best}"

    @Slot()
    def _color_legend(self) -> None:
        for name in self._legend.names:
            self._legend.set_color(name, self._plot.color(name))

    @Slot(str, bool)
    def _switch(self, name: str, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        (self._hidden.discard if is_on else self._hidden.add)(name)
        self._color_legend()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came in while nobody looked."""
        super().showEvent(event)
        self._draw()
