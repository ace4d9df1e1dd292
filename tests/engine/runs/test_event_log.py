"""The log of a run survives kills, truncated lines and disk errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.events import MetricsReported, Phase, PhaseChanged
from engine.fs.atomic import files
from engine.runs.event_log import RunLog
from engine.runs.event_reader import read_events
from tests.helpers.disks import FaultyDisk
from tests.helpers.fake_engine import losses

ROOT = Path(__file__).parents[3]
WRITE = """
import itertools, sys
from pathlib import Path
from engine.events import Phase, PhaseChanged
from engine.runs.event_log import RunLog
from tests.helpers.fake_engine import losses
log = RunLog(Path(sys.argv[1]))
for number in itertools.count(1):
    log.record(losses(number * 1000))
    print(number, flush=True)
"""


def images_in(path: Path) -> list[int]:
    return [e.progress.images_seen for e in read_events(path) if isinstance(e, MetricsReported)]


def written(path: Path, count: int = 3) -> bytes:
    log = RunLog(path)
    for number in range(count):
        log.record(losses(1000 * (number + 1), generator=0.25, discriminator=1.5))
    log.close()
    return path.read_bytes()


def test_that_a_last_line_torn_anywhere_is_repaired(tmp_path, problem_log):
    path = tmp_path / "events.jsonl"
    whole = written(path)
    start = whole[:-1].rindex(b"\n") + 1
    for length in range(start, len(whole)):
        path.write_bytes(whole[:length])
        log = RunLog(path)
        log.record(losses(9000))
        log.close()
        lines = path.read_bytes().split(b"\n")
        assert lines.pop() == b""
        kinds = [json.loads(line)["event"] for line in lines]
        is_torn = start < length < len(whole) - 1
        assert kinds.count("LogRepaired") == is_torn
        # Only the line end was missing, so the line is kept.
        kept = [3000] if length == len(whole) - 1 else []
        assert images_in(path) == [1000, 2000, *kept, 9000]


def test_that_the_log_says_how_much_was_cut_off(tmp_path):
    path = tmp_path / "events.jsonl"
    whole = written(path)
    path.write_bytes(whole + b'{"event": "Loss')
    RunLog(path).close()
    last = json.loads(path.read_bytes().splitlines()[-1])
    assert (last["event"], last["bytes_cut"]) == ("LogRepaired", 15)


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"x" * 3_000_000, b"\xff\xfe", b"[1, 2]", b"7"])
def test_that_a_tail_of_anything_is_cut_off(tmp_path, tail):
    path = tmp_path / "events.jsonl"
    whole = written(path)
    path.write_bytes(whole + tail)
    RunLog(path).close()
    assert path.read_bytes().startswith(whole + b'{"event": "LogRepaired"')
    assert images_in(path) == [1000, 2000, 3000]


def test_that_a_log_of_one_torn_line_becomes_whole(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"x" * 200_000)
    written(path, 1)
    assert images_in(path) == [1000]


def test_that_a_kill_costs_the_torn_line_at_most(tmp_path):
    path = tmp_path / "events.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdout is not None
    for _number in range(500):
        process.stdout.readline()
    process.kill()
    told = [int(line) for line in process.communicate()[0].split("\n")[:-1]]
    last = told[-1] if told else 500
    RunLog(path).close()
    numbers = [images // 1000 for images in images_in(path)]
    # All lines reported as written are there, and at most one more.
    assert numbers == list(range(1, len(numbers) + 1))
    assert last <= len(numbers) <= last + 1


@pytest.mark.parametrize("call", ["write", "sync"])
def test_that_a_failing_disk_is_said_once_and_nothing_is_lost(tmp_path, problem_log, call):
    path = tmp_path / "events.jsonl"
    log = RunLog(path)
    log.record(losses(1000))
    with pytest.MonkeyPatch.context() as patch:
        FaultyDisk(patch, lambda: OSError(5, "Input/output error"), 0, is_over=True, calls=(call,))
        patch.setattr("engine.runs.event_log.SYNC_EVERY_S", 0.0)
        for number in range(2, 10):
            log.record(losses(number * 1000))
    problem_log.expect("cannot be written")
    assert not problem_log.unexpected
    log.record(losses(10_000))
    log.close()
    assert images_in(path) == [1000 * number for number in range(1, 11)]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_that_a_line_written_in_part_stands_there_once(tmp_path, problem_log, monkeypatch, share):
    path = tmp_path / "events.jsonl"
    log = RunLog(path)
    log.record(losses(1000))
    write = files.write

    def torn(file, content):
        write(file, content[: int((len(content) - 1) * share)])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", torn)
    log.record(losses(2000))
    monkeypatch.undo()
    problem_log.expect("cannot be written")
    log.record(losses(3000))
    log.close()
    assert images_in(path) == [1000, 2000, 3000]


def test_that_a_disk_that_never_comes_back_costs_no_memory(tmp_path, problem_log, monkeypatch):
    monkeypatch.setattr("engine.runs.event_log.MAX_WAITING", 10)
    log = RunLog(tmp_path / "missing" / "events.jsonl")
    for number in range(1, 101):
        log.record(losses(number * 1000))
    problem_log.expect("cannot be written")
    (tmp_path / "missing").mkdir()
    log.close()
    assert images_in(tmp_path / "missing" / "events.jsonl") == list(range(91_000, 100_001, 1000))


def test_that_it_is_synced_at_most_once_a_second(tmp_path, monkeypatch):
    disk = FaultyDisk(monkeypatch, OSError, 10**9, calls=("sync",))
    now = [100.0]
    monkeypatch.setattr("engine.runs.event_log.time.monotonic", lambda: now[0])
    log = RunLog(tmp_path / "events.jsonl")
    for tenth in range(1, 31):
        now[0] = 100 + tenth / 10
        log.record(PhaseChanged(phase=Phase.TRAINING))
    assert len(disk.names) == 3
    log.close()
    assert len(disk.names) == 4


def test_that_a_moved_run_goes_on_in_its_new_log(tmp_path):
    log = RunLog(tmp_path / "a.jsonl")
    log.record(losses(1000))
    log.reopen(tmp_path / "b.jsonl")
    log.record(losses(2000))
    log.close()
    assert images_in(tmp_path / "a.jsonl") == [1000]
    assert images_in(tmp_path / "b.jsonl") == [2000]


def test_that_losses_are_reported_after_the_clock_went_back(tmp_path):
    log = RunLog(tmp_path / "events.jsonl")
    for images in (5000, 2000, 2100, 3500):
        log.record(losses(images))
    log.close()
    assert images_in(tmp_path / "events.jsonl") == [5000, 2000, 3500]


def test_that_the_log_is_one_write_a_line(tmp_path, monkeypatch):
    disk = FaultyDisk(monkeypatch, OSError, 10**9, calls=("write",))
    log = RunLog(tmp_path / "events.jsonl")
    size = 0
    for number in range(1, 6):
        log.record(losses(number * 1000))
        # Lines are not buffered, so a kill loses none.
        assert (tmp_path / "events.jsonl").stat().st_size > size
        size = (tmp_path / "events.jsonl").stat().st_size
    assert disk.names == ["write"] * 5
    log.close()
