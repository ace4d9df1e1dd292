"""Previews of compared runs under one slider: side by side, or two of them in one place."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSizeF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QPainter, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.sample.preview_sheet import Sheet
from studio.models.comparison import ShownRun
from studio.models.run_state import count_text
from studio.models.sample_wall import SampleWall, all_steps, sheet_at
from studio.panels.compare.wipe import WipePane
from studio.theme import SPACING
from studio.widgets.buttons import icon_button
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, fill, plain_label, spaced
from studio.widgets.steps import TimelineBar
from studio.widgets.thumbnail_grid import (
    MAX_ZOOM,
    TileDelegate,
    ZoomWheel,
    set_up_tiles,
    wrapped_lines,
)

_MAX_TEXT_LINES = 2
_MIN_COLUMN = 136
_USUAL_ZOOM = 2


class SamplesPage(QWidget):
    """A column for each run, a row for each tile; or one tile of two runs under a divider."""

    pointed = Signal(object)
    """Emitted with the folder of the run under the pointer, or None."""
    sheets_requested = Signal(object)
    """Emitted with the paths of the sheets to read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[ShownRun, ...] = ()
        self._steps: list[int] = []
        self._at: int | None = None
        """Images seen of the step; None follows the newest."""
        self._wanted: tuple[Path | None, ...] = ()
        self._zoom = _USUAL_ZOOM
        self.model = SampleWall(self)
        self.wall = _Wall()
        self.wall.setModel(self.model)
        self.wall.setAccessibleName(self.tr("Previews of the compared runs"))
        self.wall.entered.connect(self._on_entered)
        self.wall.zoom_requested.connect(self._zoom_by)
        self.wall.viewport().installEventFilter(self)
        self.wall.activated.connect(self._on_activated)
        self.wipe = WipePane()
        self.wipe.sheets_needed.connect(self._ask)
        self.wipe.step_requested.connect(self._move_by)
        self.wipes = QToolButton()
        self.wipes.setText(self.tr("Wipe"))
        self.wipes.setIcon(icon("compare"))
        self.wipes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.wipes.setCheckable(True)
        self.wipes.setToolTip(
            self.tr("Lay two runs on top of each other, with a divider to drag between them; or "
                "press Enter on a pair")
        )  # fmt: skip
        self.wipes.toggled.connect(self._show_wipe)
        self._views = QStackedWidget()
        self._seeds = plain_label(role="muted")
        self.steps = TimelineBar(newest=self.tr("Show the newest previews"), has_keys=False)
        self.steps.move_requested.connect(self._move_to)
        self._smaller = icon_button("zoom_out", self.tr("Smaller"))
        self._smaller.clicked.connect(lambda: self._zoom_by(-1))
        self._larger = icon_button("zoom_in", self.tr("Larger"))
        self._larger.clicked.connect(lambda: self._zoom_by(1))
        self._pages = QStackedWidget()
        empty = self.tr("These runs have no previews yet. They appear while the runs train.")
        self._pages.addWidget(EmptyState("gallery", empty))
        self._pages.addWidget(self._make_wall())
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), (self._pages, 1))

    @property
    def images_seen(self) -> int:
        """Position of the slider; 0 if there is no preview."""
        newest = self._steps[-1] if self._steps else 0
        return newest if self._at is None else self._at

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Show the previews of runs; the position of the slider stays."""
        self._runs = tuple(runs)
        self._steps = all_steps(runs)
        if self._at is not None and self._steps and self._at >= self._steps[-1]:
            self._at = None
        self._pages.setCurrentIndex(1 if self._steps else 0)
        seeds = {run.config.seed for run in runs if run.config is not None}
        self._seeds.setText(
            self.tr("The noise of previews follows from the seed: tiles of runs with different "
                "seeds show different samples.")
        )  # fmt: skip
        self._seeds.setVisible(len(seeds) > 1)
        self._ask()

    def show_sheets(self, read: Mapping[Path, Sheet | None]) -> None:
        """Show sheets that were read, unless others are wanted by now."""
        if all(path is None or path in read for path in (*self._wanted, *self.wipe.wanted())):
            self.wipe.show_sheets(read)
            self.model.show_sheets(self._runs, self._wanted, read)
            self._fit_tiles()

    def emphasise(self, folder: Path | None) -> None:
        """Show the header of one run in bold, or none."""
        self.model.emphasise(folder)

    def _ask(self) -> None:
        """Request the sheets of the step, and show where the slider is."""
        found = [sheet_at(run, self.images_seen) for run in self._runs]
        self._wanted = tuple(preview[1] if preview else None for preview in found)
        self.wipe.show_runs(self._runs, self.images_seen)
        paths = (path for path in (*self._wanted, *self.wipe.wanted()) if path is not None)
        self.sheets_requested.emit(tuple(dict.fromkeys(paths)))
        index = bisect_right(self._steps, self.images_seen) - 1
        text = self.tr("{0} images").format(count_text(self.images_seen))
        self.steps.show_step(
            index, len(self._steps), text=text, is_live=self._at is None, grows=False
        )

    @Slot(int)
    def _move_to(self, index: int) -> None:
        last = len(self._steps) - 1
        self._at = None if index >= last else self._steps[max(0, index)]
        self._ask()

    @Slot(int)
    def _move_by(self, steps: int) -> None:
        self._move_to(bisect_right(self._steps, self.images_seen) - 1 + steps)

    @Slot(bool)
    def _show_wipe(self, is_shown: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._views.setCurrentIndex(int(is_shown))
        for button in (self._smaller, self._larger):
            button.setVisible(not is_shown)
        if is_shown:
            self.wipe.setFocus()

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        self.wipe.show_tile(index.row(), self.model.run_at(index.column()))
        self.wipes.setChecked(True)

    @Slot(int)
    def _zoom_by(self, steps: int) -> None:
        self._zoom = max(1, min(MAX_ZOOM, self._zoom + steps))
        self._smaller.setEnabled(self._zoom > 1)
        self._larger.setEnabled(self._zoom < MAX_ZOOM)
        self._fit_tiles()

    def _fit_tiles(self) -> None:
        sizes = [self.model.tile_size(column) for column in range(self.model.columnCount())]
        self.wall.fit(sizes, self.model.texts(), zoom=self._zoom)

    def _make_wall(self) -> QWidget:
        page = QWidget()
        self._views.addWidget(self.wall)
        self._views.addWidget(self.wipe)
        bar = fill(spaced(QHBoxLayout(), SPACING), (self.steps, 1))
        fill(bar, self.wipes, self._smaller, self._larger)
        layout = spaced(QVBoxLayout(page), SPACING, (0, 0, 0, 0))
        fill(layout, (self._views, 1), self._seeds, bar)
        self.setFocusProxy(self.steps)
        return page

    @Slot(QModelIndex)
    def _on_entered(self, index: QModelIndex) -> None:
        self.pointed.emit(self.model.run_at(index.column()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Point at nothing once the pointer leaves the wall."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return super().eventFilter(watched, event)


class _Wall(QTableView):
    """A table of pictures with their texts below."""

    zoom_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._delegate = _ColumnDelegate(self)
        self._wheel = ZoomWheel()
        set_up_tiles(self, self._delegate)
        self.setProperty("role", "view")
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setMinimumSectionSize(1)

    def fit(self, sizes: Sequence[QSize], texts: Sequence[str], *, zoom: int) -> None:
        """Set the sizes of pictures by column, and make room for them and the longest text."""
        known = [size for size in sizes if not size.isEmpty()]
        if not known:
            return
        largest = QSize(max(s.width() for s in known), max(s.height() for s in known))
        delegate, font = self._delegate, self.font().toString()
        delegate.text_lines = 1
        delegate.fit(self, zoom=zoom, tile=largest)
        width = max(delegate.cell.width(), _MIN_COLUMN)
        delegate.text_lines = max(
            (len(wrapped_lines(text, font, width, _MAX_TEXT_LINES)) for text in texts), default=1
        )
        delegate.fit(self, zoom=zoom, tile=largest)
        # Every picture is scaled alike, so a run of smaller images has smaller tiles.
        ratio = delegate.picture.width() / largest.width()
        delegate.pictures = [QSizeF(size) * ratio for size in sizes]
        self.horizontalHeader().setDefaultSectionSize(width)
        self.verticalHeader().setDefaultSectionSize(delegate.cell.height())
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom if Ctrl is held down, otherwise scroll."""
        steps = self._wheel.steps(event)
        if steps is None:
            super().wheelEvent(event)
        elif steps:
            self.zoom_requested.emit(steps)


class _ColumnDelegate(TileDelegate):
    """Paints tiles whose pictures have a size of their own in each column."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.pictures: list[QSizeF] = []

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint a tile; nothing where a run has none."""
        if index.column() < len(self.pictures) and index.data(Qt.ItemDataRole.DecorationRole):
            self.picture = self.pictures[index.column()]
            super().paint(painter, option, index)
