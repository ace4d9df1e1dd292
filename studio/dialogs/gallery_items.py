"""Table of the first items of a gallery: a picture, texts and cells of each."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QWidget

from engine.events import GalleryItem
from studio.widgets.copyable_table import CopyableTable

_PICTURE = 48
_ROW, _TEXT_ROW = _PICTURE + 6, 24
_ROWS_SHOWN = 4


class GalleryItems(CopyableTable):
    """Shows what was made, so that a filled-in row can be read and copied at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("First items of the gallery"))
        self.setIconSize(QSize(_PICTURE, _PICTURE))
        self._model = QStandardItemModel(self)
        self.setModel(self._model)

    def show_items(self, items: Sequence[GalleryItem]) -> None:
        """Show items; those without texts and cells need no table, which is hidden then."""
        names = list(dict.fromkeys(name for item in items for name in item.words))
        self._model.clear()
        self.setVisible(bool(names))
        has_pictures = any(item.pictures for item in items)
        self._model.setHorizontalHeaderLabels([*[self.tr("Image")] * has_pictures, *names])
        for item in items:
            cells = [QStandardItem(item.words.get(name, "")) for name in names]
            if has_pictures:
                cells.insert(0, _picture_of(item))
            self._model.appendRow(cells)
        self.verticalHeader().setDefaultSectionSize(_ROW if has_pictures else _TEXT_ROW)
        self.resizeColumnsToContents()
        rows = min(len(items), _ROWS_SHOWN) * self.verticalHeader().defaultSectionSize()
        scroll_bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(rows + self.horizontalHeader().sizeHint().height() + scroll_bar)


def _picture_of(item: GalleryItem) -> QStandardItem:
    cell = QStandardItem()
    if item.pictures:
        pixmap = QPixmap(str(item.pictures[0]))
        # Small pictures are enlarged without interpolation.
        cell.setIcon(QIcon(pixmap.scaled(_PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio)))
    return cell
