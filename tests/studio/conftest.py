"""The whole studio over an engine that does as it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import Studio
from studio.jobs.audio_player import AudioPlayer
from studio.jobs.dataset import DatasetJobs, DatasetWork
from studio.jobs.preview_player import PreviewPlayer
from studio.panels.datasets import DatasetPanel
from tests.helpers.datasets import mixed_dataset
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.windows import PatientQtBot, choose, counting_in_english, opened_studio


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientQtBot(request)


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> Iterator[None]:
    with counting_in_english(qapp):
        yield


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def studio(qapp: QApplication, settings: QSettings, engine: FakeEngine) -> Iterator[Studio]:
    with opened_studio(qapp, settings, engine.work()) as made:
        yield made
        engine.answers_stop.set()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Hold two datasets, and what is none."""
    mixed_dataset(tmp_path / "datasets" / "mixed")
    mixed_dataset(tmp_path / "datasets" / "other")
    (tmp_path / "datasets" / ".other.1.part").mkdir()
    (tmp_path / "datasets" / "empty").mkdir()
    return tmp_path


@pytest.fixture
def devices() -> FakeDevices:
    return FakeDevices()


@pytest.fixture
def panel(qtbot: QtBot, workspace: Path, devices: FakeDevices) -> Iterator[DatasetPanel]:
    jobs = DatasetJobs(DatasetWork())
    player = PreviewPlayer(AudioPlayer(devices))
    panel = DatasetPanel(jobs, workspace, player)
    qtbot.addWidget(panel)
    panel.resize(1000, 520)
    panel.show()
    yield panel
    player.shut_down()
    jobs.cancel()
    assert jobs.wait(10_000)
    QApplication.processEvents()


@pytest.fixture
def opened(qtbot: QtBot, panel: DatasetPanel) -> DatasetPanel:
    choose(qtbot, panel, "mixed")
    return panel
