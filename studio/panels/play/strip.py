"""A row of thumbnails to choose from, for key frames and favourites."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QIcon,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QListView, QListWidget, QListWidgetItem, QWidget

from studio.theme import current_colors

_ICON = 44
_LINE = 3
"""Width in pixels of the line that shows where a dragged thumbnail goes."""


class ThumbnailStrip(QListWidget):
    """Thumbnails in one row; Enter or a double click opens one, Del removes it.

    Args:
        tip: tooltip of the thumbnails.
        is_sortable: whether they can be dragged to another place, or moved with Alt and an arrow
            key.
        parent: the owner.
    """

    remove_requested = Signal(int)
    opened = Signal(int)
    move_requested = Signal(int, int)
    """Carries the row of a thumbnail and the row that it is to have."""

    def __init__(
        self, tip: str, *, is_sortable: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tip, self._is_sortable = tip, is_sortable
        self._pressed: tuple[int, QPoint] | None = None
        self._gap = -1
        """Row before which the dragged thumbnail would go; -1 while none is dragged."""
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
        self.arrange([row if row < self.count() else -1 for row in range(count)])

    def arrange(self, before: Sequence[int]) -> None:
        """Set the number of thumbnails and which pictures they keep.

        Args:
            before: for each thumbnail, the row whose picture it takes over, -1 for none.
        """
        self._pressed, self._gap = None, -1
        icons = [self.item(row).icon() for row in range(self.count())]
        while self.count() > len(before):
            self.takeItem(self.count() - 1)
        while self.count() < len(before):
            item = QListWidgetItem()
            item.setSizeHint(QSize(_ICON + 8, _ICON + 8))
            item.setToolTip(self._tip)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                self.tr("Item {0}").format(self.count() + 1),
            )
            self.addItem(item)
        for row, old in enumerate(before):
            if old != row:
                self.item(row).setIcon(icons[old] if old >= 0 else QIcon())

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """Show the pictures, in order."""
        scale = self.devicePixelRatioF()
        for row, picture in enumerate(pictures[: self.count()]):
            side = round(_ICON * scale)
            pixmap = QPixmap.fromImage(
                picture.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
            )
            pixmap.setDevicePixelRatio(scale)
            icon = QIcon(pixmap)
            # Without a tint while it is selected.
            icon.addPixmap(pixmap, QIcon.Mode.Selected)
            self.item(row).setIcon(icon)

    def _rect(self, row: int) -> QRect:
        return self.visualItemRect(self.item(row))

    def _drop(self) -> None:
        """End the drag; the thumbnail moves if it was dragged to another place."""
        pressed, gap = self._pressed, self._gap
        self._pressed, self._gap = None, -1
        self.unsetCursor()
        self.viewport().update()
        if pressed is not None and gap >= 0:
            to = gap - 1 if gap > pressed[0] else gap
            if to != pressed[0]:
                self.move_requested.emit(pressed[0], to)

    def event(self, event: QEvent) -> bool:
        """Keep keys that move a thumbnail from becoming shortcuts of the window."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if isinstance(event, QKeyEvent) and is_override and self._is_sortable and _places(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove the current thumbnail with Del, move it with Alt and an arrow key."""
        row = self.currentRow()
        if event.key() == Qt.Key.Key_Escape and self._gap >= 0:
            self._pressed = None
            self._drop()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row >= 0:
            self.remove_requested.emit(row)
        elif self._is_sortable and (places := _places(event)):
            if row >= 0 and 0 <= row + places < self.count():
                self.move_requested.emit(row, row + places)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the thumbnail; a drag may begin."""
        super().mousePressEvent(event)
        row = self.indexAt(event.position().toPoint()).row()
        if self._is_sortable and row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = (row, event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show where the dragged thumbnail would go."""
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        place = event.position().toPoint()
        if self._gap < 0:
            if (place - self._pressed[1]).manhattanLength() < QApplication.startDragDistance():
                return
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._gap = sum(self._rect(row).center().x() < place.x() for row in range(self.count()))
        if not self.viewport().rect().contains(QPoint(place.x(), 0)):
            # Beyond an end: the strip scrolls on with each move of the pointer.
            self.scrollToItem(self.item(min(self._gap, self.count() - 1)))
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop the dragged thumbnail."""
        super().mouseReleaseEvent(event)
        self._drop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the thumbnails, and a line where the dragged one goes."""
        super().paintEvent(event)
        if self._gap < 0:
            return
        is_last = self._gap == self.count()
        edge = self._rect(self._gap - 1).right() + 1 if is_last else self._rect(self._gap).left()
        # A line at the very edge would be cut.
        left = min(max(edge - _LINE, 0), self.viewport().width() - _LINE)
        painter = QPainter(self.viewport())
        height = self._rect(0).height()
        painter.fillRect(left, self._rect(0).top(), _LINE, height, QColor(current_colors().accent))
        painter.end()


def _places(event: QKeyEvent) -> int:
    """Return by how many places a key moves a thumbnail."""
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier != Qt.KeyboardModifier.AltModifier:
        return 0
    return {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}.get(event.key(), 0)
