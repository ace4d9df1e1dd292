"""The dataset panel as a user has it: choose, look, search, count."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QImage
from PySide6.QtWidgets import QLineEdit, QListWidget
from pytestqt.qtbot import QtBot

from engine.data.editing import Edits
from engine.data.store import open_dataset, write_dataset
from studio.models.dataset_items import DatasetItems
from studio.panels.datasets import DatasetPanel
from studio.panels.datasets.detail import TagLine
from tests.helpers.datasets import SHADES, large_dataset
from tests.helpers.windows import (
    captions,
    child,
    choose,
    click_dataset,
    click_item,
    names,
    press,
    show_only,
    texts,
)


def test_that_built_datasets_are_listed_and_nothing_else(panel: DatasetPanel):
    assert names(panel) == ["mixed", "other"]
    tip = child(panel.dataset_list, QListWidget).item(0).toolTip()
    assert "5 item" in tip
    assert "8 px" in tip


def test_that_an_empty_workspace_says_how_to_fill_it(panel: DatasetPanel, tmp_path: Path):
    panel.set_workspace(tmp_path / "nowhere")
    assert names(panel) == []
    assert not panel.browser.isVisible()
    assert not panel.dataset_list.findChildren(QListWidget)[0].isHidden()


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


def test_that_statistics_count_what_there_is(opened: DatasetPanel, qtbot: QtBot):
    page = opened.browser.statistics
    opened.browser.bar.page_requested.emit(1)
    qtbot.waitUntil(lambda: "3 pair" in page.facts)
    assert "4 to train on, 1 for validation" in page.facts
    assert page.plots.lengths.counts == (0, 1, 1, 3)
    assert sum(page.plots.brightness.counts) == 4
    assert page.plots.groups.counts == (3, 2)


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


def test_that_a_damaged_dataset_is_explained(panel: DatasetPanel, qtbot: QtBot, workspace: Path):
    (workspace / "datasets" / "mixed" / "images.npy").unlink()
    click_dataset(qtbot, panel, "mixed")
    qtbot.waitUntil(lambda: panel.folder is None)
    assert not panel.browser.isVisible()
    choose(qtbot, panel, "other")


@pytest.mark.slow
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


# The item model of an open dataset.


@pytest.mark.parametrize(("side", "largest", "read"), [(256, 96, 128), (256, 192, 256), (8, 96, 8)])
def test_that_a_thumbnail_reads_no_more_pixels_than_it_needs(
    tmp_path: Path, monkeypatch, side: int, largest: int, read: int
):
    """Left half dark, right half light, so that what is scaled can be told."""
    images = np.full((1, side, side, 1), 40, np.uint8)
    images[:, :, side // 2 :] = 200
    records = [{"text": "a", "split": "train"}]
    write_dataset(
        tmp_path / "d", name="d", title="D", images=images, records=records, licence="", source=""
    )
    dataset = open_dataset(tmp_path / "d")
    model = DatasetItems()
    model.open(dataset, Edits(dataset), largest)
    model.show_items(np.array([0]))
    sizes: list[int] = []
    plain = model.picture

    def spied(item: int, every: int = 1) -> QImage | None:
        picture = plain(item, every)
        sizes.append(0 if picture is None else picture.width())
        return picture

    monkeypatch.setattr(model, "picture", spied)
    thumbnail: QImage = model.index(0).data(Qt.ItemDataRole.DecorationRole)
    assert sizes == [read]
    assert thumbnail.width() == thumbnail.height() == min(side, largest)
    middle = thumbnail.height() // 2
    assert thumbnail.pixelColor(1, middle).red() == 40
    assert thumbnail.pixelColor(thumbnail.width() - 2, middle).red() == 200
