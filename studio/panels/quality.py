"""How good the samples are, measured now and then while a run trains."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.events import EvaluationCompleted
from studio.models.loss_history import LossHistory, figure_words, quality_views, shown_value
from studio.theme import MARGIN, SPACING
from studio.widgets.labels import spaced
from studio.widgets.plot_with_legend import PlotWithLegend


class QualityPanel(QWidget):
    """Shows the figures of one run, those of one scale at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._best: dict[str, float] = {}
        self._views = {view.name: view for view in quality_views()}
        self._view = next(iter(self._views))
        self._board = PlotWithLegend(
            self.tr("Quality"),
            self.tr("Quality is measured about once a minute while a run trains."),
            has_marks=True,
        )
        self._board.switched.connect(self._draw)
        self._lay_out()

    @property
    def board(self) -> PlotWithLegend:
        """The curves."""
        return self._board

    def clear(self) -> None:
        """Forget the figures; a new run begins."""
        self._history = LossHistory()
        self._best.clear()
        self._board.clear()

    def add_quality(self, event: EvaluationCompleted) -> None:
        """Take a measurement in."""
        values = {name: shown_value(name, value) for name, value in event.metrics.items()}
        self._history.append(event.images_seen, values)
        self._best.update({name: values[name] for name in event.best if name in values})
        self._draw()

    def drop_after(self, images_seen: int) -> None:
        """Forget what a run that went back does again."""
        self._history.drop_after(images_seen)
        self._draw()

    def show_view(self, name: str) -> None:
        """Show other figures."""
        self._buttons[name].setChecked(True)
        self._view = name
        self._board.clear()
        self._draw()

    def _lay_out(self) -> None:
        choice = spaced(QHBoxLayout(), SPACING // 2)
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
        choice.addWidget(self._board.legend, stretch=1)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        layout.addLayout(choice)
        layout.addWidget(self._board, stretch=1)

    @Slot()
    def _draw(self) -> None:
        for name in self._views[self._view].metrics:
            if name not in self._history.curves:
                continue
            if not self._board.has_curve(name):
                self._board.add(name, *figure_words(name))
            self._board.draw(name, *self._history.curves[name].points())
            self._board.legend.set_tip(name, self._tip(name))
        self._board.show_drawn()

    def _tip(self, name: str) -> str:
        _label, meaning = figure_words(name)
        if name not in self._best:
            return meaning
        best = self.tr("Best so far: {0}").format(f"{self._best[name]:.3g}")
        return f"{meaning}\n{best}"

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came in while nobody looked."""
        super().showEvent(event)
        self._draw()
