"""Requests through the run folder: carried out once, by the session they are meant for."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from engine.control import RunControl
from engine.errors import FolderNotWritableError, RunNotControllableError
from engine.events import RunRequest
from engine.fs.lock import RunLock
from engine.runs import requests
from engine.runs.requests import FILE_NAME, RequestInbox, carry_out, send_request


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> RequestInbox:
    monkeypatch.setattr(requests, "READ_EVERY_S", 0.0)
    return RequestInbox()


def received(inbox: RequestInbox, folder: Path) -> list[RunRequest]:
    return [sent.request for sent, refusal in inbox.read_new(folder) if not refusal]


def change_file(folder: Path, **changes: object) -> None:
    """Change the newest request in the file by hand."""
    path = folder / FILE_NAME
    table = json.loads(path.read_text())
    table["requests"][-1] |= changes
    path.write_text(json.dumps(table))


def test_that_requests_arrive_once_in_order(tmp_path, inbox):
    with RunLock(tmp_path, inbox.session):
        assert received(inbox, tmp_path) == []
        send_request(tmp_path, RunRequest.PAUSE)
        sent = send_request(tmp_path, RunRequest.EVALUATE)
        assert sent.sender == f"process {os.getpid()} on {socket.gethostname()}"
        assert received(inbox, tmp_path) == [RunRequest.PAUSE, RunRequest.EVALUATE]
        assert received(inbox, tmp_path) == []
        send_request(tmp_path, RunRequest.CONTINUE)
        assert received(inbox, tmp_path) == [RunRequest.CONTINUE]


def test_that_a_file_that_comes_back_is_not_obeyed_again(tmp_path, inbox):
    path = tmp_path / FILE_NAME
    with RunLock(tmp_path, inbox.session):
        send_request(tmp_path, RunRequest.STOP)
        old = path.read_bytes()
        assert received(inbox, tmp_path) == [RunRequest.STOP]
        send_request(tmp_path, RunRequest.SAVE)
        assert received(inbox, tmp_path) == [RunRequest.SAVE]
        path.write_bytes(old)
        assert received(inbox, tmp_path) == []
        # Nor by the next session, which resumes the run.
        later = RequestInbox()
        assert received(later, tmp_path) == []


def test_that_the_requests_of_an_earlier_session_are_dropped(tmp_path, inbox):
    with RunLock(tmp_path, "0" * 16):
        send_request(tmp_path, RunRequest.STOP)
    with RunLock(tmp_path, inbox.session):
        send_request(tmp_path, RunRequest.SAVE)
        assert received(inbox, tmp_path) == [RunRequest.SAVE]
        assert len(json.loads((tmp_path / FILE_NAME).read_text())["requests"]) == 1


@pytest.mark.parametrize(("age_s", "word"), [(7200, "120 min ago"), (-7200, "clock that differs")])
def test_that_a_late_request_is_refused_with_the_reason(tmp_path, inbox, age_s, word):
    with RunLock(tmp_path, inbox.session):
        send_request(tmp_path, RunRequest.STOP)
        change_file(tmp_path, sent_s=time.time() - age_s)
        [(sent, refusal)] = inbox.read_new(tmp_path)
    assert sent.request is RunRequest.STOP
    assert word in refusal


@pytest.mark.parametrize(
    "changes",
    [
        {"request": "format-the-disk"},
        {"request": 5},
        {"nonce": ""},
        {"nonce": "../../../etc/x"},
        {"session": "0" * 15},
        {"sent_s": "now"},
        {"sent_s": -1},
        {"sender": "x" * 1000},
        {"more": 1},
    ],
)
def test_that_a_strange_request_is_ignored(tmp_path, inbox, changes):
    with RunLock(tmp_path, inbox.session):
        send_request(tmp_path, RunRequest.STOP)
        change_file(tmp_path, **changes)
        assert inbox.read_new(tmp_path) == []
        # The next sender starts over.
        send_request(tmp_path, RunRequest.SAVE)
        assert received(inbox, tmp_path) == [RunRequest.SAVE]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"\xff", b'{"format": 9, "requests": []}', b" " * 100_000],
    ids=["empty", "half", "list", "bare", "binary", "format", "large"],
)
def test_that_a_strange_file_is_ignored(tmp_path, inbox, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    assert inbox.read_new(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_that_a_link_or_pipe_is_never_read(tmp_path, inbox):
    (tmp_path / "secret").write_text("{}")
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "secret")
    assert inbox.read_new(tmp_path) == []
    (tmp_path / FILE_NAME).unlink()
    os.mkfifo(tmp_path / FILE_NAME)
    assert inbox.read_new(tmp_path) == []


def test_that_a_half_written_file_is_read_when_it_is_whole(tmp_path, inbox):
    path = tmp_path / FILE_NAME
    with RunLock(tmp_path, inbox.session):
        send_request(tmp_path, RunRequest.PAUSE)
    whole, status = path.read_bytes(), path.stat()
    # With equal size and time, as a program that reserves the space first shows it.
    path.write_bytes(whole[:50].ljust(len(whole), b"\0"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert inbox.read_new(tmp_path) == []
    path.write_bytes(whole)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert received(inbox, tmp_path) == [RunRequest.PAUSE]


def test_that_an_unchanged_file_is_not_read_again(tmp_path, inbox, monkeypatch):
    with RunLock(tmp_path, inbox.session):
        send_request(tmp_path, RunRequest.PAUSE)
        assert received(inbox, tmp_path) == [RunRequest.PAUSE]

    def fail(*_arguments: object) -> bytes:
        raise AssertionError("read again")

    monkeypatch.setattr(requests, "read_regular", fail)
    assert inbox.read_new(tmp_path) == []


def test_that_the_file_is_looked_for_once_a_second(tmp_path, monkeypatch):
    looked: list[Path] = []
    now_s = 100.0
    monkeypatch.setattr(requests.time, "monotonic", lambda: now_s)
    lstat = Path.lstat

    def counting(path: Path) -> os.stat_result:
        if path.name == FILE_NAME:
            looked.append(path)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", counting)
    inbox = RequestInbox()
    for step in range(1000):
        now_s = 100.0 + step / 100
        inbox.read_new(tmp_path)
    assert len(looked) == 10


def test_that_the_file_stays_small(tmp_path, inbox):
    with RunLock(tmp_path, inbox.session):
        for _time in range(50):
            send_request(tmp_path, RunRequest.PREVIEW)
        assert len(received(inbox, tmp_path)) == requests.MAX_REQUESTS
    inbox.clear(tmp_path)
    assert not list(tmp_path.iterdir())


def test_that_a_run_without_a_listener_is_refused(tmp_path):
    with pytest.raises(RunNotControllableError, match="no process trains it"):
        send_request(tmp_path, RunRequest.PAUSE)
    with (
        RunLock(tmp_path),
        pytest.raises(RunNotControllableError, match=f"process {os.getpid()} .* takes no requests"),
    ):
        send_request(tmp_path, RunRequest.PAUSE)
    assert not (tmp_path / FILE_NAME).exists()


def test_that_a_run_on_another_machine_is_sent_requests_however_old_its_lock_looks(tmp_path):
    table = {"pid": 4711, "host": "another-host", "session": "ab" * 8}
    (tmp_path / "run.lock").write_text(json.dumps(table))
    os.utime(tmp_path / "run.lock", (1, 1))
    assert send_request(tmp_path, RunRequest.PAUSE).session == "ab" * 8


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_that_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    with RunLock(tmp_path, "ab" * 8):
        tmp_path.chmod(0o500)
        with pytest.raises(FolderNotWritableError):
            send_request(tmp_path, RunRequest.PAUSE)
        tmp_path.chmod(0o700)


def test_that_every_request_reaches_the_control():
    def control_after(request: RunRequest) -> RunControl:
        control = RunControl()
        carry_out(request, control)
        return control

    assert control_after(RunRequest.PAUSE).is_pause_requested
    assert not control_after(RunRequest.PAUSE).is_release_requested
    assert control_after(RunRequest.RELEASE).is_release_requested
    assert control_after(RunRequest.STOP).is_stop_requested
    assert not control_after(RunRequest.STOP).is_discard_requested
    assert control_after(RunRequest.SAVE).take_checkpoint_request()
    assert control_after(RunRequest.PREVIEW).take_sample_request()
    assert control_after(RunRequest.EVALUATE).take_evaluation_request()
    control = control_after(RunRequest.PAUSE)
    carry_out(RunRequest.CONTINUE, control)
    assert not control.is_pause_requested
    assert control.take_retry_request()
