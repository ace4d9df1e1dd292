"""Compare panel: up to twelve runs as curves, settings, samples and parallel coordinates."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QStackedWidget, QVBoxLayout, QWidget

from engine.runs.curves import RunSummary
from engine.runs.folder import RunFolder
from engine.runs.trash import TrashedRun
from engine.sample.preview_sheet import Sheet
from studio.jobs.comparing import ComparedRun, ComparisonJobs
from studio.jobs.runs import RunChanged, RunJobs, RunList
from studio.models.comparison import ShownRun, short_names
from studio.models.run_selection import Highlight, RunSelection
from studio.panels.compare.chips import RunChips
from studio.panels.compare.curves import CurvesPage
from studio.panels.compare.parallel import ParallelPage
from studio.panels.compare.samples import SamplesPage
from studio.panels.compare.settings import SettingsPage
from studio.settings.choices import CompareView
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import add_page_buttons
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import EmptyState, fill, spaced

_LOOK_EVERY_MS = 2_000
_LIST_EVERY = 3
"""Every so many looks at the compared runs, the runs of the workspace are listed."""
CURVES, SETTINGS, SAMPLES, PARALLEL = range(4)


class ComparePanel(QWidget):
    """Views of the same runs; the run under the pointer is highlighted in all of them.

    Runs that train are read again while the panel is visible. Emits requests only.
    """

    failed = Signal(object)
    """Emitted with the error if a file cannot be written."""

    def __init__(
        self,
        selection: RunSelection,
        jobs: ComparisonJobs,
        runs: RunJobs,
        workspace: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.selection, self._jobs, self._runs = selection, jobs, runs
        self._workspace = workspace
        self.highlight = Highlight(self)
        self._read: dict[Path, ComparedRun] = {}
        self._hidden: set[Path] = set()
        self._listed: tuple[Path, ...] = ()
        self._shown: tuple[ShownRun, ...] = ()
        self._looks = 0
        self.chips = RunChips()
        self.curves, self.settings = CurvesPage(), SettingsPage()
        self.samples, self.parallel = SamplesPage(), ParallelPage()
        self._pages, self._buttons = QStackedWidget(), QButtonGroup(self)
        # Runs may be trained by this process or by others: all are followed by their files.
        self._looking = QTimer(self, interval=_LOOK_EVERY_MS)
        self._looking.timeout.connect(self._look)
        self._lay_out()
        self._connect()
        self._on_selection()

    @property
    def page(self) -> int:
        """The chosen page: ``CURVES``, ``SETTINGS``, ``SAMPLES`` or ``PARALLEL``."""
        return self._buttons.checkedId()

    @property
    def shown(self) -> tuple[Path, ...]:
        """The runs that are shown: compared, read, not hidden and within all brushes."""
        return tuple(run.folder for run in self._shown)

    def view(self) -> CompareView:
        """Return the view settings to remember."""
        curves = self.curves
        return CompareView(
            page=self.page,
            axis=curves.axis.text(),
            smoothing=curves.smoothing.value() / 100,
            is_log=curves.log.isChecked(),
            joins_seeds=curves.seeds.isChecked(),
            metrics=tuple(plot.chosen for plot in curves.plots),
            axes=self.parallel.chosen,
            runs=tuple(map(str, self.selection.folders)),
        )

    def set_view(self, view: CompareView) -> None:
        """Restore view settings, and the runs that still exist unless others are compared."""
        self.curves.apply(view)
        self.parallel.choose_axes(view.axes)
        self.show_page(view.page if view.page in range(PARALLEL + 1) else CURVES)
        if not self.selection.folders:
            folders = (Path(run) for run in view.runs)
            self.selection.replace(f for f in folders if RunFolder(f).config_file.is_file())

    def set_workspace(self, folder: Path) -> None:
        """Offer the runs of another workspace; the compared ones stay."""
        self._workspace = folder
        self._list()

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Show a page."""
        self._buttons.button(page).setChecked(True)
        self._show()
        if page == PARALLEL:
            self._list()

    def _lay_out(self) -> None:
        pages = FlowLayout(SPACING // 2)
        titles = (
            self.tr("Curves"),
            self.tr("Settings"),
            self.tr("Samples"),
            self.tr("Parallel coordinates"),
        )
        add_page_buttons(pages, self._buttons, titles)
        self._buttons.idClicked.connect(self.show_page)
        empty = self.tr(
            "No runs to compare yet. Select up to twelve in the Runs panel and press Ctrl+K, or "
            "type the name of a run above."
        )
        self._pages.addWidget(EmptyState("compare", empty))
        self._pages.addWidget(EmptyState("compare", self.tr("Reading the runs…")))
        for page in (self.curves, self.settings, self.samples, self.parallel):
            self._pages.addWidget(page)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, pages, self.chips, (self._pages, 1))

    def _connect(self) -> None:
        chips, parallel, highlight = self.chips, self.parallel, self.highlight
        self.selection.changed.connect(self._on_selection)
        chips.add_requested.connect(lambda folder: self.selection.add([folder]))
        chips.removed.connect(self.selection.remove)
        chips.clear_requested.connect(self.selection.clear)
        chips.switched.connect(self._switch)
        parallel.brushed.connect(self._show)
        parallel.compare_requested.connect(self.selection.replace)
        parallel.toggle_requested.connect(self._toggle)
        self.settings.failed.connect(self.failed)
        self.samples.sheets_requested.connect(self._jobs.read_sheets)
        self._jobs.sheets_read.connect(self._on_sheets)
        for view in (chips, self.curves, self.settings, self.samples, parallel):
            view.pointed.connect(highlight.point_at)
            highlight.changed.connect(view.emphasise)
        self._jobs.read.connect(self._on_read)
        self._jobs.summarised.connect(self._on_summaries)
        self._runs.listed.connect(self._on_listed)
        self._runs.changed.connect(self._on_change)

    @Slot()
    def _on_selection(self) -> None:
        selection = self.selection
        places = {folder: selection.place_of(folder) for folder in selection.folders}
        self._hidden &= set(places)
        # A chip that is removed under the pointer tells of no leave.
        self.highlight.point_at(None)
        self._read = {folder: run for folder, run in self._read.items() if folder in places}
        self.chips.show_runs(places, [*self._hidden])
        self.parallel.show_compared(places)
        self._show()
        if set(places) - set(self._read):
            self._jobs.read_runs(selection.folders)

    @Slot(object, bool)
    def _switch(self, folder: Path, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        (self._hidden.discard if is_on else self._hidden.add)(folder)
        self._show()

    @Slot(object)
    def _toggle(self, folder: Path) -> None:
        if folder in self.selection.folders:
            self.selection.remove(folder)
        else:
            self.selection.add([folder])

    @Slot(object)
    def _on_read(self, found: Mapping[Path, ComparedRun]) -> None:
        mine = {f: run for f, run in found.items() if f in self.selection.folders}
        if mine != self._read:
            self._read = mine
            self._show()

    @Slot(object)
    def _on_sheets(self, read: Mapping[Path, Sheet | None]) -> None:
        self.samples.show_sheets(read)

    @Slot(object)
    def _on_summaries(self, found: Mapping[Path, RunSummary]) -> None:
        self.parallel.show_summaries([s for s in found.values() if s.config is not None])

    @Slot(object)
    def _on_listed(self, found: RunList) -> None:
        self._listed = tuple(run.folder for run in found.runs if not run.problem)
        self.chips.field.offer(self._listed)
        if self.isVisible() and self.page == PARALLEL:
            self._jobs.summarise([*dict.fromkeys((*self._listed, *self.selection.folders))])

    @Slot(object)
    def _on_change(self, event: RunChanged) -> None:
        if isinstance(event.result, TrashedRun):
            self.selection.remove(event.folder)
        elif isinstance(event.result, Path):
            self.selection.rename(event.folder, event.result)

    @Slot()
    def _show(self) -> None:
        """Show the runs in the chosen page; the others are drawn when they are chosen."""
        inside = self.parallel.inside
        names = short_names(self.selection.folders)
        self._shown = tuple(
            ShownRun(
                folder=folder,
                name=names[folder],
                place=self.selection.place_of(folder),
                curves=self._read[folder].curves,
                previews=self._read[folder].previews,
            )
            for folder in self.selection.folders
            if folder in self._read and folder not in self._hidden
            if inside is None or folder in inside
        )
        page = self.page
        if page != PARALLEL and not self._read:
            self._pages.setCurrentIndex(1 if self.selection.folders else 0)
            return
        self._pages.setCurrentIndex(2 + page)
        pages = {CURVES: self.curves, SETTINGS: self.settings, SAMPLES: self.samples}
        if page in pages:
            pages[page].show_runs(self._shown)

    @Slot()
    def _look(self) -> None:
        self._looks += 1
        if self._looks % _LIST_EVERY == 0:
            self._list()
        if self.selection.folders and not self._jobs.reading.is_running:
            self._jobs.read_runs(self.selection.folders)

    def _list(self) -> None:
        if self.isVisible() and not self._runs.listing.is_running and not self._runs.is_changing:
            self._runs.list_runs(self._workspace)

    def showEvent(self, event: QShowEvent) -> None:
        """Read the runs and follow them."""
        super().showEvent(event)
        self._list()
        self._look()
        self._looking.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following the runs."""
        super().hideEvent(event)
        self._looking.stop()
