"""Dialog that searches the texts and tags of all previews and saved galleries."""

from PySide6.QtCore import QLocale, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.events import Outcome
from studio.jobs.task import TaskEnded
from studio.jobs.tiles import TileJobs
from studio.models.tile_search import MAX_FOUND, FoundTile, search_tiles
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.folder_dialog import show_folder
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH, _HEIGHT = 620, 460
_TEXT_WIDTH, _FOLDER_WIDTH = 300, 170
_PAUSE_MS = 200
"""Pause in typing after which the search starts."""
_FOUND = Qt.ItemDataRole.UserRole


class SearchTilesDialog(QDialog):
    """Searches while the user types; opens the run of a tile or the folder of a gallery."""

    tile_chosen = Signal(object)
    """Carries a ``FoundTile`` of a run."""

    def __init__(self, parent: QWidget, jobs: TileJobs) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Search"))
        self._jobs = jobs
        self.query = QLineEdit()
        self.query.setClearButtonEnabled(True)
        self.query.setPlaceholderText(self.tr("Words of a text or a tag"))
        self.query.setAccessibleName(self.tr("Words of a text or a tag"))
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._search)
        self.query.textChanged.connect(self._pause.start)
        self.list = self._make_list()
        self._note = plain_label(
            self.tr("Searches the newest preview of each run, its tags, and the saved galleries."),
            role="muted",
        )
        self._open_button = push_button(self.tr("Open"), self._open)
        self._open_button.setEnabled(False)
        close = push_button(self.tr("Close"), self.close, auto_default=False)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        buttons = fill(spaced(QHBoxLayout(), SPACING), 1, self._open_button, close)
        fill(layout, self.query, (self.list, 1), self._note, buttons)
        self.resize(_WIDTH, _HEIGHT)
        jobs.searching.ended.connect(self._on_ended)
        self.query.setFocus()

    def _make_list(self) -> QTreeWidget:
        found = QTreeWidget()
        found.setProperty("role", "view")
        found.setAccessibleName(self.tr("Found"))
        headings = [self.tr("Text"), self.tr("Run or gallery"), self.tr("Images seen")]
        found.setHeaderLabels(headings)
        found.setRootIsDecorated(False)
        found.setUniformRowHeights(True)
        found.setAllColumnsShowFocus(True)
        found.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        found.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        found.setColumnWidth(0, _TEXT_WIDTH)
        found.setColumnWidth(1, _FOLDER_WIDTH)
        found.itemActivated.connect(self._open)
        found.itemSelectionChanged.connect(self._on_selected)
        return found

    @Slot()
    def _search(self) -> None:
        query, galleries = self.query.text(), self._jobs.galleries()
        runs = galleries.parent / "runs"
        self._jobs.searching.request(
            lambda _tell, control: search_tiles(query, runs, galleries, control)
        )

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if ended.outcome is not Outcome.FINISHED:
            return
        found: tuple[FoundTile, ...] = ended.result
        self.list.clear()
        locale = QLocale()
        for tile in found:
            seen = locale.toString(tile.images_seen)
            item = QTreeWidgetItem([tile.text, tile.folder.name, seen])
            item.setData(0, _FOUND, tile)
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setIcon(1, icon("folder" if tile.tile < 0 else "run"))
            if tile.is_starred:
                item.setIcon(0, icon("starred"))
            item.setToolTip(0, tile.text)
            item.setToolTip(1, str(tile.folder))
            self.list.addTopLevelItem(item)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)
        self._say(len(found))

    def _say(self, count: int) -> None:
        if count == MAX_FOUND:
            text = self.tr("The first %Ln are shown. Add a word.", "", count)
        elif count or self.query.text().strip():
            text = self.tr("%Ln found.", "", count)
        else:
            text = ""
        self._note.setText(text)

    @Slot()
    def _on_selected(self) -> None:
        self._open_button.setEnabled(bool(self.list.selectedItems()))

    @Slot()
    def _open(self) -> None:
        for item in self.list.selectedItems():
            found: FoundTile = item.data(0, _FOUND)
            if found.tile < 0:
                show_folder(found.folder)
            else:
                self.tile_chosen.emit(found)

    def done(self, result: int) -> None:
        """Stop searching when the dialog closes."""
        self._pause.stop()
        self._jobs.searching.forget()
        super().done(result)
