"""A run that the command line trains, followed and controlled from the real window."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.events import MetricsReported, Outcome, PreviewReady
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.jobs.log_follower import Followed
from studio.models.run_state import Command, RunState
from tests.helpers.command_line import ROOT, TINY
from tests.helpers.guards import is_event
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import ask, visible_buttons

PATIENCE_MS = 120_000
ENOUGH_S = 60
"""Time in which a run that is told to end has ended."""


ALONE = ("-m", "engine")
TORCHRUN = (
    *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
    *("-m", "--", "engine"),
)


@pytest.fixture(params=[ALONE, TORCHRUN], ids=["one-process", "torchrun"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A run that one or two processes of another program train until it is stopped."""
    dataset, folder = tiny_dataset(tmp_path / "data"), tmp_path / "runs" / "far"
    command = [sys.executable, *request.param, "train", "--dataset", str(dataset)]
    command += ["--preset", "cpu-tiny", "--minutes", "0", *TINY, "--run", str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    yield folder
    # The launcher passes SIGTERM on to its processes; killed, it would leave them.
    process.terminate()
    try:
        process.wait(ENOUGH_S)
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_that_a_run_elsewhere_is_followed_paused_continued_and_stopped(
    qtbot: QtBot, studio: Studio, run: Path
):
    log = RunFolder(run).log_file

    def wait_for(state: RunState) -> None:
        qtbot.waitUntil(lambda: studio.run_view.status.shown_state is state, timeout=PATIENCE_MS)

    def trains() -> bool:
        return log.is_file() and b"MetricsReported" in log.read_bytes()

    qtbot.waitUntil(trains, timeout=PATIENCE_MS)
    studio.window.show_docks()
    studio.run_view.open_or_report(run)
    following = studio.desktop.following
    with qtbot.waitSignal(
        following.event_emitted, check_params_cb=is_event(MetricsReported), timeout=PATIENCE_MS
    ):
        pass
    wait_for(RunState.RUNNING)

    visible_buttons(studio.window.run)["Pause"].click()
    assert studio.run_view.status.shown_state is RunState.PAUSING
    wait_for(RunState.PAUSED)
    status = studio.run_view.status
    paused_at = status.progress.images_seen if status.progress else 0

    visible_buttons(studio.window.run)["Resume"].click()
    wait_for(RunState.RUNNING)
    with qtbot.waitSignal(
        following.event_emitted, check_params_cb=is_event(PreviewReady), timeout=PATIENCE_MS
    ):
        ask(studio, Command.SAMPLE_NOW)

    with qtbot.waitSignal(following.following_ended, timeout=PATIENCE_MS) as signal:
        visible_buttons(studio.window.run)["Stop"].click()
    followed: Followed = (signal.args or [None])[0]
    assert followed.ended is not None
    assert followed.ended.outcome is Outcome.STOPPED
    assert followed.ended.images_saved == followed.ended.images_seen > paused_at
    # It is at rest now, and can be resumed here.
    assert studio.run_view.status.state is RunState.FINISHED
    assert studio.window.run._controls.more.run is not None
    assert not studio.training.is_running
