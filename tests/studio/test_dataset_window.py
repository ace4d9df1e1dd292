"""The datasets within the whole window."""

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QFileDialog, QListWidget
from pytestqt.qtbot import QtBot

from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.errors import FolderInUseError, StoppedError
from studio.app import Studio
from studio.dialogs.confirm import UnsavedAnswer, UnsavedEdits
from studio.dialogs.error import ErrorDialog
from studio.jobs.dataset import DatasetWork
from studio.panels.datasets import DatasetPanel
from studio.start import _interrupt
from tests.helpers.datasets import mixed_dataset
from tests.helpers.guards import ProblemLog
from tests.helpers.windows import (
    answer,
    child,
    choose,
    click_dataset,
    first_of,
    is_open,
    names,
    press,
    texts,
    type_captions,
)


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
    studio._on_workspace(tmp_path / "elsewhere")
    assert studio.window.datasets.dataset_list.count == 1


def test_that_an_interrupt_says_what_was_not_saved(
    qtbot: QtBot, studio: Studio, dataset: Path, problem_log: ProblemLog
):
    open_datasets(qtbot, studio, dataset)
    qtbot.keyClick(studio.window.datasets.browser.wall, Qt.Key.Key_Delete)
    _interrupt(studio)
    problem_log.expect("the edits of 1 item(s) were not saved")
    assert not studio.window.isVisible()


# The dataset panel as a user has it: save versions, export, and lose nothing.


def test_that_a_saved_version_is_opened_and_the_original_is_kept(
    opened: DatasetPanel, qtbot: QtBot, workspace: Path
):
    before = read_manifest(workspace / "datasets" / "mixed")
    type_captions(qtbot, opened, "a tiger")
    opened.browser.commit()
    press(qtbot, opened, "Save as new version (1)")
    qtbot.waitUntil(lambda: is_open(opened, "mixed-2"))
    assert texts(opened)[0] == "a tiger"
    assert not opened.has_unsaved
    assert names(opened) == ["mixed", "mixed-2", "other"]
    assert read_manifest(workspace / "datasets" / "mixed") == before
    assert open_dataset(workspace / "datasets" / "mixed-2").texts[0] == "a tiger"


def test_that_a_version_that_cannot_be_saved_keeps_the_edits(
    opened: DatasetPanel, qtbot: QtBot, workspace: Path
):
    opened.browser.wall.selectAll()
    qtbot.keyClick(opened.browser.wall, Qt.Key.Key_Delete)
    with qtbot.waitSignal(opened.failed) as heard:
        opened.save_version()
    assert "train" in str(first_of(heard))
    assert opened.has_unsaved
    assert opened.browser.isEnabled()
    assert names(opened) == ["mixed", "other"]


@pytest.mark.parametrize(
    ("choice", "name", "versions"),
    [
        (UnsavedAnswer.SAVE, "other", True),
        (UnsavedAnswer.DISCARD, "other", False),
        (UnsavedAnswer.CANCEL, "mixed", False),
    ],
)
def test_that_unsaved_edits_are_asked_about_before_another_dataset(
    opened: DatasetPanel, qtbot: QtBot, workspace: Path, choice, name, versions
):
    qtbot.keyClick(opened.browser.wall, Qt.Key.Key_Delete)
    click_dataset(qtbot, opened, "other")
    assert is_open(opened, "mixed")
    answer(opened, choice)
    qtbot.waitUntil(lambda: is_open(opened, name))
    assert (workspace / "datasets" / "mixed-2").exists() == versions
    assert opened.has_unsaved == (choice is UnsavedAnswer.CANCEL)
    marked = child(opened.dataset_list, QListWidget).currentItem()
    assert marked.text() == name


def test_that_training_takes_the_saved_version(opened: DatasetPanel, qtbot: QtBot):
    qtbot.keyClick(opened.browser.wall, Qt.Key.Key_Delete)
    press(qtbot, opened, "Train on this")
    with qtbot.waitSignal(opened.train_requested) as heard:
        answer(opened, UnsavedAnswer.SAVE)
    assert first_of(heard).name == "mixed-2"
    qtbot.waitUntil(lambda: is_open(opened, "mixed-2"))


def test_that_an_export_writes_the_edits_too(opened: DatasetPanel, qtbot: QtBot, tmp_path: Path):
    type_captions(qtbot, opened, "a tiger")
    for number in ("", "-2"):
        press(qtbot, opened, "Export…")
        dialog = next(d for d in opened.findChildren(QFileDialog) if d.isVisible())
        dialog.fileSelected.emit(str(tmp_path))
        dialog.close()
        dialog.deleteLater()
        folder = tmp_path / f"mixed-images{number}"
        qtbot.waitUntil(lambda folder=folder: str(folder) in opened.writing.exporting.text
                        and "4 image" in opened.writing.exporting.text)  # fmt: skip
        lines = (folder / "train" / "metadata.jsonl").read_text().splitlines()
        assert json.loads(lines[0])["text"] == "a tiger"


def test_that_a_failed_export_is_told(opened: DatasetPanel, qtbot: QtBot, monkeypatch):
    def fail(_dataset, _edits, folder, _report, _control):
        raise FolderInUseError(folder)

    monkeypatch.setattr(opened._jobs, "_work", DatasetWork(export=fail))
    with qtbot.waitSignal(opened.failed) as heard:
        opened._export(Path("somewhere"))
    assert isinstance(first_of(heard), FolderInUseError)
    assert opened.writing.exporting.text == ""


def test_that_an_export_keeps_its_line_and_its_cancel(
    opened: DatasetPanel, qtbot: QtBot, tmp_path: Path, monkeypatch
):
    ended = threading.Event()

    def wait(_dataset, _edits, _folder, _report, control) -> int:
        while not control.is_stop_requested:
            ended.wait(0.005)
        ended.set()
        raise StoppedError

    monkeypatch.setattr(opened._jobs, "_work", DatasetWork(export=wait))
    opened._export(tmp_path)
    choose(qtbot, opened, "other")
    qtbot.keyClick(opened.browser.wall, Qt.Key.Key_Delete)
    press(qtbot, opened, "Save as new version (1)")
    qtbot.waitUntil(lambda: is_open(opened, "other-2"))
    assert "other-2" in opened.writing.saving.text
    assert "mixed-images" in opened.writing.exporting.text
    press(qtbot, opened.writing.exporting, "Cancel")
    qtbot.waitUntil(lambda: opened.writing.exporting.text == "")
    assert ended.is_set()
    assert "other-2" in opened.writing.saving.text
