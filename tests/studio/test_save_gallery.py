"""Saving a gallery: what the dialog asks, sends and shows."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from engine.config.presets import config_from_preset
from engine.errors import CheckpointMissingError, DiskFullError
from engine.events import CheckpointSaved, GalleryEnded, GalleryProgressed, Outcome, PreviewReady
from engine.runs.folder import RunFolder, write_model
from engine.sample.request import MAX_COUNT, Direction, GalleryRequest
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.jobs.gallery import GalleryJob
from studio.jobs.training import TrainingJob
from studio.models.gallery_form import free_folder
from studio.settings.choices import SaveGalleryChoices
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.tiny import tiny_facts
from tests.helpers.windows import child


class Opened:
    """The dialog on screen, and what it asked for."""

    def __init__(
        self, qtbot: QtBot, place: Path, choices: SaveGalleryChoices | None = None
    ) -> None:
        self.qtbot = qtbot
        self.folder = place / "galleries" / "digits"
        self.run = place / "runs" / "digits"
        self.dialog = SaveGalleryDialog(
            None, run=self.run, folder=self.folder, choices=choices or SaveGalleryChoices()
        )
        qtbot.addWidget(self.dialog)
        self.requests: list[GalleryRequest] = []
        self.cancellations = 0
        self.dialog.start_requested.connect(self.requests.append)
        self.dialog.cancel_requested.connect(self._count)
        self.dialog.open()
        self.count, self.seed, self.place = map(self.line, ("Pairs", "Seed", "Folder"))

    def line(self, name: str) -> QLineEdit:
        lines = self.dialog.findChildren(QLineEdit)
        return next(line for line in lines if line.accessibleName() == name)

    def choose(self, text: str) -> None:
        box = child(self.dialog, QComboBox)
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())

    def button(self, text: str) -> QPushButton:
        buttons = self.dialog.findChildren(QPushButton)
        return next(b for b in buttons if b.text() == text and b.isVisible())

    def click(self, text: str) -> None:
        self.qtbot.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def says(self, text: str) -> bool:
        labels = self.dialog.findChildren(QLabel)
        return any(text in label.text() and label.isVisible() for label in labels)

    def start(self) -> None:
        self.click("Save")

    def end(self, outcome: Outcome, count: int, error: Exception | None = None) -> None:
        self.dialog.show_ended(
            GalleryEnded(outcome=outcome, folder=self.folder, count=count, error=error)
        )

    def _count(self) -> None:
        self.cancellations += 1


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Opened:
    return Opened(qtbot, tmp_path)


def test_that_it_says_what_will_be_written_and_where(opened: Opened) -> None:
    assert opened.says("64 PNG images")
    assert opened.says("metadata.jsonl")
    assert opened.says(str(opened.folder))


def test_that_save_sends_what_was_typed(opened: Opened, tmp_path: Path) -> None:
    opened.count.setText("100000")
    opened.seed.setText("7")
    opened.place.setText(str(tmp_path / "elsewhere" / "mine"))
    opened.start()
    assert opened.requests == [
        GalleryRequest(
            run=opened.run, folder=tmp_path / "elsewhere" / "mine", count=100_000, seed=7
        )
    ]


@pytest.mark.parametrize("count", ["0", str(MAX_COUNT + 1), "many", "", "2.5"])
def test_that_a_bad_count_turns_red_and_disables_save(opened: Opened, count: str) -> None:
    opened.count.setText(count)
    assert opened.count.property("invalid")
    assert opened.count.accessibleDescription()
    assert not opened.button("Save").isEnabled()
    assert opened.button("Save").toolTip()
    opened.count.setText("5")
    assert not opened.count.property("invalid")
    assert opened.button("Save").isEnabled()


def test_that_a_bad_seed_turns_red(opened: Opened) -> None:
    opened.seed.setText("-1")
    assert opened.seed.property("invalid")
    assert not opened.button("Save").isEnabled()


def test_that_a_folder_that_cannot_take_a_gallery_turns_red(opened: Opened, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "a.txt").write_text("mine")
    bad = ["", "  ", "relative/path", str(full), str(full / "a.txt"), str(full / "a.txt" / "b")]
    for text in (*bad, "~nobody-of-this-name/gallery"):
        opened.place.setText(text)
        assert opened.place.property("invalid"), text
        assert not opened.button("Save").isEnabled()


def test_that_an_empty_folder_is_fine(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    opened.place.setText(str(tmp_path / "empty"))
    assert opened.button("Save").isEnabled()


def test_that_a_used_folder_is_not_suggested_again(tmp_path: Path, qtbot: QtBot) -> None:
    for name in ("digits", "digits-2"):
        (tmp_path / "galleries" / name).mkdir(parents=True)
        (tmp_path / "galleries" / name / "index.html").touch()
    assert free_folder(tmp_path / "galleries" / "digits").name == "digits-3"
    assert Opened(qtbot, tmp_path).place.text() == str(tmp_path / "galleries" / "digits-3")


def test_that_progress_is_shown_in_count_and_bar(opened: Opened) -> None:
    opened.start()
    bar = child(opened.dialog, QProgressBar)
    assert bar.isVisible()
    assert (bar.minimum(), bar.maximum()) == (0, 0)
    opened.dialog.show_progress(GalleryProgressed(done=23, total=64))
    assert (bar.value(), bar.maximum()) == (23, 64)
    assert opened.says("23 of 64 pairs written")
    assert not opened.count.isEnabled()
    assert not opened.button("Save").isEnabled()


def test_that_the_end_offers_the_folder(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    opened.start()
    opened.end(Outcome.FINISHED, 64)
    assert opened.says("64 pairs saved")
    opened.click("Open folder")
    assert [Path(url.toLocalFile()) for url in shown] == [opened.folder]
    opened.click("Close")
    assert not opened.dialog.isVisible()
    assert opened.cancellations == 0


def test_that_cancel_is_asked_once_and_the_dialog_waits_for_the_end(opened: Opened) -> None:
    opened.start()
    opened.click("Cancel")
    opened.dialog.reject()
    assert opened.cancellations == 1
    assert opened.dialog.isVisible()
    assert opened.says("Cancelling…")
    opened.dialog.show_progress(GalleryProgressed(done=24, total=64))
    assert opened.says("Cancelling…")
    opened.end(Outcome.STOPPED, 24)
    assert opened.says("24 pairs were saved before")
    assert opened.button("Open folder").isEnabled()


def test_that_closing_the_window_while_writing_cancels_first(opened: Opened) -> None:
    opened.start()
    opened.dialog.close()
    assert opened.cancellations == 1
    assert opened.dialog.isVisible()
    opened.end(Outcome.STOPPED, 0)
    opened.dialog.close()
    assert not opened.dialog.isVisible()


def test_that_a_failure_is_explained_and_another_attempt_is_possible(opened: Opened) -> None:
    opened.start()
    opened.end(Outcome.FAILED, 0, DiskFullError(opened.folder, 12_000_000, 100))
    assert opened.says("The disk is full")
    assert opened.count.isEnabled()
    opened.start()
    assert len(opened.requests) == 2


def test_that_cancelling_before_the_start_just_closes(opened: Opened) -> None:
    opened.click("Cancel")
    assert not opened.dialog.isVisible()
    assert (opened.requests, opened.cancellations) == ([], 0)


def test_that_browsing_fills_in_the_folder(opened: Opened, tmp_path: Path) -> None:
    opened.click("Browse…")
    chooser = child(opened.dialog, QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "chosen"))
    chooser.reject()
    assert opened.place.text() == str(tmp_path / "chosen")


def test_that_choices_come_back(qtbot: QtBot, tmp_path: Path) -> None:
    first = Opened(qtbot, tmp_path)
    assert first.dialog.choices() == SaveGalleryChoices()
    first.count.setText("12")
    first.seed.setText("3")
    first.place.setText(str(tmp_path / "mine" / "best"))
    kept = first.dialog.choices()
    assert kept == SaveGalleryChoices(count=12, seed=3, folder=str(tmp_path / "mine"))
    second = Opened(qtbot, tmp_path, kept)
    assert second.place.text() == str(tmp_path / "mine" / "digits")
    assert (second.count.text(), second.seed.text()) == ("12", "3")


def test_that_invalid_numbers_are_not_remembered(opened: Opened) -> None:
    opened.count.setText("many")
    opened.place.setText("")
    assert opened.dialog.choices() == SaveGalleryChoices()


def test_that_texts_become_a_file_for_the_engine(opened: Opened) -> None:
    opened.choose("Images for my texts")
    assert not opened.button("Save").isEnabled()
    opened.dialog.findChildren(QPlainTextEdit)[0].setPlainText("a red cat\n\n一只猫\n")
    assert opened.says("Writes 2 PNG images")
    opened.start()
    (request,) = opened.requests
    assert request.direction is Direction.TEXT_TO_IMAGE
    assert request.texts is not None
    assert request.texts.read_text("utf-8").split("\n") == ["a red cat", "", "一只猫", ""]


def test_that_a_walk_between_texts_needs_two(opened: Opened) -> None:
    opened.choose("A walk between my texts")
    opened.dialog.findChildren(QPlainTextEdit)[0].setPlainText("one")
    assert not opened.button("Save").isEnabled()
    opened.dialog.findChildren(QPlainTextEdit)[0].setPlainText("one\ntwo")
    assert opened.button("Save").isEnabled()


def test_that_a_walk_between_seeds_asks_where_to(opened: Opened) -> None:
    assert not opened.line("To seed").isVisible()
    opened.choose("A walk between two pairs")
    opened.line("To seed").setText("9")
    opened.line("Truncation").setText("0.7")
    opened.start()
    request = opened.requests[0]
    assert (request.direction, request.to_seed) == (Direction.LATENT_PATH, 9)
    assert request.truncation == 0.7


def test_that_images_to_name_come_from_a_folder(opened: Opened, tmp_path: Path) -> None:
    opened.choose("Texts for my images")
    opened.line("Images").setText(str(tmp_path / "nowhere"))
    assert not opened.button("Save").isEnabled()
    opened.line("Images").setText(str(tmp_path))
    opened.start()
    assert opened.requests[0].images == tmp_path


def test_that_the_last_choices_come_back(qtbot: QtBot, tmp_path: Path) -> None:
    choices = SaveGalleryChoices(
        direction="text-to-image", texts="one", truncation=0.5, to_seed=4, images="/i"
    )
    again = Opened(qtbot, tmp_path, choices).dialog.choices()
    assert (again.direction, again.texts, again.truncation) == ("text-to-image", "one", 0.5)


# The gallery job: a live run is asked for its current state first.


@pytest.fixture
def training(qtbot: QtBot, engine: FakeEngine):
    job = TrainingJob(engine.train, engine.resume, engine.build_starter)
    yield job
    job.stop()
    assert job.wait(5000)


@pytest.fixture
def gallery(engine: FakeEngine, training: TrainingJob):
    job = GalleryJob(engine.write_gallery, training)
    yield job
    job.cancel()
    assert job.wait(5000)


def request(tmp_path: Path) -> GalleryRequest:
    return GalleryRequest(run=tmp_path / "run", folder=tmp_path / "gallery", count=3)


def start_training(qtbot: QtBot, training: TrainingJob, tmp_path: Path) -> None:
    config = config_from_preset("cpu-tiny", dataset=tmp_path, run=tmp_path / "run")
    with qtbot.waitSignal(training.event_emitted, check_params_cb=is_event(PreviewReady)):
        training.start(config)


def test_that_a_finished_run_needs_no_waiting(qtbot, gallery, engine, tmp_path):
    with qtbot.waitSignals([gallery.gallery_progressed, gallery.gallery_ended]):
        gallery.start(request(tmp_path))
    assert engine.requests == [request(tmp_path)]
    assert not gallery.is_running


def test_that_a_live_run_saves_first(qtbot, gallery, training, engine, tmp_path):
    start_training(qtbot, training, tmp_path)
    order: list[str] = []
    is_checkpoint = is_event(CheckpointSaved)
    training.event_emitted.connect(
        lambda event: order.append("checkpoint") if is_checkpoint(event) else None
    )
    gallery.gallery_ended.connect(lambda _event: order.append("gallery"))
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
        assert gallery.is_running
    assert order == ["checkpoint", "gallery"]


def save_checkpoint(tmp_path: Path) -> None:
    (RunFolder(tmp_path / "run").checkpoints / "checkpoint-000000000008").mkdir(parents=True)


def test_that_a_run_that_ends_first_is_no_obstacle(qtbot, gallery, training, tmp_path):
    start_training(qtbot, training, tmp_path)
    save_checkpoint(tmp_path)
    training.request_checkpoint = lambda: None
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
        training.stop()


def test_that_a_run_that_never_answers_costs_the_newest_state_only(
    qtbot, gallery, training, tmp_path
):
    start_training(qtbot, training, tmp_path)
    save_checkpoint(tmp_path)
    training.request_checkpoint = lambda: None
    gallery._waiting.setInterval(20)
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
    assert training.is_running


def test_that_a_gallery_waits_for_the_first_checkpoint(qtbot, gallery, training, engine, tmp_path):
    start_training(qtbot, training, tmp_path)
    request_checkpoint = training.request_checkpoint
    training.request_checkpoint = lambda: None
    gallery._waiting.setInterval(20)
    gallery.start(request(tmp_path))
    for _time in range(2):
        with qtbot.waitSignal(gallery._waiting.timeout):
            pass
    assert gallery.is_running
    assert not engine.requests
    with qtbot.waitSignal(gallery.gallery_ended):
        request_checkpoint()
    assert engine.requests


def test_that_a_run_that_ends_without_a_checkpoint_has_no_gallery(
    qtbot, gallery, training, engine, tmp_path
):
    start_training(qtbot, training, tmp_path)
    training.request_checkpoint = lambda: None
    with qtbot.waitSignal(gallery.gallery_ended) as ended:
        gallery.start(request(tmp_path))
        training.stop(discard=True)
    event = ended.args[0]
    assert (event.outcome, type(event.error)) == (Outcome.FAILED, CheckpointMissingError)
    assert not gallery.is_running
    assert not engine.requests


def test_that_only_one_gallery_is_written_at_a_time(qtbot, gallery, tmp_path):
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
        with pytest.raises(RuntimeError, match="already under way"):
            gallery.start(request(tmp_path))


def test_that_a_cancelled_wait_still_ends(qtbot, gallery, training, tmp_path):
    start_training(qtbot, training, tmp_path)
    training.request_checkpoint = lambda: None
    with qtbot.waitSignal(gallery.gallery_ended) as ended:
        gallery.start(request(tmp_path))
        gallery.cancel()
    assert ended.args[0].outcome is Outcome.STOPPED


def test_that_a_failure_is_the_last_event(qtbot, training, tmp_path, problem_log: ProblemLog):
    def fail(_request, _emit, _control):
        raise OSError("no room")

    job = GalleryJob(fail, training)
    with qtbot.waitSignal(job.gallery_ended) as ended:
        job.start(request(tmp_path))
    event = ended.args[0]
    assert isinstance(event, GalleryEnded)
    assert (event.outcome, str(event.error)) == (Outcome.FAILED, "no room")
    problem_log.expect("A job failed")


# What the run can make of single texts and images.


def test_that_lines_that_the_run_cannot_draw_are_named_before_it_draws(
    qtbot: QtBot, tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "digits"
    run.mkdir(parents=True)
    write_model(RunFolder(run), tiny_facts())
    opened = Opened(qtbot, tmp_path)
    opened.choose("Images for my texts")
    assert not opened.count.isVisible(), "there is one image for each text"
    texts = child(opened.dialog, QPlainTextEdit)
    texts.setPlainText("dark\nzebra\ndark grey light\nlight")
    assert opened.says("Line 2 is not drawn; the run does not know: zebra")
    assert opened.says("Line 3 is too long for the run and is drawn as “dark grey”")
    assert opened.says("3 PNG images")
    assert opened.button("Save").isEnabled()
    texts.setPlainText("zebra")
    assert opened.says("Line 1 is not drawn")
    assert not opened.button("Save").isEnabled()
    texts.setPlainText("dark")
    assert not opened.says("Line 1")


def test_that_five_files_are_announced_as_five(qtbot: QtBot, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no image")
    opened = Opened(qtbot, tmp_path, SaveGalleryChoices(images=str(tmp_path)))
    opened.choose("Texts for my images")
    assert opened.says("5 PNG images")
    opened.count.setText("3")
    assert opened.says("3 PNG images")
