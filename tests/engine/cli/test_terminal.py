"""The command line, as real processes, when its terminal, its memory or its time is taken away."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.events import LogRestored, Outcome, ReportingFailed, RunEnded
from engine.runs.event_reader import read_events
from engine.runs.folder import RunFolder
from tests.helpers.command_line import (
    PATIENCE_S,
    TINY,
    diptych,
    ended,
    kill_leftovers,
    pipe,
)
from tests.helpers.tiny import tiny_dataset

resource = pytest.importorskip("resource", reason="POSIX")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, pipes and limits")
FOREVER = "--minutes=600"


def training(tmp_path, *options, **streams):
    dataset = tmp_path / "data"
    if not dataset.exists():
        tiny_dataset(dataset)
    return diptych("train", "--dataset", dataset, "--run", tmp_path / "run", *TINY, *options,
                   **streams)  # fmt: skip


def wait_for(condition):
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert condition()


@pytest.fixture(autouse=True)
def own_processes() -> Iterator[None]:
    """Let processes meet SIGHUP even where the tests run under ``nohup``; leave none behind."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    kill_leftovers()
    signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
def test_that_a_run_survives_its_reader_its_log_and_its_terminal(tmp_path):
    process = training(tmp_path, FOREVER)
    assert pipe(process.stdout).readline().startswith("Preset")
    pipe(process.stdout).close()
    run = RunFolder(tmp_path / "run")
    wait_for(run.preview_files)
    run.log_file.unlink()
    wait_for(lambda: any(isinstance(e, LogRestored) for e in read_events(run.log_file)))
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    assert process.wait(PATIENCE_S) == 0
    assert pipe(process.stderr).read() == ""
    pipe(process.stderr).close()
    events = list(read_events(run.log_file))
    (failed,) = [event for event in events if isinstance(event, ReportingFailed)]
    assert "standard output cannot be written: Broken pipe" in str(failed.error)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome is Outcome.STOPPED
    assert events[-1].images_saved == events[-1].images_seen > 0
    assert len(run.checkpoint_paths()) == 1


@pytest.mark.slow
def test_that_a_run_finishes_on_a_full_device(tmp_path):
    with Path("/dev/full").open("w") as full:
        process = training(tmp_path, "--images=16", stdout=full, stderr=full)
        assert process.wait(PATIENCE_S) == 0
    events = list(read_events(RunFolder(tmp_path / "run").log_file))
    assert any(isinstance(event, ReportingFailed) for event in events)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome is Outcome.FINISHED


def test_that_other_commands_end_quietly_on_a_closed_pipe(tmp_path):
    process = diptych("doctor", tiny_dataset(tmp_path / "data"))
    pipe(process.stdout).close()
    assert process.wait(PATIENCE_S) == 0
    assert pipe(process.stderr).read() == ""
    pipe(process.stderr).close()


def test_that_an_answer_that_cannot_be_written_is_a_failure(tmp_path):
    with Path("/dev/full").open("w") as full:
        process = diptych("runs", tmp_path, stdout=full)
        code, complaints = ended(process)
    assert code == 1
    reason = "standard output cannot be written: No space left on device"
    assert complaints == [f"diptych: {reason}"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_a_start_that_is_interrupted_leaves_a_sentence_and_nothing_else(tmp_path, number):
    process = training(tmp_path, FOREVER)
    # What follows this line is the import of torch.
    assert pipe(process.stdout).readline().startswith("Preset")
    process.send_signal(number)
    assert ended(process) == (1, ["diptych: interrupted"])
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_that_a_starter_that_is_terminated_half_built_leaves_nothing(tmp_path):
    datasets = tmp_path / "datasets"
    process = diptych("train", "--starter=digits", "--datasets", datasets, "--run", tmp_path / "r")
    wait_for(lambda: list(datasets.glob(".*.part")))
    process.terminate()
    assert ended(process) == (1, ["diptych: interrupted"])
    assert list(datasets.iterdir()) == []
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("command", "limit_mb"), [(("runs", "."), 64), (("train", "--starter=digits", "--run=r"), 600)]
)
def test_that_too_little_memory_is_a_sentence(tmp_path, command, limit_mb):
    limit = limit_mb << 20
    process = diptych(
        *command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    )
    code, complaints = ended(process)
    assert code == 1
    (complaint,) = complaints
    assert complaint.startswith("diptych: there is too little memory.")
