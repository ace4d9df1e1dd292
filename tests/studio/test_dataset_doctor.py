"""The doctor in the dataset panel: examine, look at what was found, repair, undo, grow old."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.errors import DatasetCorruptError, StoppedError
from engine.importing.item_issue import ItemIssue
from studio.jobs.dataset import DatasetWork
from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.doctor import DoctorPane
from studio.widgets.fields import ChoiceField
from tests.helpers.datasets import sick_dataset
from tests.helpers.windows import child, choose, click_item, is_open, press, show_only, texts

FOUND = ["1 image", "1 text", "2 image", "1 item", "1 validation"]


@pytest.fixture
def sick(qtbot: QtBot, workspace: Path, panel: DatasetPanel) -> DatasetPanel:
    sick_dataset(workspace / "datasets" / "sick")
    panel.refresh()
    choose(qtbot, panel, "sick")
    return panel


@pytest.fixture
def examined(qtbot: QtBot, sick: DatasetPanel) -> DatasetPanel:
    press(qtbot, sick.dataset_list, "Doctor…")
    qtbot.waitUntil(lambda: "issue" in pane(sick).headline)
    return sick


def pane(panel: DatasetPanel) -> DoctorPane:
    return child(panel.browser, DoctorPane)


def lines(panel: DatasetPanel) -> list[QPushButton]:
    buttons = pane(panel).findChildren(QPushButton)
    found = [button for button in buttons if button.isVisible() and button.isCheckable()]
    return sorted(found, key=lambda button: button.y())


def line(panel: DatasetPanel, words: str) -> QPushButton:
    return next(button for button in lines(panel) if words in button.text())


def fix(qtbot: QtBot, panel: DatasetPanel, words: str, what: str) -> None:
    buttons = pane(panel).findChildren(QPushButton)
    button = next(b for b in buttons if words in b.accessibleName() and b.text() == what)
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def undo(qtbot: QtBot, panel: DatasetPanel) -> None:
    panel.activateWindow()
    panel.browser.wall.setFocus()
    qtbot.keyClick(panel.browser.wall, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_that_the_doctor_says_what_it_found_and_how_often(examined: DatasetPanel):
    assert [button.text()[: len(start)] for button, start in zip(lines(examined), FOUND,
                                                                strict=True)] == FOUND  # fmt: skip
    assert "5 issue" in pane(examined).headline
    assert "Out of date" not in pane(examined).headline
    assert not examined.has_unsaved


def test_that_an_issue_filters_the_items(examined: DatasetPanel, qtbot: QtBot):
    qtbot.mouseClick(line(examined, "validation"), Qt.MouseButton.LeftButton)
    assert texts(examined) == ["cafÃ©", "two"]
    assert child(examined.browser.bar, ChoiceField).text() == "issue:leak"
    show_only(examined, "issue:mojibake")
    assert texts(examined) == ["cafÃ©"]
    assert [button.isChecked() for button in lines(examined)] == [False] * 3 + [True, False]
    qtbot.mouseClick(line(examined, "garbled"), Qt.MouseButton.LeftButton)
    assert len(texts(examined)) == 6
    assert not any(button.isChecked() for button in lines(examined))


def test_that_merging_is_one_click_and_undone_by_one_key(examined: DatasetPanel, qtbot: QtBot):
    fix(qtbot, examined, "equal", "Merge")
    edits = examined.browser.edits
    assert edits is not None
    assert edits.state(0).captions == ("one", "uno")
    assert [item for item in range(6) if edits.state(item).is_excluded] == [1, 4]
    buttons = [
        button
        for button in pane(examined).findChildren(QPushButton)
        if "equal" in button.accessibleName() and not button.isCheckable()
    ]
    assert "repaired" in line(examined, "equal").accessibleName()
    assert not any(button.isEnabled() for button in buttons)
    undo(qtbot, examined)
    assert not examined.has_unsaved
    assert all(button.isEnabled() for button in buttons)


@pytest.mark.parametrize(
    ("words", "what", "changed"),
    [
        ("garbled", "Fix", {2}),
        ("validation", "Train on them", {4}),
        ("validation", "Exclude", {4}),
        ("equal", "Exclude", {1, 4}),
        ("without text", "Exclude", {3}),
        ("without image", "Exclude", {5}),
    ],
)
def test_that_every_repair_is_an_edit(
    examined: DatasetPanel, qtbot: QtBot, words: str, what: str, changed: set[int]
):
    fix(qtbot, examined, words, what)
    edits = examined.browser.edits
    assert edits is not None
    assert set(edits.changed) == changed
    # A healed item is healed: the doctor looks at the items as they are now.
    press(qtbot, pane(examined), "Examine again")
    qtbot.waitUntil(lambda: "issue" in pane(examined).headline)
    assert not any(words in button.text() for button in lines(examined))


def test_that_edits_make_a_diagnosis_old_and_undoing_them_new(examined: DatasetPanel, qtbot: QtBot):
    click_item(qtbot, examined, 0)
    qtbot.keyClick(examined.browser.wall, Qt.Key.Key_Delete)
    assert "Out of date" in pane(examined).headline
    undo(qtbot, examined)
    assert "Out of date" not in pane(examined).headline


def test_that_a_diagnosis_of_another_dataset_is_old_and_filters_nothing(
    examined: DatasetPanel, qtbot: QtBot
):
    qtbot.mouseClick(line(examined, "garbled"), Qt.MouseButton.LeftButton)
    fix(qtbot, examined, "garbled", "Fix")
    press(qtbot, examined, "Save as new version (1)")
    qtbot.waitUntil(lambda: is_open(examined, "sick-2"))
    assert "Out of date: this was found in sick before" in pane(examined).headline
    assert len(texts(examined)) == 6
    assert not any(button.isEnabled() for button in lines(examined))
    press(qtbot, pane(examined), "Examine again")
    qtbot.waitUntil(lambda: "4 issue" in pane(examined).headline)
    assert all(button.isEnabled() for button in lines(examined))


def test_that_a_healthy_dataset_is_called_so(opened: DatasetPanel, qtbot: QtBot, monkeypatch):
    monkeypatch.setattr(opened._jobs, "_work", DatasetWork(examine=lambda *_given: ()))
    press(qtbot, opened.dataset_list, "Doctor…")
    qtbot.waitUntil(lambda: pane(opened).headline == "The doctor found no issues.")
    press(qtbot, pane(opened), "Close")
    assert pane(opened).isHidden()


def test_that_an_examination_shows_how_far_it_is_and_is_cancelled(
    sick: DatasetPanel, qtbot: QtBot, monkeypatch
):
    ended = threading.Event()

    def wait(_dataset, _edits, report, control) -> tuple[ItemIssue, ...]:
        report(1, 5)
        while not control.is_stop_requested:
            ended.wait(0.005)
        ended.set()
        raise StoppedError

    monkeypatch.setattr(sick._jobs, "_work", DatasetWork(examine=wait))
    press(qtbot, sick.dataset_list, "Doctor…")
    bar = pane(sick).tasks
    assert "Examining 6 item" in bar.text
    qtbot.waitUntil(lambda: bar.done == 1)
    press(qtbot, bar, "Cancel")
    qtbot.waitUntil(lambda: "cancelled" in pane(sick).headline)
    assert ended.is_set()
    assert bar.text == ""


def test_that_a_failed_examination_says_why(sick: DatasetPanel, qtbot: QtBot, monkeypatch):
    def fail(dataset, *_given) -> tuple[ItemIssue, ...]:
        raise DatasetCorruptError(dataset.folder, "it is torn")

    monkeypatch.setattr(sick._jobs, "_work", DatasetWork(examine=fail))
    press(qtbot, sick.dataset_list, "Doctor…")
    qtbot.waitUntil(lambda: "it is torn" in pane(sick).headline)


def test_that_a_repair_with_nothing_left_to_do_says_so(examined: DatasetPanel, qtbot: QtBot):
    click_item(qtbot, examined, 5)
    qtbot.keyClick(examined.browser.wall, Qt.Key.Key_Delete)
    edits = examined.browser.edits
    assert edits is not None
    before = edits.latest
    fix(qtbot, examined, "without image", "Exclude")
    assert "Nothing is left" in pane(examined).headline
    assert edits.latest is before


def test_that_closing_the_doctor_shows_all_items(examined: DatasetPanel, qtbot: QtBot):
    qtbot.mouseClick(line(examined, "garbled"), Qt.MouseButton.LeftButton)
    press(qtbot, pane(examined), "Close")
    assert len(texts(examined)) == 6
