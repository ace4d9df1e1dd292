"""A newcomer's first five minutes: real window, real engine, real digits, in less than one."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.events import RunEnded
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.widgets.steps import TimelineBar
from studio.widgets.thumbnail_grid import ThumbnailGrid
from studio.window.dock_area import RunStatusBar
from tests.helpers.guards import is_event
from tests.helpers.windows import DIALOG_PATIENCE_MS, child, press

DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}


@pytest.mark.slow
def test_the_way_from_the_welcome_to_a_gallery_on_disk(qtbot: QtBot, studio: Studio):
    window = studio.window
    assert window.is_welcoming

    # One click, and curves grow and previews arrive.
    press(qtbot, window.welcome, "Train on Digits")
    history = window.losses.history
    qtbot.waitUntil(lambda: "discriminator" in history.curves, timeout=DIALOG_PATIENCE_MS)
    assert not window.is_welcoming
    before = len(history.curves["discriminator"].points()[0])
    qtbot.waitUntil(
        lambda: len(history.curves["discriminator"].points()[0]) >= before + 5,
        timeout=DIALOG_PATIENCE_MS,
    )
    images_seen, _losses = history.curves["discriminator"].points()
    assert all(earlier < later for earlier, later in itertools.pairwise(images_seen))
    assert set(window.losses.board.legend.names) >= {"generator", "discriminator", "text_nll"}
    tiles = child(window.gallery, ThumbnailGrid).model()
    qtbot.waitUntil(lambda: tiles.rowCount() == 64, timeout=DIALOG_PATIENCE_MS)
    assert not child(window.gallery, TimelineBar).isHidden()

    # Stop leaves a checkpoint that loads.
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunEnded),
        timeout=DIALOG_PATIENCE_MS,
    ) as ended:
        press(qtbot, window.run, "Stop")
    run = RunFolder(event_of(ended).folder)
    assert run.latest_checkpoint().is_dir()
    assert run.preview_files()
    assert "Stopped, checkpoint saved" in child(window, RunStatusBar).text

    # Save a gallery; the files open and carry their texts.
    press(qtbot, window.gallery, "Save gallery…")
    dialog = child(window, SaveGalleryDialog)
    count = next(e for e in dialog.findChildren(QLineEdit) if e.accessibleName() == "Pairs")
    count.selectAll()
    qtbot.keyClicks(count, "12")
    with qtbot.waitSignal(studio.gallery.gallery_ended, timeout=DIALOG_PATIENCE_MS) as saved:
        press(qtbot, dialog, "Save")
    event = event_of(saved)
    assert (event.error, event.count) == (None, 12)
    check_gallery(event.folder, run)
    dialog.reject()

    # Closing asks nothing now, and the next window shows the run again.
    window.close()
    assert not window.isVisible()
    studio.restore_last_run()
    assert run.path.name in window.windowTitle()


def event_of(blocker: Any) -> Any:
    """Give what the signal that was waited for carried."""
    [event] = blocker.args
    return event


def check_gallery(folder: Path, run: RunFolder) -> None:
    """Open a gallery the way another program would."""
    lines = [
        json.loads(line)
        for line in (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [line["file_name"] for line in lines] == [f"{number:06d}.png" for number in range(12)]
    for line in lines:
        with PngImageFile(folder / line["file_name"]) as picture:
            assert picture.size == (32, 32)
            assert picture.text["Description"] == line["text"]
        assert set(line["text"].split()) <= DIGITS
        assert line["run"] == run.path.name
    with Image.open(folder / "contact_sheet.png") as sheet:
        assert min(sheet.size) > 64
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == 12
