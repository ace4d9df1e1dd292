"""Browser of one dataset: search, filter, edit and undo; with its item delegate."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.data.editing import Edit, EditKind, Edits
from engine.data.find_replace import Replacement
from engine.data.search import ItemFilter
from engine.data.store import StoredDataset
from engine.importing.plan import Issue
from studio.jobs.dataset import DatasetJobs, OpenedDataset
from studio.jobs.preview_player import PreviewPlayer
from studio.models.dataset_items import CELLS_ROLE, EDITED_ROLE, EXCLUDED_ROLE, DatasetItems
from studio.panels.datasets.bar import BrowserBar, step_action
from studio.panels.datasets.detail import ItemDetail, ItemView
from studio.panels.datasets.doctor import ChecksController
from studio.panels.datasets.editing import Edited, ItemEditing
from studio.panels.datasets.replace import ReplaceController
from studio.panels.datasets.statistics import StatisticsPage
from studio.theme import SPACING, mixed
from studio.widgets.labels import EmptyState, fill, spaced
from studio.widgets.thumbnail_grid import TileDelegate
from studio.widgets.virtual_grid import VirtualGridView

_Index = QModelIndex | QPersistentModelIndex
_RADIUS, _DOT = 6, 8
_SELECTED_SHARE = 0.22
_EXCLUDED_OPACITY = 0.25


class ItemDelegate(TileDelegate):
    """Paints selected items on a tinted background, excluded ones faded, edited ones with a dot."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint background, picture, text and markers."""
        if option.state & QStyle.StateFlag.State_Selected:
            self._paint_selection(painter, option)
        painter.save()
        if index.data(EXCLUDED_ROLE):
            painter.setOpacity(_EXCLUDED_OPACITY)
        super().paint(painter, option, index)
        painter.restore()
        if index.data(EDITED_ROLE):
            self._paint_dot(painter, option)

    def _paint_picture(
        self, painter: QPainter, place: QRectF, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        if index.data(Qt.ItemDataRole.DecorationRole) is not None:
            super()._paint_picture(painter, place, option, index)
            return
        palette = option.palette
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.setBrush(palette.color(QPalette.ColorRole.Window))
        painter.drawRoundedRect(place, _RADIUS, _RADIUS)
        cells = index.data(CELLS_ROLE)
        if cells:
            _paint_cells(painter, place.adjusted(_RADIUS, 2, -_RADIUS, -2), palette, cells)
        else:
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.tr("no image"))

    def _paint_selection(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        role, palette = QPalette.ColorRole, option.palette
        tint = mixed(palette.color(role.Highlight), palette.color(role.Base), _SELECTED_SHARE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(
            QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS, _RADIUS
        )
        painter.restore()

    def _paint_dot(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(option.palette.color(QPalette.ColorRole.Base))
        painter.setBrush(option.palette.color(QPalette.ColorRole.Highlight))
        right, top = option.rect.right() - _DOT - 6, option.rect.top() + 5
        painter.drawEllipse(right, top, _DOT, _DOT)
        painter.restore()


_CELLS_WIDTH = 0.55
"""Of a tile, for the names of fields."""


def _paint_cells(
    painter: QPainter, place: QRectF, palette: QPalette, cells: Sequence[tuple[str, str]]
) -> None:
    """Paint as many names and values as fit."""
    metrics, elided = painter.fontMetrics(), Qt.TextElideMode.ElideRight
    named = place.width() * _CELLS_WIDTH
    shown = cells[: max(1, int(place.height() / metrics.lineSpacing()))]
    baseline = place.top() + metrics.ascent()
    for name, value in shown:
        text = metrics.elidedText(name, elided, int(named) - 4)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(QPointF(place.left(), baseline), text)
        text = metrics.elidedText(value, elided, int(place.width() - named))
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(QPointF(place.left() + named, baseline), text)
        baseline += metrics.lineSpacing()


_MAX_TILE, _USUAL_TILE = 96, 72
_NO_IMAGE_TILE = QSize(120, 80)
"""For spectrograms, and for rows of a table."""
_WALL_WIDTH, _DETAIL_WIDTH = 460, 250
_WALL_HEIGHT = 110


class DatasetBrowser(QWidget):
    """Shows and edits the items of the open dataset; does not save."""

    changed = Signal()
    """Emitted when the edits or the shown items changed."""

    def __init__(
        self, jobs: DatasetJobs, player: PreviewPlayer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._opened: OpenedDataset | None = None
        self.edits: Edits | None = None
        """All edits of the open dataset."""
        self._chosen: list[int] = []
        self._model = DatasetItems(self)
        self._undo = step_action(self, "undo", self.tr("Undo"), QKeySequence.StandardKey.Undo)
        self._undo.triggered.connect(lambda: self._step_back(is_redo=False))
        self._redo = step_action(self, "redo", self.tr("Redo"), QKeySequence.StandardKey.Redo)
        self._redo.triggered.connect(lambda: self._step_back(is_redo=True))
        self.bar = BrowserBar(self._undo, self._redo)
        self.wall = VirtualGridView(ItemDelegate(self))
        self.wall.setModel(self._model)
        self.wall.setAccessibleName(self.tr("Items of the dataset"))
        self.wall.selectionModel().selectionChanged.connect(self._on_selection)
        self.wall.selectionModel().currentChanged.connect(self._on_selection)
        self.detail = ItemDetail(player)
        self.statistics = StatisticsPage()
        self.editing = ItemEditing(self.detail, self)
        self.replacing = ReplaceController(jobs, self._searched_items, self)
        self.doctoring = ChecksController(jobs, self)
        self._items_page = QStackedWidget()
        self._pages = QStackedWidget()
        self._lay_out()
        self._connect()

    @property
    def dataset(self) -> StoredDataset | None:
        """The open dataset."""
        return self._opened.dataset if self._opened else None

    @property
    def shown_count(self) -> int:
        """Number of items that pass the filter."""
        return len(self._model.items)

    def open(self, opened: OpenedDataset) -> None:
        """Show a dataset without edits."""
        self.replacing.close()
        self._jobs.measuring.cancel()
        if opened is not self._opened:
            self.doctoring.leave()
        self._opened, self._chosen = opened, []
        self.edits = Edits(opened.dataset, originals=opened.originals)
        self.replacing.edits = self.edits
        self.doctoring.open(opened.dataset, self.edits)
        manifest = opened.dataset.manifest
        tile, has_images = _NO_IMAGE_TILE, opened.dataset.image_column is not None
        if has_images:
            tile = QSize(manifest.image_width, manifest.image_height)
        if manifest.image_shape.longer > _MAX_TILE:
            tile.scale(_MAX_TILE, _MAX_TILE, Qt.AspectRatioMode.KeepAspectRatio)
        largest = round(_MAX_TILE * self.devicePixelRatioF())
        self._model.open(opened.dataset, self.edits, largest)
        zoom = max(1, round(_USUAL_TILE / manifest.image_shape.longer)) if has_images else 1
        self.wall.set_tiles(zoom=zoom, tile=tile, text_lines=1)
        self.bar.clear()
        self._update_choices()
        self.show_page(0)
        self._filter()
        self.doctoring.look_again()

    def discard(self) -> None:
        """Discard all edits."""
        if self._opened is not None:
            self.open(self._opened)

    def commit(self) -> None:
        """Apply pending input of the detail view."""
        self.detail.commit()

    def choose(self, item: int) -> None:
        """Select an item, if it passes the filter."""
        row = self._model.row_of(item)
        if row >= 0:
            # ``setCurrentIndex`` of the view depends on Ctrl, which is held down during undo.
            self.wall.selectionModel().setCurrentIndex(
                self._model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    @Slot()
    def examine(self) -> None:
        """Run the checks on the current items."""
        self.show_page(0)
        self.doctoring.begin()

    @Slot()
    def ask_split(self) -> None:
        """Open the dialog to split off a validation set."""
        self.commit()
        self.editing.ask_split()

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Show the items (0) or the statistics (1)."""
        self.commit()
        self.bar.show_page(page)
        self._pages.setCurrentIndex(page)
        if page == 1:
            self._measure()

    def _lay_out(self) -> None:
        self._items_page.addWidget(self.wall)
        self._items_page.addWidget(EmptyState("gallery", self.tr("No item fits the filter.")))
        split = QSplitter(Qt.Orientation.Horizontal)
        self._items_page.setMinimumHeight(_WALL_HEIGHT)
        left = QWidget()
        column = spaced(QVBoxLayout(left), SPACING, (0, 0, 0, 0))
        fill(column, (self._items_page, 1), self.doctoring.pane)
        split.addWidget(left)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 1)
        split.setSizes([_WALL_WIDTH, _DETAIL_WIDTH])
        split.setHandleWidth(SPACING)
        self._pages.addWidget(split)
        self._pages.addWidget(self.statistics)
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), self.bar, (self._pages, 1))
        self.setFocusProxy(self.wall)

    def _add_menu(self) -> None:
        """Give the items a context menu."""
        exclude = QAction(self.tr("Exclude or include"), self.wall)
        exclude.triggered.connect(self.editing.toggle_excluded)
        copy_text = QAction(self.tr("Copy text"), self.wall)
        copy_text.setShortcuts(QKeySequence.StandardKey.Copy)
        copy_text.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy_text.triggered.connect(self._copy_text)
        copy_image = QAction(self.tr("Copy image"), self.wall)
        copy_image.triggered.connect(self._copy_image)
        select = QAction(self.tr("Select all"), self.wall)
        select.triggered.connect(self.wall.selectAll)
        self._play = QAction(self.tr("Play or stop the sound"), self.wall)
        self._play.setShortcut(Qt.Key.Key_Space)
        self._play.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._play.triggered.connect(self.detail.columns.play_first)
        self.wall.addActions([exclude, copy_text, copy_image, select, self._play])
        self.wall.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    @Slot()
    def _copy_text(self) -> None:
        """Copy the texts of the selected items, one on each line."""
        if self.edits is not None and self._chosen:
            edits = self.edits
            texts = (edits.state(item).text for item in sorted(self._chosen))
            QGuiApplication.clipboard().setText("\n".join(texts))

    @Slot()
    def _copy_image(self) -> None:
        """Copy the image of the current item."""
        picture = self._model.picture(self._chosen[0]) if self._chosen else None
        if picture is not None:
            QGuiApplication.clipboard().setImage(picture)

    def _connect(self) -> None:
        self._add_menu()
        self.bar.filter_changed.connect(self._filter)
        self.bar.page_requested.connect(self.show_page)
        self.bar.zoom_requested.connect(self.wall.zoom_by)
        self.bar.replace_requested.connect(self._ask_replacement)
        self.replacing.replace_requested.connect(self._replace)
        self.statistics.follow(self._jobs.measuring)
        self.wall.removal_requested.connect(self.editing.toggle_excluded)
        self.editing.made.connect(self._on_edit)
        self.doctoring.repaired.connect(self._on_edit)
        self.doctoring.found.connect(self._update_choices)
        self.doctoring.chosen.connect(self._show_issue)

    @Slot()
    def _filter(self) -> None:
        if self._opened is None or self.edits is None:
            return
        self.commit()
        current = self._chosen[0] if self._chosen else 0
        wanted = self.bar.filter
        among = self.doctoring.items(wanted)
        self._model.show_items(self._opened.index.find(self.edits, wanted, among))
        is_issue = wanted.show is ItemFilter.ISSUE
        self.doctoring.pane.mark(Issue(wanted.value) if is_issue else None)
        self._items_page.setCurrentIndex(0 if self.shown_count else 1)
        self._chosen = []
        self.choose(current)
        if not self._chosen and self.shown_count:
            self.choose(int(self._model.items[0]))
        self._show_chosen()
        self.changed.emit()

    @Slot()
    def _on_selection(self) -> None:
        rows = sorted(index.row() for index in self.wall.selectionModel().selectedIndexes())
        current = self.wall.currentIndex().row()
        if current in rows:
            # The current item is shown in the detail view.
            rows.remove(current)
            rows.insert(0, current)
        chosen = [self._model.item(row) for row in rows]
        if chosen != self._chosen:
            self.commit()
            self._chosen = chosen
            self._show_chosen()

    def _show_chosen(self) -> None:
        self._undo.setEnabled(self.edits is not None and self.edits.can_undo)
        self._redo.setEnabled(self.edits is not None and self.edits.can_redo)
        if self._opened is not None and self.edits is not None:
            index, chosen = self._opened.index, tuple(self._chosen)
            self.editing.choose(Edited(edits=self.edits, index=index, chosen=chosen))
        has_sound = bool(self._chosen and self._model.sounds(self._chosen[0]))
        self._play.setEnabled(has_sound)
        self._play.setVisible(has_sound)
        if self._opened is None or self.edits is None or not self._chosen:
            self.detail.show_item(None)
            return
        item, index, dataset = self._chosen[0], self._opened.index, self._opened.dataset
        locale, count = self.locale(), len(self._chosen)
        place = self.tr("Item {0} of {1}").format(
            locale.toString(item + 1), locale.toString(len(dataset.records))
        )
        about = [index.key(item), index.group(item)]
        view = ItemView(
            state=self.edits.state(item),
            picture=self._model.picture(item),
            place=place if count == 1 else self.tr("%Ln items selected", "", count),
            about="  ·  ".join(filter(None, about)) if count == 1 else "",
            selected=count,
            name=(dataset.folder, item),
            sounds=self._model.sounds(item),
            cells=self._model.cells(item),
            may_have_text=bool(dataset.text_column or dataset.image_column),
        )
        self.detail.show_item(view)

    @Slot(object)
    def _on_edit(self, edit: Edit) -> None:
        """Update all views after an edit, undo or redo."""
        self._model.refresh()
        self._show_chosen()
        if edit.kind is EditKind.TAGS:
            self._update_choices()
        if self._pages.currentIndex() == 1:
            self._measure()
        self.replacing.look_again()
        self.doctoring.look_again()
        self.changed.emit()

    @Slot()
    def _update_choices(self) -> None:
        if self._opened is not None and self.edits is not None:
            index = self._opened.index
            self.bar.set_choices(index.tags(self.edits), index.groups(), self.doctoring.choices)

    @Slot(object)
    def _show_issue(self, issue: Issue | None) -> None:
        self.bar.choose(ItemFilter.ALL if issue is None else ItemFilter.ISSUE, issue or "")

    def _step_back(self, *, is_redo: bool) -> None:
        self.commit()
        edit = None
        if self.edits is not None:
            edit = self.edits.redo() if is_redo else self.edits.undo()
        if edit is not None:
            if len(edit.after) == 1:
                self.choose(next(iter(edit.after)))
            self._on_edit(edit)

    def _searched_items(self, is_only_shown: bool) -> Sequence[int]:  # noqa: FBT001 - a callback
        if is_only_shown:
            return np.array(self._model.items).tolist()
        return range(len(self.dataset.records)) if self.dataset else ()

    @Slot()
    def _ask_replacement(self) -> None:
        self.commit()
        self.replacing.ask()

    @Slot(object)
    def _replace(self, found: Replacement) -> None:
        edit = self.edits.set_all_captions(found.changes) if self.edits is not None else None
        if edit is not None:
            self._on_edit(edit)

    def _measure(self) -> None:
        if self._opened is not None and self.edits is not None:
            self.statistics.show_waiting()
            self._jobs.measure(self._opened.dataset, self.edits)
