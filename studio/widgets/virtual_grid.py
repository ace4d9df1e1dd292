"""An item view of equal tiles for models of 100,000 rows and more.

``QListView`` lays out every tile at each resize; here the position of a tile is computed.
"""

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QCursor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from studio.widgets.thumbnail_grid import (
    MAX_ZOOM,
    SOUND_ROLE,
    TileDelegate,
    ZoomWheel,
    set_up_tiles,
)

_Index = QModelIndex | QPersistentModelIndex
_Hint = QAbstractItemView.ScrollHint
_EnsureVisible = _Hint.EnsureVisible
_State = QStyle.StateFlag
_REMOVING_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class VirtualGridView(QAbstractItemView):
    """A grid of tiles of equal size with extended selection.

    The model has one column and returns a ``QImage`` for ``DecorationRole`` and the caption for
    ``DisplayRole``.
    """

    removal_requested = Signal()
    """Emitted when Delete is pressed, for the selected tiles."""
    play_requested = Signal(int)
    """Emitted with the row of a tile whose sound is to be played: its mark was clicked, or Space
    was pressed."""

    def __init__(self, delegate: TileDelegate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = delegate
        self._zoom, self._tile = 1, QSize(32, 32)
        self._cell = QSize(64, 64)
        self.columns = 1
        self._wheel = ZoomWheel()
        set_up_tiles(self, delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

    def set_tiles(self, *, zoom: int, tile: QSize, text_lines: int) -> None:
        """Set the size of the tiles, as in ``ThumbnailGrid.set_tiles``."""
        self._zoom, self._tile = zoom, tile
        self._delegate.text_lines = text_lines
        self._spread()

    @Slot(int)
    def zoom_by(self, factors: int) -> None:
        """Change the zoom by ``factors``."""
        self._zoom = min(max(self._zoom + factors, 1), MAX_ZOOM)
        self._spread()

    def visible_rows(self) -> range:
        """Return the rows that are at least partly visible."""
        count = self._count()
        first = self.verticalOffset() // self._cell.height() * self.columns
        bottom = self.verticalOffset() + self.viewport().height()
        last = -(-bottom // self._cell.height()) * self.columns
        return range(min(first, count), min(last, count))

    def _count(self) -> int:
        return self.model().rowCount(self.rootIndex()) if self.model() else 0

    def _spread(self) -> None:
        first = self.visible_rows().start
        self._delegate.fit(self, zoom=self._zoom, tile=self._tile)
        self._cell = self._delegate.cell
        width = max(self.viewport().width(), self._cell.width())
        self.columns = width // self._cell.width()
        self._cell.setWidth(width // self.columns)
        self.updateGeometries()
        # Keeps the first visible row at the top.
        self.verticalScrollBar().setValue(first // self.columns * self._cell.height())
        self.viewport().update()

    def _row_at(self, place: QPoint) -> int:
        """Return the row at a position of the viewport or beyond it, -1 if there is no tile."""
        column = place.x() // self._cell.width()
        row = (place.y() + self.verticalOffset()) // self._cell.height() * self.columns + column
        return row if 0 <= column < self.columns and 0 <= row < self._count() else -1

    def _step(self, action: QAbstractItemView.CursorAction) -> int:
        kind = QAbstractItemView.CursorAction
        page = max(1, self.viewport().height() // self._cell.height()) * self.columns
        return {
            kind.MoveLeft: -1,
            kind.MovePrevious: -1,
            kind.MoveRight: 1,
            kind.MoveNext: 1,
            kind.MoveUp: -self.columns,
            kind.MoveDown: self.columns,
            kind.MovePageUp: -page,
            kind.MovePageDown: page,
            kind.MoveHome: -self._count(),
            kind.MoveEnd: self._count(),
        }[action]

    def _option(self, row: int, hovered: int) -> QStyleOptionViewItem:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        index = self.model().index(row, 0, self.rootIndex())
        option.rect = self.visualRect(index)
        if self.selectionModel().isSelected(index):
            option.state |= _State.State_Selected
        if row == hovered:
            option.state |= _State.State_MouseOver
        if self.hasFocus() and row == self.currentIndex().row():
            option.state |= _State.State_HasFocus
        else:
            option.state &= ~_State.State_HasFocus
        return option

    def visualRect(self, index: _Index) -> QRect:
        """Return the rectangle of a tile in the viewport."""
        if not index.isValid():
            return QRect()
        row, column = divmod(index.row(), self.columns)
        left, top = column * self._cell.width(), row * self._cell.height()
        return QRect(QPoint(left, top - self.verticalOffset()), self._cell)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the index at a position of the viewport."""
        row = self._row_at(point)
        return self.model().index(row, 0, self.rootIndex()) if row >= 0 else QModelIndex()

    def scrollTo(self, index: _Index, hint: _Hint = _EnsureVisible) -> None:
        """Scroll a tile into view."""
        if not index.isValid():
            return
        bar, rect = self.verticalScrollBar(), self.visualRect(index)
        room = self.viewport().height() - rect.height()
        if hint == _Hint.PositionAtCenter:
            bar.setValue(bar.value() + rect.top() - room // 2)
        elif rect.top() < 0 or hint == _Hint.PositionAtTop:
            bar.setValue(bar.value() + rect.top())
        elif rect.top() > room:
            bar.setValue(bar.value() + rect.top() - room)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Return the index that a cursor key leads to; the cursor stops at the edges."""
        count = self._count()
        if not count:
            return QModelIndex()
        now = max(self.currentIndex().row(), 0)
        aim = now + self._step(action)
        kind = QAbstractItemView.CursorAction
        if action in (kind.MoveUp, kind.MoveDown) and not 0 <= aim < count:
            aim = now
        return self.model().index(min(max(aim, 0), count - 1), 0, self.rootIndex())

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select all rows between the tiles at two corners of a rectangle."""
        first, last = self._row_at(rect.topLeft()), self._row_at(rect.bottomRight())
        selection = QItemSelection()
        if first >= 0 and last >= 0:
            first, last = min(first, last), max(first, last)
            root = self.rootIndex()
            selection.select(self.model().index(first, 0, root), self.model().index(last, 0, root))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        """Return the whole viewport."""
        return QRegion(self.viewport().rect())

    def isIndexHidden(self, _index: _Index) -> bool:
        """Return False: no tile is hidden."""
        return False

    def horizontalOffset(self) -> int:
        """Return 0: the view does not scroll horizontally."""
        return 0

    def verticalOffset(self) -> int:
        """Return the vertical scroll position in pixels."""
        return self.verticalScrollBar().value()

    def updateGeometries(self) -> None:
        """Set range and steps of the scroll bar."""
        super().updateGeometries()
        rows = -(-self._count() // self.columns)
        bar, room = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, rows * self._cell.height() - room))
        bar.setPageStep(room)
        bar.setSingleStep(max(1, self._cell.height() // 3))

    def reset(self) -> None:
        """Scroll to the top after a model reset."""
        super().reset()
        self.updateGeometries()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the visible tiles."""
        if self.model() is None:
            return
        painter = QPainter(self.viewport())
        place = self.viewport().mapFromGlobal(QCursor.pos())
        hovered = self._row_at(place) if self.viewport().underMouse() else -1
        for row in self.visible_rows():
            option = self._option(row, hovered)
            if event.rect().intersects(option.rect):
                index = self.model().index(row, 0, self.rootIndex())
                self._delegate.paint(painter, option, index)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the columns over the new width."""
        super().resizeEvent(event)
        self._spread()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Emit ``removal_requested`` for Delete and Backspace, ``play_requested`` for Space."""
        if event.key() in _REMOVING_KEYS:
            self.removal_requested.emit()
            return
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and index.data(SOUND_ROLE) is not None:
            self.play_requested.emit(index.row())
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit ``play_requested`` on a sound mark."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or index.data(SOUND_ROLE) is None:
            return
        if self._delegate.mark_in(self.visualRect(index)).contains(event.position()):
            self.play_requested.emit(index.row())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom if Ctrl is held down, otherwise scroll."""
        steps = self._wheel.steps(event)
        if steps is None:
            super().wheelEvent(event)
        elif steps:
            self.zoom_by(steps)
