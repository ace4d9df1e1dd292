"""A user arranges the window, trains in a small one, and finds everything there the next day."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.app import Studio
from studio.models.run_state import Command, RunState
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, ask, child, life, opened_studio

CONTROLS = (QAbstractButton, QComboBox, QLineEdit)


def dock(studio: Studio, name: str) -> QDockWidget:
    return child(studio.window, QDockWidget, name)


def cut_controls(studio: Studio) -> list[str]:
    """Name the controls that the edge of the window or another widget hides in part.

    What scrolls can be reached, and what is in the back of a tab area is not to be seen.
    """
    return [
        f"{control.metaObject().className()} {control.accessibleName() or control.toolTip()}"
        for kind in CONTROLS
        for control in studio.window.docks.findChildren(kind)
        if control.isVisible() and not _scrolls_or_is_behind(control)
        if control.visibleRegion().boundingRect() != control.rect()
    ]


def _scrolls_or_is_behind(control: QWidget) -> bool:
    parent = control.parentWidget()
    while parent is not None and not isinstance(parent, QAbstractScrollArea):
        if isinstance(parent, QDockWidget) and parent.visibleRegion().isEmpty():
            return True
        parent = parent.parentWidget()
    return parent is not None


def drag(qtbot: QtBot, widget: QWidget, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    for _step in range(2):
        qtbot.mouseMove(widget, end)
        qtbot.wait(20)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=end)


def resize(qtbot: QtBot, studio: Studio, size: QSize) -> None:
    studio.window.resize(size)
    qtbot.waitUntil(lambda: studio.window.size() == size)
    QApplication.processEvents()


@pytest.mark.slow
def test_that_a_small_window_cuts_nothing_and_sizes_outlive_the_session(
    qtbot: QtBot, qapp: QApplication, studio: Studio, tmp_path: Path
):
    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"))
    ask(studio, Command.START)
    qtbot.waitUntil(lambda: life(studio) is RunState.RUNNING, timeout=DIALOG_PATIENCE_MS)
    qtbot.waitUntil(lambda: len(window.losses.board.legend.names) > 3, timeout=DIALOG_PATIENCE_MS)
    for size in (QSize(1280, 720), window.minimumSize()):
        resize(qtbot, studio, size)
        names = ("gallery", "play", "datasets", "runs", "compare", "learn")
        for name in (*names, "losses", "quality", "log"):
            window.docks.raise_dock(name)
            qtbot.waitUntil(lambda name=name: not dock(studio, name).visibleRegion().isEmpty())
            QApplication.processEvents()
            assert cut_controls(studio) == [], f"{name} at {size}"

    # The gallery takes what a larger window gains, and the user's sizes stay.
    resize(qtbot, studio, QSize(1280, 800))
    window.docks.raise_dock("gallery")
    edge = QPoint(dock(studio, "run").width(), 300)
    drag(qtbot, window.docks, edge, edge + QPoint(60, 0))
    width = dock(studio, "run").width()
    assert abs(width - 400) <= 2
    height, gallery = dock(studio, "log").height(), dock(studio, "gallery").size()
    resize(qtbot, studio, QSize(1700, 1000))
    assert dock(studio, "run").width() == width
    assert dock(studio, "log").height() == height
    assert dock(studio, "gallery").size() == gallery + QSize(420, 200)
    ask(studio, Command.STOP_DISCARD)
    studio.training.stop(discard=True)
    qtbot.waitUntil(lambda: not studio.training.is_running, timeout=DIALOG_PATIENCE_MS)
    window.close()
    settings = QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)
    for _day in range(2):
        with opened_studio(qapp, settings) as later:
            later.window.show_docks()
            # The screen of the tests is too small for the size that is restored.
            resize(qtbot, later, QSize(1700, 1000))
            assert abs(dock(later, "log").height() - height) <= 1, "up to rounding"
            assert dock(later, "run").width() == width
            later.window.close()
