"""The dataset panel as a user has it: choose, look, search, edit, undo, save, export."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLineEdit, QListWidget
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.errors import FolderInUseError
from studio.dialogs.unsaved_edits import UnsavedAnswer, UnsavedEdits
from studio.jobs.dataset import DatasetJobs
from studio.jobs.dataset_work import DatasetWork
from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.replace import ReplaceDialog
from studio.panels.datasets.typed import CaptionBox, TagLine
from studio.widgets.choice_field import ChoiceField
from tests.helpers.datasets import SHADES, large_dataset, mixed_dataset
from tests.helpers.opened import press
from tests.helpers.widgets import child


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    mixed_dataset(tmp_path / "datasets" / "mixed")
    mixed_dataset(tmp_path / "datasets" / "other")
    (tmp_path / "datasets" / ".other.1.part").mkdir()
    (tmp_path / "datasets" / "empty").mkdir()
    return tmp_path


@pytest.fixture
def panel(qtbot: QtBot, workspace: Path) -> Iterator[DatasetPanel]:
    jobs = DatasetJobs(DatasetWork())
    panel = DatasetPanel(jobs, workspace)
    qtbot.addWidget(panel)
    panel.resize(1000, 520)
    panel.show()
    yield panel
    jobs.cancel()
    assert jobs.wait(10_000)
    QApplication.processEvents()


@pytest.fixture
def opened(qtbot: QtBot, panel: DatasetPanel) -> DatasetPanel:
    choose(qtbot, panel, "mixed")
    return panel


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


def test_that_built_datasets_are_listed_and_nothing_else(panel: DatasetPanel):
    assert names(panel) == ["mixed", "other"]
    tip = child(panel.shelf, QListWidget).item(0).toolTip()
    assert "5 item" in tip
    assert "8 px" in tip


def test_that_an_empty_workspace_says_how_to_fill_it(panel: DatasetPanel, tmp_path: Path):
    panel.set_workspace(tmp_path / "nowhere")
    assert names(panel) == []
    assert not panel.browser.isVisible()
    assert not panel.shelf.findChildren(QListWidget)[0].isHidden()


def test_that_a_dataset_opens_with_its_first_item(opened: DatasetPanel):
    assert texts(opened) == ["a red cat", "a grey dog", "", "only words", "a red car"]
    assert captions(opened).toPlainText() == "a red cat"
    assert child(opened.browser.detail, TagLine).text() == "pet"
    picture: QImage = opened.browser.wall.model().index(1, 0).data(Qt.ItemDataRole.DecorationRole)
    assert picture.pixelColor(0, 0) == QColor(SHADES[1], SHADES[1], SHADES[1])
    assert opened.browser.wall.model().index(3, 0).data(Qt.ItemDataRole.DecorationRole) is None


def test_that_every_kind_of_tile_can_be_painted(opened: DatasetPanel, qtbot: QtBot):
    click_item(qtbot, opened, 1)
    qtbot.keyClick(opened.browser.wall, Qt.Key.Key_Delete)
    picture = opened.browser.wall.grab().toImage()
    assert not picture.isNull()
    assert len({picture.pixel(x, y) for x in range(0, 300, 7) for y in range(0, 90, 7)}) > 3


def test_that_search_and_filter_narrow_what_is_shown(opened: DatasetPanel, qtbot: QtBot):
    with qtbot.waitSignal(opened.browser.changed):
        qtbot.keyClicks(child(opened.browser.bar, QLineEdit), "RED")
    assert texts(opened) == ["a red cat", "a red car"]
    show_only(opened, "group:thing")
    assert texts(opened) == ["a red car"]
    show_only(opened, "no_image")
    assert texts(opened) == []
    assert not opened.browser.detail.isVisible()
    child(opened.browser.bar, QLineEdit).clear()
    qtbot.waitUntil(lambda: texts(opened) == ["only words"])
    show_only(opened, "tag:pet")
    assert texts(opened) == ["a red cat"]


def test_that_a_caption_is_edited_undone_and_redone_by_key(opened: DatasetPanel, qtbot: QtBot):
    click_item(qtbot, opened, 1)
    assert captions(opened).toPlainText() == "a grey dog\nDOG"
    type_captions(qtbot, opened, "a wolf")
    click_item(qtbot, opened, 0)
    assert texts(opened)[1] == "a wolf"
    assert opened.has_unsaved
    wall = opened.browser.wall
    opened.activateWindow()
    wall.setFocus()
    qtbot.keyClick(wall, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert texts(opened)[1] == "a grey dog"
    assert captions(opened).toPlainText() == "a grey dog\nDOG"
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(wall, Qt.Key.Key_Z, both)
    assert texts(opened)[1] == "a wolf"


def test_that_a_pause_makes_typing_count_and_keeps_what_is_typed(
    opened: DatasetPanel, qtbot: QtBot
):
    box = captions(opened)
    type_captions(qtbot, opened, "one")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: texts(opened)[0] == "one")
    assert box.toPlainText() == "one\n"


def test_that_a_text_alone_must_keep_its_text(opened: DatasetPanel, qtbot: QtBot):
    click_item(qtbot, opened, 3)
    box = captions(opened)
    box.setFocus()
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    opened.browser.commit()
    assert texts(opened)[3] == "only words"
    assert not opened.has_unsaved


def test_that_tags_split_and_exclusion_apply_to_all_selected(opened: DatasetPanel, qtbot: QtBot):
    click_item(qtbot, opened, 0)
    click_item(qtbot, opened, 4, control=True)
    assert not captions(opened).isEnabled()
    tags = child(opened.browser.detail, TagLine)
    # Qt types Latin letters only.
    tags.insert("new, 猫、x")
    qtbot.keyClick(tags, Qt.Key.Key_Return)
    split = child(opened.browser.detail, ChoiceField)
    split.text_edited.emit("held_out")
    qtbot.mouseClick(child(opened.browser.detail, QCheckBox), Qt.MouseButton.LeftButton,
                     pos=QPoint(8, 8))  # fmt: skip
    edits = opened.browser.edits
    assert edits is not None
    assert edits.state(0).tags == ("pet", "new", "猫", "x")
    assert edits.state(4).tags == ("new", "猫", "x")
    assert [edits.state(item).split for item in (0, 4)] == ["held_out"] * 2
    assert [edits.state(item).is_excluded for item in (0, 1, 4)] == [True, False, True]
    show_only(opened, "tag:猫")
    assert texts(opened) == ["a red cat", "a red car"]


def replace_with(qtbot: QtBot, panel: DatasetPanel, find: str, new: str) -> ReplaceDialog:
    panel.browser.bar.replace_requested.emit()
    dialog = child(panel, ReplaceDialog)
    for field, text in zip(dialog.findChildren(QLineEdit), (find, new), strict=True):
        field.clear()
        qtbot.keyClicks(field, text)
    return dialog


def test_that_replacing_shows_first_and_is_one_step(opened: DatasetPanel, qtbot: QtBot):
    dialog = replace_with(qtbot, opened, "red", "blue")
    qtbot.waitUntil(lambda: "2 text" in dialog.headline)
    assert texts(opened)[0] == "a red cat"
    press(qtbot, dialog, "Replace")
    assert (texts(opened)[0], texts(opened)[4]) == ("a blue cat", "a blue car")
    qtbot.waitUntil(lambda: "No text" in dialog.headline)
    dialog.reject()
    assert opened.browser.edits is not None
    opened.browser.edits.undo()
    assert opened.browser.edits.change_count == 0


def test_that_a_wrong_pattern_is_said_in_the_dialog(opened: DatasetPanel, qtbot: QtBot):
    dialog = replace_with(qtbot, opened, "(red", "blue")
    next(b for b in dialog.findChildren(QCheckBox) if "Regular" in b.text()).click()
    qtbot.waitUntil(lambda: "unterminated" in dialog.headline)
    dialog.reject()


def test_that_only_the_shown_items_are_replaced_on_request(opened: DatasetPanel, qtbot: QtBot):
    show_only(opened, "group:thing")
    dialog = replace_with(qtbot, opened, "red", "blue")
    next(b for b in dialog.findChildren(QCheckBox) if "Only" in b.text()).click()
    qtbot.waitUntil(lambda: "1 text" in dialog.headline)
    dialog.reject()


def test_that_statistics_count_what_there_is(opened: DatasetPanel, qtbot: QtBot):
    page = opened.browser.statistics
    opened.browser.bar.page_requested.emit(1)
    qtbot.waitUntil(lambda: "3 pair" in page.facts)
    assert "4 to train on, 1 held out" in page.facts
    assert page.lengths.counts == (0, 1, 1, 3)
    assert sum(page.brightness.counts) == 4
    assert page.groups.counts == (3, 2)


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


def test_that_wishes_name_the_open_dataset(
    opened: DatasetPanel, qtbot: QtBot, workspace: Path, monkeypatch
):
    shown: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    folder = workspace / "datasets" / "mixed"
    with qtbot.waitSignal(opened.train_requested) as heard:
        press(qtbot, opened, "Train on this")
    assert heard.args == [folder]
    with qtbot.waitSignal(opened.import_requested):
        press(qtbot, opened, "Import…")
    press(qtbot, opened, "Open folder")
    assert Path(shown[0].toLocalFile()) == folder


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


def test_that_a_damaged_dataset_is_explained(panel: DatasetPanel, qtbot: QtBot, workspace: Path):
    (workspace / "datasets" / "mixed" / "images.npy").unlink()
    click_dataset(qtbot, panel, "mixed")
    qtbot.waitUntil(lambda: panel.folder is None)
    assert not panel.browser.isVisible()
    choose(qtbot, panel, "other")


def test_that_a_hundred_thousand_items_are_read_only_where_they_are_seen(
    panel: DatasetPanel, qtbot: QtBot, workspace: Path, monkeypatch
):
    large_dataset(workspace / "datasets" / "large", 100_000)
    panel.refresh()
    choose(qtbot, panel, "large")
    wall, model = panel.browser.wall, panel.browser._model
    read: list[int] = []
    plain = model.picture
    monkeypatch.setattr(
        model, "picture", lambda item, *more: read.append(item) or plain(item, *more)
    )
    bar = wall.verticalScrollBar()
    for step in range(11):
        read.clear()
        bar.setValue(bar.maximum() * step // 10)
        wall.viewport().repaint()
        assert len(read) <= len(wall.visible_rows()) < 100
    read.clear()
    wall.viewport().repaint()
    assert read == []
    for step in range(60):
        bar.setValue(bar.maximum() * step // 60)
        wall.viewport().repaint()
    assert len(model._pictures) <= 1024
    with qtbot.waitSignal(panel.browser.changed):
        child(panel.browser.bar, QLineEdit).setText("99999")
    assert texts(panel) == ["number 99999"]
