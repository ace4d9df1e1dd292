"""Datasets with sounds and rows of a table in the panel, also without images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.data.column_info import ColumnInfo, audio_column, table_column
from engine.data.manifest import read_manifest
from engine.data.writer import DatasetWriter
from studio.jobs.audio_player import PlaybackProblem, PlaybackUnavailableError
from studio.models.dataset_items import CELLS_ROLE
from studio.models.dataset_list import contents_text
from studio.panels.datasets import DatasetPanel
from tests.helpers.columns import FIELDS, four_columns
from tests.helpers.datasets import mixed_dataset
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.windows import choose, click_item


def write(
    folder: Path, column: ColumnInfo, records: list[dict[str, Any]], waves: Any = None
) -> None:
    with DatasetWriter(folder, [column]) as writer:
        if waves is not None:
            writer.add_values(column.name, waves)
        for record in records:
            writer.add_record({"text": None, "split": "train"} | record)
        manifest = writer.manifest(name=folder.name, title=folder.name, licence="", source="a test")
        writer.publish(manifest)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Hold datasets of four columns, of rows alone and of sounds alone."""
    folder = tmp_path / "datasets"
    four_columns(folder / "four")
    rows = [{"facts": {"size": 1.25, "colour": "red"}}, {"facts": {"colour": "blue"}}]
    write(folder / "rows", table_column(FIELDS, name="facts"), rows)
    waves = np.arange(16_000, dtype=np.int16).reshape(2, 8_000)
    column = audio_column(waves.shape, 8_000, name="speech")
    write(folder / "tones", column, [{"speech": 0}, {"speech": 1}], waves)
    return tmp_path


def role(panel: DatasetPanel, row: int, wanted: int) -> Any:
    return panel.browser.wall.model().index(row, 0).data(wanted)


def said(panel: DatasetPanel) -> set[str]:
    labels = panel.browser.detail.findChildren(QLabel)
    return {label.text() for label in labels if label.isVisible()}


def test_that_items_show_their_cells_and_play_their_sounds(
    qtbot: QtBot, panel: DatasetPanel, devices: FakeDevices
):
    choose(qtbot, panel, "four")
    click_item(qtbot, panel, 0)
    qtbot.waitUntil(lambda: {"size", "1.5", "colour", "red"} <= said(panel))
    columns = panel.browser.detail.columns
    (button,) = columns.buttons
    assert button.text() == "Play speech"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: devices.rates[-1:] == [8_000])
    assert button.text() == "Stop speech"
    played = np.frombuffer(devices.play_all(16)[:32], "=i2")
    assert (played == 101).all()
    qtbot.waitUntil(lambda: button.text() == "Play speech")


def test_that_space_plays_and_another_item_stops(
    qtbot: QtBot, panel: DatasetPanel, devices: FakeDevices
):
    choose(qtbot, panel, "tones")
    click_item(qtbot, panel, 0)
    wall = panel.browser.wall
    qtbot.keyClick(wall, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: devices.rates[-1:] == [8_000])
    click_item(qtbot, panel, 1)
    qtbot.waitUntil(lambda: devices.open_count == 0)
    assert devices.most_open == 1


def test_that_sounds_alone_show_spectrograms_and_no_captions(qtbot: QtBot, panel: DatasetPanel):
    choose(qtbot, panel, "tones")
    picture = role(panel, 0, Qt.ItemDataRole.DecorationRole)
    assert (picture.width(), picture.height()) == (96, 64)
    assert not panel.browser.detail._captions.isVisible()
    assert panel.browser.detail._picture.isVisible()
    assert not panel.browser.wall.grab().isNull()


def test_that_rows_alone_show_their_cells_in_place_of_a_picture(qtbot: QtBot, panel: DatasetPanel):
    choose(qtbot, panel, "rows")
    assert role(panel, 0, Qt.ItemDataRole.DecorationRole) is None
    assert role(panel, 1, CELLS_ROLE) == (("size", "–"), ("colour", "blue"))
    assert role(panel, 0, Qt.ItemDataRole.AccessibleTextRole) == "Item 1: size 1.25, colour red"
    assert role(panel, 0, Qt.ItemDataRole.ToolTipRole) == "size: 1.25\ncolour: red"
    assert not panel.browser.detail._picture.isVisible()
    qtbot.waitUntil(lambda: {"size", "1.25"} <= said(panel))
    assert not panel.browser.wall.grab().isNull()


def test_that_buttons_are_grey_with_a_reason_without_a_device(
    qtbot: QtBot, panel: DatasetPanel, devices: FakeDevices
):
    devices.error = PlaybackUnavailableError(PlaybackProblem.NO_DEVICE, "none")
    choose(qtbot, panel, "tones")
    (button,) = panel.browser.detail.columns.buttons
    qtbot.waitUntil(lambda: not button.isEnabled())
    assert "there is no sound device" in button.toolTip()


def test_that_the_list_says_what_datasets_hold(workspace: Path):
    mixed_dataset(workspace / "datasets" / "pairs")
    contents = {
        name: contents_text(read_manifest(workspace / "datasets" / name))
        for name in ("four", "rows", "tones", "pairs")
    }
    assert contents["rows"] == "2 field(s)"
    assert contents["tones"] == "1 s of sound · 31.3 KiB"
    assert contents["four"].startswith("8 px · 0.002 s of sound · 2 field(s) · ")
    assert " px · " in contents["pairs"]
