"""Table of the settings in which compared runs differ."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QObject, QStandardPaths, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QStackedWidget, QVBoxLayout, QWidget

from studio.models.comparison import ShownRun
from studio.models.settings_difference import SettingsDifference
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.copyable_table import CopyableTable
from studio.widgets.folder_dialog import pick_new_file
from studio.widgets.labels import EmptyState, fill, spaced

_COLUMN_WIDTH, _MIN_COLUMN = 170, 80


class SettingsPage(QWidget):
    """Only what differs, a column for each run; copied or saved as CSV."""

    pointed = Signal(object)
    """Emitted with the folder of the run under the pointer, or None."""
    failed = Signal(object)
    """Emitted with the error if a file cannot be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SettingsDifference(self)
        self.table = CopyableTable()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Settings that differ"))
        self.table.setMouseTracking(True)
        self.table.entered.connect(self._on_entered)
        self.table.viewport().installEventFilter(self)
        header = self.table.horizontalHeader()
        header.setDefaultSectionSize(_COLUMN_WIDTH)
        header.setMinimumSectionSize(_MIN_COLUMN)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._pages = QStackedWidget()
        one = self.tr("Add a second run: this table shows in which settings runs differ.")
        same = self.tr("These runs have the same settings.")
        self._pages.addWidget(EmptyState("compare", one))
        self._pages.addWidget(EmptyState("compare", same))
        self._pages.addWidget(self._make_table())
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), (self._pages, 1))

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Show the differences between runs."""
        self.model.show_runs(runs)
        few = 0 if len(runs) < 2 else 1
        self._pages.setCurrentIndex(2 if self.model.names else few)

    def emphasise(self, folder: Path | None) -> None:
        """Show the column of one run in bold, or none."""
        self.model.emphasise(folder)

    def save_csv(self, path: Path) -> None:
        """Save the table; emits ``failed`` if the file cannot be written."""
        try:
            path.write_text(self.model.csv_text(), encoding="utf-8")
        except OSError as error:
            self.failed.emit(error)

    def _make_table(self) -> QWidget:
        page = QWidget()
        copy = push_button(self.tr("Copy"), self.table.copy, role="small")
        copy.setToolTip(self.tr("Copy the selected cells for a spreadsheet; all if none are"))
        save = push_button(self.tr("Save as CSV…"), self._ask_file, role="small")
        save.setToolTip(self.tr("The whole table, one line for each setting"))
        buttons = fill(spaced(QHBoxLayout(), SPACING), copy, save, 1)
        fill(spaced(QVBoxLayout(page), SPACING, (0, 0, 0, 0)), (self.table, 1), buttons)
        return page

    @Slot()
    def _ask_file(self) -> None:
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        start = Path(QStandardPaths.writableLocation(documents)) / "settings.csv"
        caption = self.tr("Save the settings that differ")
        pick_new_file(self, caption, start, self.tr("CSV (*.csv)"), self.save_csv)

    @Slot(QModelIndex)
    def _on_entered(self, index: QModelIndex) -> None:
        self.pointed.emit(self.model.run_at(index.column()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Point at nothing once the pointer leaves the table."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return super().eventFilter(watched, event)
