"""Pausing, stopping, sampling: what a run does when it is asked to."""

import gc
import weakref

import pytest
import torch

from engine.errors import DeviceLostError, MemoryExhaustedError, RunLockedError
from engine.events import (
    BatchSizeSelected,
    CheckpointSaved,
    MicroBatchingEnabled,
    Outcome,
    Phase,
    PhaseChanged,
    PreviewReady,
    RunEnded,
    RunPaused,
    RunResumed,
)
from engine.fs.lock import RunLock
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.train import metrics
from engine.train import run as run_module
from engine.train.gan_step import GanStep
from engine.train.run import resume
from tests.helpers.run_story import RunStory, expect_all, images_of


@pytest.fixture(autouse=True)
def every_step_is_told(monkeypatch):
    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)


def tensors_of(story):
    return read_tensors(story.folder.newest_valid().path, "")


def expect_equal_to_straight(story, tmp_path):
    straight = RunStory(tmp_path / "straight")
    straight.tell()
    expected, found = tensors_of(straight), tensors_of(story)
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


@pytest.mark.parametrize("release", [False, True])
def test_that_a_pause_changes_nothing_in_what_is_learned(tmp_path, release):
    story = RunStory(tmp_path)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_pause(release=release)
        if isinstance(event, RunPaused) and event.is_released == release:
            story.control.request_resume()

    assert story.tell(answer).outcome is Outcome.FINISHED
    expect_equal_to_straight(story, tmp_path)
    paused = story.of(RunPaused)
    assert [event.is_released for event in paused] == [release]
    assert {event.images_seen for event in paused} == {40}
    phases = [event.phase for event in story.of(PhaseChanged)]
    assert phases.count(Phase.LOADING) == (2 if release else 1)
    assert [event.images_seen for event in story.of(RunResumed)] == ([40] if release else [])


def test_that_memory_can_be_given_back_later_in_a_pause(tmp_path):
    story, networks = RunStory(tmp_path), []

    def answer(event):
        if images_of(event) == 40:
            story.control.request_pause()
        if isinstance(event, RunPaused) and not event.is_released:
            networks.append(
                weakref.ref(
                    next(o for o in gc.get_objects() if type(o).__name__ == "Discriminator")
                )
            )
            story.control.request_pause(release=True)
        if isinstance(event, RunPaused) and event.is_released:
            assert networks[0]() is None
            story.control.request_resume()

    assert story.tell(answer).outcome is Outcome.FINISHED
    expect_equal_to_straight(story, tmp_path)


def test_that_memory_can_be_given_back_before_anything_was_saved(tmp_path):
    story = RunStory(tmp_path)
    story.control.request_pause(release=True)

    def answer(event):
        if isinstance(event, RunPaused):
            story.control.request_resume()

    assert story.tell(answer).outcome is Outcome.FINISHED
    assert [event.images_seen for event in story.of(RunPaused)] == [0]
    expect_equal_to_straight(story, tmp_path)


def test_that_a_measured_batch_stays_when_memory_was_given_back(tmp_path):
    story = RunStory(tmp_path, training__batch_size=0)

    def answer(event):
        if images_of(event) == 48:
            story.control.request_pause(release=True)
        if isinstance(event, RunPaused):
            story.control.request_resume()

    assert story.tell(answer).outcome is Outcome.FINISHED
    assert [event.images_seen for event in story.of(RunResumed)] == [48]
    (chosen,) = story.of(BatchSizeSelected)
    assert story.folder.read_config().training.batch_size == chosen.batch_size


@pytest.mark.parametrize("release", [False, True])
def test_that_a_run_can_be_stopped_while_it_stands_still(tmp_path, release):
    story = RunStory(tmp_path)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_pause(release=release)
        if isinstance(event, RunPaused) and event.is_released == release:
            story.control.request_stop()

    ended = story.tell(answer)
    assert (ended.outcome, ended.images_seen, ended.images_saved) == (Outcome.STOPPED, 40, 40)
    assert read_metadata(story.folder.newest_valid().path).images_seen == 40


def test_that_a_run_that_stands_still_saves_and_samples(tmp_path):
    story = RunStory(tmp_path)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_pause()
        if isinstance(event, RunPaused):
            story.control.request_checkpoint()
        if isinstance(event, CheckpointSaved) and event.images_seen == 40:
            story.control.request_sample()
        if isinstance(event, PreviewReady) and story.of(CheckpointSaved):
            story.control.request_resume()

    assert story.tell(answer).outcome is Outcome.FINISHED
    assert 40 in [event.images_seen for event in story.of(PreviewReady)]


def test_that_what_is_discarded_is_what_came_after_the_last_checkpoint(tmp_path):
    story = RunStory(tmp_path)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_checkpoint()
        if images_of(event) == 80:
            story.control.request_stop(discard=True)

    ended = story.tell(answer)
    assert (ended.outcome, ended.images_seen, ended.images_saved) == (Outcome.STOPPED, 80, 40)
    assert [read_metadata(p).images_seen for p in story.folder.checkpoint_paths()] == [40]


def test_that_a_preview_is_drawn_when_asked_for(tmp_path):
    story = RunStory(tmp_path, reporting__preview_every_s=3600.0)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_sample()

    story.tell(answer)
    phases = [event.phase for event in story.of(PhaseChanged)]
    at = phases.index(Phase.SAMPLING)
    assert phases[at + 1] == Phase.TRAINING
    assert 40 in [event.images_seen for event in story.of(PreviewReady)]


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.WARMING_UP])
def test_that_a_stop_is_heeded_before_the_first_step(tmp_path, phase):
    story = RunStory(tmp_path)

    def answer(event):
        if isinstance(event, PhaseChanged) and event.phase is phase:
            story.control.request_stop()

    ended = story.tell(answer)
    assert (ended.outcome, ended.images_seen) == (Outcome.STOPPED, 0)
    assert not story.folder.checkpoint_paths()


class Greedy:
    """Needs more memory than there is, for steps in fewer shares than ``fits``."""

    def __init__(self, monkeypatch, fits, first=0):
        self.num_micro_batches = []
        taken = GanStep.__call__

        def take(step, batch, number):
            self.num_micro_batches.append(step.num_micro_batches)
            if number >= first and step.num_micro_batches < fits:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return taken(step, batch, number)

        monkeypatch.setattr(GanStep, "__call__", take)


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 5])
def test_that_a_step_that_does_not_fit_is_taken_in_shares(tmp_path, monkeypatch, first):
    greedy = Greedy(monkeypatch, fits=4, first=first)
    story = RunStory(tmp_path, images=80)
    ended = story.tell()
    assert (ended.outcome, ended.images_seen) == (Outcome.FINISHED, 80)
    split = story.of(MicroBatchingEnabled)
    assert [(event.batch_size, event.num_micro_batches) for event in split] == [(8, 2), (8, 4)]
    assert all(event.budget_bytes > 0 for event in split)
    facts = read_metadata(story.folder.newest_valid().path)
    assert (facts.step, facts.loop_state["num_micro_batches"]) == (10, 4)
    greedy.num_micro_batches.clear()
    story.config = story.folder.read_config().with_values(run=story.config.run, images=96)
    assert story.tell(way=resume).images_seen == 96
    assert set(greedy.num_micro_batches[2:]) == {4}


def test_that_memory_that_never_suffices_is_said_with_numbers(tmp_path, monkeypatch, problem_log):
    Greedy(monkeypatch, fits=100)
    story = RunStory(tmp_path)
    ended = story.tell()
    expect_all(problem_log, "failed")
    assert ended.outcome is Outcome.FAILED
    assert isinstance(ended.error, MemoryExhaustedError)
    assert ended.error.batch_size == 8


def test_that_a_lost_device_says_what_is_safe(tmp_path, monkeypatch, problem_log):
    story = RunStory(tmp_path)
    taken = GanStep.__call__

    def take(step, batch, number):
        if number == 10:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nmore")
        return taken(step, batch, number)

    monkeypatch.setattr(GanStep, "__call__", take)

    def answer(event):
        if images_of(event) == 40:
            story.control.request_checkpoint()

    ended = story.tell(answer)
    expect_all(problem_log, "failed")
    assert isinstance(ended.error, DeviceLostError)
    assert (ended.error.images_saved, ended.images_saved) == (40, 40)
    assert "\n" not in ended.error.reason


@pytest.mark.parametrize("way_out", ["finished", "stopped", "failed"])
def test_that_the_networks_are_gone_when_the_end_is_told(
    tmp_path, monkeypatch, problem_log, way_out
):
    story, networks = RunStory(tmp_path), []
    set_up = run_module.set_up

    def remember(*args, **options):
        run = set_up(*args, **options)
        networks.extend(weakref.ref(trained.network) for trained in run.state.networks.values())
        return run

    taken = GanStep.__call__

    def take(step, batch, number):
        if number == 5 and networks and way_out == "failed":
            raise RuntimeError("a bug")
        return taken(step, batch, number)

    monkeypatch.setattr(GanStep, "__call__", take)
    monkeypatch.setattr(run_module, "set_up", remember)

    def answer(event):
        if images_of(event) == 40 and way_out == "stopped":
            story.control.request_stop()
        if isinstance(event, RunEnded):
            assert [network() for network in networks] == [None, None]

    assert story.tell(answer).outcome.value == way_out
    expect_all(problem_log, "failed")
    assert len(networks) == 2


def test_that_a_run_that_never_saved_begins_at_its_beginning(tmp_path):
    story = RunStory(tmp_path)

    def answer(event):
        if isinstance(event, PhaseChanged) and event.phase is Phase.WARMING_UP:
            story.control.request_stop()

    story.tell(answer)
    again = RunStory(tmp_path)
    again.config = story.folder.read_config().with_values(run=story.config.run)
    assert again.tell(way=resume).outcome is Outcome.FINISHED
    expect_equal_to_straight(again, tmp_path)


def test_that_a_run_is_held_while_it_trains_and_free_afterwards(tmp_path, problem_log):
    story, others = RunStory(tmp_path), []

    def answer(event):
        if images_of(event) == 40:
            config = story.folder.read_config().with_values(run=story.config.run)
            resume(config, others.append, story.control)

    assert story.tell(answer).outcome is Outcome.FINISHED
    expect_all(problem_log, "failed")
    assert isinstance(others[-1].error, RunLockedError)
    with RunLock(story.config.run):
        pass
