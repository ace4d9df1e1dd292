"""The list of the workspace's datasets, and what can be done with the chosen one."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.models.dataset_list import DatasetSummary, pairs_text, size_text
from studio.theme import SPACING
from studio.widgets.icons import icon

_Role = Qt.ItemDataRole
_FOLDER_ROLE = _Role.UserRole
_DETAIL_ROLE = _Role.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_ROOM = 7


class DatasetShelf(QWidget):
    """Says which dataset is wanted; knows nothing of what is in it."""

    chosen = Signal(object)
    """A dataset's folder."""
    import_requested = Signal()
    doctor_requested = Signal()
    train_requested = Signal()
    export_requested = Signal()
    folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setItemDelegate(_LineDelegate(self._list))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(self.tr("Datasets"))
        self._list.itemSelectionChanged.connect(self._tell)
        self._buttons: list[QPushButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self._list, stretch=1)
        layout.addLayout(self._make_buttons())

    @property
    def count(self) -> int:
        """How many datasets are listed."""
        return self._list.count()

    def show_datasets(self, datasets: Sequence[DatasetSummary], current: Path | None) -> None:
        """List datasets, with one of them marked."""
        blocker = QSignalBlocker(self._list)
        self._list.clear()
        for summary in datasets:
            line = QListWidgetItem(summary.folder.name)
            details = (pairs_text(summary.manifest), size_text(summary.manifest))
            line.setData(_FOLDER_ROLE, summary.folder)
            line.setData(_DETAIL_ROLE, " · ".join(details))
            line.setToolTip("\n".join((summary.manifest.title, *details, str(summary.folder))))
            self._list.addItem(line)
        blocker.unblock()
        self.mark(current)

    def mark(self, folder: Path | None) -> None:
        """Mark a dataset without telling anybody."""
        blocker = QSignalBlocker(self._list)
        self._list.setCurrentItem(None)  # pyright: ignore[reportArgumentType] - Qt's null
        self._list.clearSelection()
        for place in range(self._list.count()):
            if self._list.item(place).data(_FOLDER_ROLE) == folder:
                self._list.setCurrentRow(place)
        blocker.unblock()

    def set_open(self, *, is_open: bool) -> None:
        """Offer what needs an open dataset."""
        for button in self._buttons:
            button.setEnabled(is_open)

    def _make_buttons(self) -> QGridLayout:
        train = self._button(self.tr("Train on this"), "run", self.train_requested)
        train.setToolTip(self.tr("Choose this dataset for the next run"))
        doctor = self._button(self.tr("Doctor…"), "doctor", self.doctor_requested)
        doctor.setToolTip(self.tr("Look for damaged, doubled and doubtful items"))
        export = self._button(self.tr("Export…"), "export", self.export_requested)
        export.setToolTip(
            self.tr("Write PNG files and metadata.jsonl, as Hugging Face's ImageFolder reads them")
        )
        show = self._button(self.tr("Open folder"), "open", self.folder_requested)
        show.setToolTip(self.tr("Show the dataset's files"))
        bring = QPushButton(icon("import"), self.tr("Import…"))
        bring.setToolTip(self.tr("Make a dataset of your own images and texts"))
        bring.clicked.connect(self.import_requested)
        grid = QGridLayout()
        grid.setSpacing(SPACING // 2)
        grid.addWidget(train, 0, 0, 1, 2)
        for place, button in enumerate((bring, doctor, export, show)):
            grid.addWidget(button, 1 + place // 2, place % 2)
        return grid

    def _button(self, text: str, icon_name: str, wish: object) -> QPushButton:
        button = QPushButton(icon(icon_name), text)
        button.clicked.connect(wish)
        self._buttons.append(button)
        return button

    def _tell(self) -> None:
        lines = self._list.selectedItems()
        if lines:
            self.chosen.emit(lines[0].data(_FOLDER_ROLE))


class _LineDelegate(QStyledItemDelegate):
    """A name, and below it in a paler colour how much there is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Two lines with some room."""
        del index
        return QSize(0, 2 * option.fontMetrics.lineSpacing() + 2 * _ROOM)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint ground and both lines."""
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        role, palette = QPalette.ColorRole, option.palette
        if is_selected or is_hovered:
            ground = role.Highlight if is_selected else role.Window
            painter.fillRect(option.rect, palette.color(ground))
        room = option.rect.adjusted(_ROOM + 3, _ROOM, -_ROOM, -_ROOM)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        for data, font, color, side in (
            (_Role.DisplayRole, bold, role.Text, Qt.AlignmentFlag.AlignTop),
            (_DETAIL_ROLE, option.font, role.PlaceholderText, Qt.AlignmentFlag.AlignBottom),
        ):
            painter.setFont(font)
            painter.setPen(palette.color(role.HighlightedText if is_selected else color))
            text = painter.fontMetrics().elidedText(
                index.data(data), Qt.TextElideMode.ElideRight, room.width()
            )
            painter.drawText(room, side | Qt.AlignmentFlag.AlignLeft, text)
