"""Table of runs."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from engine.runs.listing import ListedRun
from studio.models.run_history import RUN_ROLE, Column, RunFilter, RunHistory

_ROW_HEIGHT = 28
_STAR_WIDTH = 30
_WIDTHS = {
    Column.STATE: 108,
    Column.DATASET: 84,
    Column.IMAGES: 84,
    Column.TIME: 84,
    Column.KID: 64,
    Column.COHERENCE: 84,
    Column.SIZE: 76,
    Column.DATE: 136,
}


class RunTable(QTableView):
    """A sortable table of runs; emits requests only."""

    chosen = Signal()
    """Emitted when the selection or the selected run changed."""
    open_requested = Signal()
    star_requested = Signal(object)
    """Emitted with a ``ListedRun``."""
    delete_requested = Signal()
    rename_requested = Signal()
    pointed = Signal(object)
    """Emitted with the folder of the run under the pointer, or None."""
    menu_requested = Signal(object)
    """Emitted with a global position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = RunHistory(self)
        self._filter = RunFilter(self.history, self)
        self.setModel(self._filter)
        self.setProperty("role", "view")
        self.setAccessibleName(self.tr("Runs"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._arrange_columns()
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        self._filter.dataChanged.connect(lambda *_: self.chosen.emit())
        self.clicked.connect(self._click)
        self.doubleClicked.connect(self._double_click)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.setMouseTracking(True)
        self.entered.connect(lambda index: self.pointed.emit(index.data(RUN_ROLE).folder))

    @property
    def run(self) -> ListedRun | None:
        """The selected run; None if several are selected."""
        runs = self.selected
        return runs[0] if len(runs) == 1 else None

    @property
    def selected(self) -> tuple[ListedRun, ...]:
        """The selected runs from top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return tuple(index.data(RUN_ROLE) for index in rows)

    @property
    def shown_count(self) -> int:
        """Number of runs that match the search."""
        return self._filter.rowCount()

    def show_runs(self, runs: Sequence[ListedRun]) -> None:
        """Replace the runs; the selection is kept."""
        self.history.show_runs(runs)

    def search(self, text: str) -> None:
        """Show only runs that match every word of ``text``."""
        self._filter.search(text)

    def mark(self, folder: Path) -> None:
        """Select a run and scroll to it."""
        row = self.history.row_of(folder)
        if row is not None:
            index = self._filter.mapFromSource(self.history.index(row, Column.NAME))
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def names(self) -> list[str]:
        """Return the names of the runs from top to bottom."""
        return [
            self._filter.index(row, Column.NAME).data(RUN_ROLE).name
            for row in range(self._filter.rowCount())
        ]

    def _arrange_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.STAR, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(_STAR_WIDTH)
        header.resizeSection(Column.STAR, _STAR_WIDTH)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setSortingEnabled(True)
        self.sortByColumn(Column.DATE, Qt.SortOrder.DescendingOrder)

    @Slot(QModelIndex)
    def _click(self, index: QModelIndex) -> None:
        if index.column() == Column.STAR:
            self.star_requested.emit(index.data(RUN_ROLE))

    @Slot(QModelIndex)
    def _double_click(self, index: QModelIndex) -> None:
        if index.column() != Column.STAR:
            self.open_requested.emit()

    @Slot(QPoint)
    def _ask_menu(self, place: QPoint) -> None:
        if self.indexAt(place).isValid():
            self.menu_requested.emit(self.viewport().mapToGlobal(place))

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing once the pointer is elsewhere."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle Enter, F2 and Delete."""
        commands = {
            Qt.Key.Key_Return: self.open_requested,
            Qt.Key.Key_Enter: self.open_requested,
            Qt.Key.Key_F2: self.rename_requested,
            Qt.Key.Key_Delete: self.delete_requested,
        }
        command = commands.get(Qt.Key(event.key()))
        if command is not None and self.run is not None:
            command.emit()
        else:
            super().keyPressEvent(event)
