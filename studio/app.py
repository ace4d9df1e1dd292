"""The composition root: creates the parts of the studio and connects their signals.

No other module knows all of them: panels emit requests, jobs emit events.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QSettings, QTimer, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QApplication

from engine.events import RunEnded, RunEvent, RunReady, RunRelocated
from engine.runs.folder import RunFolder
from studio.dialogs.error import ErrorDialog
from studio.errors.reporter import ErrorReport, ErrorReporter
from studio.i18n import Language, install_language
from studio.jobs.audio_player import AudioPlayer
from studio.jobs.awake import SleepInhibitor
from studio.jobs.comparing import ComparisonJobs
from studio.jobs.dataset import DatasetJobs
from studio.jobs.engine_api import EngineApi
from studio.jobs.evaluation import EvaluationJob
from studio.jobs.exporting import ExportJob
from studio.jobs.frames import FrameJob
from studio.jobs.gallery import GalleryJob
from studio.jobs.importing import ImportJobs
from studio.jobs.inspection import InspectionJobs
from studio.jobs.log_follower import RunLogFollower
from studio.jobs.nearest import NearestJob
from studio.jobs.neighbours import NeighboursJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.runs import RunJobs
from studio.jobs.task import Task
from studio.jobs.tiles import TileJobs
from studio.jobs.training import SpeedJob, TrainingJob, TransferJob
from studio.log import LogRelay
from studio.models.run_form import RunForm
from studio.models.run_queue import FILE_NAME
from studio.models.run_selection import MAX_RUNS, RunSelection
from studio.models.run_state import Command
from studio.models.tile_search import FoundTile
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
from studio.paths import default_workspace, log_folder, settings_file
from studio.settings.choices import (
    AroundChoices,
    CompareView,
    ExportChoices,
    GalleryView,
    GeneralChoices,
    ImportChoices,
    PlotView,
    RunChoices,
    SaveGalleryChoices,
    WindowLayout,
)
from studio.settings.codec import SettingsStore, migrate
from studio.theme import Appearance, Theme
from studio.widgets.folder_dialog import pick_folder, show_folder
from studio.window.actions import Actions
from studio.window.closing import Closing, GallerySaving
from studio.window.desktop_integration import DesktopIntegration
from studio.window.evaluation import EvaluationController
from studio.window.exporting import RunExporting
from studio.window.import_flow import Imported, ImportFlow
from studio.window.late_panel import LatePanel
from studio.window.learning import LearnController
from studio.window.live_settings import MAX_UNDO, LiveSettingsController
from studio.window.main_window import MainWindow
from studio.window.playing import PlayController
from studio.window.run_controller import RunAlerts, RunController, StorageErrorHandler
from studio.window.run_view import RunView
from studio.window.runs_controller import QueueRunner, RunsController
from studio.window.scene_origin import SceneOriginController
from studio.window.timeline import TimelineController

SWITCH_INTERVAL_S = 0.0005
"""Interpreter switch interval; with Python's default of 5 ms, training stalls on all cores while
the window draws a curve.
"""
_MESSAGE_MS = 10_000
_RETRY_MS = 500


class Studio(QObject):
    """The application: ``window`` is the main window, ``training`` the training job.

    A change of the language replaces the window and its controllers; the jobs stay.
    """

    def __init__(self, application: QApplication, settings: QSettings, work: EngineApi) -> None:
        super().__init__(application)
        self._application = application
        migrate(settings)
        self.store = SettingsStore(settings)
        self._general = self.store.load(GeneralChoices())
        self.theme = Theme(application, self)
        self.theme.use_font_of(install_language(application, self._general.language))
        self.theme.set_appearance(self._general.appearance)
        self.reporter = ErrorReporter(self)
        self.log = LogRelay(self)
        self.training = TrainingJob(work.train, work.resume, work.build_starter, self)
        self.speed = SpeedJob(work.measure_speed, work.build_starter, self.training, self)
        self.transfer = TransferJob(work.preview_transfer, work.build_starter, self)
        self.evaluation = EvaluationJob(work.evaluate_run, self.training, self)
        self.gallery = GalleryJob(work.write_gallery, self.training, self)
        self.tiles = TileJobs(lambda: self.workspace / "galleries", self)
        self.export = ExportJob(work.export_run, self)
        self.datasets = DatasetJobs(work.datasets, self)
        self.runs = RunJobs(self)
        self.compared = RunSelection(self)
        self.comparing = ComparisonJobs(self)
        self.nearest = NearestJob(work.find_nearest, lambda: self.training.is_running, self)
        self.inspection = InspectionJobs(work.inspection, self.training, self)
        self.player = PreviewPlayer(AudioPlayer(work.start_device, self), self)
        self.frames = FrameJob(work.open_player, self.training.request_state, self)
        self.films = Task("film", self)
        self.neighbours = NeighboursJob(work.find_neighbours, self)
        self.queue = QueueRunner(self.training, self.workspace / FILE_NAME, self)
        self.awake = SleepInhibitor(parent=self)
        self.awake.follow(self.training)
        self.setting_changes = QUndoStack(self)
        self.setting_changes.setUndoLimit(MAX_UNDO)
        self._work = work
        self._form = RunForm(self.workspace, self.store.load(RunChoices()))
        with self.theme.left_out():
            self._build_window()
        self._connect_jobs()

    def _build_window(self) -> None:
        """Create the window and its controllers, and connect them to the jobs."""
        self.window = self._make_window()
        self.run_view = RunView(self.window, self.training, self.reporter)
        self.timeline = TimelineController(self.window, self.runs, self.run_view)
        self.live_settings = LiveSettingsController(
            self.window, self.training, self.run_view, self.setting_changes
        )
        self.notes = RunAlerts(self.window.run, self.training)
        following = RunLogFollower(self.window)
        self.run_controller = RunController(self.window, self.training, following, self.run_view)
        self.storage_errors = StorageErrorHandler(self.window, self.training, self.run_view)
        self.runs_controller = RunsController(
            self.window,
            self.training,
            self.runs,
            self.queue,
            self.run_view,
            self.reporter,
            lambda: self.workspace,
        )
        self.evaluating = EvaluationController(
            self.window,
            self.training,
            following,
            self.evaluation,
            self.runs,
            self.run_view,
            self.reporter,
        )
        self.learning = LearnController(self.window, self.training, self.run_view)
        choices = self.store.load(SaveGalleryChoices())
        self.saving = GallerySaving(self.window, self.gallery, choices)
        self.exporting = RunExporting(
            self.window, self.export, self.store.load(ExportChoices()), lambda: self.workspace
        )
        self.importing = ImportFlow(
            self.window,
            ImportJobs(self._work.import_dataset, self.window),
            self._work.reader,
            self.player,
            lambda: self.workspace,
            self.store.load(ImportChoices()),
        )
        self.closing = Closing(
            self.window,
            self.training,
            (
                self.gallery,
                self.export,
                self.datasets,
                self.speed,
                self.transfer,
                self.evaluation,
            ),
            self.importing,
            self.run_view,
        )
        self.playing = PlayController(self.window, self.training, self.run_view)
        self.scene_origin = SceneOriginController(
            self.window, self.runs, self.run_view, lambda: self.workspace
        )
        self.desktop = DesktopIntegration(
            self.window,
            self.training,
            following,
            self.run_view,
            self.reporter,
            self.awake,
            self.store.load(AroundChoices()),
        )
        self._connect_window()

    @property
    def workspace(self) -> Path:
        """Folder of datasets, runs and galleries."""
        chosen = self._general.workspace
        return default_workspace() if chosen == Path() else chosen

    @Slot()
    def restore_last_run(self) -> None:
        """Show the last run if it still exists; otherwise keep the welcome page."""
        folder = self._general.last_run
        resumes = self._general.resumes_last_run
        self._remember_general(resumes_last_run=False)
        if folder != Path() and RunFolder(folder).config_file.is_file():
            self.run_view.open_or_report(folder)
            if resumes:
                self.window.run.ask(Command.RESUME)

    def remember(self) -> None:
        """Save layout and choices."""
        window = self.window
        compare = window.late_compare.built
        if self.run_view.folder is not None:
            self._remember_general(last_run=self.run_view.folder)
        for value in (
            window.arrangement(),
            window.run.choices(),
            window.losses.view(),
            window.gallery.view(),
            *([] if compare is None else [compare.view()]),
            self.saving.choices,
            self.exporting.choices,
            self.importing.choices,
            self.desktop.choices,
        ):
            self.store.save(value)
        self.store.flush()

    def _make_window(self) -> MainWindow:
        is_more_open = self.store.load(RunChoices()).is_more_open
        window = MainWindow(
            run=RunPanel(self._form, is_more_open=is_more_open),
            losses=LossPlotPanel(),
            quality=QualityPanel(),
            gallery=GalleryPanel(self.nearest, self.player, self.tiles),
            play=LatePanel(self._make_play),
            datasets=DatasetPanel(self.datasets, self.workspace, self.player),
            runs=RunsPanel(self.runs, self.workspace),
            log=LogPanel(self.log.lines),
            compare=LatePanel(self._make_compare),
            learn=LatePanel(lambda: LearnPanel(self.inspection)),
        )
        window.losses.set_view(self.store.load(PlotView()))
        window.gallery.set_view(self.store.load(GalleryView()))
        window.arrange(self.store.load(WindowLayout()))
        window.actions_.check(self._general.appearance, self._general.language)
        return window

    def _make_play(self) -> PlayPanel:
        return PlayPanel(self.frames, self.neighbours, self.player, self.films)

    def _make_compare(self) -> ComparePanel:
        panel = ComparePanel(self.compared, self.comparing, self.runs, self.workspace)
        panel.set_view(self.store.load(CompareView()))
        return panel

    def _connect_jobs(self) -> None:
        """Connect what outlives a window."""
        # From the start of a run, so that a crash does not lose it.
        self.training.run_started.connect(lambda c: self._remember_general(last_run=c.run))
        self.training.run_started.connect(lambda _config: self.nearest.on_run_started())
        self.training.event_emitted.connect(self._on_event)
        self.reporter.error_reported.connect(self._show_error)

    def _connect_window(self) -> None:
        window, actions = self.window, self.window.actions_
        window.run.start_requested.connect(self.runs_controller.start)
        forecast = window.run.forecast
        forecast.estimate_requested.connect(lambda p: self.speed.start(p.config, p.starter))
        forecast.cancel_requested.connect(self.speed.cancel)
        self.speed.ended.connect(forecast.show_ended)
        initial = window.run.initial
        initial.preview_requested.connect(lambda p: self.transfer.start(p.config, p.starter))
        self.transfer.ended.connect(initial.show_ended)
        self.runs.listed.connect(initial.show_listed)
        self.timeline.branch_requested.connect(self.runs_controller.begin_branch)
        self.timeline.checkpoint_play_requested.connect(self.playing.play_checkpoint)
        window.gallery.save_requested.connect(self._save_gallery)
        window.gallery.given_dropped.connect(window.give)
        window.gallery.run_requested.connect(self._show_found)
        window.runs.export_requested.connect(self.exporting.ask)
        window.datasets.train_requested.connect(self._train_on)
        window.datasets.failed.connect(self.reporter.report)
        window.quality.failed.connect(self.reporter.report)
        window.runs.compare_requested.connect(self._compare)
        self.storage_errors.discard_requested.connect(self.run_controller.ask_to_discard)
        window.log.folder_requested.connect(lambda: show_folder(log_folder()))
        window.welcome.open_requested.connect(self._pick_run)
        window.late_play.when_built(self._connect_play)
        window.late_compare.when_built(self._connect_compare)
        self._connect_actions(actions)
        self.log.line_logged.connect(window.log.add_line)
        for shut_down in (
            self.remember,
            self.importing.shut_down,
            self.desktop.shut_down,
            self.awake.let_go,
            self.runs_controller.shut_down,
            self.nearest.shut_down,
            self.inspection.shut_down,
            self.neighbours.shut_down,
            self.player.shut_down,
            self.comparing.shut_down,
            self.tiles.shut_down,
        ):
            self.closing.closing.connect(shut_down)
        window.import_requested.connect(self.importing.open)
        window.datasets.import_requested.connect(self.importing.open)
        self.importing.imported.connect(window.datasets.refresh)
        self.importing.train_requested.connect(self._train_on_import)
        self.run_view.run_opened.connect(self.runs.judge)
        self.runs.judged.connect(self.run_view.show_judged)
        self.runs.judged.connect(self.desktop.notices.on_judged)

    def _connect_play(self, play: PlayPanel) -> None:
        self.closing.closing.connect(play.shut_down)

    def _connect_compare(self, compare: ComparePanel) -> None:
        compare.failed.connect(self.reporter.report)
        self.window.runs.table.pointed.connect(compare.highlight.point_at)

    def _connect_actions(self, actions: Actions) -> None:
        actions.open_run.triggered.connect(self._pick_run)
        actions.compare.triggered.connect(self.window.runs.compare)
        actions.sweep.triggered.connect(self._sweep)
        actions.save_gallery.triggered.connect(self._save_gallery)
        actions.export_run.triggered.connect(self._export_run)
        actions.choose_workspace.triggered.connect(self._pick_workspace)
        actions.show_workspace.triggered.connect(lambda: show_folder(self.workspace))
        actions.show_log_folder.triggered.connect(lambda: show_folder(log_folder()))
        actions.appearance_chosen.connect(self._on_appearance)
        actions.language_chosen.connect(self._on_language)

    @Slot(object)
    def _on_event(self, event: RunEvent) -> None:
        match event:
            case RunRelocated():
                self._remember_general(last_run=event.folder)
            case RunReady():
                # A starter's dataset may just have been built.
                self.window.datasets.refresh()
            case RunEnded():
                self.runs.judge(event.folder)
            case _:
                pass

    @Slot(object)
    def _train_on(self, dataset: Path) -> None:
        self.window.show_docks()
        self.window.run.choose_dataset(dataset)

    @Slot(object)
    def _train_on_import(self, imported: Imported) -> None:
        self._train_on(imported.dataset)
        self.window.run.choose_dataset(imported.dataset, imported.settings)
        self.window.raise_()
        self.window.activateWindow()

    @Slot(object)
    def _compare(self, folders: tuple[Path, ...]) -> None:
        """Compare the selected runs; a single one is added to those that are compared."""
        # The panel, which may be built now, restores the runs that were compared last.
        self.window.show_panel("compare")
        are_several = len(folders) > 1
        refused = (self.compared.replace if are_several else self.compared.add)(folders)
        if refused:
            text = self.tr("%Ln run(s) are compared at most.", "", MAX_RUNS)
            self.window.statusBar().showMessage(text, _MESSAGE_MS)

    @Slot()
    def _sweep(self) -> None:
        self.window.show_docks()
        self.window.run.sweep()

    @Slot()
    def _save_gallery(self) -> None:
        if self.run_view.folder is not None:
            self.saving.ask(self.run_view.folder, self.workspace / "galleries")

    @Slot(object)
    def _show_found(self, found: FoundTile) -> None:
        """Open the run of a tile and show it; a run that trains stays as it is."""
        if self.training.is_running:
            text = self.tr("Another run can be opened once this one has ended.")
            self.window.statusBar().showMessage(text, _MESSAGE_MS)
            return
        self.run_view.open_or_report(found.folder)
        if self.run_view.folder == found.folder:
            self.window.show_gallery()
            self.window.gallery.show_tile(found)

    @Slot()
    def _export_run(self) -> None:
        if self.run_view.folder is not None:
            self.exporting.ask(self.run_view.folder)

    @Slot()
    def _pick_run(self) -> None:
        caption, start = self.tr("Folder of a run"), self.workspace / "runs"
        pick_folder(self.window, caption, start, self.run_view.open_chosen)

    @Slot()
    def _pick_workspace(self) -> None:
        caption = self.tr("Folder for datasets, runs and galleries")
        pick_folder(self.window, caption, self.workspace, self._on_workspace)

    def _on_workspace(self, folder: Path) -> None:
        self._remember_general(workspace=folder)
        self.window.run.set_workspace(folder)
        self.window.datasets.set_workspace(folder)
        if (compare := self.window.late_compare.built) is not None:
            compare.set_workspace(folder)
        self.runs_controller.use_workspace()

    @Slot(object)
    def _on_appearance(self, appearance: Appearance) -> None:
        self.theme.set_appearance(appearance)
        self._remember_general(appearance=appearance)

    @Slot(object)
    def _on_language(self, language: Language) -> None:
        self._remember_general(language=language)
        # Deferred: the menu that was used goes with its window.
        self.window.datasets.settle_edits(
            lambda _folder: QTimer.singleShot(0, self, self._change_language)
        )

    @Slot()
    def _change_language(self) -> None:
        """Build the window again once nothing in it would be lost; runs and queue go on."""
        is_writing = self.datasets.saving.is_running or self.datasets.exporting.is_running
        has_dialog = self.importing.wizard or self.saving.dialog or self.exporting.dialog
        if has_dialog or is_writing or self.desktop.is_writing:
            waits = self.tr("The language changes once the open import or gallery is done.")
            self.window.statusBar().showMessage(waits, _MESSAGE_MS)
            QTimer.singleShot(_RETRY_MS, self, self._change_language)
            return
        self.remember()
        old, view, alerts = self.window, self.run_view, self.notes
        self.runs_controller.leave()
        self.importing.shut_down()
        self.desktop.shut_down()
        if (play := old.late_play.built) is not None:
            play.shut_down()
        self.theme.use_font_of(install_language(self._application, self._general.language))
        self._build_window()
        self.run_view.take_over(view)
        self.notes.take_over(alerts)
        if old.datasets.folder is not None:
            self.window.datasets.open_dataset(old.datasets.folder)
        (self.window.show_welcome if old.is_welcoming else self.window.show_docks)()
        self.window.show()
        old.leave()
        old.deleteLater()

    @Slot(object)
    def _show_error(self, report: ErrorReport) -> None:
        dialog = ErrorDialog(self.window, report)
        dialog.restart_requested.connect(lambda: self.closing.ask(self._start_again))
        dialog.open()

    def _start_again(self) -> None:
        """Start a new process that resumes the run after this one has quit."""
        self._remember_general(resumes_last_run=True)
        self.store.flush()
        QProcess.startDetached(sys.executable, ["-m", "studio"])

    def _remember_general(self, **changes: Any) -> None:
        self._general = dataclasses.replace(self._general, **changes)
        self.window.actions_.check(self._general.appearance, self._general.language)
        self.store.save(self._general)


def build_studio(
    application: QApplication, *, settings: QSettings | None = None, work: EngineApi | None = None
) -> Studio:
    """Build the studio without showing its window.

    Args:
        application: the running application.
        settings: stores the user's choices; the user's own file by default.
        work: the functions that the workers call; the engine's by default.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application.setApplicationName("Diptych")
    application.setOrganizationName("Diptych")
    if settings is None:
        settings = QSettings(str(settings_file()), QSettings.Format.IniFormat)
    return Studio(application, settings, work or EngineApi())
