"""Controlling a run from the command line: in one process, with a thread that answers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.events import RequestAnswered
from engine.fs.lock import RunLock
from engine.runs import requests
from engine.runs.event_log import RunLog
from engine.runs.folder import RunFolder
from engine.runs.requests import FILE_NAME, RequestInbox
from tests.helpers.run_folders import made_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_run(tmp_path / "runs", "cats", outcome=None)


@pytest.fixture
def inbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RequestInbox]:
    """The inbox of a process that holds the run and answers each request."""
    monkeypatch.setattr(requests, "READ_EVERY_S", 0.0)
    made, is_over = RequestInbox(), threading.Event()

    def serve() -> None:
        log = RunLog(RunFolder(folder).log_file)
        while not is_over.wait(0.01):
            for sent, refusal in made.read_new(folder):
                log.record(
                    RequestAnswered(
                        request=sent.request, nonce=sent.nonce, sender=sent.sender, refusal=refusal
                    )
                )
        log.close()

    with RunLock(folder, made.session):
        thread = threading.Thread(target=serve)
        thread.start()
        yield made
        is_over.set()
        thread.join()


@pytest.mark.parametrize(
    ("request_", "told"),
    [("pause", "The run pauses."), ("continue", "continues"), ("stop", "saves a checkpoint and")],
)
def test_that_the_answer_of_the_run_is_printed(folder, inbox, capsys, request_, told):
    assert main(["control", str(folder), request_]) == 0
    assert told in capsys.readouterr().out


def test_that_a_refusal_is_an_error_with_its_reason(folder, inbox, capsys, monkeypatch):
    monkeypatch.setattr(requests, "MAX_AGE_S", -1.0)
    assert main(["control", str(folder), "stop"]) == 2
    assert "it refuses the request, because it was sent" in capsys.readouterr().err


def test_that_no_answer_is_an_error(folder, capsys):
    with RunLock(folder, "ab" * 8):
        assert main(["control", str(folder), "pause", "--wait", "0.3"]) == 2
        assert "has not answered within 0.3 s" in capsys.readouterr().err
        assert main(["control", str(folder), "pause", "--wait", "0"]) == 0
        assert "Requested: pause." in capsys.readouterr().out


def test_that_a_run_that_nobody_trains_is_refused(folder, tmp_path, capsys):
    assert main(["control", str(folder), "pause"]) == 2
    assert "no process trains it" in capsys.readouterr().err
    assert not (folder / FILE_NAME).exists()
    assert main(["control", str(tmp_path), "pause"]) == 2
    assert "There is no run" in capsys.readouterr().err
