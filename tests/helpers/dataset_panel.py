"""Uses the dataset panel as a user does."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from studio.dialogs.unsaved_edits import UnsavedAnswer, UnsavedEdits
from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.typed import CaptionBox
from studio.widgets.choice_field import ChoiceField
from tests.helpers.widgets import child


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
    listed = child(panel.shelf, QListWidget)
    (line,) = listed.findItems(name, Qt.MatchFlag.MatchExactly)
    place = listed.visualItemRect(line).center()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)


def names(panel: DatasetPanel) -> list[str]:
    listed = child(panel.shelf, QListWidget)
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
