"""Time slicing: long work that a training loop advances a little between its steps."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import torch

from engine.control import RunControl
from engine.errors import StoppedError

T = TypeVar("T")


class TimeSlicedCall(Generic[T]):
    """Call of a function that is advanced in slices.

    The function runs on a thread of its own, but only while ``advance`` waits for it. A slice ends
    at the first ``control.stop_if_asked()`` after its time, so code that checks for a stop between
    its batches needs no change. Each side keeps its own state of PyTorch's global CPU generator:
    neither changes a number of the other.

    Args:
        function: receives ``control``; must not use it after it has returned.
        run_control: of the run; a request to stop the run also ends the function.
    """

    def __init__(self, function: Callable[[RunControl], T], run_control: RunControl) -> None:
        self._function = function
        self._control = _SliceControl(self._end_slice, run_control)
        self._may_run, self._has_paused = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="time-sliced call", daemon=True)
        self._rng_state = torch.get_rng_state()
        self._until_s = 0.0
        self._has_ended = False
        self._returned: list[T] = []
        self._error: BaseException | None = None
        self.spent_s = 0.0
        """Seconds that the function has run."""

    @property
    def num_checks(self) -> int:
        """How often the function has checked for a stop, a measure of its progress."""
        return self._control.num_checks

    def advance(self, seconds: float) -> bool:
        """Let the function run for about so many seconds; return whether it has ended."""
        if self._has_ended:
            return True
        if self._thread.ident is None:
            self._thread.start()
        began_s = time.monotonic()
        self._until_s = began_s + seconds
        rng_state = torch.get_rng_state()
        torch.set_rng_state(self._rng_state)
        self._may_run.release()
        self._has_paused.acquire()
        self._rng_state = torch.get_rng_state()
        torch.set_rng_state(rng_state)
        self.spent_s += time.monotonic() - began_s
        if self._has_ended:
            self._thread.join()
        return self._has_ended

    def result(self) -> T:
        """Return what the function has returned, or raise what it has raised."""
        if self._error is not None:
            raise self._error
        return self._returned[0]

    def cancel(self) -> None:
        """End the function at its next check, and wait for that."""
        self._control.is_cancelled = True
        while self._thread.ident is not None and not self.advance(0.0):
            pass

    def _run(self) -> None:
        self._may_run.acquire()
        try:
            self._returned.append(self._function(self._control))
        except BaseException as error:  # noqa: BLE001 (raised by ``result``)
            self._error = error
        self._has_ended = True
        self._has_paused.release()

    def _end_slice(self) -> None:
        if time.monotonic() >= self._until_s:
            self._has_paused.release()
            self._may_run.acquire()


class _SliceControl(RunControl):
    """Control of a sliced function: its checks for a stop are also where a slice may end."""

    def __init__(self, end_slice: Callable[[], None], run_control: RunControl) -> None:
        super().__init__()
        self._end_slice, self._run_control = end_slice, run_control
        self.num_checks = 0
        self.is_cancelled = False

    def stop_if_asked(self) -> None:
        """End the slice if its time is over, and raise if the function is to end.

        Raises:
            StoppedError: the call was cancelled, or the run was asked to stop.
        """
        self.num_checks += 1
        self._end_slice()
        if self.is_cancelled or self._run_control.is_stop_requested:
            raise StoppedError
