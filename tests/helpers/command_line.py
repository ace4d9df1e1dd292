"""Runs the real command line in processes of its own."""

import subprocess
import sys
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
TINY = [
    "--batch-size=8",
    "--preview-count=4",
    "--latent-dim=4",
    "--generator-channels=4",
    "--discriminator-channels=4",
    "--embedding-dim=8",
    "--token-dim=4",
    "--device=cpu",
    "--precision=fp32",
    "--evaluate-every-s=0",
]
"""Options of a run that trains in a moment."""


_started: list["subprocess.Popen[str]"] = []


def diptych(*arguments: object, **options: Any) -> "subprocess.Popen[str]":
    """Start the command line; both outputs are pipes unless the options say otherwise."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    words = [argument if isinstance(argument, bytes) else str(argument) for argument in arguments]
    process = subprocess.Popen([sys.executable, "-m", "studio", *words], cwd=ROOT, **options)
    _started.append(process)
    return process


def kill_leftovers() -> None:
    """Kill the processes that a failed test has left running."""
    for process in _started:
        process.kill()
        process.wait()
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()
    _started.clear()


def pipe(stream: IO[str] | None) -> IO[str]:
    """Give an output of a process that is a pipe."""
    assert stream is not None
    return stream


def ended(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """Wait for the end of a process; give its code and the lines that it complained with."""
    _told, complaints = process.communicate(timeout=PATIENCE_S)
    return process.returncode, complaints.splitlines()
