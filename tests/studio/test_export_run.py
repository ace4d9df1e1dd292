"""Exporting a run: what the dialog asks, sends and shows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.errors import DiskFullError
from engine.events import Outcome
from engine.exporting.film import FilmFormat
from engine.exporting.request import ExportKind, ExportRequest
from engine.runs.exported import CONFIG, WEIGHTS
from studio.app import Studio
from studio.dialogs.export_run import ExportRunDialog
from studio.jobs.exporting import ExportJob
from studio.jobs.task import TaskEnded, TaskProgressed
from studio.models import export_form
from studio.settings.choices import ExportChoices
from tests.helpers.run_folders import made_run, write_preview
from tests.helpers.windows import child


class Opened:
    """The dialog on screen, and what it asked for."""

    def __init__(self, qtbot: QtBot, run: Path, choices: ExportChoices | None = None) -> None:
        self.qtbot, self.run = qtbot, run
        self.folder = run.parents[1] / "exports" / run.name
        self.dialog = ExportRunDialog(
            None, run=run, folder=self.folder, choices=choices or ExportChoices()
        )
        qtbot.addWidget(self.dialog)
        self.requests: list[ExportRequest] = []
        self.cancellations: list[bool] = []
        self.dialog.start_requested.connect(self.requests.append)
        self.dialog.cancel_requested.connect(lambda: self.cancellations.append(True))
        self.dialog.open()

    def choose(self, name: str, text: str) -> None:
        boxes = self.dialog.findChildren(QComboBox)
        box = next(box for box in boxes if box.accessibleName() == name)
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())

    def line(self, name: str) -> QLineEdit:
        lines = self.dialog.findChildren(QLineEdit)
        return next(line for line in lines if line.accessibleName() == name)

    def button(self, text: str) -> QPushButton:
        buttons = self.dialog.findChildren(QPushButton)
        return next(b for b in buttons if b.text() == text and b.isVisible())

    def click(self, text: str) -> None:
        self.qtbot.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def says(self, text: str) -> bool:
        labels = self.dialog.findChildren(QLabel)
        return any(text in label.text() and label.isVisible() for label in labels)


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Opened:
    run = made_run(tmp_path / "runs", "cats")
    write_preview(run, 100)
    return Opened(qtbot, run)


def test_a_model_is_exported_beside_the_runs(opened: Opened) -> None:
    assert opened.says("safetensors")
    opened.click("Export")
    assert opened.requests == [
        ExportRequest(
            run=opened.run,
            folder=opened.folder.with_name("cats-model"),
            kind=ExportKind.MODEL,
        )
    ]


def test_a_film_asks_for_format_and_speed(opened: Opened) -> None:
    assert not opened.line("Frames a second").isVisible()
    opened.choose("What to export", "Film of the previews")
    opened.choose("Format", "GIF")
    opened.line("Frames a second").setText("2.5")
    opened.click("Export")
    [request] = opened.requests
    assert (request.kind, request.film_format, request.fps) == (
        ExportKind.FILM,
        FilmFormat.GIF,
        2.5,
    )
    assert request.folder.name == "cats-film"


@pytest.mark.parametrize("text", ["0", "51", "fast", ""])
def test_an_impossible_speed_prevents_the_export(opened: Opened, text: str) -> None:
    opened.choose("What to export", "Film of the previews")
    opened.line("Frames a second").setText(text)
    assert not opened.button("Export").isEnabled()
    opened.choose("What to export", "Curves")
    assert opened.button("Export").isEnabled(), "curves have no speed"


def test_a_chosen_folder_stays_when_the_kind_changes(opened: Opened, tmp_path: Path) -> None:
    opened.line("Folder").setText(str(tmp_path / "mine"))
    opened.choose("What to export", "Curves")
    opened.click("Export")
    assert opened.requests[0].folder == tmp_path / "mine"


def test_what_is_missing_is_said_before_the_export(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_form, "has_onnx", lambda: False)
    monkeypatch.setattr(export_form, "available_formats", lambda: (FilmFormat.WEBP,))
    opened.choose("What to export", "Model with ONNX files")
    assert opened.says("pip install 'diptych-studio[onnx]'")
    assert not opened.button("Export").isEnabled()
    opened.choose("What to export", "Film of the previews")
    assert opened.button("Export").isEnabled()
    opened.choose("Format", "MP4")
    assert opened.says("needs the program ffmpeg")
    assert not opened.button("Export").isEnabled()


def test_a_run_without_checkpoint_and_previews_has_only_curves(qtbot: QtBot, tmp_path: Path):
    run = made_run(tmp_path / "runs", "new")
    for path in (run / "checkpoints").iterdir():
        path.rename(tmp_path / path.name)
    opened = Opened(qtbot, run)
    assert opened.says("has not saved a checkpoint")
    opened.choose("What to export", "Film of the previews")
    assert opened.says("has no previews")
    opened.choose("What to export", "Curves")
    assert opened.button("Export").isEnabled()


def test_progress_and_result_are_shown(opened: Opened, tmp_path: Path) -> None:
    opened.click("Export")
    opened.dialog.show_progress(TaskProgressed(done=1, total=4))
    assert opened.says("Step 1 of 4")
    assert child(opened.dialog, QProgressBar).value() == 1
    opened.dialog.show_ended(TaskEnded(outcome=Outcome.FINISHED, result=tmp_path / "there"))
    assert opened.says(str(tmp_path / "there"))
    assert opened.button("Open folder").isEnabled()
    opened.click("Close")
    assert not opened.dialog.isVisible()


def test_escape_cancels_the_export_and_keeps_the_form(opened: Opened) -> None:
    opened.click("Export")
    opened.dialog.reject()
    assert opened.cancellations == [True]
    assert opened.dialog.isVisible()
    opened.dialog.show_ended(TaskEnded(outcome=Outcome.STOPPED))
    assert opened.says("Cancelled; nothing was exported")
    assert opened.button("Export").isEnabled()


def test_a_failure_is_explained_and_can_be_tried_again(opened: Opened) -> None:
    opened.click("Export")
    error = DiskFullError(opened.folder, 5_000_000, 1_000)
    opened.dialog.show_ended(TaskEnded(outcome=Outcome.FAILED, error=error))
    assert opened.says("The disk is full.")
    assert opened.button("Export").isEnabled()


def test_choices_are_remembered(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    opened.choose("What to export", "Film of the previews")
    opened.choose("Format", "AVIF")
    opened.line("Frames a second").setText("4")
    opened.line("Folder").setText(str(tmp_path / "own" / "film"))
    choices = opened.dialog.choices()
    assert choices == ExportChoices(
        kind="film", film_format="avif", fps=4.0, folder=str(tmp_path / "own")
    )
    again = Opened(qtbot, opened.run, choices)
    again.click("Export")
    assert again.requests[0].folder == tmp_path / "own" / "cats-film"


def test_choices_of_a_later_version_are_ignored(qtbot: QtBot, opened: Opened) -> None:
    again = Opened(qtbot, opened.run, ExportChoices(kind="hologram", film_format="bmp"))
    again.click("Export")
    assert again.requests[0].kind is ExportKind.MODEL


def test_the_job_reports_steps_and_the_folder(qtbot: QtBot, tmp_path: Path) -> None:
    def export(
        request: ExportRequest, report: Callable[[int, int], None], _control: RunControl
    ) -> Path:
        report(2, 2)
        return request.folder

    job = ExportJob(export)
    steps: list[TaskProgressed] = []
    job.progressed.connect(steps.append)
    request = ExportRequest(run=tmp_path, folder=tmp_path / "f", kind=ExportKind.CURVES)
    with qtbot.waitSignal(job.ended) as ended:
        job.export(request)
    assert ended.args
    assert ended.args[0].result == tmp_path / "f"
    assert steps == [TaskProgressed(done=2, total=2)]


# In the whole window.


def test_the_runs_panel_exports_the_marked_run(qtbot: QtBot, studio: Studio) -> None:
    run = made_run(studio.workspace / "runs", "cats")
    studio.window.show_runs()
    panel = studio.window.runs
    qtbot.waitUntil(lambda: panel.table.shown_count == 1)
    assert not panel.bar.export.isEnabled()
    panel.table.selectRow(0)
    panel.bar.export.trigger()
    dialog = child(studio.window, ExportRunDialog)
    assert dialog.windowTitle() == "Export cats"
    dialog.reject()
    qtbot.waitUntil(lambda: studio.exporting.dialog is None)
    assert not studio.window.actions_.export_run.isEnabled()
    studio.run_view.open(run)
    studio.window.actions_.export_run.trigger()
    assert studio.exporting.dialog is not None
    studio.exporting.dialog.reject()


def test_an_exported_model_in_the_list_is_not_resumed(qtbot: QtBot, studio: Studio) -> None:
    folder = studio.workspace / "runs" / "gift"
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text("{}")
    (folder / WEIGHTS).write_bytes(b"")
    studio.window.show_runs()
    panel = studio.window.runs
    qtbot.waitUntil(lambda: panel.table.shown_count == 1)
    panel.table.selectRow(0)
    assert panel.table.run is not None
    assert "vocabulary.json: is missing" in panel.table.run.problem
    assert not panel.bar.resume.isEnabled()
