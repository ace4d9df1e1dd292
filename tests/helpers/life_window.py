"""The real window over the fake engine, as a random user finds it."""

import itertools
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt import exceptions
from pytestqt.qtbot import QtBot

from engine.config.presets import config_from_preset
from engine.runs.folder import create_run_folder
from engine.runs.log import RunLog
from studio.app import Studio, build_studio
from studio.dialogs.error import ErrorDialog
from studio.models.run_life import LifeState, Wish, is_alive
from studio.settings.choices import GeneralChoices
from studio.settings.codec import SettingsStore
from tests.helpers.fake_engine import FakeEngine, losses
from tests.helpers.problem_log import ProblemLog

PATIENCE_MS = 10_000
SETTLED = {"training": LifeState.RUNNING, "paused": LifeState.PAUSED, "stuck": LifeState.PAUSED}


class LifeWindow(RuleBasedStateMachine):
    """Opens and shuts the studio, and waits until window and engine agree."""

    qtbot: ClassVar[QtBot]
    problem_log: ClassVar[ProblemLog]
    actions: ClassVar[int] = 0
    seen: ClassVar[set[LifeState]] = set()

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory(prefix="life-")
        self.folder = Path(self._home.name)
        self.raised: list[Any] = []
        self._hook, sys.excepthook = sys.excepthook, lambda *what: self.raised.append(what)
        self._runs = itertools.count(1)
        self.engine = FakeEngine(previews=1, retry_s=0.15)
        path = str(self.folder / "studio.ini")
        self.settings = QSettings(path, QSettings.Format.IniFormat)
        SettingsStore(self.settings).save(GeneralChoices(workspace=self.folder))
        self.studio = self._open()

    def _open(self) -> Studio:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        studio = build_studio(application, settings=self.settings, work=self.engine.work())
        studio.window.show()
        # Some states last for less than an action.
        training = studio.training
        for fact in (training.pause_asked, training.stop_asked, training.phase_changed):
            fact.connect(lambda *_event: self.seen.add(studio.run_view.status.life))
        return studio

    def _shut(self) -> None:
        studio = self.studio
        self.engine.is_disk_full.clear()
        studio.training.stop(discard=True)
        assert studio.training.wait(PATIENCE_MS)
        self.qtbot.waitUntil(lambda: not studio.training.is_running, timeout=PATIENCE_MS)
        # The way that a user goes: it asks nothing now, and ends whatever else is under way.
        if studio.window.isVisible():
            studio.window.close()
        assert not studio.window.isVisible()
        studio.window.deleteLater()
        studio.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.engine.finish.clear()
        self.engine.fails_now.clear()

    def _settle(self) -> None:
        """Wait until window and engine agree on where the run is."""

        def agrees() -> bool:
            training, life = self.studio.training, self.studio.run_view.status.life
            if not training.is_running:
                return not is_alive(life)
            return training.waiting_count == 0 and SETTLED.get(self.engine.where) is life

        try:
            self.qtbot.waitUntil(agrees, timeout=PATIENCE_MS)
        except exceptions.TimeoutError:
            training, status = self.studio.training, self.studio.run_view.status
            raise AssertionError(
                f"{status.life} ({status.state}, {self.engine.where or 'nowhere'}), "
                f"running: {training.is_running}, waiting: {training.waiting_count}"
            ) from None
        if not self.studio.training.is_running:
            self.engine.finish.clear()
            self.engine.fails_now.clear()
        for dialog in self.studio.window.findChildren(ErrorDialog):
            dialog.reject()

    def _count(self) -> None:
        type(self).actions += 1
        if not self.studio.window.isVisible() and not self.studio.training.is_running:
            # The window was closed; the next day begins.
            self._shut()
            self.studio = self._open()
            self.studio.restore_last_run()

    def _buttons(self) -> dict[Wish, QWidget | QAction]:
        controls = self.studio.window.run._controls
        is_under_way = is_alive(self.studio.run_view.status.life)
        return {
            Wish.START: controls.start,
            Wish.RESUME: controls.resume if is_under_way else controls.more.button,
            Wish.PAUSE: controls.pause.main,
            Wish.PAUSE_RELEASE: controls.menu_actions[Wish.PAUSE_RELEASE],
            Wish.STOP_SAVE: controls.stop.main,
            Wish.STOP_DISCARD: controls.menu_actions[Wish.STOP_DISCARD],
            Wish.SAVE_NOW: controls.save,
            Wish.SAMPLE_NOW: controls.sample,
        }

    def _picker(self) -> QFileDialog | None:
        found = self.studio.window.findChildren(QFileDialog)
        return next((picker for picker in found if picker.isVisible()), None)

    def _write_run(self, *, has_checkpoint: bool) -> Path:
        path = self.folder / "runs" / f"old-{next(self._runs)}"
        run = create_run_folder(config_from_preset("cpu-tiny", dataset=path, run=path))
        log = RunLog(run.log_file)
        log.record(losses(1_000))
        log.close()
        if has_checkpoint:
            run.checkpoint_path(1_000).mkdir(parents=True)
        return path
