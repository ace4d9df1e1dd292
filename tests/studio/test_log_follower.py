"""Following a run that another process writes: in made-up steps, and for real."""

import dataclasses
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
from engine.errors import FolderNotWritableError
from engine.events import (
    EvaluationCompleted,
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    PreviewReady,
    Progress,
    RequestAnswered,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRelocated,
    RunRequest,
    RunResumed,
    StepsSkipped,
)
from engine.fs.lock import RunLock
from engine.runs import requests
from engine.runs.event_log import RunLog
from engine.runs.folder import RunFolder
from engine.runs.requests import RequestInbox, SentRequest, send_request
from studio.app import Studio
from studio.dialogs.error import ErrorDialog
from studio.jobs import log_follower
from studio.jobs.log_follower import Followed, RunLogFollower, RunWatch
from studio.models.run_state import Command, RunActivity, RunState
from tests.helpers.fake_engine import losses
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.run_folders import made_run, make_preview, write_preview
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import says, visible_buttons

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


# --------------------------------------------------------------------------
# Requests to a run of another process, which a test plays.


class OtherProcess:
    """Holds a run, and writes its log."""

    def __init__(self, folder: Path) -> None:
        self.inbox = RequestInbox()
        self.run = RunFolder(made_run(folder.parent, folder.name, outcome=None))
        self.lock = RunLock(self.run.path, self.inbox.session)
        self.log = RunLog(self.run.log_file)

    def received(self) -> list[SentRequest]:
        return [sent for sent, _refusal in self.inbox.read_new(self.run.path)]

    def answer(self, qtbot: QtBot, refusal: str = "") -> RunRequest:
        """Wait for one request and answer it."""
        found: list[SentRequest] = []
        qtbot.waitUntil(lambda: bool(found.extend(self.received()) or found), timeout=PATIENCE_MS)
        [sent] = found
        self.log.record(
            RequestAnswered(
                request=sent.request, nonce=sent.nonce, sender=sent.sender, refusal=refusal
            )
        )
        return sent.request


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherProcess]:
    monkeypatch.setattr(requests, "READ_EVERY_S", 0.0)
    made = OtherProcess(tmp_path / "runs" / "cats")
    with made.lock:
        yield made
        made.log.close()


def open_followed(studio: Studio, other: OtherProcess) -> None:
    studio.window.show_docks()
    studio.run_view.open_or_report(other.run.path)
    assert studio.desktop.following.is_running


def wait_for_state(qtbot: QtBot, studio: Studio, state: RunState) -> None:
    qtbot.waitUntil(lambda: studio.run_view.status.shown_state is state, timeout=PATIENCE_MS)


def test_that_the_buttons_of_a_followed_run_reach_its_process(
    qtbot: QtBot, studio: Studio, other: OtherProcess
):
    open_followed(studio, other)
    buttons = visible_buttons(studio.window.run)
    assert {"Pause", "Stop", "Save now", "Sample now", "Start training"} <= set(buttons)
    for name in ("Pause", "Stop", "Save now", "Sample now"):
        assert buttons[name].isEnabled()
        assert f"another program: process {os.getpid()} on" in buttons[name].toolTip()
    assert not studio.window.actions_.run.action(Command.STOP_DISCARD).isEnabled()

    buttons["Pause"].click()
    assert studio.run_view.status.shown_state is RunState.PAUSING
    assert studio.run_view.status.state is RunState.IDLE
    assert other.answer(qtbot) is RunRequest.PAUSE
    other.log.record(RunPaused(images_seen=64))
    wait_for_state(qtbot, studio, RunState.PAUSED)
    assert says(studio.window.run, "Paused")
    assert "Paused" in studio.window.windowTitle()

    visible_buttons(studio.window.run)["Resume"].click()
    assert other.answer(qtbot) is RunRequest.CONTINUE
    other.log.record(PhaseChanged(phase=Phase.TRAINING))
    wait_for_state(qtbot, studio, RunState.RUNNING)
    assert "another program" not in visible_buttons(studio.window.run)["Start training"].toolTip()

    studio.window.quality.evaluate_requested.emit()
    assert other.answer(qtbot) is RunRequest.EVALUATE
    for command, request in (
        (Command.SAVE_NOW, RunRequest.SAVE),
        (Command.SAMPLE_NOW, RunRequest.PREVIEW),
        (Command.PAUSE_RELEASE, RunRequest.RELEASE),
        (Command.STOP_SAVE, RunRequest.STOP),
    ):
        studio.window.run.ask(command)
        assert other.answer(qtbot) is request
    wait_for_state(qtbot, studio, RunState.STOPPING)
    assert not studio.training.is_running


def test_that_a_run_of_a_process_that_takes_no_requests_has_no_buttons(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    folder = made_run(tmp_path / "runs", "cats", outcome=None)
    with RunLock(folder):
        studio.window.show_docks()
        studio.run_view.open_or_report(folder)
        assert studio.desktop.following.is_running
        assert {"Pause", "Stop"}.isdisjoint(visible_buttons(studio.window.run))
        assert says(studio.window.run, "It can be resumed here once")


def test_that_a_pause_that_others_requested_is_shown(
    qtbot: QtBot, studio: Studio, other: OtherProcess
):
    open_followed(studio, other)
    send_request(other.run.path, RunRequest.PAUSE)
    other.answer(qtbot)
    wait_for_state(qtbot, studio, RunState.PAUSING)


def test_that_a_refusal_is_told_and_shows_what_the_run_does(
    qtbot: QtBot, studio: Studio, other: OtherProcess
):
    open_followed(studio, other)
    visible_buttons(studio.window.run)["Pause"].click()
    other.answer(qtbot, refusal="it was sent 30 min ago")
    qtbot.waitUntil(lambda: says(studio.window.run, "refuses the request: it was sent 30 min"))
    assert studio.run_view.status.shown_state is RunState.RUNNING


def test_that_silence_is_told_and_a_late_answer_counts(
    qtbot: QtBot, studio: Studio, other: OtherProcess
):
    open_followed(studio, other)
    studio.desktop.following._patience.setInterval(10)
    visible_buttons(studio.window.run)["Pause"].click()
    qtbot.waitUntil(lambda: says(studio.window.run, "has not answered yet"))
    assert studio.run_view.status.shown_state is RunState.RUNNING
    other.answer(qtbot)
    wait_for_state(qtbot, studio, RunState.PAUSING)
    qtbot.waitUntil(lambda: not says(studio.window.run, "has not answered yet"))


def test_that_a_request_that_cannot_be_written_is_an_error(
    qtbot: QtBot,
    studio: Studio,
    other: OtherProcess,
    monkeypatch: pytest.MonkeyPatch,
    problem_log: ProblemLog,
):
    def fail(*_arguments: object) -> None:
        raise FolderNotWritableError(other.run.path, "read-only")

    open_followed(studio, other)
    monkeypatch.setattr(log_follower, "send_request", fail)
    visible_buttons(studio.window.run)["Pause"].click()
    qtbot.waitUntil(lambda: studio.window.findChild(ErrorDialog) is not None)
    assert studio.run_view.status.shown_state is RunState.RUNNING
    child_dialog = studio.window.findChild(ErrorDialog)
    assert child_dialog is not None
    child_dialog.reject()
    problem_log.expect("Cannot write to")


def test_that_following_keeps_the_computer_awake_except_in_a_pause(
    qtbot: QtBot, studio: Studio, other: OtherProcess
):
    held: list[str] = []

    class Hold:
        def __init__(self) -> None:
            held.append("made")

        def release(self) -> None:
            held.append("released")

    awake = studio.desktop.awake
    awake._way = Hold
    open_followed(studio, other)
    assert awake.is_holding
    other.log.record(RunPaused(images_seen=64))
    wait_for_state(qtbot, studio, RunState.PAUSED)
    assert not awake.is_holding
    other.log.record(PhaseChanged(phase=Phase.TRAINING))
    wait_for_state(qtbot, studio, RunState.RUNNING)
    assert awake.is_holding
    with qtbot.waitSignal(studio.desktop.following.following_ended, timeout=PATIENCE_MS):
        other.lock.release()
    assert not awake.is_holding
    assert held == ["made", "released"] * 2


def test_that_a_run_on_another_computer_is_not_given_up_at_the_first_silence(tmp_path: Path):
    tail = FakeTail([losses(100)], [], [], [losses(200), ended(tmp_path)])
    told: list[Any] = []
    # Its lock looks abandoned, as in a folder that is synchronised late.
    watch = RunWatch(tmp_path, tail, lambda: False, patience_s=60.0)
    followed = watch.watch(None, told.append, RunControl())
    assert told == [losses(100), losses(200)]
    assert followed.ended == ended(tmp_path)


def test_that_a_preview_whose_sheet_comes_later_is_shown_then(tmp_path: Path):
    event = make_preview(tmp_path, 100)
    bare = PreviewReady(
        images_seen=100, elapsed_s=0.1, images=event.images[:0], texts=(), path=event.path
    )
    told: list[Any] = []

    class LateSheet(FakeTail):
        def read_new(self) -> list[RunEvent]:
            if len(self.turns) == 1:
                write_preview(tmp_path, 100)
            return super().read_new()

    tail = LateSheet([bare], [], [losses(200)], [losses(300)], [losses(400)])
    RunWatch(tmp_path, tail, lambda: bool(tail.turns)).watch(None, told.append, RunControl())
    kinds = [type(event) for event in told]
    assert kinds == [MetricsReported, MetricsReported, MetricsReported, PreviewReady]


def test_that_a_report_with_later_images_known_is_not_shown_twice(tmp_path: Path):
    # A pause tells of more images than the last report in the log.
    past = [losses(100), losses(200)]
    shown = dataclasses.replace(past[1].progress, images_seen=264, remaining_s=None)
    told, _ = watched(tmp_path, FakeTail([*past, RunPaused(images_seen=264)], []), shown)
    assert told == [RunPaused(images_seen=264)]
