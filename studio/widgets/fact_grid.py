"""Facts in two columns: a name or number, and what belongs to it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from studio.theme import GAP, SPACING
from studio.widgets.labels import plain_label


class FactGrid(QWidget):
    """Shows rows of two texts."""

    def __init__(
        self, role: str, parent: QWidget | None = None, *, is_numeric: bool = False
    ) -> None:
        """Make an empty grid.

        Args:
            role: look of the first column.
            parent: Qt's.
            is_numeric: align the first column to the right.
        """
        super().__init__(parent)
        self._role = role
        side = Qt.AlignmentFlag.AlignRight if is_numeric else Qt.AlignmentFlag.AlignLeft
        self._alignment = side | Qt.AlignmentFlag.AlignTop
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(SPACING)
        self._grid.setColumnStretch(1, 1)

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show other facts."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, (name, text) in enumerate(rows):
            label = QLabel(name)
            label.setProperty("role", self._role)
            label.setAlignment(self._alignment)
            self._grid.addWidget(label, number, 0)
            self._grid.addWidget(plain_label(text), number, 1)
        self.setVisible(bool(rows))
