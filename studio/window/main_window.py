"""The main window with the welcome page and the docks."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QWidget

from engine.data.column_info import AUDIO, IMAGE
from studio.dialogs.error import AboutDialog
from studio.dialogs.shortcuts import ShortcutsDialog
from studio.models.gallery_columns import kind_of_file
from studio.models.run_state import Command, RunState, RunStatus, activity_text
from studio.panels.compare import ComparePanel
from studio.panels.datasets import DatasetPanel
from studio.panels.gallery import GalleryPanel
from studio.panels.learn import LearnPanel
from studio.panels.log import LogPanel
from studio.panels.loss_plot import LossPlotPanel
from studio.panels.play import PlayPanel
from studio.panels.quality import QualityPanel
from studio.panels.run import RunPanel
from studio.panels.runs import RunsPanel
from studio.settings.choices import WindowLayout
from studio.widgets.drop_zone import dropped_path, refusal_text
from studio.widgets.icons import icon
from studio.window.actions import Actions
from studio.window.dock_area import DockArea, RunStatusBar
from studio.window.late_panel import LatePanel
from studio.window.welcome import WelcomePage

_USUAL = QSize(1280, 800)
_MIN_SIZE = QSize(900, 600)
_PLAIN = (RunState.IDLE, RunState.PREPARING, RunState.RUNNING)
"""States that are not shown in the window title."""

_REFUSAL_MS = 10_000


class MainWindow(QMainWindow):
    """Holds the panels; ``studio.app`` connects them.

    Args:
        run, losses, quality, gallery, datasets, runs, log: panels that are built with the window.
        play, compare, learn: panels that are built when they are first seen or needed.
        others: further panels by name; see ``DockArea``.
    """

    close_requested = Signal()
    """The user wants to close the window; ``leave`` closes it."""
    import_requested = Signal(object)
    """Carries the dropped folder or file, or ``None``."""
    picture_dropped = Signal(object)
    """Carries the ``Path`` of a picture that is dropped while nothing can be played with."""

    def __init__(
        self,
        *,
        run: RunPanel,
        losses: LossPlotPanel,
        quality: QualityPanel,
        gallery: GalleryPanel,
        play: LatePanel[PlayPanel],
        datasets: DatasetPanel,
        runs: RunsPanel,
        log: LogPanel,
        compare: LatePanel[ComparePanel],
        learn: LatePanel[LearnPanel],
        others: Mapping[str, QWidget] | None = None,
    ) -> None:
        super().__init__()
        self.run, self.losses, self.quality = run, losses, quality
        self.gallery, self.datasets, self.log = gallery, datasets, log
        self.runs = runs
        self.late_play, self.late_compare, self.late_learn = play, compare, learn
        self._may_close = False
        self.setObjectName("main_window")
        self.setWindowIcon(icon("app"))
        self.setMinimumSize(_MIN_SIZE)
        self.setAcceptDrops(True)
        self.resize(_USUAL)
        self.welcome = WelcomePage()
        self.docks = DockArea(
            run=run,
            losses=losses,
            quality=quality,
            gallery=gallery,
            play=play,
            datasets=datasets,
            runs=runs,
            log=log,
            compare=compare,
            learn=learn,
            others=others,
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.docks)
        self.setCentralWidget(self._pages)
        self._status_bar = RunStatusBar()
        self.setStatusBar(self._status_bar)
        self.actions_ = Actions(self)
        self.actions_.fill(self.menuBar(), self.docks.toggle_actions())
        self._connect()
        self.show_status(RunStatus())
        self.show_welcome()

    @property
    def play(self) -> PlayPanel:
        """The Play panel; it is built now if it has not been."""
        return self.late_play.panel

    @property
    def compare(self) -> ComparePanel:
        """The Compare panel; it is built now if it has not been."""
        return self.late_compare.panel

    @property
    def learn(self) -> LearnPanel:
        """The Learn panel; it is built now if it has not been."""
        return self.late_learn.panel

    @property
    def is_welcoming(self) -> bool:
        """Whether the welcome page is shown."""
        return self._pages.currentWidget() is self.welcome

    def show_status(self, status: RunStatus) -> None:
        """Show the status of the run in its panel, the status bar and the title."""
        self.run.show_status(status)
        self._status_bar.show_status(status)
        name = self.tr("Diptych")
        parts = (
            status.name,
            ("" if status.shown_state in _PLAIN else activity_text(status.activity)),
            name,
        )
        self.setWindowTitle(" – ".join(part for part in parts if part))
        self.actions_.open_run.setEnabled(not status.is_running)
        self.actions_.choose_workspace.setEnabled(not status.is_running)
        self.actions_.welcome.setEnabled(not status.is_running)

    def set_can_save(self, can_save: bool) -> None:  # noqa: FBT001 - one plain fact
        """Enable or disable saving a gallery."""
        self.gallery.set_can_save(can_save)
        self.actions_.save_gallery.setEnabled(can_save)

    @Slot()
    def show_welcome(self) -> None:
        """Show the welcome page."""
        self._pages.setCurrentWidget(self.welcome)
        self.welcome.setFocus()

    @Slot()
    def show_docks(self) -> None:
        """Show the docks."""
        self._pages.setCurrentWidget(self.docks)
        self.run.setFocus()

    @Slot(str)
    def show_panel(self, name: str) -> None:
        """Show a panel in front and move the focus into it."""
        self._pages.setCurrentWidget(self.docks)
        self.docks.focus_dock(name)

    @Slot()
    def show_run(self) -> None:
        """Show the Run dock in front, with the form of the next run."""
        self.show_panel("run")

    @Slot()
    def show_gallery(self) -> None:
        """Show the Gallery dock in front."""
        self.show_panel("gallery")

    @Slot()
    def show_play(self) -> None:
        """Show the Play dock in front, with the focus in its prompt box."""
        self.show_panel("play")

    @Slot(object)
    def give(self, path: Path) -> None:
        """Play with a picture or a sound."""
        self.show_play()
        self.play.take(path)

    @Slot()
    def show_datasets(self) -> None:
        """Show the Datasets dock in front."""
        self._pages.setCurrentWidget(self.docks)
        self.docks.raise_dock("datasets")

    @Slot()
    def show_runs(self) -> None:
        """Show the Runs dock in front."""
        self._pages.setCurrentWidget(self.docks)
        self.docks.raise_dock("runs")

    def arrangement(self) -> WindowLayout:
        """Return geometry and dock layout for saving."""
        return WindowLayout(
            geometry=bytes(self.saveGeometry().data()),
            docks=self.docks.layout_state(),
            run_width=self.docks.run_width,
            curves_height=self.docks.curves_height,
        )

    def arrange(self, layout: WindowLayout) -> None:
        """Restore geometry and dock layout."""
        if layout.geometry:
            self.restoreGeometry(QByteArray(layout.geometry))
        self.docks.restore_layout(
            layout.docks, run_width=layout.run_width, curves_height=layout.curves_height
        )

    def leave(self) -> None:
        """Close without asking."""
        self._may_close = True
        self.close()

    def _connect(self) -> None:
        actions = self.actions_
        actions.welcome.triggered.connect(self.show_welcome)
        actions.import_dataset.triggered.connect(lambda: self.import_requested.emit(None))
        self.welcome.import_requested.connect(lambda: self.import_requested.emit(None))
        actions.quit.triggered.connect(self.close)
        actions.run.command_chosen.connect(self._on_command)
        actions.reset_layout.triggered.connect(self._reset_layout)
        actions.full_screen.toggled.connect(self._set_full_screen)
        actions.panel_chosen.connect(self.show_panel)
        actions.shortcuts.triggered.connect(lambda: ShortcutsDialog(self, self.menuBar()).open())
        actions.about.triggered.connect(lambda: AboutDialog(self).open())
        self.run.commands_changed.connect(self._show_offer)
        self.welcome.studio_requested.connect(self.show_docks)
        self.welcome.starter_requested.connect(self._start_starter)
        self._show_offer()

    @Slot(object)
    def _on_command(self, command: Command) -> None:
        if command is Command.START:
            self.show_docks()
        self.run.ask(command)

    @Slot(str)
    def _start_starter(self, name: str) -> None:
        self.show_docks()
        self.run.start_starter(name)

    @Slot()
    def _show_offer(self) -> None:
        self.actions_.run.show_offered(self.run.available_commands, self.run.reason)

    @Slot()
    def _reset_layout(self) -> None:
        self.show_docks()
        self.docks.reset()

    @Slot(bool)
    def _set_full_screen(self, is_full: bool) -> None:  # noqa: FBT001 - a Qt slot
        (self.showFullScreen if is_full else self.showNormal)()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders; several are refused with a reason when they are dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Request the import of a dropped folder or file; play with a picture or a sound."""
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            is_media = path.is_file() and kind_of_file(path) in (IMAGE, AUDIO)
            if is_media and self.play.can_play and not self.is_welcoming:
                self.give(path)
            elif is_media and kind_of_file(path) == IMAGE:
                self.picture_dropped.emit(path)
            else:
                self.import_requested.emit(path)
        else:
            self.statusBar().showMessage(refusal_text(event.mimeData()), _REFUSAL_MS)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, FBT001 - Qt's signature
        """Move the focus with Tab, past all that is in the back of a tab area."""
        first: QWidget | None = None
        while super().focusNextPrevChild(next):
            reached = QApplication.focusWidget()
            if reached is first or reached is None or not self.docks.is_behind(reached):
                return True
            first = first or reached
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        """Emit ``close_requested`` unless ``leave`` was called."""
        if not self._may_close:
            # If a slot calls ``leave`` here, Qt ignores the nested ``close``; the check below
            # accepts it.
            self.close_requested.emit()
        event.setAccepted(self._may_close)
