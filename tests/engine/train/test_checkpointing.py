"""A disk that is full or gone makes a run wait; nothing that was made is lost."""

import errno
import os
import shutil

import pytest
import torch

from engine.control import RunControl
from engine.errors import DiskFullError, FolderNotWritableError
from engine.events import CheckpointSaved, Outcome, Phase, PhaseChanged, RunPaused, RunRelocated
from engine.runs import checkpoint_files, event_log
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.event_reader import read_events, read_losses
from engine.runs.folder import RunFolder
from engine.train import checkpointing, metrics
from engine.train.checkpointing import RunDirectory
from engine.train.run import resume
from tests.helpers.run_story import RunStory, expect_all, images_of
from tests.helpers.tiny import tiny_facts


@pytest.fixture(autouse=True)
def every_step_is_told(monkeypatch):
    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)


class Disk:
    """Is full for as long as a test wants."""

    def __init__(self, monkeypatch):
        self.is_full = False
        self.full_for = -1
        """So many more attempts; -1 for as long as it is full."""
        self._room = checkpoint_files.check_free_space
        monkeypatch.setattr(checkpoint_files, "check_free_space", self._check_free_space)

    def _check_free_space(self, folder, needed_bytes):
        if self.is_full and self.full_for:
            self.full_for -= self.full_for > 0
            raise DiskFullError(folder, needed_bytes, 5)
        self._room(folder, needed_bytes)


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def told(story, disk, on_pause, *, saves_at=0, full_at=80):
    """Train on a disk that is full from some image on; ``on_pause`` answers when the run waits."""

    def answer(event):
        if images_of(event) == saves_at:
            story.control.request_checkpoint()
        if images_of(event) == full_at:
            disk.is_full = True
            story.control.request_checkpoint()
        if isinstance(event, RunPaused):
            on_pause(event)

    return story.tell(answer)


@pytest.mark.slow
def test_that_a_run_waits_for_room_and_goes_on_where_it_was(tmp_path, disk, problem_log):
    story = RunStory(tmp_path)

    def on_pause(_event):
        disk.is_full = len(story.of(RunPaused)) < 3
        story.control.request_resume()

    ended = told(story, disk, on_pause, full_at=40)
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
    monkeypatch.setattr(checkpointing, "RETRY_S", 0.0)
    story = RunStory(tmp_path)
    disk.full_for = 3
    ended = told(story, disk, lambda _event: None, full_at=40)
    expect_all(problem_log, "could not be saved")
    assert ended.outcome is Outcome.FINISHED
    assert len(story.of(RunPaused)) == 1
    assert disk.full_for == 0
    assert [event.images_seen for event in story.of(CheckpointSaved)] == [40, 160]


def test_that_a_run_can_go_on_in_another_folder(tmp_path, disk, problem_log):
    story, elsewhere = RunStory(tmp_path), tmp_path / "other disk"

    def on_pause(_event):
        disk.is_full = False
        story.control.offer_folder(elsewhere)

    ended = told(story, disk, on_pause, saves_at=40)
    expect_all(problem_log, "could not be saved", "continues in")
    assert ended.outcome is Outcome.FINISHED
    assert ended.folder == elsewhere
    assert [event.folder for event in story.of(RunRelocated)] == [elsewhere]
    before, after = RunFolder(story.config.run), RunFolder(elsewhere)
    assert [read_metadata(path).images_seen for path in before.checkpoint_paths()] == [40]
    assert [read_metadata(path).images_seen for path in after.checkpoint_paths()] == [80, 160]
    reported = [report.progress.images_seen for report in read_losses(after.log_file)]
    assert reported[0] < 40
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

    def on_pause(_event):
        disk.is_full = False
        story.control.offer_folder(elsewhere)

    assert told(story, disk, on_pause).folder == elsewhere / "run"
    expect_all(problem_log, "could not be saved", "continues in")


def test_that_a_folder_that_is_no_better_is_said_and_another_may_follow(
    tmp_path, disk, problem_log
):
    story = RunStory(tmp_path)
    wrong, right = tmp_path / "file", tmp_path / "right"
    wrong.write_text("no folder")

    def on_pause(event):
        disk.is_full = isinstance(event.error, FolderNotWritableError)
        story.control.offer_folder(right if len(story.of(RunPaused)) > 2 else wrong)

    ended = told(story, disk, on_pause)
    expect_all(problem_log, "could not be saved", "continues in", "cannot move to")
    assert ended.outcome is Outcome.FINISHED
    assert any(isinstance(event.error, FolderNotWritableError) for event in story.of(RunPaused))


@pytest.mark.parametrize("discard", [False, True])
def test_that_who_gives_up_keeps_what_was_saved_before(tmp_path, disk, problem_log, discard):
    story = RunStory(tmp_path)

    def on_pause(_event):
        story.control.request_stop(discard=discard)

    ended = told(story, disk, on_pause, saves_at=40)
    expect_all(problem_log, "could not be saved", "failed")
    assert ended.outcome is (Outcome.STOPPED if discard else Outcome.FAILED)
    assert isinstance(ended.error, type(None) if discard else DiskFullError)
    assert (ended.images_seen, ended.images_saved) == (80, 40)
    assert read_metadata(story.folder.newest_valid().path).images_seen == 40


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
    expect_all(problem_log, "could not be saved", "continues in")
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
    expect_all(problem_log, "could not be saved", "continues in", "cannot be written", "A preview")
    assert isinstance(story.of(RunPaused)[0].error, FolderNotWritableError)
    assert ended.outcome is Outcome.FINISHED
    straight = RunStory(tmp_path / "again")
    straight.tell()
    expected = read_tensors(straight.folder.newest_valid().path, "generator.")
    found = read_tensors(RunFolder(elsewhere).newest_valid().path, "generator.")
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_that_what_the_old_disk_would_not_take_goes_along(tmp_path, monkeypatch, problem_log):
    config = RunStory(tmp_path).config
    directory = RunDirectory(config.run, lambda _event: None, RunControl())
    directory.create(config)
    directory.emit(PhaseChanged(phase=Phase.LOADING))
    old, append = directory.folder.log_file.stat().st_ino, event_log._append

    def fill_up(file, line):
        if os.fstat(file.fileno()).st_ino == old:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(file, line)

    monkeypatch.setattr(event_log, "_append", fill_up)
    directory.emit(PhaseChanged(phase=Phase.SAVING))
    directory.move(tmp_path / "elsewhere", config, tiny_facts())
    directory.close()
    expect_all(problem_log, "cannot be written", "continues in")
    events = list(read_events(tmp_path / "elsewhere" / "events.jsonl"))
    assert events[:2] == [PhaseChanged(phase=Phase.LOADING), PhaseChanged(phase=Phase.SAVING)]
    assert [type(event) for event in events[2:]] == [RunRelocated]
