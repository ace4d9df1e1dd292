"""Item model of an open dataset; images are read on demand."""

from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from engine.data.editing import Edits
from engine.data.store import StoredDataset
from studio.models.thumbnails import qimage_of

_ROOT = QModelIndex()
_Role = Qt.ItemDataRole
_Index = QModelIndex | QPersistentModelIndex
EXCLUDED_ROLE = _Role.UserRole
EDITED_ROLE = _Role.UserRole + 1
_KEPT_PICTURES = 1024


class DatasetItems(QAbstractListModel):
    """One row per shown item. ``DecorationRole`` returns a ``QImage``, or None."""

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
        if role == _Role.DisplayRole:
            return state.text
        if role == _Role.ToolTipRole:
            return "\n".join(state.captions)
        if role == _Role.AccessibleTextRole:
            return self.tr("Item {0}: {1}").format(item + 1, state.text)
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
