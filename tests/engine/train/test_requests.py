"""A run that is controlled through its folder while it trains."""

from collections.abc import Callable

import pytest
import torch

from engine.control import RunControl
from engine.events import (
    CheckpointSaved,
    Outcome,
    PreviewReady,
    RequestAnswered,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRequest,
)
from engine.runs import requests
from engine.runs.checkpoint import read_tensors
from engine.runs.event_reader import read_events
from engine.runs.folder import RunFolder
from engine.runs.requests import FILE_NAME, send_request
from engine.train.run import train
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "READ_EVERY_S", 0.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny_dataset(tmp_path_factory.mktemp("requests") / "data")


def trained(config, react: Callable[[RunEvent], None]) -> list[RunEvent]:
    told: list[RunEvent] = []

    def emit(event: RunEvent) -> None:
        told.append(event)
        react(event)

    train(config, emit, RunControl())
    return told


def test_that_a_run_pauses_continues_and_stops_on_request(tmp_path, data):
    config = tiny_config(data, tmp_path / "run", images=100_000_000)
    todo = [RunRequest.PAUSE, RunRequest.SAVE, RunRequest.CONTINUE]

    def react(event: RunEvent) -> None:
        # The first preview is drawn before the first step; in the pause, one request follows
        # another's result.
        match event:
            case PreviewReady() if RunRequest.PAUSE in todo:
                send_request(config.run, todo.pop(0))
            case RunPaused():
                send_request(config.run, todo.pop(0))
                send_request(config.run, todo.pop(0))
            case RequestAnswered(request=RunRequest.CONTINUE):
                send_request(config.run, RunRequest.STOP)
            case _:
                pass

    told = trained(config, react)
    answered = [event for event in told if isinstance(event, RequestAnswered)]
    assert [event.request for event in answered] == ["pause", "save", "continue", "stop"]
    assert not any(event.refusal for event in answered)
    assert isinstance(told[-1], RunEnded)
    assert told[-1].outcome is Outcome.STOPPED
    # The log has them in the same order, for processes that follow the run.
    kinds = (RequestAnswered, RunPaused, RunEnded)
    logged = [type(e) for e in read_events(RunFolder(config.run).log_file) if isinstance(e, kinds)]
    assert logged == [
        RequestAnswered,
        RunPaused,
        RequestAnswered,
        RequestAnswered,
        RequestAnswered,
        RunEnded,
    ]
    assert not (config.run / FILE_NAME).exists()


def test_that_a_run_releases_its_memory_saves_draws_and_evaluates_on_request(tmp_path, data):
    config = tiny_config(data, tmp_path / "run", images=100_000_000)
    config = config.with_values(reporting__preview_every_s=1000.0)
    wanted = [RunRequest.SAVE, RunRequest.EVALUATE, RunRequest.RELEASE]
    previews = 0

    def react(event: RunEvent) -> None:
        nonlocal previews
        match event:
            case PreviewReady():
                previews += 1
                request = RunRequest.PREVIEW if previews == 1 else RunRequest.SAVE
                send_request(config.run, request)
            case CheckpointSaved() if RunRequest.SAVE in wanted:
                wanted.remove(RunRequest.SAVE)
                send_request(config.run, RunRequest.EVALUATE)
            case RequestAnswered(request=RunRequest.EVALUATE):
                wanted.remove(RunRequest.EVALUATE)
                send_request(config.run, RunRequest.RELEASE)
            case RunPaused(is_released=True):
                wanted.remove(RunRequest.RELEASE)
                send_request(config.run, RunRequest.STOP)
            case _:
                pass

    told = trained(config, react)
    assert not wanted
    assert isinstance(told[-1], RunEnded)
    assert told[-1].outcome is Outcome.STOPPED


def test_that_a_refused_request_is_answered_and_changes_nothing(tmp_path, data, monkeypatch):
    config = tiny_config(data, tmp_path / "run")
    monkeypatch.setattr(requests, "MAX_AGE_S", -1.0)
    has_sent = False

    def react(event: RunEvent) -> None:
        nonlocal has_sent
        if isinstance(event, PreviewReady) and not has_sent:
            has_sent = True
            send_request(config.run, RunRequest.STOP)

    told = trained(config, react)
    [answer] = [event for event in told if isinstance(event, RequestAnswered)]
    assert answer.refusal
    assert isinstance(told[-1], RunEnded)
    assert told[-1].outcome is Outcome.FINISHED


def test_that_a_run_that_is_paused_on_request_ends_bit_for_bit_as_one_that_was_not(tmp_path, data):
    quiet, asked = (tiny_config(data, tmp_path / name) for name in ("quiet", "asked"))
    trained(quiet, lambda _event: None)
    has_sent = False

    def react(event: RunEvent) -> None:
        nonlocal has_sent
        match event:
            # After a pause that released the memory, the first preview is drawn again.
            case PreviewReady(images_seen=0) if not has_sent:
                has_sent = True
                send_request(asked.run, RunRequest.RELEASE)
            case RunPaused():
                send_request(asked.run, RunRequest.CONTINUE)
            case _:
                pass

    assert any(isinstance(event, RunPaused) for event in trained(asked, react))
    one, other = (read_tensors(RunFolder(c.run).newest_valid().path, "") for c in (quiet, asked))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
