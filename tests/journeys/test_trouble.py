"""When something is wrong: the user is told what, why and what to do, and the studio goes on."""

from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.events import PreviewReady, RunEnded, RunPaused
from engine.runs.checkpoint_files import TENSORS
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.dialogs.error import ErrorDialog
from studio.dialogs.save_failed import SaveFailedDialog
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.window.dock_area import RunStatusBar
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import DIALOG_PATIENCE_MS, child, press


def says(parent: QWidget, text: str) -> bool:
    return any(text in label.text() for label in parent.findChildren(QLabel))


def choose_tiny(studio: Studio, folder: Path) -> Path:
    """Set the panel to a small dataset of the user's own, and the smallest preview."""
    dataset = tiny_dataset(folder)
    panel = studio.window.run
    panel._form.choose_dataset(dataset)
    panel._form.set_text("reporting.preview_count", "4")
    panel.refresh()
    return dataset


def start_and_fail(qtbot: QtBot, studio: Studio) -> ErrorDialog:
    with qtbot.waitSignal(studio.reporter.error_reported, timeout=DIALOG_PATIENCE_MS):
        studio.window.actions_.start.trigger()
    return child(studio.window, ErrorDialog)


def test_that_a_missing_gpu_is_explained_and_the_cpu_still_works(
    qtbot: QtBot,
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem_log: ProblemLog,
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    choose_tiny(studio, tmp_path / "tiny")
    studio.window.run._form.set_text("device", "cuda")
    dialog = start_and_fail(qtbot, studio)
    assert says(dialog, "The chosen device is not available.")
    assert says(dialog, "Set the device to Automatic or CPU.")
    dialog.reject()
    problem_log.expect("failed")
    problem_log.expect("DeviceUnavailableError")
    studio.window.run._form.set_text("device", "cpu")
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(PreviewReady),
        timeout=DIALOG_PATIENCE_MS,
    ):
        studio.window.actions_.start.trigger()


def test_that_a_damaged_dataset_is_explained(
    qtbot: QtBot, studio: Studio, tmp_path: Path, problem_log: ProblemLog
):
    dataset = choose_tiny(studio, tmp_path / "tiny")
    (dataset / "images.npy").write_bytes(b"half of an arr")
    dialog = start_and_fail(qtbot, studio)
    assert says(dialog, "The dataset cannot be used.")
    assert studio.window.run.can_start
    dialog.reject()
    problem_log.expect("failed")
    problem_log.expect("DatasetCorruptError")


def test_that_a_damaged_checkpoint_is_explained_where_the_gallery_is_saved(
    qtbot: QtBot, studio: Studio, tmp_path: Path, problem_log: ProblemLog
):
    choose_tiny(studio, tmp_path / "tiny")
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(PreviewReady),
        timeout=DIALOG_PATIENCE_MS,
    ):
        studio.window.actions_.start.trigger()
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunEnded),
        timeout=DIALOG_PATIENCE_MS,
    ):
        press(qtbot, studio.window.run, "Stop")
    assert studio.run_view.folder is not None
    newest = RunFolder(studio.run_view.folder).latest_checkpoint()
    tensors = newest / TENSORS
    tensors.write_bytes(tensors.read_bytes()[:1000])
    press(qtbot, studio.window.gallery, "Save gallery…")
    dialog = child(studio.window, SaveGalleryDialog)
    with qtbot.waitSignal(studio.gallery.gallery_ended, timeout=DIALOG_PATIENCE_MS):
        press(qtbot, dialog, "Save")
    assert says(dialog, "A checkpoint cannot be used.")
    assert says(dialog, str(newest))
    dialog.reject()
    problem_log.expect("failed", logger="engine.sample")


def test_that_a_run_waits_for_a_full_disk_and_loses_nothing(
    qtbot: QtBot,
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem_log: ProblemLog,
):
    choose_tiny(studio, tmp_path / "tiny")
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(PreviewReady),
        timeout=DIALOG_PATIENCE_MS,
    ):
        studio.window.actions_.start.trigger()
    with monkeypatch.context() as patch:
        patch.setattr("engine.fs.atomic.free_bytes", lambda _folder: 0)
        with qtbot.waitSignal(
            studio.training.event_emitted,
            check_params_cb=is_event(RunPaused),
            timeout=DIALOG_PATIENCE_MS,
        ):
            press(qtbot, studio.window.run, "Stop")
        dialog = child(studio.window, SaveFailedDialog)
        assert says(dialog, "The disk is full.")
        assert says(dialog, "0 bytes are free")
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(RunEnded),
        timeout=DIALOG_PATIENCE_MS,
    ):
        dialog.retry.click()
    assert "Stopped, checkpoint saved" in child(studio.window, RunStatusBar).text
    assert studio.storage_errors.dialog is None
    problem_log.expect("could not be saved", logger="engine.train")
