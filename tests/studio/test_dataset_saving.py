"""The dataset panel as a user has it: save versions, export, and lose nothing."""

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QListWidget
from pytestqt.qtbot import QtBot

from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.errors import FolderInUseError, StoppedError
from studio.dialogs.unsaved_edits import UnsavedAnswer
from studio.jobs.dataset_work import DatasetWork
from studio.panels.datasets import DatasetPanel
from tests.helpers.dataset_panel import (
    answer,
    choose,
    click_dataset,
    first_of,
    is_open,
    names,
    texts,
    type_captions,
)
from tests.helpers.opened import press
from tests.helpers.widgets import child


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
    marked = child(opened.shelf, QListWidget).currentItem()
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
