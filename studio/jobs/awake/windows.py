"""Staying awake on Windows."""

import ctypes
from collections.abc import Callable
from typing import Any

CONTINUOUS = 0x80000000
SYSTEM_REQUIRED = 0x00000001
"""The screen may go dark; the computer may not sleep."""


class WindowsHold:
    """Keeps the system awake for the calling thread, until that thread takes it back or ends.

    Source: SetThreadExecutionState in the Win32 reference.

    Args:
        set_state: the system's function; a test hands in its own.

    Raises:
        OSError: the system refuses.
        AttributeError: this is no Windows.
    """

    def __init__(self, set_state: Callable[[int], int] | None = None) -> None:
        self._set_state = set_state or _system_function()
        if not self._set_state(CONTINUOUS | SYSTEM_REQUIRED):
            raise OSError("SetThreadExecutionState refused")

    def release(self) -> None:
        """Let the system sleep again; from the same thread."""
        self._set_state(CONTINUOUS)


def _system_function() -> Callable[[int], int]:
    # The stub of ctypes knows it on Windows alone.
    function: Any = vars(ctypes)["windll"].kernel32.SetThreadExecutionState
    function.argtypes, function.restype = [ctypes.c_uint], ctypes.c_uint
    return function
