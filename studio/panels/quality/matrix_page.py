"""Page of the Quality panel: the coherence matrix as a heat map, over the course of a run."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QLinearGradient, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QStackedWidget, QVBoxLayout, QWidget

from engine.events import EvaluationCompleted
from studio.models.coherence_matrix import MatrixTable, heat_color, matrix_csv, matrix_of
from studio.models.preview_timeline import step_text
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.copyable_table import CopyableTable
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.steps import TimelineBar

_ROW_HEIGHT = 28
_MIN_COLUMN_WIDTH = 64
_SCALE_SIZE = QSize(96, 10)


class MatrixPage(QStackedWidget):
    """The coherence matrix of one evaluation, with a slider over all of them."""

    save_requested = Signal()
    """Emitted to save the matrices of all evaluations as CSV."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._events: list[EvaluationCompleted] = []
        self._held: int | None = None
        """Images of the shown evaluation; None shows the newest, also of those to come."""
        self.model = MatrixTable(self)
        self.table = CopyableTable()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Coherence matrix"))
        self.table.setAlternatingRowColors(False)
        self.table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setMinimumSectionSize(_MIN_COLUMN_WIDTH)
        self.steps = TimelineBar(newest=self.tr("Show the newest evaluation"), has_keys=False)
        self.steps.move_requested.connect(self.show_step)
        self._empty = plain_label(role="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()

    def set_empty(self, text: str) -> None:
        """Set the text that is shown while there is no matrix."""
        self._empty.setText(text)

    def show_evaluations(self, events: Sequence[EvaluationCompleted]) -> None:
        """Replace all evaluations, given in the order of their images."""
        self._events = [event for event in events if matrix_of(event) is not None]
        self.setCurrentIndex(int(bool(self._events)))
        self._refresh()

    @property
    def has_matrix(self) -> bool:
        """Whether an evaluation has a matrix."""
        return bool(self._events)

    def csv_text(self) -> str:
        """Return the matrices of all evaluations."""
        return matrix_csv(self._events)

    @Slot(int)
    def show_step(self, index: int) -> None:
        """Show an evaluation; at the last one, those to come are followed."""
        is_newest = index >= len(self._events) - 1
        self._held = None if is_newest else self._events[max(index, 0)].images_seen
        self._refresh()

    def show_at(self, images_seen: int | None) -> None:
        """Show the evaluation after so many images; None shows the newest, and those to come."""
        self._held = images_seen
        self._refresh()

    def _refresh(self) -> None:
        places = [n for n, event in enumerate(self._events) if event.images_seen == self._held]
        index = places[0] if places else len(self._events) - 1
        event = self._events[index] if self._events else None
        self.model.show_matrix(matrix_of(event) if event else None)
        self.steps.show_step(
            index,
            len(self._events),
            text=step_text(event.images_seen, event.elapsed_s) if event else "",
            is_live=self._held is None,
            grows=False,
        )

    def _lay_out(self) -> None:
        copy = push_button(self.tr("Copy"), self.table.copy, role="small")
        copy.setToolTip(self.tr("Copy the selected cells for a spreadsheet; all if none are"))
        save = push_button(self.tr("Save as CSV…"), self.save_requested, role="small")
        save.setToolTip(
            self.tr("The matrices of all evaluations with full precision, one line for each cell")
        )
        caption = plain_label(self.tr("Rows are given, columns are made."), role="muted")
        chance, real = plain_label(self.tr("chance")), plain_label(self.tr("real items"))
        for label in (chance, real):
            label.setWordWrap(False)
        scale = fill(spaced(QHBoxLayout(), SPACING), (caption, 1), chance, HeatScale(), real)
        below = fill(spaced(QHBoxLayout(), SPACING), copy, save, (self.steps, 1))
        page = QWidget()
        fill(spaced(QVBoxLayout(page), SPACING, (0, 0, 0, 0)), scale, (self.table, 1), below)
        self.addWidget(self._empty)
        self.addWidget(page)


class HeatScale(QWidget):
    """The colours between chance and the figure of real items."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_SCALE_SIZE.width(), QFontMetrics(self.font()).height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a gradient in a frame."""
        painter = QPainter(self)
        top = (self.height() - _SCALE_SIZE.height()) // 2
        place = QRect(0, top, self.width() - 1, _SCALE_SIZE.height())
        gradient = QLinearGradient(place.topLeft(), place.topRight())
        gradient.setColorAt(0, heat_color(0))
        gradient.setColorAt(1, heat_color(1))
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.setBrush(gradient)
        painter.drawRect(place)
        painter.end()
