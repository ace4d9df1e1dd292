"""The item model of an open dataset."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from engine.data.editing import Edits
from engine.data.store import open_dataset, write_dataset
from studio.models.dataset_items import DatasetItems


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
