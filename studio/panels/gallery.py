"""Gallery panel: previews from the same noise over the course of a run."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QStackedWidget, QVBoxLayout, QWidget

from engine.data.column_info import AUDIO, IMAGE
from engine.events import PreviewReady
from engine.sample.preview_sheet import Sheet
from studio.dialogs.pair_view import Pair, PairActions, PairView
from studio.dialogs.search_tiles import SearchTilesDialog
from studio.dialogs.selection_actions import SelectionActions, SelectionBar
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.tiles import TileJobs
from studio.models.gallery_columns import kind_of_file
from studio.models.preview_timeline import PreviewTimeline, StepCursor, step_text
from studio.models.thumbnails import TileModel
from studio.models.tile_files import ChosenTiles
from studio.models.tile_marks import RunMarks
from studio.models.tile_search import FoundTile
from studio.settings.choices import GalleryView
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.drop_zone import dropped_path
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, fill, plain_label, spaced
from studio.widgets.steps import TimelineBar
from studio.widgets.thumbnail_grid import MAX_ZOOM, ThumbnailGrid, wrapped_lines

_MAX_TEXT_LINES, _MAX_CELL_LINES = 2, 5
"""Lines of a caption, also with the cells of a table; the view of an item shows all."""
_ZOOM_SLIDER_WIDTH = 96


@dataclass(frozen=True, kw_only=True)
class PreviewTile:
    """A tile of a preview."""

    tile: int
    count: int
    """Tiles of the preview."""


class GalleryPanel(QWidget):
    """Previews of one run, live or from disk."""

    save_requested = Signal()
    step_chosen = Signal(object)
    """Carries the images seen at the preview that the user has moved to; None for the newest, which
    is followed."""
    given_dropped = Signal(object)
    """Carries the ``Path`` of an image or a sound, of which the run is to make the rest."""
    run_requested = Signal(object)
    """Carries the ``FoundTile`` of a run that is not shown."""
    play_requested = Signal(object)
    """Carries a ``PreviewTile``."""

    def __init__(
        self,
        nearest: NearestJob,
        player: PreviewPlayer,
        tiles: TileJobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._nearest, self._player = nearest, player
        player.changed.connect(self._show_sounds)
        self._timeline = PreviewTimeline(self)
        self._cursor = StepCursor(self._timeline, self)
        self._model = TileModel(self)
        self._actions = PairActions(self)
        self._sheet: Sheet | None = None
        self._sounds: dict[str, Path] = {}
        """Files with the clips of the sheet, by column."""
        self._are_images = True
        self._text_lines, self._most_lines = 1, _MAX_TEXT_LINES
        self._pair_view: PairView | None = None
        self._zoom = self._make_zoom()
        smaller = icon_button("zoom_out", self.tr("Smaller"))
        smaller.clicked.connect(lambda: self._zoom_by(-1))
        larger = icon_button("zoom_in", self.tr("Larger"))
        larger.clicked.connect(lambda: self._zoom_by(1))
        self._zoom_bar = QWidget()
        bar = spaced(QHBoxLayout(self._zoom_bar), margins=(0, 0, 0, 0))
        fill(bar, smaller, self._zoom, larger)
        self._search = icon_button("search", self.tr("Search texts and tags"), "Ctrl+F")
        self._search.setAutoRepeat(False)
        self._search.clicked.connect(self._open_search)
        self._marks = RunMarks(self)
        self._save = push_button(self.tr("Save gallery…"), self.save_requested, icon_name="save")
        self._grid = ThumbnailGrid()
        self._grid.setModel(self._model)
        self._grid.setAccessibleName(self.tr("Generated pairs"))
        self._grid.tile_opened.connect(self._open_pair)
        self._grid.play_requested.connect(self._play)
        self._grid.zoom_requested.connect(self._zoom_by)
        self._grid.customContextMenuRequested.connect(self._show_menu)
        self._chosen_actions = SelectionActions(
            self._grid, tiles, self._marks, self._chosen, self._timeline
        )
        self._selection_bar = SelectionBar(self._chosen_actions)
        self._grid.drag_requested.connect(self._chosen_actions.drag)
        self._grid.selection_changed.connect(self._show_selection)
        self._marks.shown.connect(self._show_marks)
        self._notice = plain_label(role="muted")
        self._notice.hide()
        self._stack = QStackedWidget()
        self._steps = TimelineBar()
        self._steps.move_requested.connect(self._move_to)
        self._cursor.moved.connect(self._refresh)
        self._lay_out()
        self.setAcceptDrops(True)
        self.set_can_save(False)
        self._refresh()

    def clear(self) -> None:
        """Remove all previews."""
        self._text_lines = 1
        self._timeline.clear()

    def add_preview(self, event: PreviewReady) -> None:
        """Add a preview; it is shown unless an older step is selected."""
        self._timeline.add(event)

    def open_run(self, folder: Path) -> None:
        """Load a run's previews from disk and show the newest."""
        self._text_lines = 1
        self._timeline.open_run(folder)
        self._cursor.move_to(self._cursor.count - 1)

    def show_tile(self, found: FoundTile) -> None:
        """Show and select a tile of the run that is open."""
        place = self._timeline.place_of(found.images_seen)
        self._move_to(min(place, self._cursor.count - 1))
        self._grid.select_rows([found.tile])
        self._grid.setFocus()

    def show_moment(self, images_seen: float | None) -> int | None:
        """Show the preview at or before a moment, or else the first; None follows the newest.

        Returns:
            Images seen at the preview; None if there is none.
        """
        if images_seen is None or not self._cursor.count:
            self._cursor.move_to(self._cursor.count - 1)
            return None
        self._cursor.hold_at(self._timeline.place_of(int(images_seen) + 1) - 1)
        return self._sheet.images_seen if self._sheet else None

    def set_can_save(self, can_save: bool) -> None:  # noqa: FBT001 - one plain fact
        """Enable or disable saving a gallery."""
        self._save.setEnabled(can_save)
        self._save.setToolTip(
            self.tr("Draw new pairs from the trained generator and write them to a folder")
            if can_save
            else self.tr("There is no run to draw pairs from yet. Start one first.")
        )

    def set_comparable(self, are_images: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set whether tiles are single images, which can be compared with training images."""
        self._are_images = are_images
        if self._pair_view is not None:
            self._pair_view.set_comparable(are_images)

    def set_cells(self, has_cells: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set whether items have rows of a table, which need more lines."""
        self._most_lines = _MAX_CELL_LINES if has_cells else _MAX_TEXT_LINES
        self._text_lines = 1

    def show_notice(self, text: str) -> None:
        """Show a sentence above the tiles, or none."""
        self._notice.setText(text)
        self._notice.setVisible(bool(text))
        if self._pair_view is not None:
            self._pair_view.show_notice(text)

    def view(self) -> GalleryView:
        """Return the view settings to remember."""
        return GalleryView(zoom=self._zoom.value())

    def set_growing(self, is_growing: bool) -> None:  # noqa: FBT001 - one plain fact
        """Set whether the run trains, so that new previews may come."""
        self._timeline.set_growing(is_growing)

    def set_view(self, view: GalleryView) -> None:
        """Restore view settings."""
        self._zoom.setValue(view.zoom)

    def _make_zoom(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(1, MAX_ZOOM)
        slider.setValue(GalleryView().zoom)
        slider.setPageStep(1)
        slider.setFixedWidth(_ZOOM_SLIDER_WIDTH)
        slider.setAccessibleName(self.tr("Zoom"))
        slider.setToolTip(self.tr("Zoom (Ctrl and mouse wheel)"))
        slider.valueChanged.connect(self._change_zoom)
        return slider

    def _lay_out(self) -> None:
        empty = self.tr("No pairs yet. Start a run: the first ones appear within seconds.")
        self._stack.addWidget(EmptyState("gallery", empty))
        self._stack.addWidget(self._grid)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        top = fill(
            QHBoxLayout(), self._zoom_bar, (self._selection_bar, 1), self._search, self._save
        )
        fill(layout, top, self._notice, (self._stack, 1), self._steps)
        self.setFocusProxy(self._steps)

    @Slot(int)
    def _move_to(self, index: int) -> None:
        self._cursor.move_to(index)
        is_held = self._sheet is not None and not self._cursor.is_live
        self.step_chosen.emit(self._sheet.images_seen if self._sheet and is_held else None)

    @Slot()
    def _refresh(self) -> None:
        sheet = self._sheet = self._cursor.sheet()
        run = self._timeline.step_at(self._cursor.index).path.parents[1] if sheet else Path()
        if run != self._marks.run:
            self._marks.show_run(run, self._tiles.marks_of(run))
        self._stack.setCurrentIndex(1 if sheet else 0)
        self._zoom_bar.setVisible(sheet is not None)
        self._steps.setVisible(sheet is not None)
        # The tile size is set first, so that new rows are measured only once.
        self._lay_tiles_out(sheet)
        self._model.show_sheet(sheet)
        self._show_selection()
        self._sounds = self._timeline.sounds_at(self._cursor.index) if sheet else {}
        if self._sounds:
            self._player.find_out()
        self._show_sounds()
        text = step_text(sheet.images_seen, sheet.elapsed_s) if sheet else ""
        self._steps.show_step(
            self._cursor.index,
            self._cursor.count,
            text=text,
            is_live=self._cursor.is_live,
            grows=self._timeline.is_growing,
        )

    def _lay_tiles_out(self, sheet: Sheet | None) -> None:
        if sheet is None:
            return
        height, width = sheet.images.shape[1:3]
        tile = QSize(width, height)
        zoom = self._zoom.value()
        self._grid.set_tiles(zoom=zoom, tile=tile, text_lines=self._text_lines)
        # The number of lines never decreases, so that tiles do not move between steps.
        font, width = self._grid.font().toString(), self._grid.text_width
        lines = [len(wrapped_lines(text, font, width, self._most_lines)) for text in sheet.texts]
        if max(lines, default=0) > self._text_lines:
            self._text_lines = max(lines)
            self._grid.set_tiles(zoom=zoom, tile=tile, text_lines=self._text_lines)

    @Slot(int)
    def _change_zoom(self, _zoom: int) -> None:
        self._text_lines = 1
        self._lay_tiles_out(self._sheet)

    @Slot(int)
    def _zoom_by(self, factors: int) -> None:
        self._zoom.setValue(self._zoom.value() + factors)

    @Slot(int)
    def _open_pair(self, tile: int) -> None:
        if self._pair_view is None:
            self._pair_view = PairView(self, self._timeline, self._nearest, self._player)
            self._pair_view.set_comparable(self._are_images)
            self._pair_view.show_notice(self._notice.text())
        self._pair_view.show_pair(tile, self._cursor)

    @Slot()
    def _show_sounds(self) -> None:
        playing = (self._player.playing_tile(path) for path in self._sounds.values())
        self._model.show_sounds(
            has_sounds=bool(self._sounds),
            playing=max(playing, default=-1),
            problem=self._player.reason,
        )

    @Slot(int)
    def _play(self, tile: int) -> None:
        """Play the sound of a tile, of the first column that has some."""
        if self._sounds and self._sheet is not None:
            path = next(iter(self._sounds.values()))
            self._player.toggle(path, tile, len(self._sheet.texts))

    def _chosen(self) -> ChosenTiles | None:
        """Return the selected tiles of the shown preview; None if there are none."""
        sheet = self._sheet
        tiles = self._grid.selected_rows()
        if sheet is None or not tiles:
            return None
        path = self._timeline.step_at(self._cursor.index).path
        return ChosenTiles(path=path, sheet=sheet, tiles=tiles)

    @Slot()
    def _show_selection(self) -> None:
        self._chosen_actions.refresh()
        self._selection_bar.show_count(len(self._grid.selectedIndexes()))

    @Slot()
    def _select_starred(self) -> None:
        count = self._model.rowCount()
        self._grid.select_rows(tile for tile in self._marks.starred if tile < count)

    @Slot()
    def _open_search(self) -> None:
        dialog = SearchTilesDialog(self, self._tiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.tile_chosen.connect(self._show_found)
        dialog.open()

    @Slot(object)
    def _show_found(self, found: FoundTile) -> None:
        if found.folder == self._marks.run:
            self.show_tile(found)
        else:
            self.run_requested.emit(found)

    @Slot()
    def _show_marks(self) -> None:
        self._model.show_marks(self._marks.marks)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        index = self._grid.indexAt(place)
        if not index.isValid() or self._sheet is None:
            return
        image = index.data(Qt.ItemDataRole.DecorationRole)
        text = self._sheet.texts[index.row()]
        self._actions.pair = Pair(image=image, text=text, images_seen=self._sheet.images_seen)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        tile = PreviewTile(tile=index.row(), count=len(self._sheet.texts))
        play = menu.addAction(icon("play"), self.tr("Play with this"))
        play.setEnabled(self._save.isEnabled())
        play.triggered.connect(lambda: self.play_requested.emit(tile))
        menu.addSeparator()
        menu.addActions(list(self._actions.all))
        menu.addActions([self._chosen_actions.copy_enlarged])
        menu.addSeparator()
        menu.addActions(list(self._chosen_actions.all[1:]))
        menu.addSeparator()
        menu.addAction(self.tr("Select all"), self._grid.selectAll)
        starred = menu.addAction(self.tr("Select starred"), self._select_starred)
        starred.setEnabled(bool(self._marks.starred))
        menu.popup(self._grid.viewport().mapToGlobal(place))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept an image or a sound; the window imports everything else."""
        if event.source() is self._grid:
            # The panel's own tiles: accepted, so that the window does not import them.
            event.accept()
            return
        path = dropped_path(event.mimeData())
        is_media = path is not None and path.is_file() and kind_of_file(path) in (IMAGE, AUDIO)
        event.setAccepted(is_media and self._save.isEnabled())

    def dropEvent(self, event: QDropEvent) -> None:
        """Emit ``given_dropped``, unless the tiles come from this panel."""
        if event.source() is self._grid:
            event.ignore()
            return
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.given_dropped.emit(path)
