"""A read-only table whose cells can be copied as text, with their headers."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

_ROW_HEIGHT = 24
_DISPLAY = Qt.ItemDataRole.DisplayRole


class CopyableTable(QTableView):
    """A table that copies the selected cells, or all, separated by tabs as spreadsheets expect."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "view")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.copy_action = QAction(self.tr("&Copy"), self)
        self.copy_action.setShortcut(QKeySequence.StandardKey.Copy)
        self.copy_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.copy_action.triggered.connect(self.copy)
        self.addAction(self.copy_action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    @Slot()
    def copy(self) -> None:
        """Copy the selected cells to the clipboard; all if fewer than two are selected."""
        cells = self.selectedIndexes()
        rows = sorted({cell.row() for cell in cells})
        columns = sorted({cell.column() for cell in cells})
        if len(cells) < 2:
            rows = [*range(self.model().rowCount())]
            columns = [*range(self.model().columnCount())]
        QGuiApplication.clipboard().setText(self._text(rows, columns))

    def _text(self, rows: list[int], columns: list[int]) -> str:
        model = self.model()
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        lines = [["", *(str(model.headerData(column, across, _DISPLAY)) for column in columns)]]
        for row in rows:
            cells = [str(model.index(row, column).data(_DISPLAY) or "") for column in columns]
            lines.append([str(model.headerData(row, down, _DISPLAY)), *cells])
        return "\n".join("\t".join(line) for line in lines)
