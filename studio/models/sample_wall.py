"""Table model of previews of several runs: a row for each tile, a column for each run."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QImage

from engine.sample.preview_sheet import Sheet
from studio.models.comparison import ShownRun
from studio.models.run_state import count_text
from studio.models.settings_difference import run_header
from studio.models.thumbnails import qimage_of

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_Role = Qt.ItemDataRole


def all_steps(runs: Sequence[ShownRun]) -> list[int]:
    """Return the images seen of all previews of all runs, ascending."""
    return sorted({images for run in runs for images, _path in run.previews})


def sheet_at(run: ShownRun, images_seen: int) -> tuple[int, Path] | None:
    """Return images seen and sheet of the newest preview at or before a number of images."""
    place = bisect_right(run.previews, images_seen, key=lambda preview: preview[0])
    return run.previews[place - 1] if place else None


class SampleWall(QAbstractTableModel):
    """The tiles of one sheet of each run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[ShownRun, ...] = ()
        self._sheets: tuple[Sheet | None, ...] = ()
        self._images: dict[tuple[int, int], QImage] = {}
        self._bold: Path | None = None

    def show_sheets(
        self,
        runs: Sequence[ShownRun],
        wanted: Sequence[Path | None],
        read: Mapping[Path, Sheet | None],
    ) -> None:
        """Show a sheet of each run.

        Args:
            runs: in the order of the columns.
            wanted: sheet of each run; None if it has none yet.
            read: the sheets that have been read.
        """
        sheets = tuple(read.get(path) if path is not None else None for path in wanted)
        rows = max((_count(sheet) for sheet in sheets), default=0)
        is_same = rows == self.rowCount() and [r.folder for r in runs] == self._folders()
        if not is_same:
            self.beginResetModel()
        self._runs, self._sheets = tuple(runs), sheets
        self._images.clear()
        if not is_same:
            self.endResetModel()
        elif runs:
            # The rows stay, and with them selection, scroll position and focus.
            self._tell_changed()

    def emphasise(self, folder: Path | None) -> None:
        """Show the header of a run in bold, or none."""
        self._bold = folder
        if self._runs:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._runs) - 1)

    def run_at(self, column: int) -> Path | None:
        """Return the folder of a column's run; None if there is none."""
        return self._runs[column].folder if 0 <= column < len(self._runs) else None

    def tile_size(self, column: int) -> QSize:
        """Return the size of the pictures of a run in their own pixels; empty without a sheet."""
        sheet = self._sheets[column]
        return QSize(sheet.images.shape[2], sheet.images.shape[1]) if sheet else QSize()

    def texts(self) -> list[str]:
        """Return the texts of all tiles."""
        return [text for sheet in self._sheets if sheet for text in sheet.texts]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of tiles."""
        return 0 if parent.isValid() else max((_count(s) for s in self._sheets), default=0)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of runs."""
        return 0 if parent.isValid() else len(self._runs)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Return the picture or the text of a tile."""
        row, column = index.row(), index.column()
        sheet = self._sheets[column]
        if sheet is None or row >= _count(sheet):
            return None
        match role:
            case _Role.DecorationRole:
                # Only what is visible is converted.
                key = row, column
                if key not in self._images:
                    self._images[key] = qimage_of(sheet.images[row])
                return self._images[key]
            case _Role.DisplayRole | _Role.ToolTipRole:
                return sheet.texts[row]
            case _Role.AccessibleTextRole:
                spoken = self.tr("{0}, pair {1}: {2}")
                return spoken.format(self._runs[column].name, row + 1, sheet.texts[row])
            case _:
                return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> object:
        """Return the name of a run and how far its sheet is, or the number of a tile."""
        if orientation is Qt.Orientation.Vertical:
            return str(section + 1) if role == _Role.DisplayRole else None
        run, sheet = self._runs[section], self._sheets[section]
        font = None
        if run.folder == self._bold:
            font = QFont()
            font.setBold(True)
        seen = self.tr("{0} images").format(count_text(sheet.images_seen)) if sheet else ""
        return run_header(run, role, font, seen or self.tr("no preview yet"))

    def _folders(self) -> list[Path]:
        return [run.folder for run in self._runs]

    def _tell_changed(self) -> None:
        last = len(self._runs) - 1
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, last))


def _count(sheet: Sheet | None) -> int:
    return len(sheet.texts) if sheet else 0
