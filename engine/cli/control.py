"""The control subcommand: pause, continue or stop a run that another process trains."""

import argparse
import time
from pathlib import Path
from typing import Any

from engine.cli.terminal import answer
from engine.errors import RunMissingError, RunNotControllableError
from engine.events import RequestAnswered, RunRequest
from engine.fs.lock import holder_of
from engine.runs.event_codec import entry_in, event_in
from engine.runs.event_reader import read_tail
from engine.runs.folder import RunFolder
from engine.runs.requests import send_request

_TAIL_BYTES = 64_000
_POLL_S = 0.2
_DONE = {
    RunRequest.PAUSE: "The run pauses.",
    RunRequest.RELEASE: "The run saves a checkpoint, frees its memory and pauses.",
    RunRequest.CONTINUE: "The run continues.",
    RunRequest.STOP: "The run saves a checkpoint and stops.",
    RunRequest.SAVE: "The run saves a checkpoint.",
    RunRequest.PREVIEW: "The run draws a preview.",
    RunRequest.EVALUATE: "The run is evaluated while it trains.",
}


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "control", help="pause, continue or stop a run of another process", description=__doc__
    )
    parser.set_defaults(command=run)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    parser.add_argument(
        "request",
        choices=[request.value for request in RunRequest],
        help="pause: after the current step; release: pause, save and free the memory; continue; "
        "stop: save and end; save: write a checkpoint; preview: draw one; evaluate: measure the "
        "current weights",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=60.0,
        metavar="S",
        help="seconds to wait for the answer of the run (default 60); 0 returns at once",
    )


def run(arguments: argparse.Namespace) -> None:
    """Send the request and wait for its answer.

    Raises:
        RunMissingError: there is no run.
        RunNotControllableError: no process trains it, it takes no requests, it refuses this one,
            or it has not answered in time.
    """
    folder: Path = arguments.run.absolute()
    if not RunFolder(folder).config_file.is_file():
        raise RunMissingError(folder)
    request = RunRequest(arguments.request)
    sent = send_request(folder, request)
    ends_s = time.monotonic() + arguments.wait
    while (found := _answer(folder, sent.nonce)) is None:
        if time.monotonic() >= ends_s:
            break
        if holder_of(folder, trusts_others=True) is None:
            raise RunNotControllableError(folder, "its process has ended")
        time.sleep(_POLL_S)
    if found is None and arguments.wait <= 0:
        answer(f"Requested: {request}.")
    elif found is None:
        reason = f"it has not answered within {arguments.wait:g} s, but may still do so"
        raise RunNotControllableError(folder, reason)
    elif found.refusal:
        raise RunNotControllableError(folder, f"it refuses the request, because {found.refusal}")
    else:
        answer(_DONE[request])


def _answer(folder: Path, nonce: str) -> RequestAnswered | None:
    """Find the answer to a request at the end of the log."""
    try:
        lines = read_tail(RunFolder(folder).log_file, _TAIL_BYTES)
    except (OSError, ValueError):
        return None
    for line in lines:
        entry = entry_in(line) if nonce.encode() in line else None
        event = event_in(entry, folder) if entry is not None else None
        if isinstance(event, RequestAnswered) and event.nonce == nonce:
            return event
    return None
