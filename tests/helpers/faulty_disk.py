"""A disk that fails at one call of those that change it, or stops there as after a power cut."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.disk import FileCalls, files

CALLS = tuple(name for name in vars(FileCalls) if not name.startswith("_"))
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
            monkeypatch.setattr(files, name, self._wrapped(name, getattr(FileCalls(), name)))

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
