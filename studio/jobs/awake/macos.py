"""Staying awake on macOS."""

import os
import subprocess
from collections.abc import Callable, Sequence
from typing import Protocol

PROGRAM = "/usr/bin/caffeinate"
_PATIENCE_S = 2.0


class Child(Protocol):
    """What is asked of a process that was started."""

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has."""
        ...


class MacHold:
    """Runs the system's own tool, which ends with this process even if that is killed.

    Args:
        start: starts a program; a test hands in its own.

    Raises:
        OSError: there is no such tool.
    """

    def __init__(self, start: Callable[[Sequence[str]], Child] | None = None) -> None:
        self._child = (start or _start)([PROGRAM, "-i", "-w", str(os.getpid())])

    def release(self) -> None:
        """Let the system sleep again."""
        self._child.terminate()
        self._child.wait(timeout=_PATIENCE_S)


def _start(command: Sequence[str]) -> Child:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - a fixed program
