"""The whole studio over an engine that does as it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QLocale, QSettings, QTranslator
from PySide6.QtWidgets import QApplication

from studio.app import Studio, build_studio
from tests.helpers.fake_engine import PATIENCE_S, FakeEngine


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> Iterator[None]:
    """Count in English, whatever the machine does, and take back what a test installs."""
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def studio(qapp: QApplication, settings: QSettings, engine: FakeEngine) -> Iterator[Studio]:
    made = build_studio(qapp, settings=settings, work=engine.work())
    made.window.show()
    yield made
    engine.answers_stop.set()
    made.training.stop()
    assert made.training.wait(int(PATIENCE_S * 1000))
    made.window.leave()
    made.window.deleteLater()
    made.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
