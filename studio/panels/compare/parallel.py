"""Parallel coordinates of all runs of the workspace: settings, then best figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from engine.runs.curves import RunSummary
from studio.models.parallel_rows import axis_label, axis_names, build_axis, usual_axes
from studio.models.run_selection import MAX_RUNS
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import StayingMenu
from studio.widgets.labels import EmptyState, fill, plain_label, scrolling, spaced
from studio.widgets.overlay_plot import run_color
from studio.widgets.parallel_axes import Mask, ParallelAxes, ParallelRow


class ParallelPage(QWidget):
    """Axes with a brush each; what is brushed is shown in the other views, or compared."""

    pointed = Signal(object)
    """Emitted with the folder of the run under the pointer, or None."""
    brushed = Signal(object)
    """Emitted with the folders within all brushes, or None without any brush."""
    compare_requested = Signal(object)
    """Emitted with the folders to compare."""
    toggle_requested = Signal(object)
    """Emitted with the folder of a run that was clicked: to compare, or no longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summaries: tuple[RunSummary, ...] = ()
        self._places: dict[Path, int] = {}
        self._bold: Path | None = None
        self._chosen: tuple[str, ...] = ()
        """Names of axes."""
        self.axes = ParallelAxes()
        self.axes.brushed.connect(self._on_brushed)
        self.axes.pointed.connect(lambda row: self.pointed.emit(self._folder(row)))
        self.axes.chosen.connect(lambda row: self.toggle_requested.emit(self._folder(row)))
        self.choice = AxesMenu()
        self.choice.changed.connect(self.choose_axes)
        self.clear = push_button(self.tr("Clear brushes"), self.axes.clear_brushes, role="small")
        self.compare = push_button("", self._compare, icon_name="compare", role="small")
        self._said = plain_label(role="muted")
        self._pages = QStackedWidget()
        few = self.tr(
            "Parallel coordinates show which settings lead to which figures. They need two runs "
            "or more that differ in a setting."
        )
        self._pages.addWidget(EmptyState("compare", few))
        page = QWidget()
        bar = spaced(QHBoxLayout(), SPACING)
        fill(bar, self.choice, self.clear, self.compare, (self._said, 1))
        area = scrolling(self.axes)
        fill(spaced(QVBoxLayout(page), SPACING, (0, 0, 0, 0)), bar, (area, 1))
        self._pages.addWidget(page)
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), self._pages)
        self._tell()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The axes that the user has chosen; empty for the usual ones."""
        return self._chosen

    @property
    def inside(self) -> tuple[Path, ...] | None:
        """The runs within all brushes; None without any brush."""
        mask = self.axes.within
        return None if mask is None else self._folders(mask)

    def show_summaries(self, summaries: Sequence[RunSummary]) -> None:
        """Show runs; brushes stay on axes that are still there."""
        if tuple(summaries) != self._summaries:
            self._summaries = tuple(summaries)
            self._show_rows()

    def show_compared(self, places: Mapping[Path, int]) -> None:
        """Draw the compared runs in their colours, given by number."""
        if dict(places) != self._places:
            self._places = dict(places)
            self._show_rows()

    def emphasise(self, folder: Path | None) -> None:
        """Draw the line of one run bold, or none."""
        self._bold = folder
        rows = (n for n, s in enumerate(self._summaries) if s.folder == folder)
        self.axes.emphasise(next(rows, -1))

    @Slot(object)
    def choose_axes(self, names: Sequence[str]) -> None:
        """Show some axes; without any, the usual ones."""
        self._chosen = tuple(names)
        self._show_rows()

    def _show_rows(self) -> None:
        offered = axis_names(self._summaries)
        names = [n for n in offered if n in self._chosen] or usual_axes(offered)
        self.choice.show_axes({name: axis_label(name) for name in offered}, names)
        axes = [build_axis(name, self._summaries) for name in names]
        rows = [
            ParallelRow(
                label=summary.folder.name,
                color=run_color(self._places[summary.folder])
                if summary.folder in self._places
                else None,
            )
            for summary in self._summaries
        ]
        had_brushes = bool(self.axes.brushes)
        self.axes.show_rows(axes, rows)
        self.emphasise(self._bold)
        self._pages.setCurrentIndex(1 if len(axes) > 1 and len(rows) > 1 else 0)
        self._tell()
        if had_brushes:
            self.brushed.emit(self.inside)

    def _tell(self) -> None:
        inside = self.inside
        count = 0 if inside is None else len(inside)
        self.clear.setEnabled(inside is not None)
        self.compare.setText(self.tr("Compare %Ln brushed run(s)", "", count))
        self.compare.setEnabled(0 < count <= MAX_RUNS)
        tip = self.tr("Compare the runs within all brushes instead of the present ones")
        many = self.tr("%Ln run(s) are compared at most: brush fewer", "", MAX_RUNS)
        self.compare.setToolTip(many if count > MAX_RUNS else tip)
        every = len(self._summaries)
        if inside is None:
            text = self.tr("Drag along an axis to brush it; click a line to compare its run.")
        else:
            number = self.locale().toString
            text = self.tr("{0} of {1} runs").format(number(count), number(every))
        self._said.setText(text)

    @Slot(object)
    def _on_brushed(self, _mask: Mask | None) -> None:
        self._tell()
        self.brushed.emit(self.inside)

    @Slot()
    def _compare(self) -> None:
        if self.inside:
            self.compare_requested.emit(self.inside)

    def _folder(self, row: int) -> Path | None:
        return self._summaries[row].folder if 0 <= row < len(self._summaries) else None

    def _folders(self, mask: Mask) -> tuple[Path, ...]:
        return tuple(s.folder for s, is_in in zip(self._summaries, mask, strict=True) if is_in)


class AxesMenu(QToolButton):
    """A button whose menu shows and hides axes."""

    changed = Signal(object)
    """Emitted with the names of the axes that are checked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[tuple[str, str], ...] = ()
        self.setText(self.tr("Axes"))
        self.setProperty("role", "view")
        self.setToolTip(self.tr("Choose the settings and figures to show"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = StayingMenu(self)
        self.setMenu(self._menu)

    def show_axes(self, labels: Mapping[str, str], shown: Sequence[str]) -> None:
        """Offer axes, and check those that are shown."""
        if tuple(labels.items()) != self._names:
            self._names = tuple(labels.items())
            self._menu.clear()
            for name, label in self._names:
                action = QAction(label.replace("&", "&&"), self._menu)
                action.setData(name)
                action.setCheckable(True)
                action.triggered.connect(self._on_triggered)
                self._menu.addAction(action)
        for action in self._menu.actions():
            action.setChecked(action.data() in shown)

    @Slot()
    def _on_triggered(self) -> None:
        self.changed.emit(tuple(a.data() for a in self._menu.actions() if a.isChecked()))
