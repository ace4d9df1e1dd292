import json
import os
import subprocess
import sys

import pytest

from engine.events import RolledBack, RunResumed
from engine.fs.lock import RunLock
from engine.runs.event_codec import line_of
from engine.runs.retention import best_metrics
from engine.runs.status import TAIL_BYTES, Status, status_of
from tests.helpers.run_folders import made_run, measured, run_lines, write_log


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed"])
def test_that_the_last_line_of_a_log_tells_how_a_run_ended(tmp_path, outcome):
    found = status_of(made_run(tmp_path, "run", outcome=outcome))
    assert found.status is Status(outcome)
    assert (found.images_seen, found.elapsed_s) == (6400, 90.0)
    assert found.error.startswith("DiskFullError" if outcome == "failed" else "")


def test_that_a_log_without_an_end_is_of_a_run_that_was_interrupted(tmp_path):
    found = status_of(made_run(tmp_path, "run", outcome=None))
    assert found.status is Status.INTERRUPTED
    assert found.images_seen == 6400


def test_that_a_run_that_goes_on_after_its_end_is_interrupted_if_nobody_holds_it(tmp_path):
    run = made_run(tmp_path, "run")
    with (run / "events.jsonl").open("a") as log:
        log.write('{"event": "RunResumed", "time": 1.0, "images_seen": 6400}\n')
    assert status_of(run).status is Status.INTERRUPTED


def test_that_a_run_without_a_log_is_new(tmp_path):
    assert status_of(made_run(tmp_path, "run", seen=0)).status is Status.NEW
    (tmp_path / "run" / "events.jsonl").touch()
    assert status_of(tmp_path / "run").status is Status.NEW
    assert status_of(tmp_path / "nowhere").status is Status.NEW


def test_that_a_torn_last_line_takes_nothing_from_the_others(tmp_path):
    run = made_run(tmp_path, "run", outcome=None)
    with (run / "events.jsonl").open("a") as log:
        log.write('{"event": "MetricsRep')
    assert status_of(run).status is Status.INTERRUPTED
    assert status_of(run).images_seen == 6400


@pytest.mark.parametrize(
    "content",
    [b"\x00" * 100, b"\xff\xfe garbage", b"[" * 50_000, b"{}\n[]\n7\n", b"x" * 300_000],
)
def test_that_a_log_of_garbage_is_an_interrupted_run(tmp_path, content):
    run = made_run(tmp_path, "run")
    (run / "events.jsonl").write_bytes(content)
    assert status_of(run).status is Status.INTERRUPTED


@pytest.mark.parametrize("count", ["NaN", "Infinity", "-5", "1e400", '"many"', "null", "true"])
def test_that_counts_that_are_none_count_nothing(tmp_path, count):
    run = made_run(tmp_path, "run")
    line = f'{{"event": "RunEnded", "outcome": "stopped", "images_seen": {count}}}\n'
    (run / "events.jsonl").write_text(line)
    found = status_of(run)
    assert (found.status, found.images_seen) == (Status.STOPPED, 0)


def test_that_no_more_than_the_end_of_a_long_log_is_read(tmp_path):
    run = made_run(tmp_path, "run")
    lines = run_lines(100, None)[2:] * 3000 + run_lines(9999, "stopped")[2:]
    write_log(run, lines)
    assert (run / "events.jsonl").stat().st_size > 5 * TAIL_BYTES
    assert status_of(run).images_seen == 9999


def test_that_a_link_and_a_pipe_are_no_log(tmp_path):
    run = made_run(tmp_path, "run")
    (run / "events.jsonl").rename(tmp_path / "elsewhere")
    (run / "events.jsonl").symlink_to(tmp_path / "elsewhere")
    assert status_of(run).status is Status.NEW
    (run / "events.jsonl").unlink()
    os.mkfifo(run / "events.jsonl")
    assert status_of(run).status is Status.NEW


def test_that_a_run_of_another_process_is_running_until_that_dies(tmp_path):
    run = made_run(tmp_path, "run", outcome=None)
    code = (
        "import sys, pathlib\nfrom engine.fs.lock import RunLock\n"
        "with RunLock(pathlib.Path(sys.argv[1])):\n print('held', flush=True)\n sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        found = status_of(run)
        assert found.status is Status.RUNNING
        assert found.holder is not None
        assert (found.holder.pid, found.holder.is_us) == (other.pid, False)
        other.kill()
    assert status_of(run).status is Status.INTERRUPTED


def test_that_our_own_run_is_known_as_ours(tmp_path):
    run = made_run(tmp_path, "run")
    with RunLock(run):
        found = status_of(run)
    assert found.holder is not None
    assert (found.status, found.holder.is_us) == (Status.RUNNING, True)
    assert status_of(run).status is Status.FINISHED


@pytest.mark.parametrize(
    "back",
    [
        RunResumed(images_seen=200, elapsed_s=40.0, checkpoint="checkpoint-000000000200"),
        RolledBack(images_seen=200, from_images_seen=300, rate_scale=0.5),
    ],
)
def test_that_the_best_figures_are_those_of_the_points_that_count(tmp_path, back):
    log = made_run(tmp_path, "run") / "events.jsonl"
    write_log(
        log.parent,
        [
            measured(100, kid=0.5, joint_coherence=0.3),
            measured(200, kid=0.4, joint_coherence=0.6),
            measured(300, kid=0.1, joint_coherence=0.9),
            json.loads(line_of(back)),
            measured(300, kid=0.2, joint_coherence=float("nan")),
            measured(400, kid=0.3),
        ],
    )
    assert best_metrics(log) == {"kid": 0.2, "joint_coherence": 0.6}
