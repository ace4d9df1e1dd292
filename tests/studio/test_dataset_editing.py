"""The dataset panel as a user has it: edit, undo, find and replace."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.data.store import write_dataset
from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.detail import TagLine
from studio.panels.datasets.editing import SplitDialog
from studio.panels.datasets.replace import ReplaceDialog
from studio.widgets.fields import ChoiceField
from tests.helpers.windows import (
    captions,
    child,
    choose,
    click_item,
    press,
    show_only,
    texts,
    type_captions,
)

ODD = ("one\u2028two", "three\x85four", "five\xa0six", "seven")


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


@pytest.fixture
def odd(qtbot: QtBot, workspace: Path, panel: DatasetPanel) -> DatasetPanel:
    """Open a dataset whose first item has captions with breaks that are no line ends here."""
    images = np.zeros((2, 8, 8, 3), np.uint8)
    records = [
        {"text": ODD[0], "texts": list(ODD), "split": "train"},
        {"text": "b", "tags": ["rare"], "split": "train"},
    ]
    folder = workspace / "datasets" / "odd"
    write_dataset(
        folder, name="odd", title="Odd", images=images, records=records, licence="", source="a test"
    )
    panel.refresh()
    choose(qtbot, panel, "odd")
    return panel


def test_that_a_caption_with_odd_breaks_stays_one_caption(odd: DatasetPanel, qtbot: QtBot):
    box = captions(odd)
    assert box.toPlainText() == "one two\nthree four\nfive six\nseven"
    box.setFocus()
    box.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClicks(box, "!")
    odd.browser.commit()
    assert odd.browser.edits is not None
    assert odd.browser.edits.state(0).captions == (*ODD[:3], "seven!")


def test_that_a_filter_by_a_tag_that_disappears_shows_everything_again(
    odd: DatasetPanel, qtbot: QtBot
):
    show_only(odd, "tag:rare")
    assert texts(odd) == ["b"]
    tags = child(odd.browser.detail, TagLine)
    tags.selectAll()
    qtbot.keyClick(tags, Qt.Key.Key_Delete)
    qtbot.keyClick(tags, Qt.Key.Key_Return)
    assert child(odd.browser.bar, ChoiceField).text() == "all"
    assert len(texts(odd)) == 2


# --------------------------------------------------------------------------
# Splitting a dataset again in its panel.


NAMES = ["a.png", "#1", "#2", "#3", "#4"]


def place(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100


@pytest.fixture
def ask(opened: DatasetPanel, qtbot: QtBot) -> Callable[[str], SplitDialog]:
    def asked(percent: str) -> SplitDialog:
        press(qtbot, opened, "Re-split…")
        dialog = child(opened, SplitDialog)
        field = child(dialog, QLineEdit)
        field.selectAll()
        qtbot.keyClicks(field, percent)
        return dialog

    return asked


def test_that_the_split_follows_the_names_and_is_one_step(
    opened: DatasetPanel, qtbot: QtBot, ask: Callable[[str], SplitDialog]
):
    held = [place(name) < 45 for name in NAMES]
    assert 0 < sum(held) < 5
    dialog = ask("45")
    assert f"{sum(held)} item" in dialog.outcome
    assert f"{5 - sum(held)} to train on" in dialog.outcome
    moved = sum(now != then for now, then in zip([False, True, False, False, False], held,
                                                 strict=True))  # fmt: skip
    assert f"{moved} change sides" in dialog.outcome
    press(qtbot, dialog, "Split")
    edits = opened.browser.edits
    assert edits is not None
    assert [edits.state(item).split == "held_out" for item in range(5)] == held
    assert edits.undo() is not None
    assert not edits.can_undo
    assert edits.change_count == 0


@pytest.mark.parametrize("percent", ["51", "-1", "5.", "x", " "])
def test_that_a_wrong_share_is_refused(
    percent: str, qtbot: QtBot, opened: DatasetPanel, ask: Callable[[str], SplitDialog]
):
    dialog = ask(percent)
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Split")
    assert not button.isEnabled()
    assert dialog.outcome == ""
    qtbot.keyClick(child(dialog, QLineEdit), Qt.Key.Key_Escape)
    assert not opened.has_unsaved
