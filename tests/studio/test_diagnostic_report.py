"""Saving a diagnostic report from the menu."""

import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.events import PreviewReady
from studio.app import Studio
from studio.dialogs.error import ErrorDialog
from studio.paths import log_folder
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.windows import child


@pytest.fixture
def asked(studio: Studio) -> list[tuple[Path, Path | None, Path]]:
    """Put a writer in place that only remembers."""
    calls: list[tuple[Path, Path | None, Path]] = []

    def write(target: Path, run: Path | None, logs: Path) -> Path:
        calls.append((target, run, logs))
        return target

    studio.desktop.reporting._write = write
    return calls


def test_that_the_menu_asks_where_and_writes_there(
    qtbot: QtBot, studio: Studio, asked, tmp_path: Path
):
    studio.window.actions_.save_report.trigger()
    dialog = child(studio.window, QFileDialog)
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert dialog.selectedFiles()[0].endswith(".zip")
    with qtbot.waitSignal(studio.desktop.reporting.ended):
        dialog.fileSelected.emit(str(tmp_path / "r.zip"))
    dialog.close()
    assert asked == [(tmp_path / "r.zip", None, log_folder())]
    assert str(tmp_path / "r.zip") in studio.window.statusBar().currentMessage()


def test_that_the_report_is_about_the_run_that_is_shown(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, asked, tmp_path: Path
):
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(PreviewReady)):
        studio.window.actions_.start.trigger()
    with qtbot.waitSignal(studio.desktop.reporting.ended):
        studio.desktop.save_report(tmp_path / "r.zip")
    assert asked[0][1] == engine.configs[0].run


def test_that_a_real_report_is_written_by_a_worker(qtbot: QtBot, studio: Studio, tmp_path: Path):
    with qtbot.waitSignal(studio.desktop.reporting.ended, timeout=60_000):
        studio.desktop.save_report(tmp_path / "r.zip")
    with zipfile.ZipFile(tmp_path / "r.zip") as archive:
        assert {"about.txt", "machine.json", "studio.log"} == set(archive.namelist())


def test_that_a_report_that_cannot_be_written_is_explained(
    qtbot: QtBot, studio: Studio, tmp_path: Path, problem_log: ProblemLog
):
    (tmp_path / "file").touch()
    with qtbot.waitSignal(studio.desktop.reporting.ended, timeout=60_000):
        studio.desktop.save_report(tmp_path / "file" / "r.zip")
    dialog = child(studio.window, ErrorDialog)
    dialog.reject()
    problem_log.expect("Cannot write")
