"""Quality panel: metrics measured during a run."""

import logging
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.events import EvaluationCompleted
from engine.metrics.verdict import Verdict, worded
from studio.i18n import translate_engine
from studio.models.loss_history import LossHistory
from studio.models.quality_table import QualityTable
from studio.models.quality_text import figure_words, levels_text, quality_views, shown_value
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import add_page_buttons, push_button
from studio.widgets.copyable_table import CopyableTable
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.folder_dialog import pick_new_file
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.plot_with_legend import PlotWithLegend

_TABLE = "table"
_log = logging.getLogger(__name__)


class QualityPanel(QWidget):
    """Metrics of one run; metrics of different scale are separate views, and a table has all."""

    evaluate_requested = Signal()
    """Emitted to evaluate the shown run, or to cancel that."""
    failed = Signal(object)
    """Emitted with the error if a file cannot be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._best: dict[str, float] = {}
        self._levels = ""
        self._views = {view.name: view for view in quality_views()}
        self._view = next(iter(self._views))
        self.board = PlotWithLegend(
            self.tr("Quality"),
            "",
            has_marks=True,
        )
        self.board.switched.connect(self._draw)
        self._events: list[EvaluationCompleted] = []
        self.evaluate = push_button(self.tr("Evaluate now"), self.evaluate_requested, role="small")
        self._is_measurable = True
        self._figures = QualityTable(self)
        self.table = CopyableTable()
        self.table.setModel(self._figures)
        self.table.setAccessibleName(self.tr("All figures"))
        self._sentence, self._advice = plain_label(), plain_label(role="muted")
        self._lay_out()
        self._show_empty()
        self.show_evaluation(is_under_way=False, is_enabled=False, can_cancel=False)

    def clear(self) -> None:
        """Remove all metrics and the verdict."""
        self.show_verdict(None)
        self._history = LossHistory()
        self._best.clear()
        self._events.clear()
        self._figures.show_evaluations(())
        self.board.clear()
        self._show_empty()

    def add_quality(self, event: EvaluationCompleted) -> None:
        """Add a measurement; it replaces one of the same weights."""
        if self._events and event.images_seen <= self._events[-1].images_seen:
            self.drop_after(event.images_seen - 1)
        self._events.append(event)
        self._figures.show_evaluations(self._events)
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
        self._events = [event for event in self._events if event.images_seen <= images_seen]
        self._figures.show_evaluations(self._events)
        self._draw()

    def set_measurable(self, is_measurable: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set whether the run has several columns, or a table, which all figures are about."""
        self._is_measurable = is_measurable
        self._show_empty()

    def show_evaluation(self, *, is_under_way: bool, is_enabled: bool, can_cancel: bool) -> None:
        """Show whether an evaluation can be requested, is under way, and can be cancelled."""
        text = self.tr("Evaluating…") if is_under_way else self.tr("Evaluate now")
        self.evaluate.setText(self.tr("Cancel evaluation") if can_cancel else text)
        self.evaluate.setEnabled(is_enabled)
        measures = self.tr("Measure the current weights; training continues meanwhile")
        loads = self.tr("There is no run with weights to measure")
        if not self._is_measurable:
            loads = self._unmeasurable()
        self.evaluate.setToolTip(measures if is_enabled or is_under_way else loads)

    def show_view(self, name: str) -> None:
        """Select a view."""
        self._buttons.button([*self._views, _TABLE].index(name)).setChecked(True)
        self._pages.setCurrentIndex(int(name == _TABLE))
        self.board.legend.setVisible(name != _TABLE)
        if name == _TABLE:
            return
        self._view = name
        self.board.clear()
        self._show_empty()
        self._draw()

    def _lay_out(self) -> None:
        choice = FlowLayout(SPACING // 2)
        self._buttons = QButtonGroup(self)
        titles = [*(view.title for view in self._views.values()), self.tr("All figures")]
        add_page_buttons(choice, self._buttons, titles)
        self._buttons.idClicked.connect(lambda page: self.show_view([*self._views, _TABLE][page]))
        choice.addWidget(self.evaluate)
        page = QWidget()
        copy = push_button(self.tr("Copy"), self.table.copy, role="small")
        copy.setToolTip(self.tr("Copy the selected cells for a spreadsheet; all if none are"))
        save = push_button(self.tr("Save as CSV…"), self._ask_file, role="small")
        save.setToolTip(self.tr("All figures with full precision, one line for each evaluation"))
        buttons = fill(spaced(QHBoxLayout(), SPACING), copy, save, 1)
        fill(spaced(QVBoxLayout(page), SPACING, (0, 0, 0, 0)), (self.table, 1), buttons)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.board)
        self._pages.addWidget(page)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, choice, self.board.legend, (self._pages, 1), self._sentence, self._advice)
        self.show_verdict(None)

    def _unmeasurable(self) -> str:
        return self.tr(
            "The items of this run have a single column, with nothing to compare it with, so its "
            "quality is not measured. Look at the samples instead."
        )

    def _show_empty(self) -> None:
        if not self._is_measurable:
            self.board.set_empty(self._unmeasurable())
            return
        self.board.set_empty(
            self._views[self._view].absent
            if self._events
            else self.tr(
                "Quality is measured about once a minute while a run trains, and when it ends. "
                "“Evaluate now” measures the newest weights."
            )
        )

    @Slot()
    def _ask_file(self) -> None:
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        start = Path(QStandardPaths.writableLocation(documents)) / "quality.csv"
        caption, kind = self.tr("Save all figures"), self.tr("CSV (*.csv)")
        pick_new_file(self, caption, start, kind, self.save_csv)

    def save_csv(self, path: Path) -> None:
        """Save all figures; emits ``failed`` if the file cannot be written."""
        try:
            path.write_text(self._figures.csv_text(), encoding="utf-8")
        except OSError as error:
            _log.info("%s cannot be written: %s", path, error)
            self.failed.emit(error)

    @Slot()
    def _draw(self) -> None:
        self._show_empty()
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
