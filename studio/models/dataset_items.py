"""Item model of an open dataset; images are read on demand."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from engine.data.column_info import AUDIO
from engine.data.columns import ArrayColumn, TableColumn
from engine.data.editing import Edits, ItemState
from engine.data.spectrogram_picture import spectrogram_picture
from engine.data.store import StoredDataset
from engine.data.waveform import Wave
from studio.models.thumbnails import qimage_of

_ROOT = QModelIndex()
_Role = Qt.ItemDataRole
_Index = QModelIndex | QPersistentModelIndex
# The first numbers are those of ``studio.widgets.thumbnail_grid``.
EXCLUDED_ROLE = _Role.UserRole + 2
EDITED_ROLE = _Role.UserRole + 3
CELLS_ROLE = _Role.UserRole + 4
"""Role of the names and values of a table's row."""
_KEPT_PICTURES = 1024


@dataclass(frozen=True, kw_only=True)
class ItemSound:
    """The sound of an item in one column."""

    column: str
    samples: Wave
    """[S]."""
    rate: int
    """Samples per second."""

    def picture(self) -> QImage:
        """Draw the spectrogram."""
        return qimage_of(spectrogram_picture(self.samples, self.rate))


class DatasetItems(QAbstractListModel):
    """One row per shown item.

    ``DecorationRole`` returns the ``QImage`` of the item's image, else of the spectrogram of its
    first sound, or None.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dataset: StoredDataset | None = None
        self._edits: Edits | None = None
        self.items: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """Indices of the shown items, ascending."""
        self._pictures: OrderedDict[int, QImage] = OrderedDict()
        self._largest = 0

    def open(self, dataset: StoredDataset | None, edits: Edits | None, largest: int) -> None:
        """Set the dataset; no items are shown yet.

        Args:
            dataset: None for no dataset.
            edits: of the dataset.
            largest: maximum side of a thumbnail in pixels; larger images are scaled down.
        """
        self.beginResetModel()
        self._dataset, self._edits, self._largest = dataset, edits, largest
        self.items = np.empty(0, dtype=np.int64)
        self._pictures.clear()
        self.endResetModel()

    def show_items(self, items: npt.NDArray[np.int64]) -> None:
        """Set the shown items."""
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def item(self, row: int) -> int:
        """Return the item of a row."""
        return int(self.items[row])

    def row_of(self, item: int) -> int:
        """Return the row of an item, -1 if it is not shown."""
        row = int(np.searchsorted(self.items, item))
        return row if row < len(self.items) and self.items[row] == item else -1

    def refresh(self) -> None:
        """Emit ``dataChanged`` for all items."""
        if len(self.items):
            self.dataChanged.emit(self.index(0), self.index(len(self.items) - 1))

    def picture(self, item: int, every: int = 1) -> QImage | None:
        """Read an item's image, or every n-th pixel of it; None if it has no image."""
        if self._dataset is None:
            return None
        row = int(self._dataset.image_rows[item])
        if row < 0:
            return None
        pixels = self._dataset.images[row, ::every, ::every]
        is_grey = pixels.shape[2] == 1
        return qimage_of(np.repeat(pixels, 3, axis=2) if is_grey else np.ascontiguousarray(pixels))

    def sounds(self, item: int) -> tuple[ItemSound, ...]:
        """Read the sounds of an item, in the order of the columns."""
        columns = self._dataset.columns.values() if self._dataset else ()
        return tuple(
            ItemSound(
                column=column.name,
                samples=np.array(column.values[column.rows[item]]),
                rate=column.info.rate,
            )
            for column in columns
            if column.kind == AUDIO and isinstance(column, ArrayColumn) and column.rows[item] >= 0
        )

    def cells(self, item: int) -> tuple[tuple[str, str], ...]:
        """Return the names and values of the fields of an item; a dash for a missing cell."""
        found: list[tuple[str, str]] = []
        for column in self._dataset.columns.values() if self._dataset else ():
            if isinstance(column, TableColumn) and column.present[item]:
                cells = column.cells(item)
                names = (field.name for field in column.info.fields)
                found += [(name, _cell_text(cells.get(name))) for name in names]
        return tuple(found)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of shown items."""
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        """Return the data of an item for a role."""
        if not index.isValid() or self._edits is None:
            return None
        item = self.item(index.row())
        if role == _Role.DecorationRole:
            return self._thumbnail(item)
        if role == EDITED_ROLE:
            return self._edits.is_changed(item)
        state = self._edits.state(item)
        if role == EXCLUDED_ROLE:
            return state.is_excluded
        return self._text_data(item, state, role)

    def _text_data(self, item: int, state: ItemState, role: int) -> Any:
        if role == CELLS_ROLE:
            return self.cells(item)
        if role == _Role.DisplayRole:
            return state.text
        if role == _Role.ToolTipRole:
            rows = (f"{name}: {value}" for name, value in self.cells(item))
            return "\n".join([*state.captions, *rows])
        if role == _Role.AccessibleTextRole:
            values = ", ".join(f"{name} {value}" for name, value in self.cells(item))
            return self.tr("Item {0}: {1}").format(item + 1, state.text or values)
        return None

    def _thumbnail(self, item: int) -> QImage | None:
        if item in self._pictures:
            self._pictures.move_to_end(item)
            return self._pictures[item]
        if self._dataset is None:
            return None
        # Smooth scaling of large images is slow, so pixels are skipped first.
        every = max(1, max(self._dataset.images.shape[1:3]) // self._largest)
        picture = self.picture(item, every)
        if picture is None:
            sounds = self.sounds(item)
            picture = sounds[0].picture() if sounds else None
        if picture is None:
            return None
        if max(picture.width(), picture.height()) > self._largest:
            picture = picture.scaled(
                self._largest,
                self._largest,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        self._pictures[item] = picture
        if len(self._pictures) > _KEPT_PICTURES:
            self._pictures.popitem(last=False)
        return picture


def _cell_text(cell: float | str | None) -> str:
    match cell:
        case None:
            return "–"
        case str():
            return cell
        case number:
            return f"{number:.6g}"
