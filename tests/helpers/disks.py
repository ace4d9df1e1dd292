"""A disk that fails at one call of those that change it, or stops there as after a power cut."""

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any

import pytest

from engine.fs.atomic import FileSystem, files

CALLS = tuple(name for name in vars(FileSystem) if not name.startswith("_"))
FAILING = tuple(name for name in CALLS if name != "remove")
"""Those that an error is made of; a disk that removes nothing either is the power cut's matter."""


class PowerCut(BaseException):
    """The program is gone; nothing that it would still do happens."""


class FaultyDisk:
    """Counts the calls that change the disk, and fails at one of them.

    Args:
        monkeypatch: puts everything back.
        error: made anew for the failing call.
        at: number of that call, from 0; a write comes half far.
        is_over: every later call fails as well.
        calls: names of those that count.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        error: Callable[[], BaseException],
        at: int,
        *,
        is_over: bool = False,
        calls: tuple[str, ...] = CALLS,
    ) -> None:
        self._error, self._at, self._is_over = error, at, is_over
        self.names: list[str] = []
        for name in calls:
            monkeypatch.setattr(files, name, self._wrapped(name, getattr(FileSystem(), name)))

    @property
    def has_failed(self) -> bool:
        """Whether it came to the failing call."""
        return len(self.names) > self._at

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> Any:
            number = len(self.names)
            self.names.append(name)
            if number == self._at or (number > self._at and self._is_over):
                if name == "write" and number == self._at:
                    file, content = arguments
                    call(file, content[: len(content) // 2])
                raise self._error()
            return call(*arguments)

        return wrapped


class _FullFile(FileIO):
    """A file on a disk that has so many bytes left."""

    def __init__(self, path: Path, mode: str, room: int) -> None:
        super().__init__(path, mode)
        self._room = room

    def write(self, content: Any, /) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(memoryview(content).cast("B")[: self._room])
        self._room -= written
        return written


def fill_disk(monkeypatch: pytest.MonkeyPatch, name: str, room: int) -> None:
    """Let the disk be full as soon as the new file of a name holds so many bytes.

    It is for files that are written through a buffer, whose end is written on closing.
    """
    open_path = Path.open

    def opened(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if path.name == name and mode == "wb":
            return BufferedWriter(_FullFile(path, mode, room))
        return open_path(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", opened)


# A disk that is really small.


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk in main memory; the test is skipped where that is not allowed."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not Path("/bin/mount").exists():
        pytest.skip("only root of a Linux machine can mount a small disk")
    place.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount")
    try:
        yield place
    finally:
        subprocess.run(["/bin/umount", "-l", str(place)], check=True)
