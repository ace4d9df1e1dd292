"""Table of all figures of a run's evaluations, and its text for other programs."""

import csv
import io
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.events import EvaluationCompleted
from studio.models.quality_text import figure_words, shown_value
from studio.models.run_state import count_text

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class QualityTable(QAbstractTableModel):
    """One row for each figure, one column for each evaluation, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._events: list[EvaluationCompleted] = []
        self._names: tuple[str, ...] = ()

    def show_evaluations(self, events: Sequence[EvaluationCompleted]) -> None:
        """Replace all evaluations, given in the order of their images."""
        self.beginResetModel()
        self._events = [*reversed(events)]
        self._names = tuple(dict.fromkeys(name for e in self._events for name in e.metrics))
        self.endResetModel()

    def csv_text(self) -> str:
        """Return all figures with full precision: one line for each evaluation, oldest first."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("images_seen", "elapsed_s", *self._names))
        for event in reversed(self._events):
            values = (event.metrics.get(name, "") for name in self._names)
            writer.writerow((event.images_seen, round(event.elapsed_s, 3), *values))
        return text.getvalue()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of figures."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of evaluations."""
        return 0 if parent.isValid() else len(self._events)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of a figure."""
        event, name = self._events[index.column()], self._names[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                value = event.metrics.get(name)
                return "" if value is None else f"{shown_value(name, value):.4g}"
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole:
                return self.tr("The best of the run so far") if name in event.best else None
            case _:
                return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return the images of an evaluation, or the name of a figure with its explanation."""
        if orientation is Qt.Orientation.Horizontal:
            if role != Qt.ItemDataRole.DisplayRole:
                return None
            return self.tr("{0} images").format(count_text(self._events[section].images_seen))
        label, tip = figure_words(self._names[section])
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return label
            case Qt.ItemDataRole.ToolTipRole:
                return tip
            case _:
                return None
