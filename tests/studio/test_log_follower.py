"""Following a run that another process writes: in made-up steps, and for real."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.events import (
    EvaluationCompleted,
    MetricsReported,
    Outcome,
    PreviewReady,
    Progress,
    RunEnded,
    RunEvent,
    RunRelocated,
    RunResumed,
    StepsSkipped,
)
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.jobs import log_follower
from studio.jobs.log_follower import Followed, RunLogFollower, RunWatch
from studio.models.run_state import RunActivity, RunState
from tests.helpers.fake_engine import losses
from tests.helpers.guards import is_event
from tests.helpers.run_folders import make_preview, write_preview
from tests.helpers.tiny import tiny_dataset

PATIENCE_MS = 60_000


class FakeTail:
    """Gives what it was handed, a list at a time."""

    def __init__(self, *turns: Sequence[RunEvent]) -> None:
        self.turns = [list(turn) for turn in turns]

    def read_new(self) -> list[RunEvent]:
        return self.turns.pop(0) if self.turns else []


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_follower, "POLL_S", 0.01)


def watched(
    folder: Path, tail: FakeTail, shown: Progress | None = None
) -> tuple[list[Any], Followed]:
    """Follow what the tail gives; the process lives as long as there is something to read."""
    told: list[Any] = []
    watch = RunWatch(folder, tail, lambda: bool(tail.turns))
    followed = watch.watch(shown, told.append, RunControl())
    return told, followed


def ended(folder: Path) -> RunEnded:
    return RunEnded(outcome=Outcome.FINISHED, folder=folder, images_seen=300, elapsed_s=3.0)


def test_that_what_is_shown_already_is_passed_over(tmp_path: Path):
    past = [losses(100), losses(200)]
    told, _ = watched(tmp_path, FakeTail(past, [], [losses(300)]), past[1].progress)
    assert told == [losses(300)]


def test_that_everything_is_told_where_nothing_is_shown(tmp_path: Path):
    told, _ = watched(tmp_path, FakeTail([losses(100)], [], [losses(200)]))
    assert told == [losses(100), losses(200)]


def test_that_what_was_written_while_the_run_was_opened_is_told(tmp_path: Path):
    first, second = losses(100), losses(200)
    quality = EvaluationCompleted(images_seen=150, elapsed_s=0.15, metrics={"kid": 1.0})
    told, _ = watched(tmp_path, FakeTail([first, quality, second], []), first.progress)
    assert told == [quality, second]


def test_that_a_run_that_went_back_is_told_of_as_it_happened(tmp_path: Path):
    past = [losses(100), losses(200)]
    again = [RunResumed(images_seen=50, elapsed_s=0.05, checkpoint="c"), losses(110)]
    told, _ = watched(tmp_path, FakeTail(past + again, []), past[1].progress)
    assert told == again


def test_that_the_end_of_an_earlier_part_is_not_the_end(tmp_path: Path):
    told, followed = watched(
        tmp_path, FakeTail([losses(100), ended(tmp_path)], [], [losses(200)], [])
    )
    assert told == [losses(100), losses(200)]
    assert followed.is_interrupted


def test_that_the_end_is_the_last_thing_said(tmp_path: Path):
    told, followed = watched(tmp_path, FakeTail([], [losses(100), ended(tmp_path)]))
    assert told == [losses(100)]
    assert followed.ended == ended(tmp_path)
    assert not followed.is_interrupted


def test_that_a_run_that_moves_is_left(tmp_path: Path):
    moved = RunRelocated(folder=tmp_path / "other")
    told, followed = watched(tmp_path, FakeTail([], [moved, losses(100)]))
    assert told == [moved]
    assert followed.moved_to == tmp_path / "other"
    assert not followed.is_interrupted


def test_that_a_preview_comes_with_its_pictures_or_not_at_all(tmp_path: Path):
    whole, gone = make_preview(tmp_path, 100), make_preview(tmp_path, 200)
    write_preview(tmp_path, 100)
    bare = [
        PreviewReady(
            images_seen=event.images_seen,
            elapsed_s=event.elapsed_s,
            images=event.images[:0],
            texts=(),
            path=event.path,
        )
        for event in (whole, gone)
    ]
    told, _ = watched(tmp_path, FakeTail(list(bare), []))
    (preview,) = told
    assert isinstance(preview, PreviewReady)
    assert (preview.images == whole.images).all()
    assert preview.texts == whole.texts


def test_that_of_a_long_past_little_is_held(tmp_path: Path):
    turns = [[losses(100 * turn + step) for step in range(1, 90)] for turn in range(40)]
    watch = RunWatch(tmp_path, FakeTail(*turns, []), lambda: False)
    assert len(watch._read_all(RunControl())) <= 90


def test_that_leaving_ends_the_thread_and_says_nothing(qtbot: QtBot, tmp_path: Path):
    job = RunLogFollower(
        watch=lambda folder: RunWatch(folder, FakeTail([losses(100)]), lambda: True)
    )
    said: list[object] = []
    job.following_ended.connect(said.append)
    with qtbot.waitSignal(job.event_emitted, check_params_cb=is_event(MetricsReported)):
        job.follow(tmp_path)
    assert job.is_running
    job.leave()
    assert job.wait(PATIENCE_MS)
    qtbot.waitUntil(lambda: not job.is_running)
    assert said == []


def start_child(dataset: Path, run: Path, *options: str) -> subprocess.Popen[bytes]:
    """Train from the command line, in a process of its own."""
    small = ["--batch-size", "8", "--preview-count", "4", "--preview-every-s", "1", "--device"]
    small += [
        "cpu",
        "--generator-channels",
        "4",
        "--discriminator-channels",
        "4",
        "--evaluate-every-s",
        "0",
    ]
    command = [sys.executable, "-m", "studio", "train", "--dataset", str(dataset)]
    command += ["--preset", "cpu-tiny", *small, "--run", str(run), *options]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path.cwd()
    )


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = start_child(tiny_dataset(tmp_path / "data"), tmp_path / "run", "--minutes", "10")
    yield process
    process.kill()
    process.wait()


def open_when_trained(qtbot: QtBot, studio: Studio, run: Path) -> None:
    """Open a run once its process trains."""
    log = RunFolder(run).log_file

    def trains() -> bool:
        return log.is_file() and b"MetricsReported" in log.read_bytes()

    qtbot.waitUntil(trains, timeout=PATIENCE_MS)
    studio.run_view.open_or_report(run)
    assert studio.run_view.status.activity is RunActivity.ELSEWHERE
    assert studio.desktop.following.is_running


def test_that_what_goes_wrong_in_a_followed_run_is_noted(studio: Studio):
    skipped = StepsSkipped(images_seen=640, steps=(9,), terms=("discriminator",))
    studio.desktop.following.event_emitted.emit(skipped)
    assert not studio.window.run.notes.isHidden()


@pytest.mark.slow
def test_that_a_real_run_is_followed_to_its_end(
    qtbot: QtBot, studio: Studio, tmp_path: Path, child: subprocess.Popen[bytes]
):
    run, job = tmp_path / "run", studio.desktop.following
    open_when_trained(qtbot, studio, run)
    reports: list[MetricsReported] = []
    job.event_emitted.connect(
        lambda event: reports.append(event) if isinstance(event, MetricsReported) else None
    )
    with qtbot.waitSignals(
        [job.event_emitted, job.event_emitted],
        check_params_cbs=[is_event(MetricsReported), is_event(PreviewReady)],
        timeout=PATIENCE_MS,
    ):
        pass
    assert not studio.training.is_running
    with qtbot.waitSignal(job.following_ended, timeout=PATIENCE_MS) as signal_seen:
        child.send_signal(signal.SIGINT)
    (followed,) = signal_seen.args or [None]
    assert followed.ended is not None
    assert followed.ended.outcome is Outcome.STOPPED
    images = [report.progress.images_seen for report in reports]
    assert images == sorted(set(images))
    # Shown again as a run at rest, which can be gone on with.
    assert studio.run_view.status.state is RunState.FINISHED
    assert RunFolder(run).checkpoint_paths()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_that_a_killed_run_is_shown_as_interrupted(
    qtbot: QtBot, studio: Studio, tmp_path: Path, child: subprocess.Popen[bytes]
):
    run, job = tmp_path / "run", studio.desktop.following
    open_when_trained(qtbot, studio, run)
    with qtbot.waitSignal(
        job.event_emitted, check_params_cb=is_event(MetricsReported), timeout=PATIENCE_MS
    ):
        pass
    with qtbot.waitSignal(job.following_ended, timeout=PATIENCE_MS) as signal_seen:
        child.send_signal(signal.SIGKILL)
        # Who is dead and not buried still holds nothing.
        child.wait()
    (followed,) = signal_seen.args or [None]
    assert followed.is_interrupted
    assert studio.run_view.status.state is RunState.INTERRUPTED
