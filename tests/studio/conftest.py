"""The whole studio over an engine that does as it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from studio.app import Studio
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.opened import counting_in_english, opened_studio


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
