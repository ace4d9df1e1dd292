"""A layout that places widgets side by side and breaks the row where the width ends."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Rows of widgets, broken like the words of a paragraph.

    Widgets that expand share what is left of their row. A widget that is wider than the layout
    gets a row of its own, and the height that it needs at that width.

    Args:
        spacing: pixels between widgets and between rows.
        parent: widget to lay out.
    """

    def __init__(self, spacing: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        """Divide the visible items into rows of at most ``width`` pixels."""
        rows: list[list[QLayoutItem]] = []
        free = -1
        for item in self._items:
            if item.isEmpty():
                continue
            needed = item.sizeHint().width()
            if rows and needed <= free:
                rows[-1].append(item)
            else:
                rows.append([item])
                free = width
            free -= needed + self.spacing()
        return rows

    def _arrange(self, rect: QRect, *, is_applied: bool) -> int:
        """Return the height of the rows within a rectangle; place the items if asked to."""
        top = rect.top()
        for row in self._rows(rect.width()):
            widths = _shared_widths(row, rect.width() - self.spacing() * (len(row) - 1))
            heights = [_height(item, width) for item, width in zip(row, widths, strict=True)]
            left, height = rect.left(), max(heights)
            for item, width, own in zip(row, widths, heights, strict=True):
                if is_applied:
                    place = QPoint(left, top + (height - own) // 2)
                    item.setGeometry(QRect(place, QSize(width, own)))
                left += width + self.spacing()
            top += height + self.spacing()
        return max(0, top - self.spacing() - rect.top())

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, or None if there is none at this index."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return an item, or return None if there is none at this index."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Take the whole width."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Whether the height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the rows at a width."""
        return self._arrange(QRect(0, 0, width, 0), is_applied=False)

    def sizeHint(self) -> QSize:
        """Return the size of a single row."""
        hints = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(hint.width() for hint in hints) + self.spacing() * max(0, len(hints) - 1)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        """Return the smallest size that holds the largest item."""
        size = QSize()
        for item in self._items:
            if not item.isEmpty():
                size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._arrange(rect, is_applied=True)


def _shared_widths(row: list[QLayoutItem], width: int) -> list[int]:
    """Return the widths of the items of a row; those that expand share what is left."""
    widths = [min(item.sizeHint().width(), width) for item in row]
    growing = [n for n, i in enumerate(row) if i.expandingDirections() & Qt.Orientation.Horizontal]
    left = width - sum(widths)
    for place, number in enumerate(growing):
        widths[number] += left // len(growing) + (place < left % len(growing))
    return widths


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
