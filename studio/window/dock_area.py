"""The dock widgets with their saved layout, and the status bar."""

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QProgressBar,
    QStatusBar,
    QTabWidget,
    QWidget,
)

from studio.models.run_state import RunActivity, RunState, RunStatus, progress_text, state_text
from studio.theme import MARGIN
from studio.widgets.icons import icon

LAYOUT_VERSION = 4
"""Grows when docks come or go; an older saved arrangement is then not applied."""
_RUN_WIDTH, _GALLERY_HEIGHT, _LOSSES_HEIGHT = 340, 430, 250


class DockArea(QMainWindow):
    """A window inside the window, so that its arrangement is saved apart from everything else."""

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
    ) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        # No centre: the docks share all the room.
        centre = QWidget()
        centre.hide()
        self.setCentralWidget(centre)
        self._run = self._make_dock("run", self.tr("Run"), run)
        self._gallery = self._make_dock("gallery", self.tr("Gallery"), gallery)
        self._datasets = self._make_dock("datasets", self.tr("Datasets"), datasets)
        self._runs = self._make_dock("runs", self.tr("Runs"), runs)
        self._losses = self._make_dock("losses", self.tr("Losses"), losses)
        self._quality = self._make_dock("quality", self.tr("Quality"), quality)
        self._log = self._make_dock("log", self.tr("Log"), log)
        self._waits_for_size = False
        self.reset()

    def toggle_actions(self) -> list[QAction]:
        """Give one action for each dock, which shows or hides it."""
        return [dock.toggleViewAction() for dock in self._docks()]

    def raise_datasets(self) -> None:
        """Bring the datasets to the front, shown again if they were hidden."""
        self._datasets.show()
        self._datasets.raise_()

    def raise_runs(self) -> None:
        """Bring the runs to the front, shown again if they were hidden."""
        self._runs.show()
        self._runs.raise_()

    def layout_state(self) -> bytes:
        """Give the arrangement, to be remembered."""
        return bytes(self.saveState(LAYOUT_VERSION).data())

    def restore_layout(self, state: bytes) -> None:
        """Arrange the docks as they were; an unusable state leaves the default."""
        if state and self.restoreState(QByteArray(state), LAYOUT_VERSION):
            self._waits_for_size = False
        else:
            self.reset()

    def reset(self) -> None:
        """Arrange the docks the default way."""
        for dock in self._docks():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.addDockWidget(left, self._run)
        self.addDockWidget(right, self._gallery)
        self.splitDockWidget(self._gallery, self._losses, Qt.Orientation.Vertical)
        self.tabifyDockWidget(self._gallery, self._datasets)
        self.tabifyDockWidget(self._datasets, self._runs)
        self.tabifyDockWidget(self._losses, self._quality)
        self.tabifyDockWidget(self._quality, self._log)
        for dock in self._docks():
            dock.show()
        self._gallery.raise_()
        self._losses.raise_()
        self._share_room()

    def _share_room(self) -> None:
        # Docks can only be sized within a window that has its own size.
        self._waits_for_size = not self.isVisible()
        widths = [_RUN_WIDTH, max(self.width() - _RUN_WIDTH, _RUN_WIDTH)]
        self.resizeDocks([self._run, self._gallery], widths, Qt.Orientation.Horizontal)
        self.resizeDocks(
            [self._gallery, self._losses],
            [_GALLERY_HEIGHT, _LOSSES_HEIGHT],
            Qt.Orientation.Vertical,
        )

    def _docks(self) -> tuple[QDockWidget, ...]:
        return (
            self._run,
            self._gallery,
            self._datasets,
            self._runs,
            self._losses,
            self._quality,
            self._log,
        )

    def _make_dock(self, name: str, title: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        # Qt finds a dock in a saved arrangement by this name.
        dock.setObjectName(name)
        dock.setWidget(content)
        dock.setWindowIcon(icon(name))
        return dock

    def showEvent(self, event: QShowEvent) -> None:
        """Give the docks their sizes, now that there is room to share."""
        super().showEvent(event)
        if self._waits_for_size:
            self._share_room()


_BAR_WIDTH = 140
_FULL = 1000


class RunStatusBar(QStatusBar):
    """Shows name, state and progress of the run under way or, after it, of the latest."""

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
        """What it says."""
        return self._text.text()

    def show_status(self, status: RunStatus) -> None:
        """Show another status."""
        parts = [status.name, state_text(status.state)]
        if status.progress and status.state is RunActivity.TRAINING:
            parts.append(progress_text(status.progress))
        self._text.setText("  ·  ".join(part for part in parts if part))
        fraction = status.progress.fraction if status.progress else None
        self._bar.setVisible(status.is_running)
        is_busy = fraction is None and status.life is not RunState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))
