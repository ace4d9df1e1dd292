"""A trained model is taken along, opened again, and sampled."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from engine.events import RunEnded
from engine.sample.load import load_run
from studio.app import Studio
from studio.dialogs.export_run import ExportRunDialog
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.models.run_state import Command
from tests.helpers.guards import is_event
from tests.helpers.stand_alone import pixels, sample
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, ask, child, press, says


def fill_in(studio: Studio, name: str, text: str) -> None:
    edits = studio.window.run.findChildren(QLineEdit)
    edit = next(edit for edit in edits if edit.accessibleName() == name)
    edit.selectAll()
    edit.insert(text)
    edit.textEdited.emit(text)


def export(qtbot: QtBot, studio: Studio, kind: str) -> Path:
    """Export by the dialog, as a user does."""
    studio.window.actions_.export_run.trigger()
    dialog = studio.exporting.dialog
    assert isinstance(dialog, ExportRunDialog)
    box = next(b for b in dialog.findChildren(QComboBox) if b.accessibleName() == "What to export")
    box.setCurrentIndex(box.findText(kind))
    box.activated.emit(box.currentIndex())
    with qtbot.waitSignal(studio.export.ended, timeout=DIALOG_PATIENCE_MS) as ended:
        press(qtbot, dialog, "Export")
    assert ended.args
    assert ended.args[0].error is None
    assert says(dialog, "Exported")
    press(qtbot, dialog, "Close")
    qtbot.waitUntil(lambda: studio.exporting.dialog is None, timeout=DIALOG_PATIENCE_MS)
    return ended.args[0].result


@pytest.mark.slow
def test_a_model_is_exported_opened_again_and_sampled(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"))
    fill_in(studio, "Name", "first")
    fill_in(studio, "Batch size", "8")
    window.run._form.set_text("images", "32")
    window.run._form.set_text("reporting.evaluate_every_s", "0")
    window.run.refresh()
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunEnded),
        timeout=DIALOG_PATIENCE_MS,
    ):
        ask(studio, Command.START)
    run = studio.workspace / "runs" / "first"

    # Curves and film.
    curves = export(qtbot, studio, "Curves")
    with (curves / "losses.csv").open(encoding="utf-8-sig", newline="") as file:
        assert all(int(row["images_seen"]) <= 32 for row in csv.DictReader(file))
    film = export(qtbot, studio, "Film of the previews")
    with Image.open(film / "first.webp") as picture:
        assert picture.size[0] >= 256

    # The model stands alone, and gives what the studio gives.
    model = export(qtbot, studio, "Model")
    lines = sample(model, tmp_path / "alone", "--count=4", "--seed=5")
    (expected,) = load_run(run, torch.device("cpu")).sampler.from_noise(4, 5)
    for row, line in enumerate(lines):
        assert line["text"] == expected.texts[row]
        shown = pixels(tmp_path / "alone", line["image"]).astype(int)
        assert np.abs(shown - expected.images[row]).max() <= 1

    # It opens again as a run to sample from, and not to train.
    studio.run_view.open_chosen(model)
    assert studio.run_view.folder == model
    assert says(window, "Exported model, ready to sample")
    assert not window.actions_.run.action(Command.RESUME).isEnabled()
    window.actions_.save_gallery.trigger()
    dialog = child(window, SaveGalleryDialog)
    edits = dialog.findChildren(QLineEdit)
    named = {edit.accessibleName(): edit for edit in edits}
    named["Pairs"].setText("4")
    named["Seed"].setText("5")
    named["Folder"].setText(str(tmp_path / "gallery"))
    with qtbot.waitSignal(studio.gallery.gallery_ended, timeout=DIALOG_PATIENCE_MS):
        press(qtbot, dialog, "Save")
    metadata = (tmp_path / "gallery" / "metadata.jsonl").read_text(encoding="utf-8")
    saved = [json.loads(line) for line in metadata.splitlines()]
    assert tuple(line["text"] for line in saved) == expected.texts
    for row, line in enumerate(saved):
        found = pixels(tmp_path / "gallery", line["file_name"])
        assert np.array_equal(found, expected.images[row])
    press(qtbot, dialog, "Close")
