"""The datasets within the whole window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from studio.app import Studio
from studio.dialogs.error import ErrorDialog
from studio.dialogs.unsaved_edits import UnsavedAnswer, UnsavedEdits
from studio.start import _interrupt
from tests.helpers.datasets import mixed_dataset
from tests.helpers.opened import press
from tests.helpers.problem_log import ProblemLog
from tests.helpers.widgets import child


@pytest.fixture
def dataset(studio: Studio) -> Path:
    return mixed_dataset(studio.workspace / "datasets" / "mixed")


def open_datasets(qtbot: QtBot, studio: Studio, dataset: Path) -> None:
    studio.window.show_datasets()
    studio.window.datasets.open_dataset(dataset)
    qtbot.waitUntil(lambda: studio.window.datasets.browser.dataset is not None)


def test_that_the_view_menu_shows_and_hides_the_datasets(studio: Studio):
    dock = child(studio.window, QDockWidget, "datasets")
    toggle = next(a for a in studio.window.findChildren(QAction) if a.text() == "Datasets")
    studio.window.show_docks()
    toggle.trigger()
    assert dock.isHidden()
    studio.window.show_datasets()
    assert not dock.isHidden()


def test_that_train_on_this_fills_the_form(qtbot: QtBot, studio: Studio, dataset: Path):
    open_datasets(qtbot, studio, dataset)
    press(qtbot, studio.window.datasets, "Train on this")
    assert studio.window.run.choices().dataset == dataset
    assert studio.window.run.choices().starter == ""


def test_that_an_error_of_the_panel_reaches_the_user(
    qtbot: QtBot, studio: Studio, dataset: Path, problem_log: ProblemLog
):
    open_datasets(qtbot, studio, dataset)
    panel = studio.window.datasets
    panel.browser.wall.selectAll()
    qtbot.keyClick(panel.browser.wall, Qt.Key.Key_Delete)
    with qtbot.waitSignal(panel.failed):
        panel.save_version()
    child(studio.window, ErrorDialog).reject()
    problem_log.expect("no item would be left")


@pytest.mark.parametrize("choice", list(UnsavedAnswer))
def test_that_closing_asks_about_unsaved_edits(
    qtbot: QtBot, studio: Studio, dataset: Path, choice: UnsavedAnswer
):
    open_datasets(qtbot, studio, dataset)
    qtbot.keyClick(studio.window.datasets.browser.wall, Qt.Key.Key_Delete)
    assert not studio.window.close()
    child(studio.window, UnsavedEdits).button_for(choice).click()
    if choice is UnsavedAnswer.CANCEL:
        assert studio.window.isVisible()
        studio.window.datasets.browser.discard()
    else:
        qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert dataset.with_name("mixed-2").exists() == (choice is UnsavedAnswer.SAVE)


def test_that_another_workspace_lists_its_own_datasets(studio: Studio, tmp_path: Path):
    mixed_dataset(tmp_path / "elsewhere" / "datasets" / "there")
    studio._take_workspace(tmp_path / "elsewhere")
    assert studio.window.datasets.shelf.count == 1


def test_that_an_interrupt_says_what_was_not_saved(
    qtbot: QtBot, studio: Studio, dataset: Path, problem_log: ProblemLog
):
    open_datasets(qtbot, studio, dataset)
    qtbot.keyClick(studio.window.datasets.browser.wall, Qt.Key.Key_Delete)
    _interrupt(studio)
    problem_log.expect("the edits of 1 item(s) were not saved")
    assert not studio.window.isVisible()
