"""The items of one dataset: look, search, filter, edit, undo, count."""

import numpy as np
from PySide6.QtCore import QItemSelectionModel, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.data.editing import Edit, EditKind, Edits
from engine.data.replacing import Replacement
from engine.data.statistics import Statistics
from engine.data.store import StoredDataset
from engine.errors import EditRefusedError
from studio.errors.wording import explain
from studio.jobs.dataset import DatasetJobs
from studio.jobs.dataset_work import OpenedDataset
from studio.jobs.task import TaskEnded
from studio.models.dataset_items import DatasetItems
from studio.panels.datasets.bar import BrowserBar, step_action
from studio.panels.datasets.detail import ItemDetail, ItemView
from studio.panels.datasets.replacing import Replacing, SearchedItems
from studio.panels.datasets.statistics import StatisticsPage
from studio.panels.datasets.tile import ItemDelegate
from studio.theme import SPACING
from studio.widgets.empty_state import EmptyState
from studio.widgets.tile_wall import TileWall

_LARGEST_TILE, _USUAL_TILE = 96, 72
_WALL_WIDTH, _DETAIL_WIDTH = 460, 250


class DatasetBrowser(QWidget):
    """Holds the edits of the dataset that is open; saving them is somebody else's."""

    changed = Signal()
    """There are other edits, or other items are shown."""

    def __init__(self, jobs: DatasetJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._opened: OpenedDataset | None = None
        self._edits: Edits | None = None
        self._chosen: list[int] = []
        self._model = DatasetItems(self)
        self._undo = step_action(self, "undo", self.tr("Undo"), QKeySequence.StandardKey.Undo)
        self._undo.triggered.connect(lambda: self._step_back(is_redo=False))
        self._redo = step_action(self, "redo", self.tr("Redo"), QKeySequence.StandardKey.Redo)
        self._redo.triggered.connect(lambda: self._step_back(is_redo=True))
        self.bar = BrowserBar(self._undo, self._redo)
        self.wall = self._make_wall()
        self.detail = ItemDetail()
        self.statistics = StatisticsPage()
        self.replacing = Replacing(jobs, self._searched_items, self)
        self._items_page = QStackedWidget()
        self._pages = QStackedWidget()
        self._lay_out()
        self._connect()

    @property
    def dataset(self) -> StoredDataset | None:
        """What is open."""
        return self._opened.dataset if self._opened else None

    @property
    def edits(self) -> Edits | None:
        """All changes to it."""
        return self._edits

    @property
    def shown_count(self) -> int:
        """How many items are shown."""
        return len(self._model.items)

    def open(self, opened: OpenedDataset) -> None:
        """Show another dataset from its beginning, without edits."""
        self.replacing.close()
        self._jobs.measuring.cancel()
        self._opened, self._edits, self._chosen = opened, Edits(opened.dataset), []
        side = max(opened.dataset.images.shape[1:3])
        largest = round(_LARGEST_TILE * self.devicePixelRatioF())
        self._model.open(opened.dataset, self._edits, largest)
        zoom = max(1, round(_USUAL_TILE / side))
        self.wall.set_tiles(zoom=zoom, tile_side=min(side, _LARGEST_TILE), text_lines=1)
        self.bar.clear()
        self._offer_choices()
        self.show_page(0)
        self._filter()

    def discard(self) -> None:
        """Forget all edits."""
        if self._opened is not None:
            self.open(self._opened)

    def commit(self) -> None:
        """Let what was typed and not taken yet count."""
        self.detail.commit()

    def choose(self, item: int) -> None:
        """Show one item, if the filter lets it through."""
        row = self._model.row_of(item)
        if row >= 0:
            # The wall's own way looks at the keyboard, and Ctrl is held down while one undoes.
            self.wall.selectionModel().setCurrentIndex(
                self._model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Show the items (0) or the statistics (1)."""
        self.commit()
        self.bar.show_page(page)
        self._pages.setCurrentIndex(page)
        if page == 1:
            self._measure()

    def _make_wall(self) -> TileWall:
        wall = TileWall(ItemDelegate(self))
        wall.setModel(self._model)
        wall.setAccessibleName(self.tr("Items of the dataset"))
        wall.selectionModel().selectionChanged.connect(self._choose)
        wall.selectionModel().currentChanged.connect(self._choose)
        wall.removal_requested.connect(self._toggle_excluded)
        return wall

    def _lay_out(self) -> None:
        self._items_page.addWidget(self.wall)
        self._items_page.addWidget(EmptyState("gallery", self.tr("No item fits the filter.")))
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self._items_page)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 1)
        split.setSizes([_WALL_WIDTH, _DETAIL_WIDTH])
        split.setHandleWidth(SPACING)
        self._pages.addWidget(split)
        self._pages.addWidget(self.statistics)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self.bar)
        layout.addWidget(self._pages, stretch=1)
        self.setFocusProxy(self.wall)

    def _connect(self) -> None:
        self.bar.filter_changed.connect(self._filter)
        self.bar.page_requested.connect(self.show_page)
        self.bar.zoom_requested.connect(self.wall.zoom_by)
        self.bar.replace_requested.connect(self._ask_replacement)
        self.replacing.replace_requested.connect(self._replace)
        self._jobs.measuring.ended.connect(self._show_statistics)
        self.detail.captions_edited.connect(self._edit_captions)
        self.detail.tags_edited.connect(self._edit_tags)
        self.detail.excluded_edited.connect(self._exclude)
        self.detail.split_edited.connect(self._move)

    @Slot()
    def _filter(self) -> None:
        if self._opened is None or self._edits is None:
            return
        self.commit()
        current = self._chosen[0] if self._chosen else 0
        self._model.show_items(self._opened.index.find(self._edits, self.bar.filter))
        self._items_page.setCurrentIndex(0 if self.shown_count else 1)
        self._chosen = []
        self.choose(current)
        if not self._chosen and self.shown_count:
            self.choose(int(self._model.items[0]))
        self._show_chosen()
        self.changed.emit()

    @Slot()
    def _choose(self) -> None:
        rows = sorted(index.row() for index in self.wall.selectionModel().selectedIndexes())
        current = self.wall.currentIndex().row()
        if current in rows:
            # The one that was clicked last is the one that is shown.
            rows.remove(current)
            rows.insert(0, current)
        chosen = [self._model.item(row) for row in rows]
        if chosen != self._chosen:
            self.commit()
            self._chosen = chosen
            self._show_chosen()

    def _show_chosen(self) -> None:
        self._undo.setEnabled(self._edits is not None and self._edits.can_undo)
        self._redo.setEnabled(self._edits is not None and self._edits.can_redo)
        if self._opened is None or self._edits is None or not self._chosen:
            self.detail.show_item(None)
            return
        item, index = self._chosen[0], self._opened.index
        locale, count = self.locale(), len(self._chosen)
        place = self.tr("Item {0} of {1}").format(
            locale.toString(item + 1), locale.toString(len(self._opened.dataset.records))
        )
        about = [index.key(item), index.group(item)]
        view = ItemView(
            state=self._edits.state(item),
            picture=self._model.picture(item),
            place=place if count == 1 else self.tr("%Ln items selected", "", count),
            about="  ·  ".join(filter(None, about)) if count == 1 else "",
            selected=count,
        )
        self.detail.show_item(view)

    def _took(self, edit: Edit | None) -> None:
        """Show what an edit, or its undoing, has changed."""
        if edit is None:
            return
        self._model.refresh()
        self._show_chosen()
        if edit.kind is EditKind.TAGS:
            self._offer_choices()
        if self._pages.currentIndex() == 1:
            self._measure()
        self.replacing.look_again()
        self.changed.emit()

    def _offer_choices(self) -> None:
        if self._opened is not None and self._edits is not None:
            index = self._opened.index
            self.bar.set_choices(index.tags(self._edits), index.groups())

    @Slot(object)
    def _edit_captions(self, captions: tuple[str, ...]) -> None:
        if self._edits is None or not self._chosen:
            return
        try:
            edit = self._edits.set_captions(self._chosen[0], captions)
        except EditRefusedError:
            self.detail.show_problem(
                self.tr("An item without an image needs its text. Exclude it instead.")
            )
            return
        self.detail.show_problem("")
        self._took(edit)

    @Slot(object)
    def _edit_tags(self, tags: tuple[str, ...]) -> None:
        if self._edits is None or not self._chosen:
            return
        if len(self._chosen) == 1:
            self._took(self._edits.set_tags(self._chosen[0], tags))
        else:
            self._took(self._edits.add_tags(self._chosen, tags))

    @Slot(bool)
    def _exclude(self, is_excluded: bool) -> None:  # noqa: FBT001 - a Qt slot
        if self._edits is not None:
            self._took(self._edits.set_excluded(self._chosen, is_excluded=is_excluded))

    @Slot()
    def _toggle_excluded(self) -> None:
        if self._edits is not None and self._chosen:
            self._exclude(not self._edits.state(self._chosen[0]).is_excluded)

    @Slot(str)
    def _move(self, split: str) -> None:
        if self._edits is not None:
            self._took(self._edits.set_split(self._chosen, split))

    def _step_back(self, *, is_redo: bool) -> None:
        self.commit()
        if self._edits is None:
            return
        edit = self._edits.redo() if is_redo else self._edits.undo()
        if edit is not None and len(edit.after) == 1:
            self.choose(next(iter(edit.after)))
        self._took(edit)

    def _searched_items(self) -> SearchedItems | None:
        if self._opened is None or self._edits is None:
            return None
        total = len(self._opened.dataset.records)
        return SearchedItems(edits=self._edits, shown=np.array(self._model.items), total=total)

    @Slot()
    def _ask_replacement(self) -> None:
        self.commit()
        self.replacing.ask()

    @Slot(object)
    def _replace(self, found: Replacement) -> None:
        if self._edits is not None:
            self._took(self._edits.set_all_captions(found.changes))

    def _measure(self) -> None:
        if self._opened is not None and self._edits is not None:
            self.statistics.show_waiting()
            self._jobs.measure(self._opened.dataset, self._edits)

    @Slot(object)
    def _show_statistics(self, event: TaskEnded) -> None:
        if isinstance(event.result, Statistics):
            self.statistics.show_statistics(event.result)
        elif event.error is not None:
            self.statistics.show_problem(explain(event.error).why)
