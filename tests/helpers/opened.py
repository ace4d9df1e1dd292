"""A studio that is open for the length of a test, and gone after it."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QLocale, QObject, QSettings, Qt, QTranslator
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from studio.app import Studio, build_studio
from studio.jobs.work import Work

PATIENCE_MS = 120_000


@contextmanager
def counting_in_english(application: QApplication) -> Iterator[None]:
    """Count in English, whatever the machine does, and take back what a test installs."""
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@contextmanager
def opened_studio(
    application: QApplication, settings: QSettings, work: Work | None = None
) -> Iterator[Studio]:
    """Show a studio's window; stop whatever it is doing when the test is over."""
    studio = build_studio(application, settings=settings, work=work)
    studio.window.show()
    yield studio
    studio.training.stop()
    assert studio.training.wait(PATIENCE_MS)
    studio.datasets.cancel()
    assert studio.datasets.wait(PATIENCE_MS)
    studio.around.shut_down()
    studio.library.shut_down()
    studio.window.leave()
    studio.window.deleteLater()
    studio.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press(qtbot: QtBot, parent: QObject, text: str) -> None:
    """Press the button that says ``text``, as a user would."""
    buttons = parent.findChildren(QPushButton)
    button = next(b for b in buttons if b.text() == text and b.isVisible() and b.isEnabled())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
