"""A disk that is full or gone makes a run wait; nothing that was made is lost."""

import shutil

import pytest
import torch

from engine.control import RunControl
from engine.errors import DiskFullError, FolderNotWritableError
from engine.events import CheckpointSaved, Outcome, Phase, PhaseChanged, RunMoved, RunPaused
from engine.runs import checkpoint_files
from engine.runs.checkpoint import read_facts, read_tensors
from engine.runs.folder import RunFolder
from engine.runs.log import read_losses
from engine.train import meter, saving
from engine.train.loop import resume
from tests.helpers.run_story import RunStory, expect_all, images_of


@pytest.fixture(autouse=True)
def every_step_is_told(monkeypatch):
    monkeypatch.setattr(meter, "INTERVAL_S", 0.0)


class Disk:
    """Is full for as long as a test wants."""

    def __init__(self, monkeypatch):
        self.is_full = False
        self.full_for = -1
        """So many more attempts; -1 for as long as it is full."""
        self._room = checkpoint_files.ensure_room
        monkeypatch.setattr(checkpoint_files, "ensure_room", self._ensure_room)

    def _ensure_room(self, folder, needed_bytes):
        if self.is_full and self.full_for:
            self.full_for -= self.full_for > 0
            raise DiskFullError(folder, needed_bytes, 5)
        self._room(folder, needed_bytes)


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def test_that_a_run_waits_for_room_and_goes_on_where_it_was(tmp_path, disk, problem_log):
    story = RunStory(tmp_path)

    def answer(event):
        if images_of(event) == 40:
            disk.is_full = True
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            disk.is_full = len(story.of(RunPaused)) < 3
            story.control.request_resume()

    ended = story.tell(answer)
    expect_all(problem_log, "could not be saved")
    first, *_rest = paused = story.of(RunPaused)
    assert len(paused) == 3
    assert isinstance(first.error, DiskFullError)
    assert first.error.needed_bytes > first.error.free_bytes == 5
    assert ended.outcome is Outcome.FINISHED
    assert [event.images_seen for event in story.of(CheckpointSaved)] == [40, 160]
    at = story.events.index(paused[-1])
    assert story.events[at + 1] == PhaseChanged(phase=Phase.TRAINING)


def test_that_it_tries_again_by_itself_and_says_so_once(tmp_path, disk, problem_log, monkeypatch):
    monkeypatch.setattr(saving, "RETRY_S", 0.0)
    story = RunStory(tmp_path)
    disk.full_for = 3

    def answer(event):
        if images_of(event) == 40:
            disk.is_full = True
            story.control.request_checkpoint()

    assert story.tell(answer).outcome is Outcome.FINISHED
    expect_all(problem_log, "could not be saved")
    assert len(story.of(RunPaused)) == 1
    assert disk.full_for == 0
    assert [event.images_seen for event in story.of(CheckpointSaved)] == [40, 160]


def test_that_a_run_can_go_on_in_another_folder(tmp_path, disk, problem_log):
    story, elsewhere = RunStory(tmp_path), tmp_path / "other disk"

    def answer(event):
        if images_of(event) == 40:
            story.control.request_checkpoint()
        if images_of(event) == 80:
            disk.is_full = True
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            disk.is_full = False
            story.control.offer_folder(elsewhere)

    ended = story.tell(answer)
    expect_all(problem_log, "could not be saved", "goes on in")
    assert ended.outcome is Outcome.FINISHED
    assert ended.folder == elsewhere
    assert [event.folder for event in story.of(RunMoved)] == [elsewhere]
    before, after = RunFolder(story.config.run), RunFolder(elsewhere)
    assert [read_facts(path).images_seen for path in before.checkpoint_paths()] == [40]
    assert [read_facts(path).images_seen for path in after.checkpoint_paths()] == [80, 160]
    told = [report.progress.images_seen for report in read_losses(after.log_file)]
    assert told[0] < 40
    assert not after.lock_file.exists()
    assert not before.lock_file.exists()
    longer = after.read_config().with_values(run=elsewhere, images=240)
    more = []
    resume(longer, more.append, RunControl())
    assert more[-1].outcome is Outcome.FINISHED


def test_that_a_folder_with_something_in_it_gets_one_for_the_run(tmp_path, disk, problem_log):
    story, elsewhere = RunStory(tmp_path), tmp_path / "disk"
    elsewhere.mkdir()
    (elsewhere / "holiday.jpg").write_bytes(b"x")

    def answer(event):
        if images_of(event) == 80:
            disk.is_full = True
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            disk.is_full = False
            story.control.offer_folder(elsewhere)

    assert story.tell(answer).folder == elsewhere / "run"
    expect_all(problem_log, "could not be saved", "goes on in")


def test_that_a_folder_that_is_no_better_is_said_and_another_may_follow(
    tmp_path, disk, problem_log
):
    story = RunStory(tmp_path)
    wrong, right = tmp_path / "file", tmp_path / "right"
    wrong.write_text("no folder")

    def answer(event):
        if images_of(event) == 80:
            disk.is_full = True
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            disk.is_full = isinstance(event.error, FolderNotWritableError)
            story.control.offer_folder(right if len(story.of(RunPaused)) > 2 else wrong)

    ended = story.tell(answer)
    expect_all(problem_log, "could not be saved", "goes on in", "cannot go on in")
    assert ended.outcome is Outcome.FINISHED
    assert any(isinstance(event.error, FolderNotWritableError) for event in story.of(RunPaused))


@pytest.mark.parametrize("discard", [False, True])
def test_that_who_gives_up_keeps_what_was_saved_before(tmp_path, disk, problem_log, discard):
    story = RunStory(tmp_path)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_checkpoint()
        if images_of(event) == 80:
            disk.is_full = True
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            story.control.request_stop(discard=discard)

    ended = story.tell(answer)
    expect_all(problem_log, "could not be saved", "failed")
    assert ended.outcome is (Outcome.STOPPED if discard else Outcome.FAILED)
    assert isinstance(ended.error, type(None) if discard else DiskFullError)
    assert (ended.images_seen, ended.images_saved) == (80, 40)
    folder = RunFolder(story.config.run)
    assert read_facts(folder.newest_valid().path).images_seen == 40


def test_that_a_stop_on_a_full_disk_waits_too(tmp_path, disk, problem_log):
    story, elsewhere = RunStory(tmp_path, images=10**6), tmp_path / "elsewhere"

    def answer(event):
        if images_of(event) == 40:
            disk.is_full = True
            story.control.request_stop()
        if isinstance(event, RunPaused):
            disk.is_full = False
            story.control.offer_folder(elsewhere)

    ended = story.tell(answer)
    expect_all(problem_log, "could not be saved", "goes on in")
    assert ended.outcome is Outcome.STOPPED
    assert ended.images_saved == ended.images_seen == 40


def test_that_a_folder_that_is_deleted_in_mid_run_costs_nothing(tmp_path, problem_log):
    story, elsewhere = RunStory(tmp_path), tmp_path / "elsewhere"

    def answer(event):
        if images_of(event) == 80:
            shutil.rmtree(story.config.run)
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            story.control.offer_folder(elsewhere)

    ended = story.tell(answer)
    expect_all(problem_log, "could not be saved", "goes on in", "missing from the log", "A preview")
    assert isinstance(story.of(RunPaused)[0].error, FolderNotWritableError)
    assert ended.outcome is Outcome.FINISHED
    newest = RunFolder(elsewhere).newest_valid().path
    straight = RunStory(tmp_path / "again")
    straight.tell()
    expected = read_tensors(RunFolder(straight.config.run).newest_valid().path, "generator.")
    found = read_tensors(newest, "generator.")
    assert all(torch.equal(expected[name], found[name]) for name in expected)
