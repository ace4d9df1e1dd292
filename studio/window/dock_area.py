"""The dock widgets with their saved layout, and the status bar."""

import itertools
from collections.abc import Mapping

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QIcon, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QProgressBar,
    QStatusBar,
    QTabWidget,
    QWidget,
)

from studio.models.run_state import RunActivity, RunState, RunStatus, activity_text, progress_text
from studio.theme import MARGIN
from studio.widgets.icons import icon

LAYOUT_VERSION = 4
"""Increased when docks are added or removed; older saved layouts are ignored."""
_RUN_WIDTH, _GALLERY_HEIGHT, _LOSSES_HEIGHT = 340, 430, 250


class DockArea(QMainWindow):
    """Nested main window that holds the docks, so that their layout can be saved separately.

    Args:
        run, losses, quality, gallery, datasets, runs, log: the panels.
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
        datasets: QWidget,
        runs: QWidget,
        log: QWidget,
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
        panels = {
            "run": (self.tr("Run"), run),
            "gallery": (self.tr("Gallery"), gallery),
            "datasets": (self.tr("Datasets"), datasets),
            "runs": (self.tr("Runs"), runs),
            "losses": (self.tr("Losses"), losses),
            "quality": (self.tr("Quality"), quality),
            "log": (self.tr("Log"), log),
        }
        self._docks = {
            name: self._make_dock(name, title, panel, icon(name))
            for name, (title, panel) in panels.items()
        }
        for name, panel in (others or {}).items():
            self._docks[name] = self._make_dock(
                name, panel.windowTitle(), panel, panel.windowIcon()
            )
        self._waits_for_size = False
        self.reset()

    def toggle_actions(self) -> list[QAction]:
        """Return the actions that show and hide each dock."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def raise_dock(self, name: str) -> None:
        """Show a dock in front of the others in its tab area."""
        self._docks[name].show()
        self._docks[name].raise_()

    def layout_state(self) -> bytes:
        """Return the layout for saving."""
        return bytes(self.saveState(LAYOUT_VERSION).data())

    def restore_layout(self, state: bytes) -> None:
        """Restore a saved layout; an unusable one leaves the default."""
        if state and self.restoreState(QByteArray(state), LAYOUT_VERSION):
            self._waits_for_size = False
        else:
            self.reset()

    def reset(self) -> None:
        """Restore the default layout."""
        for dock in self._docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        run, gallery, datasets, runs, losses, quality, log, *others = self._docks.values()
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, run)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, gallery)
        self.splitDockWidget(gallery, losses, Qt.Orientation.Vertical)
        for tabs in ((gallery, datasets, runs), (losses, quality, log, *others)):
            for first, second in itertools.pairwise(tabs):
                self.tabifyDockWidget(first, second)
        for dock in self._docks.values():
            dock.show()
        gallery.raise_()
        losses.raise_()
        self._resize()

    def _resize(self) -> None:
        # Docks can only be resized in a window that has its final size.
        self._waits_for_size = not self.isVisible()
        run, gallery, losses = (self._docks[name] for name in ("run", "gallery", "losses"))
        widths = [_RUN_WIDTH, max(self.width() - _RUN_WIDTH, _RUN_WIDTH)]
        self.resizeDocks([run, gallery], widths, Qt.Orientation.Horizontal)
        heights = [_GALLERY_HEIGHT, _LOSSES_HEIGHT]
        self.resizeDocks([gallery, losses], heights, Qt.Orientation.Vertical)

    def _make_dock(self, name: str, title: str, content: QWidget, symbol: QIcon) -> QDockWidget:
        dock = QDockWidget(title, self)
        # Qt identifies docks in a saved layout by object name.
        dock.setObjectName(name)
        dock.setWidget(content)
        dock.setWindowIcon(symbol)
        return dock

    def showEvent(self, event: QShowEvent) -> None:
        """Resize the docks now that the window has its size."""
        super().showEvent(event)
        if self._waits_for_size:
            self._resize()


_BAR_WIDTH = 140
_FULL = 1000


class RunStatusBar(QStatusBar):
    """Shows name, state and progress of the active or last run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._text = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(_BAR_WIDTH)
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
        self._bar.setVisible(status.is_running)
        is_busy = fraction is None and status.state is not RunState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))
