"""A user without a mouse: panels, tab stops, the list of shortcuts and the context menus."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.app import Studio
from studio.dialogs.shortcuts import ShortcutsDialog
from studio.models.run_state import RunState
from studio.widgets.thumbnail_grid import ThumbnailGrid
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, child, life

PANELS = (
    "run",
    "gallery",
    "play",
    "datasets",
    "runs",
    "losses",
    "quality",
    "log",
    "compare",
    "learn",
)


def is_in_front(studio: Studio, name: str) -> bool:
    return not child(studio.window, QDockWidget, name).visibleRegion().isEmpty()


def panel_of(widget: QWidget | None) -> str:
    """Name the panel that a widget is in."""
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget.objectName() if widget is not None else ""


def choose(widget: QWidget, text: str) -> None:
    """Choose an action of a widget's context menu."""
    assert widget.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    next(action for action in widget.actions() if action.text() == text).trigger()


def copied() -> str:
    return QGuiApplication.clipboard().text()


@pytest.mark.slow
def test_that_a_run_is_started_watched_and_left_by_keys_alone(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    window = studio.window
    window.activateWindow()
    window.run.choose_dataset(tiny_dataset(studio.workspace / "datasets" / "tiny"))
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)

    # Each panel comes to the front by its number, whatever hides it, and takes the focus.
    for place, name in enumerate(PANELS, start=1):
        qtbot.keyClick(
            window, Qt.Key(Qt.Key.Key_0 + place % 10), Qt.KeyboardModifier.ControlModifier
        )
        qtbot.waitUntil(lambda name=name: is_in_front(studio, name))
        if name not in (
            "gallery",
            "play",
            "quality",
        ):  # They are empty: there is nothing to focus yet.
            assert panel_of(QApplication.focusWidget()) == name

    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: life(studio) is RunState.RUNNING, timeout=DIALOG_PATIENCE_MS)
    tiles = child(window.gallery, ThumbnailGrid).model()
    qtbot.waitUntil(lambda: tiles.rowCount() > 0, timeout=DIALOG_PATIENCE_MS)
    qtbot.waitUntil(lambda: "generator" in window.losses.board.legend.names)

    # Tab goes through what is to be seen, and through nothing else.
    window.actions_.panels["losses"].trigger()
    window.actions_.panels["runs"].trigger()
    passed: list[str] = []
    for _press in range(120):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        passed.append(panel_of(QApplication.focusWidget()))
    assert set(passed) - {""} == {"run", "runs", "losses"}

    # View > Runs raises it: it is never hidden by a second time.
    window.actions_.panels["gallery"].trigger()
    for _time in range(2):
        window.actions_.panels["runs"].trigger()
        assert is_in_front(studio, "runs")

    qtbot.keyClick(window, Qt.Key.Key_F1)
    shortcuts = child(window, ShortcutsDialog)
    texts = {label.text() for label in shortcuts.findChildren(QLabel)}
    assert {"Ctrl+1", "Ctrl+R", "F1", "Start training", "Quality"} <= texts
    qtbot.keyClick(shortcuts, Qt.Key.Key_Escape)

    # Context menus open with the Menu key as well.
    choose(window.losses.board.plot._plot, "Copy values")
    header, first, *_rows = copied().splitlines()
    assert header.split("\t")[:2] == ["images seen", "Generator"]
    assert float(first.split("\t")[0]) > 0
    window.datasets.open_dataset(studio.workspace / "datasets" / "tiny")
    qtbot.waitUntil(lambda: window.datasets.browser.dataset is not None)
    wall = window.datasets.browser.wall
    choose(wall, "Copy text")
    assert copied() in ("dark", "light", "grey")
    choose(wall, "Exclude or include")
    assert window.datasets.unsaved_count == 1
    choose(wall, "Exclude or include")
    assert window.datasets.unsaved_count == 0
