"""The real window over the fake engine, as a random user finds it."""

import itertools
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis.stateful import RuleBasedStateMachine
from PySide6.QtCore import (
    QEvent,
    QLocale,
    QMimeData,
    QObject,
    QPoint,
    QPointF,
    QSettings,
    Qt,
    QTranslator,
    QUrl,
)
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QListWidget,
    QMessageBox,
    QPushButton,
    QWidget,
)
from pytestqt import exceptions
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker
from shiboken6 import isValid

from engine.config.presets import config_from_preset
from engine.events import Outcome, RunEnded
from engine.runs.event_log import RunLog
from engine.runs.folder import RunFolder, create_run_folder
from studio.app import Studio, build_studio
from studio.dialogs.confirm import UnsavedAnswer, UnsavedEdits
from studio.dialogs.error import ErrorDialog
from studio.jobs.audio_player import AudioPlayer
from studio.jobs.engine_api import EngineApi
from studio.jobs.importing import ImportJobs
from studio.jobs.preview_player import PreviewPlayer
from studio.models.run_state import Command, RunState, is_alive
from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.detail import CaptionBox
from studio.settings.choices import GeneralChoices
from studio.settings.codec import SettingsStore
from studio.widgets.fields import ChoiceField
from studio.window.dock_area import RunStatusBar
from studio.wizards.importing import ImportWizard
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.fake_engine import FakeEngine, losses
from tests.helpers.fake_looks import FakeLooks
from tests.helpers.guards import ProblemLog

PATIENCE_MS = 10_000
SETTLED = {"training": RunState.RUNNING, "paused": RunState.PAUSED, "stuck": RunState.PAUSED}
TINY_FORM = {
    "device": "cpu",
    "minutes": "0",
    "training.batch_size": "8",
    "training.precision": "fp32",
    "networks.latent_dim": "4",
    "networks.generator_channels": "4",
    "networks.discriminator_channels": "4",
    "networks.embedding_dim": "8",
    "networks.token_dim": "4",
    "reporting.eval_samples": "100",
}
"""Values of the run form for networks that train in a moment."""


class PatientQtBot(QtBot):
    """Wait for half a minute where pytest-qt waits for five seconds.

    A busy machine is slow now and then, and only a test that fails waits for so long.
    """

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 30_000) -> None:  # noqa: N802 (Qt's name)
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = 30_000, **options: Any) -> SignalBlocker:  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(self, signals: Any, *, timeout: int = 30_000, **options: Any):  # noqa: N802
        return super().waitSignals(signals, timeout=timeout, **options)

    def waitExposed(self, widget: QWidget, *, timeout: int = 30_000):  # noqa: N802
        return super().waitExposed(widget, timeout=timeout)


class LifeWindow(RuleBasedStateMachine):
    """Opens and shuts the studio, and waits until window and engine agree."""

    qtbot: ClassVar[QtBot]
    problem_log: ClassVar[ProblemLog]
    actions: ClassVar[int] = 0
    seen: ClassVar[set[RunState]] = set()

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
        for fact in (training.pause_asked, training.stop_asked, training.event_emitted):
            fact.connect(lambda *_event: self.seen.add(studio.run_view.status.state))
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
        if isValid(studio.window):
            studio.window.deleteLater()
        studio.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.engine.finish.clear()
        self.engine.fails_now.clear()

    def _settle(self) -> None:
        """Wait until window and engine agree on where the run is."""

        def agrees() -> bool:
            training, life = self.studio.training, self.studio.run_view.status.state
            if not training.is_running:
                return not is_alive(life)
            return training.waiting_count == 0 and SETTLED.get(self.engine.where) is life

        try:
            self.qtbot.waitUntil(agrees, timeout=PATIENCE_MS)
        except exceptions.TimeoutError:
            training, status = self.studio.training, self.studio.run_view.status
            raise AssertionError(
                f"{status.state} ({status.activity}, {self.engine.where or 'nowhere'}), "
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

    def _buttons(self) -> dict[Command, QWidget | QAction]:
        controls = self.studio.window.run._controls
        is_under_way = is_alive(self.studio.run_view.status.state)
        return {
            Command.START: controls.start,
            Command.RESUME: controls.resume if is_under_way else controls.more.button,
            Command.PAUSE: controls.pause.main,
            Command.PAUSE_RELEASE: controls.menu_actions[Command.PAUSE_RELEASE],
            Command.STOP_SAVE: controls.stop.main,
            Command.STOP_DISCARD: controls.menu_actions[Command.STOP_DISCARD],
            Command.SAVE_NOW: controls.save,
            Command.SAMPLE_NOW: controls.sample,
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


# Finds widgets the way a user does: they are there, or the test fails.


T = TypeVar("T", bound=QObject)


def child(parent: QObject, kind: type[T], name: str = "") -> T:
    """Give the first descendant of a kind, and of a name where one is given."""
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert found is not None, f"{parent} has no {kind.__name__}"
    return found


def drag_in(widget: QWidget, *paths: Path) -> bool:
    """Drag files over a widget; returns whether it would take them."""
    keys = Qt.KeyboardModifier.NoModifier
    button, action = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    content = _files(paths)
    event = QDragEnterEvent(QPoint(9, 9), action, content, button, keys)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def drop(widget: Any, *paths: Path, place: QPoint | None = None) -> None:
    """Drop files onto a widget."""
    keys = Qt.KeyboardModifier.NoModifier
    button, action = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    at, content = QPointF(place or QPoint(9, 9)), _files(paths)
    widget.dropEvent(QDropEvent(at, action, content, button, keys))


def _files(paths: Iterable[Path]) -> QMimeData:
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return content


# A run in the window, asked for things as a user does.


def ask(studio: Studio, command: Command) -> None:
    """Choose a wish in the Run menu, which does nothing while it is disabled."""
    studio.window.actions_.run.action(command).trigger()


def life(studio: Studio) -> RunState:
    """Give the state that the window is in."""
    return studio.run_view.status.state


def wait_for(qtbot: QtBot, studio: Studio, state: RunState) -> None:
    """Wait until a run has come to a state."""
    qtbot.waitUntil(lambda: life(studio) is state)


def start(qtbot: QtBot, studio: Studio) -> None:
    """Start a run and wait until it trains."""
    ask(studio, Command.START)
    qtbot.waitUntil(lambda: "200 images" in status_text(studio))


def status_text(studio: Studio) -> str:
    """Give what the status bar says."""
    return child(studio.window, RunStatusBar).text


def says(parent: QWidget, text: str) -> bool:
    """Whether a label that can be seen holds a text."""
    labels = parent.findChildren(QLabel)
    return any(text in label.text() and label.isVisible() for label in labels)


def visible_buttons(parent: QWidget) -> dict[str, QPushButton]:
    """Give the buttons that can be seen, by their text or else their accessible name."""
    buttons = parent.findChildren(QPushButton)
    return {b.text() or b.accessibleName(): b for b in buttons if b.isVisible()}


def write_run(
    folder: Path,
    *,
    outcome: Outcome | None = None,
    images: int = 3_000,
    saved: int | None = 3_000,
    **values: object,
) -> Path:
    """Write a run as the engine leaves it.

    Args:
        folder: of the run.
        outcome: how it ended; ``None`` leaves it interrupted.
        images: images seen; a thousand a second.
        saved: images seen at its one checkpoint; ``None`` for none.
        values: settings that differ from the preset's.
    """
    config = config_from_preset("cpu-tiny", dataset=folder, run=folder).with_values(**values)
    run: RunFolder = create_run_folder(config)
    log = RunLog(run.log_file)
    for seen in range(1_000, images + 1, 1_000):
        log.record(losses(seen))
    if outcome is not None:
        log.record(
            RunEnded(
                outcome=outcome,
                folder=folder,
                images_seen=images,
                elapsed_s=images / 1_000,
                images_saved=saved or 0,
            )
        )
    log.close()
    if saved is not None:
        run.checkpoint_path(saved).mkdir()
    return folder


# An import wizard on screen, driven as a user would.


class OpenWizard:
    """The wizard over looks that a test controls."""

    def __init__(self, qtbot: QtBot, place: Path, fake: FakeLooks | None = None) -> None:
        self.qtbot, self.fake = qtbot, fake or FakeLooks()
        self.workspace = place / "workspace"
        self.source = place / "cats"
        self.source.mkdir()
        self.jobs = ImportJobs(self.fake.import_dataset)
        self.devices = FakeDevices()
        self.player = PreviewPlayer(AudioPlayer(self.devices))
        self.wizard = ImportWizard(
            None,
            workspace=self.workspace,
            jobs=self.jobs,
            reader=self.fake.reader(),
            player=self.player,
        )
        qtbot.addWidget(self.wizard)
        self.wizard.show()

    def end(self) -> None:
        """Let everything end that still runs."""
        self.fake.go_on.set()
        self.player.shut_down()
        self.jobs.cancel()
        assert self.jobs.wait(10_000)
        self.qtbot.waitUntil(lambda: not self.jobs.is_busy)

    def choose(self) -> None:
        """Choose the source and wait for its files."""
        self.wizard.open_source(self.source)
        self.wait()

    def go_to(self, page: Any) -> None:
        """Press Next until a page shows."""
        if self.wizard.form.scan is None:
            self.choose()
        for _turn in self.wizard.pages:
            if self.wizard.page is page:
                break
            self.press("Next")
            self.wait()
        assert self.wizard.page is page

    def wait(self) -> None:
        """Wait until nothing runs but what a test holds."""
        self.qtbot.waitUntil(self._is_quiet)

    def press(self, text: str) -> None:
        """Press a button that is there and can be pressed."""
        self.qtbot.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def button(self, text: str) -> QPushButton:
        """Give the visible button with a text."""
        buttons = self.wizard.findChildren(QPushButton)
        return next(b for b in buttons if b.text() == text and b.isVisible())

    def says(self, text: str) -> bool:
        """Whether a visible label holds a text."""
        labels = self.wizard.findChildren(QLabel)
        return any(text in label.text() and label.isVisible() for label in labels)

    def question(self) -> QMessageBox | None:
        """Give the box that asks something, if one is open."""
        boxes = [box for box in self.wizard.findChildren(QMessageBox) if box.isVisible()]
        return boxes[0] if boxes else None

    def _is_quiet(self) -> bool:
        wizard, jobs = self.wizard, self.jobs
        pages = (wizard.format, wizard.fields, wizard.texts, wizard.images, wizard.sounds)
        runs = (jobs.listing, jobs.check, jobs.recount, jobs.thumbnails)
        return all(page.has_answers for page in pages) and not any(job.is_running for job in runs)


# A studio that is open for the length of a test, and gone after it.


DIALOG_PATIENCE_MS = 120_000


@contextmanager
def counting_in_english(application: QApplication) -> Iterator[None]:
    """Count in English, whatever the machine does, and take back what a test installs.

    Also delete the studios that it has left: a style sheet polishes their widgets again whenever
    a later test opens a window.
    """
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    delete_studios(application)
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def delete_studios(application: QApplication) -> None:
    """Delete the studios that a test has built, with their windows."""
    for studio in application.findChildren(Studio):
        if isValid(studio.window):
            studio.window.deleteLater()
        studio.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@contextmanager
def opened_studio(
    application: QApplication, settings: QSettings, work: EngineApi | None = None
) -> Iterator[Studio]:
    """Show a studio's window; stop whatever it is doing when the test is over."""
    studio = build_studio(application, settings=settings, work=work)
    studio.window.show()
    yield studio
    if (play := studio.window.late_play.built) is not None:
        play.shut_down()
    studio.neighbours.shut_down()
    studio.training.stop()
    assert studio.training.wait(DIALOG_PATIENCE_MS)
    studio.player.shut_down()
    studio.datasets.cancel()
    studio.evaluation.cancel()
    assert studio.datasets.wait(DIALOG_PATIENCE_MS)
    assert studio.evaluation.wait(DIALOG_PATIENCE_MS)
    studio.desktop.shut_down()
    studio.player.shut_down()
    studio.runs_controller.shut_down()
    studio.window.leave()
    studio.window.deleteLater()
    studio.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press(qtbot: QtBot, parent: QObject, text: str) -> None:
    """Press the button that says ``text``, as a user would."""
    buttons = parent.findChildren(QPushButton)
    button = next(b for b in buttons if b.text() == text and b.isVisible() and b.isEnabled())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# Uses the dataset panel as a user does.


def first_of(heard: SignalBlocker) -> Any:
    """Give what a signal carried."""
    assert heard.args
    return heard.args[0]


def is_open(panel: DatasetPanel, name: str) -> bool:
    dataset = panel.browser.dataset
    return dataset is not None and dataset.folder.name == name and panel.browser.isVisible()


def choose(qtbot: QtBot, panel: DatasetPanel, name: str) -> None:
    """Click a dataset and wait until it is open."""
    click_dataset(qtbot, panel, name)
    qtbot.waitUntil(lambda: is_open(panel, name))


def click_dataset(qtbot: QtBot, panel: DatasetPanel, name: str) -> None:
    listed = child(panel.dataset_list, QListWidget)
    (line,) = listed.findItems(name, Qt.MatchFlag.MatchExactly)
    place = listed.visualItemRect(line).center()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)


def names(panel: DatasetPanel) -> list[str]:
    listed = child(panel.dataset_list, QListWidget)
    return [listed.item(row).text() for row in range(listed.count())]


def texts(panel: DatasetPanel) -> list[str]:
    model = panel.browser.wall.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def click_item(qtbot: QtBot, panel: DatasetPanel, row: int, *, control: bool = False) -> None:
    wall = panel.browser.wall
    held = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    place = wall.visualRect(wall.model().index(row, 0)).center()
    qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, held, place)


def captions(panel: DatasetPanel) -> CaptionBox:
    return child(panel.browser.detail, CaptionBox)


def type_captions(qtbot: QtBot, panel: DatasetPanel, text: str) -> None:
    box = captions(panel)
    box.setFocus()
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClicks(box, text)


def show_only(panel: DatasetPanel, key: str) -> None:
    field = child(panel.browser.bar, ChoiceField)
    field.set_text(key)
    field.text_edited.emit(key)


def answer(panel: DatasetPanel, choice: UnsavedAnswer) -> None:
    child(panel, UnsavedEdits).button_for(choice).click()
