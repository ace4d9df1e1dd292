import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ImportLockedError, RunLockedError, RunMissingError
from engine.fs.lock import Holder, RunLock, holder_of
from engine.importing.staging import Staging

HOLD = """
import sys
from pathlib import Path
from engine.fs.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_that_a_run_that_a_live_process_holds_is_refused_with_its_number_and_host(tmp_path, other):
    with pytest.raises(RunLockedError) as caught, RunLock(tmp_path):
        pass
    assert (caught.value.pid, caught.value.host) == (other.pid, socket.gethostname())
    assert caught.value.folder == tmp_path
    assert holder_of(tmp_path) == Holder(other.pid, socket.gethostname(), is_us=False)


def test_that_the_lock_of_a_killed_process_is_broken(tmp_path, other):
    other.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    other.communicate()
    assert json.loads((tmp_path / "run.lock").read_text())["pid"] == other.pid
    assert holder_of(tmp_path) is None
    with RunLock(tmp_path):
        assert holder_of(tmp_path) == Holder(os.getpid(), socket.gethostname(), is_us=True)


def test_that_a_process_that_ends_leaves_nothing(tmp_path, other):
    other.communicate("")
    assert list(tmp_path.iterdir()) == []
    with RunLock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_that_one_process_does_not_hold_a_run_twice(tmp_path):
    with RunLock(tmp_path):
        with pytest.raises(RunLockedError) as caught, RunLock(tmp_path):
            pass
        assert caught.value.pid == os.getpid()
        # The refused attempt has not released the first lock.
        assert holder_of(tmp_path) is not None
    with RunLock(tmp_path):
        pass


def test_that_looking_does_not_let_go(tmp_path):
    with RunLock(tmp_path):
        for _look in range(3):
            assert holder_of(tmp_path) is not None
        with pytest.raises(RunLockedError), RunLock(tmp_path):
            pass


def test_that_nobody_holds_a_run_without_a_lock(tmp_path):
    assert holder_of(tmp_path) is None
    assert holder_of(tmp_path / "nothing") is None
    with pytest.raises(RunMissingError):
        RunLock(tmp_path / "nothing")


def foreign(folder: Path, age_s: float) -> None:
    import time

    file = folder / "run.lock"
    file.write_text(json.dumps({"pid": 4711, "host": "another-host", "started": 1.0}))
    os.utime(file, (time.time() - age_s, time.time() - age_s))


def test_that_the_fresh_lock_of_another_host_counts(tmp_path):
    foreign(tmp_path, age_s=20)
    assert holder_of(tmp_path) == Holder(4711, "another-host", is_us=False)
    with pytest.raises(RunLockedError) as caught, RunLock(tmp_path):
        pass
    assert (caught.value.pid, caught.value.host) == (4711, "another-host")
    assert json.loads((tmp_path / "run.lock").read_text())["pid"] == 4711


def test_that_the_old_lock_of_another_host_is_broken(tmp_path):
    foreign(tmp_path, age_s=120)
    assert holder_of(tmp_path) is None
    with RunLock(tmp_path):
        assert holder_of(tmp_path) == Holder(os.getpid(), socket.gethostname(), is_us=True)


def test_that_a_touched_lock_is_fresh(tmp_path):
    with RunLock(tmp_path) as lock:
        os.utime(tmp_path / "run.lock", (1, 1))
        lock.touch()
        assert (tmp_path / "run.lock").stat().st_mtime > 1_000_000


def test_that_a_touched_lock_has_other_content_of_the_same_length(tmp_path):
    # Programs that synchronise folders look at the content.
    file = tmp_path / "run.lock"
    with RunLock(tmp_path, "ab" * 8) as lock:
        before = file.read_bytes()
        holder = holder_of(tmp_path)
        lock.touch()
        assert before != file.read_bytes()
        assert len(before) == len(file.read_bytes())
        assert holder_of(tmp_path) == holder
        assert holder is not None
        assert holder.session == "ab" * 8


@pytest.mark.parametrize("session", ["", "../x", "AB" * 8, 5, None, "ab" * 9])
def test_that_an_odd_session_is_none(tmp_path, session):
    table = {"pid": 5, "host": socket.gethostname(), "session": session}
    with RunLock(tmp_path):
        (tmp_path / "run.lock").write_text(json.dumps(table))
        assert holder_of(tmp_path) == Holder(5, socket.gethostname(), is_us=False)


def test_that_the_lock_of_another_host_may_be_trusted_for_longer(tmp_path):
    foreign(tmp_path, age_s=3600)
    assert holder_of(tmp_path) is None
    holder = holder_of(tmp_path, trusts_others=True)
    assert holder is not None
    assert not holder.is_here


def test_that_a_lock_whose_folder_is_gone_lets_go_quietly(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    with RunLock(folder) as lock:
        (folder / "run.lock").unlink()
        folder.rmdir()
        lock.touch()
    lock.release()


def test_that_letting_go_leaves_the_lock_of_the_next_alone(tmp_path):
    first = RunLock(tmp_path)
    with first:
        (tmp_path / "run.lock").unlink()
        with RunLock(tmp_path):
            first.release()
            assert holder_of(tmp_path) is not None


def test_that_two_imports_into_one_dataset_do_not_mix(tmp_path):
    folder, shape = tmp_path / ".birds.import", (8, 8, 1)
    with Staging(folder, {"plan": "a"}, shape, []) as first:
        with pytest.raises(ImportLockedError) as caught, Staging(folder, {"plan": "b"}, shape, []):
            pass
        assert caught.value.folder == tmp_path / "birds"
        assert caught.value.pid == os.getpid()
        assert json.loads((folder / "plan.json").read_bytes())["plan"] == "a"
        first.sync()
    with Staging(folder, {"plan": "b"}, shape, []):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".birds.import"]
