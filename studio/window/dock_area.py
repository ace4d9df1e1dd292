"""The dock widgets with their saved layout, and the status bar."""

import itertools
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QIcon, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QProgressBar,
    QStatusBar,
    QTabWidget,
    QWidget,
)

from studio.models.run_state import (
    RunActivity,
    RunState,
    RunStatus,
    activity_text,
    is_alive,
    progress_text,
)
from studio.settings.choices import WindowLayout
from studio.theme import MARGIN
from studio.widgets.icons import icon
from studio.window.late_panel import LatePanel

LAYOUT_VERSION = 5
"""Increased when docks are added or removed; older saved layouts are ignored."""
_DEFAULT = WindowLayout()
_SEPARATOR = 1
"""Pixels between two docks, as the theme has them."""


Panel = QWidget | LatePanel[Any]


class DockArea(QMainWindow):
    """Nested main window that holds the docks, so that their layout can be saved separately.

    The gallery takes what is gained or lost when the window is resized: width of the Run dock and
    height of the docks below the gallery change only when the user drags their edges.

    Args:
        run, losses, quality, gallery, play, datasets, runs, log, compare, learn: the panels; a
            late one is built when its dock is first seen.
        others: further panels by name, shown as tabs beside the log under their window title and
            icon.
    """

    def __init__(
        self,
        *,
        run: QWidget,
        losses: QWidget,
        quality: QWidget,
        gallery: QWidget,
        play: Panel,
        datasets: QWidget,
        runs: QWidget,
        log: QWidget,
        compare: Panel,
        learn: Panel,
        others: Mapping[str, QWidget] | None = None,
    ) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        # No central widget: the docks share all space.
        centre = QWidget()
        centre.hide()
        self.setCentralWidget(centre)
        panels: dict[str, tuple[str, Panel]] = {
            "run": (self.tr("Run"), run),
            "gallery": (self.tr("Gallery"), gallery),
            "play": (self.tr("Play"), play),
            "datasets": (self.tr("Datasets"), datasets),
            "runs": (self.tr("Runs"), runs),
            "losses": (self.tr("Losses"), losses),
            "quality": (self.tr("Quality"), quality),
            "log": (self.tr("Log"), log),
            "compare": (self.tr("Compare"), compare),
            "learn": (self.tr("Learn"), learn),
        }
        self._docks = {
            name: self._make_dock(name, title, panel, icon(name))
            for name, (title, panel) in panels.items()
        }
        for name, panel in (others or {}).items():
            self._docks[name] = self._make_dock(
                name, panel.windowTitle(), panel, panel.windowIcon()
            )
        self._state = b""
        """A saved layout that waits for the window to have a size."""
        self.run_width, self.curves_height = _DEFAULT.run_width, _DEFAULT.curves_height
        for dock in self._docks.values():
            dock.topLevelChanged.connect(self._divide_soon)
            dock.toggleViewAction().toggled.connect(self._divide_soon)
        self.reset()

    def toggle_actions(self) -> dict[str, QAction]:
        """Return the actions that show and hide each dock, by its name."""
        return {name: dock.toggleViewAction() for name, dock in self._docks.items()}

    def raise_dock(self, name: str) -> None:
        """Show a dock in front of the others in its tab area."""
        self._docks[name].show()
        self._docks[name].raise_()

    def focus_dock(self, name: str) -> None:
        """Show a dock in front and move the focus to its first widget that takes it."""
        self.raise_dock(name)
        content = self._docks[name].widget()
        takers = (w for w in content.findChildren(QWidget) if w.isVisible() and _takes_tab(w))
        target = content if content.focusProxy() is not None else next(takers, None)
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def is_behind(self, widget: QWidget) -> bool:
        """Whether a widget is in a dock that another one of its tab area hides."""
        return any(
            dock.isAncestorOf(widget) and dock.visibleRegion().isEmpty()
            for dock in self._docks.values()
        )

    def layout_state(self) -> bytes:
        """Return the layout for saving."""
        # A layout that was never shown has not been restored yet.
        return self._state or bytes(self.saveState(LAYOUT_VERSION).data())

    def restore_layout(self, state: bytes, *, run_width: int, curves_height: int) -> None:
        """Restore a saved layout; an unusable one leaves the default.

        It is applied when the docks are shown: before, they have no size to divide.
        """
        self.run_width, self.curves_height = run_width, curves_height
        self._state = state
        if self.isVisible():
            self._apply_state()

    def reset(self) -> None:
        """Restore the default layout."""
        for dock in self._docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        run, gallery, play, datasets, runs, losses, quality, log, compare, learn, *others = (
            self._docks.values()
        )
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, run)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, gallery)
        self.splitDockWidget(gallery, losses, Qt.Orientation.Vertical)
        upper = (gallery, play, datasets, runs, compare, learn)
        for tabs in (upper, (losses, quality, log, *others)):
            for first, second in itertools.pairwise(tabs):
                self.tabifyDockWidget(first, second)
        for dock in self._docks.values():
            dock.show()
        gallery.raise_()
        losses.raise_()
        self._state = b""
        self.run_width, self.curves_height = _DEFAULT.run_width, _DEFAULT.curves_height
        self._divide()

    def _apply_state(self) -> None:
        state, self._state = self._state, b""
        if state and not self.restoreState(QByteArray(state), LAYOUT_VERSION):
            self.reset()
        self._divide()

    @Slot()
    def _divide_soon(self) -> None:
        """Give a dock that comes back its size: Qt leaves it the smallest."""
        QTimer.singleShot(0, self, self._divide)

    def _divide(self) -> None:
        """Give the Run dock its width, the lower docks their height, and the gallery the rest."""
        run, gallery, losses = (self._docks[name] for name in ("run", "gallery", "losses"))
        widths = [self.run_width, max(self.width() - self.run_width - _SEPARATOR, 1)]
        self.resizeDocks([run, gallery], widths, Qt.Orientation.Horizontal)
        heights = [max(self.height() - self.curves_height - _SEPARATOR, 1), self.curves_height]
        self.resizeDocks([gallery, losses], heights, Qt.Orientation.Vertical)

    def _remember_sizes(self) -> None:
        """Take over the sizes that the user has dragged the docks to."""
        run, gallery, losses = (self._front_of(name) for name in ("run", "gallery", "losses"))
        self.run_width = run.width()
        below = self.height() - gallery.geometry().bottom() - 1 - _SEPARATOR
        if losses.y() > gallery.geometry().bottom() and below > 0:
            self.curves_height = below

    def _front_of(self, name: str) -> QDockWidget:
        """Return the dock that is in front in the tab area of a dock."""
        dock = self._docks[name]
        tabs = [dock, *self.tabifiedDockWidgets(dock)]
        return next((tab for tab in tabs if not tab.visibleRegion().isEmpty()), dock)

    def _make_dock(self, name: str, title: str, content: Panel, symbol: QIcon) -> QDockWidget:
        dock = QDockWidget(title, self)
        # Qt identifies docks in a saved layout by object name.
        dock.setObjectName(name)
        if isinstance(content, LatePanel):
            content.when_built(dock.setWidget)
            # Sent for the tab in front alone; Qt takes those behind it for visible as well.
            dock.visibilityChanged.connect(lambda is_seen: is_seen and content.panel)
        else:
            dock.setWidget(content)
        dock.setWindowIcon(symbol)
        dock.toggleViewAction().setIcon(symbol)
        return dock

    def event(self, event: QEvent) -> bool:
        """Remember the sizes when an edge between docks is released, the only part to press."""
        is_handled = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease:
            self._remember_sizes()
        return is_handled

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the gallery take the difference."""
        super().resizeEvent(event)
        if self.isVisible():
            self._divide()

    def showEvent(self, event: QShowEvent) -> None:
        """Apply a saved layout and divide the window, now that it has its size."""
        super().showEvent(event)
        self._apply_state()


def _takes_tab(widget: QWidget) -> bool:
    return widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


_BAR_WIDTH = 140
_BAR_HEIGHT = 6
"""As the theme has it; the status bar, which measures it earlier, would be too high at first."""
_FULL = 1000


class RunStatusBar(QStatusBar):
    """Shows name, state and progress of the active or last run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._text = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedSize(_BAR_WIDTH, _BAR_HEIGHT)
        self.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self.addWidget(self._text, 1)
        self.addPermanentWidget(self._bar)
        self.show_status(RunStatus())

    @property
    def text(self) -> str:
        """The displayed text."""
        return self._text.text()

    def show_status(self, status: RunStatus) -> None:
        """Show a status."""
        parts = [status.name, activity_text(status.activity)]
        if status.progress and status.activity is RunActivity.TRAINING:
            parts.append(progress_text(status.progress))
        self._text.setText("  ·  ".join(part for part in parts if part))
        fraction = status.progress.fraction if status.progress else None
        self._bar.setVisible(is_alive(status.shown_state))
        is_busy = fraction is None and status.shown_state is not RunState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))
