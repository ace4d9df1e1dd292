"""A row of thumbnails to choose from, for key frames and favourites."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

_ICON = 44


class ThumbnailStrip(QListWidget):
    """Thumbnails in one row; Enter or a double click opens one, Del removes it.

    Args:
        tip: tooltip of the thumbnails.
        parent: the owner.
    """

    remove_requested = Signal(int)
    opened = Signal(int)

    def __init__(self, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tip = tip
        self.setProperty("role", "view")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(_ICON, _ICON))
        self.setGridSize(QSize(_ICON + 10, _ICON + 10))
        self.setFixedHeight(_ICON + 30)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemActivated.connect(lambda item: self.opened.emit(self.row(item)))

    def set_count(self, count: int) -> None:
        """Set the number of thumbnails; those that stay keep their pictures."""
        while self.count() > count:
            self.takeItem(self.count() - 1)
        while self.count() < count:
            item = QListWidgetItem()
            item.setSizeHint(QSize(_ICON + 8, _ICON + 8))
            item.setToolTip(self._tip)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                self.tr("Item {0}").format(self.count() + 1),
            )
            self.addItem(item)

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """Show the pictures, in order."""
        scale = self.devicePixelRatioF()
        for row, picture in enumerate(pictures[: self.count()]):
            side = round(_ICON * scale)
            pixmap = QPixmap.fromImage(
                picture.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
            )
            pixmap.setDevicePixelRatio(scale)
            self.item(row).setIcon(QIcon(pixmap))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove the current thumbnail with Del."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.currentRow() >= 0:
            self.remove_requested.emit(self.currentRow())
        else:
            super().keyPressEvent(event)
