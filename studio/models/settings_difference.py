"""Table of the settings in which compared runs differ."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QFont

from studio.i18n import translate_engine
from studio.models.comparison import DATASET, ShownRun, differing_names, is_used
from studio.models.run_form import FIELDS
from studio.models.run_settings import setting_value
from studio.widgets.overlay_plot import run_color
from studio.widgets.plot_with_legend import swatch

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_Role = Qt.ItemDataRole


def setting_label(name: str) -> str:
    """Return the label of a setting, or of the dataset, in the user's language."""
    if name == DATASET:
        return QCoreApplication.translate("RunPanel", "Dataset")
    return translate_engine(FIELDS[name].about.label)


def setting_text(run: ShownRun, name: str) -> str:
    """Return the value of a setting of a run; a dash if its family does not use it."""
    if run.config is None:
        return ""
    if name == DATASET:
        return run.config.dataset.name
    return setting_value(name, run.config) if is_used(run.config, name) else "–"


class SettingsDifference(QAbstractTableModel):
    """One row for each setting that differs, one column for each run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[ShownRun, ...] = ()
        self._names: list[str] = []
        self._bold: Path | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that differ."""
        return tuple(self._names)

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Compare the settings of runs."""
        configs = [run.config for run in runs if run.config is not None]
        names = differing_names(configs)
        self.beginResetModel()
        self._runs, self._names = tuple(runs), names
        self.endResetModel()

    def emphasise(self, folder: Path | None) -> None:
        """Show the column of a run in bold, or none."""
        self._bold = folder
        if self._runs:
            last = len(self._runs) - 1
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)
            if self._names:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._names) - 1, last))

    def run_at(self, column: int) -> Path | None:
        """Return the folder of a column's run; None if there is none."""
        return self._runs[column].folder if 0 <= column < len(self._runs) else None

    def csv_text(self) -> str:
        """Return the table as CSV: a line for each setting, with its dotted name."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("setting", *(run.folder.name for run in self._runs)))
        for name in self._names:
            writer.writerow((name, *(setting_text(run, name) for run in self._runs)))
        return text.getvalue()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of settings that differ."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of runs."""
        return 0 if parent.isValid() else len(self._runs)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Return the value of a setting."""
        run = self._runs[index.column()]
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            return setting_text(run, self._names[index.row()])
        return self._font(run) if role == _Role.FontRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> object:
        """Return the name of a run with its colour, or the label of a setting."""
        if orientation is Qt.Orientation.Horizontal:
            return run_header(self._runs[section], role, self._font(self._runs[section]))
        name = self._names[section]
        if role == _Role.DisplayRole:
            return setting_label(name)
        if role == _Role.ToolTipRole and name in FIELDS:
            return translate_engine(FIELDS[name].about.help)
        return None

    def _font(self, run: ShownRun) -> QFont | None:
        if run.folder != self._bold:
            return None
        font = QFont()
        font.setBold(True)
        return font


def run_header(run: ShownRun, role: int, font: QFont | None, text: str = "") -> object:
    """Return the data of a header with the name and the colour of a run, and a second line."""
    match role:
        case _Role.DisplayRole:
            return f"{run.name}\n{text}" if text else run.name
        case _Role.DecorationRole:
            return swatch(run_color(run.place))
        case _Role.ToolTipRole:
            return str(run.folder)
        case _Role.FontRole:
            return font
        case _:
            return None
