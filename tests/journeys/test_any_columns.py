"""Items of an image, a text, a sound and a row in the real window: seen, heard and saved."""

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPlainTextEdit
from pytestqt.qtbot import QtBot

from engine.events import PreviewReady, RunEnded
from studio.app import Studio
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.jobs.engine_api import EngineApi
from studio.widgets.thumbnail_grid import SOUND_ROLE, SoundMark, ThumbnailGrid
from tests.engine.sample.test_any_columns import four_column_dataset
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.guards import is_event
from tests.helpers.windows import (
    DIALOG_PATIENCE_MS,
    TINY_FORM,
    child,
    counting_in_english,
    opened_studio,
    press,
)


@pytest.fixture
def devices() -> FakeDevices:
    return FakeDevices()


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path, devices: FakeDevices) -> Iterator[Studio]:
    settings = QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat)
    work = EngineApi(start_device=devices)
    with counting_in_english(qapp), opened_studio(qapp, settings, work) as made:
        yield made


@pytest.mark.slow
def test_the_way_from_four_columns_to_a_sound_made_from_a_word(
    qtbot: QtBot, studio: Studio, devices: FakeDevices, tmp_path: Path
):
    window = studio.window
    data = four_column_dataset(tmp_path / "four")
    window.show_docks()
    window.run.choose_dataset(data, {**TINY_FORM, "images": "64"})
    events = studio.training.event_emitted
    previewed = qtbot.waitSignal(
        events, check_params_cb=is_event(PreviewReady), timeout=DIALOG_PATIENCE_MS
    )
    ended = qtbot.waitSignal(events, check_params_cb=is_event(RunEnded), timeout=DIALOG_PATIENCE_MS)
    with previewed, ended:
        press(qtbot, window.run, "Start training")
    assert ended.args is not None
    assert ended.args[0].error is None

    # A tile shows the picture beside the spectrogram, and writes the text and the row.
    grid = child(window.gallery, ThumbnailGrid)
    tile = grid.model().index(0, 0)
    image = tile.data(Qt.ItemDataRole.DecorationRole)
    assert (image.width(), image.height()) == (64, 32)
    assert "level " in tile.data()

    # Space plays its sound, on the one device there is.
    qtbot.waitUntil(lambda: studio.player.reason == "" and devices.streams != [])
    before = len(devices.streams)
    grid.setCurrentIndex(tile)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(devices.streams) == before + 1)
    assert tile.data(SOUND_ROLE) == SoundMark.PLAYING
    assert len(devices.play_all()) >= 2 * 3_200
    assert devices.rates[-1] == 8_000
    qtbot.waitUntil(lambda: tile.data(SOUND_ROLE) == SoundMark.IDLE)
    assert devices.most_open == 1

    # A word becomes a sound on disk.
    press(qtbot, window.gallery, "Save gallery…")
    dialog = child(window, SaveGalleryDialog)
    for box in dialog.findChildren(QComboBox):
        if box.accessibleName() == "text":
            box.setCurrentIndex(box.findData("give"))
            box.activated.emit(box.currentIndex())
    child(dialog, QPlainTextEdit).setPlainText("dark\nlight")
    with qtbot.waitSignal(studio.gallery.gallery_ended, timeout=DIALOG_PATIENCE_MS) as saved:
        press(qtbot, dialog, "Save")
    assert saved.args is not None
    assert (saved.args[0].error, saved.args[0].count) == (None, 2)
    folder = saved.args[0].folder
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["dark", "light"]
    for line in lines:
        with wave.open(str(folder / json.loads(line)["tone_file_name"])) as sound:
            assert (sound.getframerate(), sound.getnframes()) == (8_000, 3_200)
    dialog.reject()
