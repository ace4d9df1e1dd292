"""The gallery job: a live run is asked for its current state first."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.config.presets import config_from_preset
from engine.events import Outcome
from engine.job_events import GalleryEnded
from engine.sample.request import GalleryRequest
from studio.jobs.gallery import GalleryJob
from studio.jobs.training import TrainingJob
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.problem_log import ProblemLog


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
    with qtbot.waitSignal(training.preview_ready):
        training.start(config)


def test_that_a_finished_run_needs_no_waiting(qtbot, gallery, engine, tmp_path):
    with qtbot.waitSignals([gallery.gallery_progressed, gallery.gallery_ended]):
        gallery.start(request(tmp_path))
    assert engine.requests == [request(tmp_path)]
    assert not gallery.is_running


def test_that_a_live_run_saves_first(qtbot, gallery, training, engine, tmp_path):
    start_training(qtbot, training, tmp_path)
    order: list[str] = []
    training.checkpoint_saved.connect(lambda _event: order.append("checkpoint"))
    gallery.gallery_ended.connect(lambda _event: order.append("gallery"))
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
        assert gallery.is_running
    assert order == ["checkpoint", "gallery"]


def test_that_a_run_that_ends_first_is_no_obstacle(qtbot, gallery, training, tmp_path):
    start_training(qtbot, training, tmp_path)
    training.request_checkpoint = lambda: None
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
        training.stop()


def test_that_a_run_that_never_answers_costs_the_newest_state_only(
    qtbot, gallery, training, tmp_path
):
    start_training(qtbot, training, tmp_path)
    training.request_checkpoint = lambda: None
    gallery._waiting.setInterval(20)
    with qtbot.waitSignal(gallery.gallery_ended):
        gallery.start(request(tmp_path))
    assert training.is_running


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
