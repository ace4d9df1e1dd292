"""From the welcome to heard, completed and imported items: real window, real engine."""

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from engine.data.store import open_dataset
from engine.events import PreviewReady, RunEnded
from studio.app import Studio
from studio.dialogs.gallery_items import GalleryItems
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.widgets.thumbnail_grid import SOUND_ROLE, SoundMark, ThumbnailGrid
from tests.helpers.columns import four_column_dataset
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.guards import is_event
from tests.helpers.windows import (
    DIALOG_PATIENCE_MS,
    TINY_FORM,
    child,
    drag_in,
    drop,
    press,
)
from tests.journeys.test_import import opened, run_import


def field(parent: Any, kind: type, name: str) -> Any:
    """Find a control by its accessible name."""
    return next(one for one in parent.findChildren(kind) if one.accessibleName() == name)


def give(dialog: SaveGalleryDialog, column: str) -> None:
    box = field(dialog, QComboBox, column)
    box.setCurrentIndex(box.findData("give"))
    box.activated.emit(box.currentIndex())


def save(qtbot: QtBot, studio: Studio) -> tuple[Path, list[dict[str, Any]]]:
    """Press Save; return the gallery's folder and lines, and close the dialog."""
    dialog = studio.saving.dialog
    assert dialog is not None
    with qtbot.waitSignal(studio.gallery.gallery_ended, timeout=DIALOG_PATIENCE_MS) as saved:
        press(qtbot, dialog, "Save")
    assert saved.args is not None
    assert saved.args[0].error is None
    folder = saved.args[0].folder
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    return folder, [json.loads(line) for line in lines]


@pytest.mark.slow
def test_the_way_from_the_welcome_to_a_word_that_is_heard(
    qtbot: QtBot, studio: Studio, devices: FakeDevices
):
    window, events = studio.window, studio.training.event_emitted
    patient: dict[str, Any] = {"timeout": DIALOG_PATIENCE_MS}
    with qtbot.waitSignal(events, check_params_cb=is_event(PreviewReady), **patient):
        press(qtbot, window.welcome, "Train on Spoken digits")
    with qtbot.waitSignal(events, check_params_cb=is_event(RunEnded), **patient) as ended:
        press(qtbot, window.run, "Stop")
    assert ended.args is not None
    assert ended.args[0].error is None

    # A tile shows the picture beside the spectrogram. Space plays its sound.
    grid = child(window.gallery, ThumbnailGrid)
    tile = grid.model().index(0, 0)
    image = tile.data(Qt.ItemDataRole.DecorationRole)
    assert (image.width(), image.height()) == (64, 32)
    qtbot.waitUntil(lambda: studio.player.reason == "" and devices.streams != [])
    before = len(devices.streams)
    grid.setCurrentIndex(tile)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(devices.streams) == before + 1)
    assert tile.data(SOUND_ROLE) == SoundMark.PLAYING
    assert len(devices.play_all()) >= 2 * 6_400
    assert devices.rates[-1] == 8_000
    qtbot.waitUntil(lambda: tile.data(SOUND_ROLE) == SoundMark.IDLE)
    assert devices.most_open == 1

    # A typed word becomes a sound.
    press(qtbot, window.gallery, "Save gallery…")
    dialog = child(window, SaveGalleryDialog)
    give(dialog, "text")
    child(dialog, QPlainTextEdit).setPlainText("three\nseven")
    folder, lines = save(qtbot, studio)
    assert [line["text"] for line in lines] == ["three", "seven"]
    for line in lines:
        with wave.open(str(folder / line["speech_file_name"])) as sound:
            assert (sound.getframerate(), sound.getnframes()) == (8_000, 6_400)
    dialog.reject()


@pytest.mark.slow
def test_the_way_from_a_dropped_picture_to_its_row_and_from_a_gallery_back_to_its_items(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    window, events = studio.window, studio.training.event_emitted
    window.show_docks()
    window.run.choose_dataset(four_column_dataset(tmp_path / "four"), {**TINY_FORM, "images": "64"})
    with qtbot.waitSignal(events, check_params_cb=is_event(RunEnded), timeout=DIALOG_PATIENCE_MS):
        press(qtbot, window.run, "Start training")

    # The row of a picture that is dropped onto the dialog is filled in.
    picture = tmp_path / "dropped.png"
    Image.new("L", (40, 40), 210).save(picture)
    press(qtbot, window.gallery, "Save gallery…")
    dialog = child(window, SaveGalleryDialog)
    assert drag_in(dialog, picture)
    drop(dialog, picture)
    assert field(dialog, QLineEdit, "Given image").text() == str(picture)
    _folder, [line] = save(qtbot, studio)
    assert line["source_file"] == "dropped.png"
    shown = child(dialog, GalleryItems).model()
    words = {
        shown.headerData(n, Qt.Orientation.Horizontal): shown.index(0, n).data()
        for n in range(shown.columnCount())
    }
    assert words["shade"] == line["shade"]
    assert float(words["level"]) == pytest.approx(line["level"], abs=0.001)
    dialog.reject()

    # A gallery is imported again to what it holds.
    press(qtbot, window.gallery, "Save gallery…")
    dialog = studio.saving.dialog
    assert dialog is not None
    field(dialog, QLineEdit, "Items").setText("6")
    folder, lines = save(qtbot, studio)
    dialog.reject()
    wizard = opened(qtbot, studio.importing, folder)
    wizard.form.set_text("images.size", "32")
    dataset = open_dataset(run_import(qtbot, wizard))
    wizard.close()
    kinds = {info.name: info.kind for info in dataset.manifest.columns}
    assert kinds == {"image": "image", "text": "text", "tone": "audio", "facts": "table"}
    waves = np.load(dataset.folder / "tone.npy")
    for number, (line, record) in enumerate(zip(lines, dataset.records, strict=True)):
        assert (record["text"] or "") == line["text"]
        assert record["facts"] == {name: line[name] for name in ("level", "shade")}
        with Image.open(folder / line["file_name"]) as image:
            expected = np.asarray(image.convert("L"))
        np.testing.assert_array_equal(dataset.images[number][..., 0], expected)
        with wave.open(str(folder / line["tone_file_name"])) as sound:
            frames = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        np.testing.assert_array_equal(waves[record["tone"]], frames)
