"""Table model of the runs of a workspace."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QIcon

from engine.metrics.verdict import KID_NOTE
from engine.runs.listing import ListedRun
from engine.runs.status import Status
from studio.i18n import translate_engine
from studio.models.run_state import count_text, duration_text
from studio.theme import current_colors
from studio.widgets.icons import icon

RUN_ROLE = Qt.ItemDataRole.UserRole
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_NONE = -1e300
_ICONS = {
    Status.RUNNING: "live",
    Status.FINISHED: "done",
    Status.STOPPED: "stop",
    Status.FAILED: "error",
    Status.INTERRUPTED: "warning",
    Status.NEW: "info",
    Status.EXPORTED: "export",
}


class Column(IntEnum):
    """Columns of the table."""

    STAR = 0
    NAME = 1
    STATE = 2
    DATASET = 3
    IMAGES = 4
    TIME = 5
    KID = 6
    COHERENCE = 7
    SIZE = 8
    DATE = 9


NUMBERS = (Column.IMAGES, Column.TIME, Column.KID, Column.COHERENCE, Column.SIZE)


class RunHistory(QAbstractTableModel):
    """Table model with one row per run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: list[ListedRun] = []

    @property
    def runs(self) -> Sequence[ListedRun]:
        """All runs, unordered."""
        return tuple(self._runs)

    def run_at(self, row: int) -> ListedRun:
        """Return the run of a row."""
        return self._runs[row]

    def show_runs(self, runs: Sequence[ListedRun]) -> None:
        """Replace the runs; remaining rows keep their place, which preserves the selection."""
        wanted = {run.folder: run for run in runs}
        for row in reversed(range(len(self._runs))):
            if self._runs[row].folder not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._runs[row]
                self.endRemoveRows()
        for row, old in enumerate(self._runs):
            new = wanted.pop(old.folder)
            if new != old:
                self._runs[row] = new
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))
        if wanted:
            first = len(self._runs)
            self.beginInsertRows(QModelIndex(), first, first + len(wanted) - 1)
            self._runs += wanted.values()
            self.endInsertRows()

    def row_of(self, folder: Path) -> int | None:
        """Return the row of a run, or ``None``."""
        return next((row for row, run in enumerate(self._runs) if run.folder == folder), None)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of runs."""
        return 0 if parent is not None and parent.isValid() else len(self._runs)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the header data of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = Column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return column_title(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return column_help(column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the data of a cell."""
        run, column = self._runs[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell_text(run, column)
            case Qt.ItemDataRole.DecorationRole:
                return _cell_icon(run, column)
            case Qt.ItemDataRole.ForegroundRole:
                return _cell_colour(run, column)
            case Qt.ItemDataRole.ToolTipRole:
                return row_help(run)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return cell_text(run, column) or column_title(column)
            case _ if role == RUN_ROLE:
                return run
            case _:
                return _sort_key(run, column) if role == SORT_ROLE else None


class RunFilter(QSortFilterProxyModel):
    """Filters the rows by a search text and sorts them by a column."""

    def __init__(self, history: RunHistory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history, self._text = history, ""
        self.setSortRole(SORT_ROLE)
        self.setSourceModel(history)

    def search(self, text: str) -> None:
        """Show only the runs that contain every word."""
        self._text = text
        self.invalidate()

    def filterAcceptsRow(self, row: int, _parent: _Index) -> bool:
        """Whether a row matches the search text."""
        return self._history.run_at(row).matches(self._text) if self._text else True


def column_title(column: Column) -> str:
    """Return the title of a column in the user's language."""
    translate = QCoreApplication.translate
    return {
        Column.STAR: "",
        Column.NAME: translate("RunHistory", "Name"),
        Column.STATE: translate("RunHistory", "State"),
        Column.DATASET: translate("RunHistory", "Dataset"),
        Column.IMAGES: translate("RunHistory", "Images"),
        Column.TIME: translate("RunHistory", "Time"),
        Column.KID: translate("RunHistory", "KID"),
        Column.COHERENCE: translate("RunHistory", "Coherence"),
        Column.SIZE: translate("RunHistory", "Size"),
        Column.DATE: translate("RunHistory", "Date"),
    }[column]


def column_help(column: Column) -> str:
    """Return the tooltip of a column; most have none."""
    translate = QCoreApplication.translate
    return {
        Column.STAR: translate("RunHistory", "Starred runs"),
        Column.IMAGES: translate("RunHistory", "Images trained on, counted with repeats"),
        Column.TIME: translate("RunHistory", "Time trained"),
        Column.KID: translate("RunHistory", "Best KID of the run: how far its images are from "
            "real ones; lower is better") + "\n" + translate_engine(KID_NOTE),
        Column.COHERENCE: translate("RunHistory", "Best joint coherence of the run: how often "
            "image and text of a pair belong together; higher is better"),
        Column.SIZE: translate("RunHistory", "What the run takes on the disk"),
        Column.DATE: translate("RunHistory", "When something last happened"),
    }.get(column, "")  # fmt: skip


def status_text(run: ListedRun) -> str:
    """Return the status of a run in the user's language."""
    translate = QCoreApplication.translate
    if run.problem and run.status is not Status.RUNNING:
        return translate("RunHistory", "Damaged")
    return {
        Status.RUNNING: translate("RunHistory", "Training"),
        Status.FINISHED: translate("RunHistory", "Finished"),
        Status.STOPPED: translate("RunHistory", "Stopped"),
        Status.FAILED: translate("RunHistory", "Failed"),
        Status.INTERRUPTED: translate("RunHistory", "Interrupted"),
        Status.NEW: translate("RunHistory", "Not trained"),
        Status.EXPORTED: translate("RunHistory", "Exported model"),
    }[run.status]


def cell_text(run: ListedRun, column: Column) -> str:
    """Return the text of a cell."""
    return _CELL_TEXTS[column](run)


def row_help(run: ListedRun) -> str:
    """Return the tooltip of a row: details without a column."""
    translate = QCoreApplication.translate
    lines = [run.name]
    if run.status is Status.RUNNING:
        held = translate("RunHistory", "Process {0} on {1} trains it now.")
        lines.append(held.format(run.holder_pid or "?", run.holder_host or "?"))
    if run.origin:
        text = translate("RunHistory", "Started from {0}")
        if run.is_branch:
            text = translate("RunHistory", "Branch of {0}")
        lines.append(text.format(run.origin))
    lines += [text for text in (run.error, run.problem, run.notes[:500]) if text]
    return "\n".join(lines)


def _figure_text(value: float | None) -> str:
    return "" if value is None else QLocale().toString(value, "f", 4)


def _date_text(seconds: float) -> str:
    moment = QDateTime.fromSecsSinceEpoch(int(min(seconds, 1e11)))
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


_CELL_TEXTS: Mapping[Column, Callable[[ListedRun], str]] = {
    Column.STAR: lambda _run: "",
    Column.NAME: lambda run: run.name,
    Column.STATE: status_text,
    Column.DATASET: lambda run: run.dataset,
    Column.IMAGES: lambda run: count_text(run.images_seen) if run.images_seen else "",
    Column.TIME: lambda run: duration_text(run.elapsed_s) if run.elapsed_s else "",
    Column.KID: lambda run: _figure_text(run.kid),
    Column.COHERENCE: lambda run: _figure_text(run.joint_coherence),
    Column.SIZE: lambda run: QLocale().formattedDataSize(run.size_bytes, 1),
    Column.DATE: lambda run: _date_text(run.changed_s),
}


def _cell_icon(run: ListedRun, column: Column) -> QIcon | None:
    if column is Column.STAR:
        return icon("starred") if run.is_starred else icon("star", "disabled")
    if column is Column.STATE:
        is_damaged = bool(run.problem) and run.status is not Status.RUNNING
        return icon("error" if is_damaged else _ICONS[run.status])
    return None


def _cell_colour(run: ListedRun, column: Column) -> QColor | None:
    if column is not Column.STATE:
        return None
    colours = current_colors()
    if run.status is Status.RUNNING:
        return QColor(colours.accent)
    if run.problem or run.status is Status.FAILED:
        return QColor(colours.danger)
    return QColor(colours.warning) if run.status is Status.INTERRUPTED else None


def _sort_key(run: ListedRun, column: Column) -> Any:
    return {
        Column.STAR: int(run.is_starred),
        Column.NAME: run.name.casefold(),
        Column.STATE: status_text(run),
        Column.DATASET: run.dataset.casefold(),
        # A count may exceed the range of Qt's integers.
        Column.IMAGES: float(run.images_seen),
        Column.TIME: run.elapsed_s,
        Column.KID: _NONE if run.kid is None else run.kid,
        Column.COHERENCE: _NONE if run.joint_coherence is None else run.joint_coherence,
        Column.SIZE: float(run.size_bytes),
        Column.DATE: run.changed_s,
    }[column]


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
