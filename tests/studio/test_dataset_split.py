"""Splitting a dataset again in its panel."""

import hashlib
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.split import SplitDialog
from tests.helpers.opened import press
from tests.helpers.widgets import child

NAMES = ["a.png", "#1", "#2", "#3", "#4"]


def place(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100


@pytest.fixture
def ask(opened: DatasetPanel, qtbot: QtBot) -> Callable[[str], SplitDialog]:
    def asked(percent: str) -> SplitDialog:
        press(qtbot, opened, "Split again…")
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
    assert f"{moved} of them change" in dialog.outcome
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
