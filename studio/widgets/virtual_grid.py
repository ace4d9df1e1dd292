"""A wall of small pictures that may hold a hundred thousand: only what is seen costs anything.

``QListView`` lays every tile out, again at each resize; here a tile's place is two divisions.
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
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from studio.widgets.thumbnail_grid import NARROWEST, PADDING, TileDelegate, WheelSteps

LARGEST_WALL_ZOOM = 8
_Index = QModelIndex | QPersistentModelIndex
_Hint = QAbstractItemView.ScrollHint
_EnsureVisible = _Hint.EnsureVisible
_State = QStyle.StateFlag
_REMOVING_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class VirtualGridView(QAbstractItemView):
    """Tiles of one size in rows; several can be selected.

    Expects a model of one column whose ``DecorationRole`` gives a ``QImage`` and whose
    ``DisplayRole`` gives the text.
    """

    removal_requested = Signal()
    """The Delete key was pressed, for what is selected."""

    def __init__(self, delegate: TileDelegate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = delegate
        self._zoom, self._tile_side = 1, 32
        self._cell = QSize(64, 64)
        self._columns = 1
        self._notches = WheelSteps()
        self.setItemDelegate(delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)

    @property
    def columns(self) -> int:
        """How many tiles stand beside each other."""
        return self._columns

    def set_tiles(self, *, zoom: int, tile_side: int, text_lines: int) -> None:
        """Lay the wall out.

        Args:
            zoom: whole factor, 1 to ``LARGEST_WALL_ZOOM``.
            tile_side: side of an image in its own pixels.
            text_lines: lines that a text may take.
        """
        self._zoom, self._tile_side = zoom, tile_side
        self._delegate.text_lines = text_lines
        self._spread()

    @Slot(int)
    def zoom_by(self, factors: int) -> None:
        """Enlarge the pictures by so many factors, or shrink them."""
        self._zoom = min(max(self._zoom + factors, 1), LARGEST_WALL_ZOOM)
        self._spread()

    def visible_rows(self) -> range:
        """Give the model's rows of which something is seen."""
        count = self._count()
        first = self.verticalOffset() // self._cell.height() * self._columns
        bottom = self.verticalOffset() + self.viewport().height()
        last = -(-bottom // self._cell.height()) * self._columns
        return range(min(first, count), min(last, count))

    def _count(self) -> int:
        return self.model().rowCount(self.rootIndex()) if self.model() else 0

    def _spread(self) -> None:
        first = self.visible_rows().start
        # A whole factor of device pixels: every pixel of an image stays equally large.
        scale = self.devicePixelRatioF()
        side = self._tile_side * max(1, round(self._zoom * scale)) / scale
        line = QFontMetrics(self.font()).lineSpacing()
        cell = max(round(side), NARROWEST) + 2 * PADDING
        width = max(self.viewport().width(), cell)
        self._columns = width // cell
        height = round(side) + 3 * PADDING + self._delegate.text_lines * line
        self._cell = QSize(width // self._columns, height)
        self._delegate.side, self._delegate.cell = side, self._cell
        self.updateGeometries()
        # What stood at the top stays there.
        self.verticalScrollBar().setValue(first // self._columns * height)
        self.viewport().update()

    def _row_at(self, place: QPoint) -> int:
        """Give the row at a place of the viewport or beyond it, -1 where there is no tile."""
        column = place.x() // self._cell.width()
        row = (place.y() + self.verticalOffset()) // self._cell.height() * self._columns + column
        return row if 0 <= column < self._columns and 0 <= row < self._count() else -1

    def _step(self, action: QAbstractItemView.CursorAction) -> int:
        kind = QAbstractItemView.CursorAction
        page = max(1, self.viewport().height() // self._cell.height()) * self._columns
        return {
            kind.MoveLeft: -1,
            kind.MovePrevious: -1,
            kind.MoveRight: 1,
            kind.MoveNext: 1,
            kind.MoveUp: -self._columns,
            kind.MoveDown: self._columns,
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
        """Give the place of a tile in the viewport."""
        if not index.isValid():
            return QRect()
        row, column = divmod(index.row(), self._columns)
        left, top = column * self._cell.width(), row * self._cell.height()
        return QRect(QPoint(left, top - self.verticalOffset()), self._cell)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Give the tile at a place of the viewport."""
        row = self._row_at(point)
        return self.model().index(row, 0, self.rootIndex()) if row >= 0 else QModelIndex()

    def scrollTo(self, index: _Index, hint: _Hint = _EnsureVisible) -> None:
        """Bring a tile into view."""
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
        """Give the tile that a key leads to; at an edge the cursor stays."""
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
        """Select as one reads: from the tile at one corner to the one at the other."""
        first, last = self._row_at(rect.topLeft()), self._row_at(rect.bottomRight())
        selection = QItemSelection()
        if first >= 0 and last >= 0:
            first, last = min(first, last), max(first, last)
            root = self.rootIndex()
            selection.select(self.model().index(first, 0, root), self.model().index(last, 0, root))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        """Give what to paint again: everything, which is no more than a screen."""
        return QRegion(self.viewport().rect())

    def isIndexHidden(self, _index: _Index) -> bool:
        """No tile is hidden."""
        return False

    def horizontalOffset(self) -> int:
        """Tiles never reach beyond the width."""
        return 0

    def verticalOffset(self) -> int:
        """Give how far the wall is scrolled, in pixels."""
        return self.verticalScrollBar().value()

    def updateGeometries(self) -> None:
        """Tell the scroll bar how high the wall is."""
        super().updateGeometries()
        rows = -(-self._count() // self._columns)
        bar, room = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, rows * self._cell.height() - room))
        bar.setPageStep(room)
        bar.setSingleStep(max(1, self._cell.height() // 3))

    def reset(self) -> None:
        """Show another set of tiles from its beginning."""
        super().reset()
        self.updateGeometries()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tiles that are seen."""
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
        """Hear the Delete key; the rest moves the cursor."""
        if event.key() in _REMOVING_KEYS:
            self.removal_requested.emit()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl held down; scroll without."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        notches = self._notches.take(event)
        if notches:
            self.zoom_by(notches)
        event.accept()
