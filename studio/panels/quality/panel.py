"""Quality panel: metrics measured during a run."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.events import EvaluationCompleted
from engine.metrics.verdict import Verdict, worded
from studio.i18n import translate_engine
from studio.models.loss_history import LossHistory
from studio.models.moment import last_at
from studio.models.quality_table import QualityTable
from studio.models.quality_text import (
    beside_text,
    figure_words,
    levels_text,
    quality_views,
    shown_value,
)
from studio.models.run_marks import mark_kinds
from studio.panels.quality.matrix_page import MatrixPage
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import add_page_buttons, push_button
from studio.widgets.copyable_table import CopyableTable
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.folder_dialog import pick_new_file
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.moment_bar import MomentBar
from studio.widgets.plot_with_legend import PlotWithLegend

_MATRIX, _TABLE = "matrix", "table"
_AUTOMATIC = (_MATRIX, "coherence", "tables", "sounds", "images", "texts")
"""Views of which the first that has figures is shown until the user selects one."""
_OFFERED = ("tables", "sounds")
"""Views that are offered only where they have figures: most runs have none."""
_log = logging.getLogger(__name__)


class QualityPanel(QWidget):
    """Metrics of one run.

    Metrics of different scale are separate views, the coherence matrix is a heat map, and a table
    has all figures.
    """

    evaluate_requested = Signal()
    """Emitted to evaluate the shown run, or to cancel that."""
    moment_chosen = Signal(float)
    """Emitted with the images seen at a place of the plot that the user has clicked."""
    failed = Signal(object)
    """Emitted with the error if a file cannot be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._best: dict[str, float] = {}
        self._levels = ""
        self._views = {view.name: view for view in quality_views()}
        self._view = next(iter(self._views))
        self._names = [*self._views]
        self._names.insert(1, _MATRIX)
        self._names.append(_TABLE)
        self._is_view_chosen = False
        """Whether the user has selected a view."""
        self.board = PlotWithLegend(
            self.tr("Quality"),
            "",
            has_marks=True,
            mark_kinds=mark_kinds(),
        )
        self.board.plot.marks.chosen.connect(self.moment_chosen)
        self.moment_bar = MomentBar()
        self.board.switched.connect(self._draw)
        self._events: list[EvaluationCompleted] = []
        self.evaluate = push_button(self.tr("Evaluate now"), self.evaluate_requested, role="small")
        self._figures = QualityTable(self)
        self.table = CopyableTable()
        self.table.setModel(self._figures)
        self.table.setAccessibleName(self.tr("All figures"))
        self.matrix = MatrixPage()
        self.matrix.save_requested.connect(self._ask_matrix_file)
        self._sentence, self._advice = plain_label(), plain_label(role="muted")
        self._lay_out()
        self._show_events()
        self._show_empty()
        self.show_evaluation(is_under_way=False, is_enabled=False, can_cancel=False)

    def clear(self) -> None:
        """Remove all metrics and the verdict."""
        self.show_verdict(None)
        self._history = LossHistory()
        self._best.clear()
        self._events.clear()
        self._show_events()
        self.board.clear()
        self._show_empty()

    def add_quality(self, event: EvaluationCompleted) -> None:
        """Add a measurement; it replaces one of the same weights."""
        if self._events and event.images_seen <= self._events[-1].images_seen:
            self.drop_after(event.images_seen - 1)
        self._events.append(event)
        self._show_events()
        values = {name: shown_value(name, value) for name, value in event.metrics.items()}
        self._history.append(event.images_seen, values)
        self._levels = levels_text(event.metrics)
        self._best.update({name: values[name] for name in event.best if name in values})
        if not self._is_view_chosen:
            self._show_automatic_view(event)
        self._draw()

    def show_moment(self, images_seen: float | None) -> int | None:
        """Mark a moment, and show the evaluation at or before it; None shows the newest.

        Returns:
            Images seen at that evaluation; None if there is none.
        """
        self.board.plot.marks.show_moment(images_seen)
        if images_seen is None:
            self.matrix.show_at(None)
            self.table.clearSelection()
            return None
        seen = [event.images_seen for event in self._events]
        place = last_at(seen, images_seen)
        if place < 0 or seen[place] > images_seen:
            return None
        self.matrix.show_at(seen[place])
        # The newest evaluation is in the first column.
        self.table.selectColumn(len(seen) - 1 - place)
        return seen[place]

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
        self._show_events()
        self._draw()

    def show_evaluation(self, *, is_under_way: bool, is_enabled: bool, can_cancel: bool) -> None:
        """Show whether an evaluation can be requested, is under way, and can be cancelled."""
        text = self.tr("Evaluating…") if is_under_way else self.tr("Evaluate now")
        self.evaluate.setText(self.tr("Cancel evaluation") if can_cancel else text)
        self.evaluate.setEnabled(is_enabled)
        measures = self.tr("Measure the current weights; training continues meanwhile")
        loads = self.tr("There is no run with weights to measure")
        self.evaluate.setToolTip(measures if is_enabled or is_under_way else loads)

    def show_view(self, name: str) -> None:
        """Select a view."""
        self._buttons.button(self._names.index(name)).setChecked(True)
        pages = {_TABLE: 1, _MATRIX: 2}
        self._pages.setCurrentIndex(pages.get(name, 0))
        self.board.legend.setVisible(name in self._views)
        if name not in self._views:
            return
        self._view = name
        self.board.clear()
        self._show_empty()
        self._draw()

    @Slot(int)
    def _choose_view(self, number: int) -> None:
        self._is_view_chosen = True
        self.show_view(self._names[number])

    def _show_automatic_view(self, event: EvaluationCompleted) -> None:
        """Show the first view that has figures of an evaluation."""
        for name in _AUTOMATIC:
            view = self._views.get(name)
            if view.names_in(event.metrics) if view else self.matrix.has_matrix:
                if self._names.index(name) != self._buttons.checkedId():
                    self.show_view(name)
                return

    def _show_events(self) -> None:
        self._figures.show_evaluations(self._events)
        self.matrix.show_evaluations(self._events)
        measured = {name for event in self._events for name in event.metrics}
        for name in _OFFERED:
            button = self._buttons.button(self._names.index(name))
            button.setVisible(bool(self._views[name].names_in(measured)))
            if button.isChecked() and button.isHidden():
                self._is_view_chosen = False
                self.show_view(self._names[0])

    def _lay_out(self) -> None:
        choice = FlowLayout(SPACING // 2)
        self._buttons = QButtonGroup(self)
        others = {_MATRIX: self.tr("Matrix"), _TABLE: self.tr("All figures")}
        titles = [
            others[name] if name in others else self._views[name].title for name in self._names
        ]
        add_page_buttons(choice, self._buttons, titles)
        self._buttons.idClicked.connect(self._choose_view)
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
        self._pages.addWidget(self.matrix)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, choice, self.board.legend, (self._pages, 1), self.moment_bar)
        fill(layout, self._sentence, self._advice)
        self.show_verdict(None)

    def _show_empty(self) -> None:
        nothing = (
            ""
            if self._events
            else self.tr(
                "Quality is measured about once a minute while a run trains, and when it ends. "
                "“Evaluate now” measures the newest weights."
            )
        )
        self.board.set_empty(nothing or self._views[self._view].absent)
        self.matrix.set_empty(
            nothing
            or self.tr(
                "A coherence matrix compares three columns or more, and two that are not an image "
                "and a text; these are compared under “Coherence”."
            )
        )

    @Slot()
    def _ask_file(self) -> None:
        self._ask_csv(self.tr("Save all figures"), "quality.csv", self.save_csv)

    @Slot()
    def _ask_matrix_file(self) -> None:
        self._ask_csv(self.tr("Save the coherence matrix"), "matrix.csv", self.save_matrix_csv)

    def _ask_csv(self, caption: str, name: str, save: Callable[[Path], None]) -> None:
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        start = Path(QStandardPaths.writableLocation(documents)) / name
        pick_new_file(self, caption, start, self.tr("CSV (*.csv)"), save)

    def save_csv(self, path: Path) -> None:
        """Save all figures; emits ``failed`` if the file cannot be written."""
        self._write(path, self._figures.csv_text())

    def save_matrix_csv(self, path: Path) -> None:
        """Save all coherence matrices; emits ``failed`` if the file cannot be written."""
        self._write(path, self.matrix.csv_text())

    def _write(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            _log.info("%s cannot be written: %s", path, error)
            self.failed.emit(error)

    @Slot()
    def _draw(self) -> None:
        self._show_empty()
        newest = self._events[-1].metrics if self._events else {}
        for name in self._views[self._view].names_in(self._history.curves):
            label, tip = figure_words(name)
            if name not in self.board.legend.names:
                self.board.add(name, label, tip)
            self.board.draw(name, *self._history.curves[name].points())
            if name == "texture" and self._levels:
                tip = f"{tip}\n{self._levels}"
            if beside := beside_text(name, newest):
                tip = f"{tip}\n{beside}"
            if name in self._best:
                best = self.tr("Best so far: {0}").format(f"{self._best[name]:.3g}")
                tip = f"{tip}\n{best}"
            self.board.legend.chip(name).setToolTip(tip)
        self.board.show_drawn()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the points added while hidden."""
        super().showEvent(event)
        self._draw()
