"""The studio as it is delivered, with the real engine; only its sound device is not real."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import Studio
from studio.jobs.engine_api import EngineApi
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.windows import PatientQtBot, counting_in_english, opened_studio


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientQtBot(request)


@pytest.fixture
def devices() -> FakeDevices:
    return FakeDevices()


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path, devices: FakeDevices) -> Iterator[Studio]:
    settings = QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)
    work = EngineApi(start_device=devices)
    with counting_in_english(qapp), opened_studio(qapp, settings, work) as made:
        yield made
