"""The studio as it is delivered, with the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import Studio
from tests.helpers.windows import PatientQtBot, counting_in_english, opened_studio


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientQtBot(request)


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path) -> Iterator[Studio]:
    settings = QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)
    with counting_in_english(qapp), opened_studio(qapp, settings) as made:
        yield made
