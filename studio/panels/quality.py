"""Quality panel: metrics measured during a run."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from engine.events import EvaluationCompleted
from engine.metrics.verdict import Verdict, worded
from studio.i18n import translate_engine
from studio.models.loss_history import (
    LossHistory,
    figure_words,
    levels_text,
    quality_views,
    shown_value,
)
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import add_page_buttons
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.plot_with_legend import PlotWithLegend


class QualityPanel(QWidget):
    """Metrics of one run; metrics of different scale are separate views."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._best: dict[str, float] = {}
        self._levels = ""
        self._views = {view.name: view for view in quality_views()}
        self._view = next(iter(self._views))
        self.board = PlotWithLegend(
            self.tr("Quality"),
            self.tr("Quality is measured about once a minute while a run trains."),
            has_marks=True,
        )
        self.board.switched.connect(self._draw)
        self._sentence, self._advice = plain_label(), plain_label(role="muted")
        self._lay_out()

    def clear(self) -> None:
        """Remove all metrics and the verdict."""
        self.show_verdict(None)
        self._history = LossHistory()
        self._best.clear()
        self.board.clear()

    def add_quality(self, event: EvaluationCompleted) -> None:
        """Add a measurement."""
        values = {name: shown_value(name, value) for name, value in event.metrics.items()}
        self._history.append(event.images_seen, values)
        self._levels = levels_text(event.metrics)
        self._best.update({name: values[name] for name in event.best if name in values})
        self._draw()

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show the verdict on the run and what would help most; ``None`` removes it."""
        sentence, advice = worded(verdict, translate_engine) if verdict else ("", "")
        for label, text in ((self._sentence, sentence), (self._advice, advice)):
            label.setText(text)
            label.setVisible(bool(text))

    def drop_after(self, images_seen: int) -> None:
        """Remove the points after a number of images, when a run is rewound."""
        self._history.drop_after(images_seen)
        self._draw()

    def show_view(self, name: str) -> None:
        """Select a view."""
        self._buttons.button(list(self._views).index(name)).setChecked(True)
        self._view = name
        self.board.clear()
        self._draw()

    def _lay_out(self) -> None:
        choice = FlowLayout(SPACING // 2)
        self._buttons = QButtonGroup(self)
        add_page_buttons(choice, self._buttons, [view.title for view in self._views.values()])
        self._buttons.idClicked.connect(lambda page: self.show_view(list(self._views)[page]))
        choice.addWidget(self.board.legend)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, choice, (self.board, 1), self._sentence, self._advice)
        self.show_verdict(None)

    @Slot()
    def _draw(self) -> None:
        for name in self._views[self._view].metrics:
            if name not in self._history.curves:
                continue
            label, tip = figure_words(name)
            if name not in self.board.legend.names:
                self.board.add(name, label, tip)
            self.board.draw(name, *self._history.curves[name].points())
            if name == "texture" and self._levels:
                tip = f"{tip}\n{self._levels}"
            if name in self._best:
                best = self.tr("Best so far: {0}").format(f"{self._best[name]:.3g}")
                tip = f"{tip}\n{best}"
            self.board.legend.chip(name).setToolTip(tip)
        self.board.show_drawn()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the points added while hidden."""
        super().showEvent(event)
        self._draw()
