"""Copies of the state of a run that trains in this process, for players and for inspection.

The run copies its state between two steps (``RunControl.request_state``), in its own thread.
"""

import queue
import time

from engine.control import RequestState, RunControl
from engine.runs.checkpoint import Snapshot

LIVE_TIMEOUT_S = 5.0
"""A run that evaluates or saves answers later; its newest checkpoint is read then."""
_POLL_S = 0.02


def live_snapshot(request: RequestState, control: RunControl, prefix: str = "") -> Snapshot | None:
    """Copy the state of a run, between two steps.

    Args:
        request: of the run.
        control: ends the wait.
        prefix: only tensors whose names begin so are copied.

    Returns:
        None if the run does not answer in time.

    Raises:
        StoppedError: a stop was requested.
    """
    answers: queue.SimpleQueue[object] = queue.SimpleQueue()
    request(answers.put, prefix)
    deadline_s = time.monotonic() + LIVE_TIMEOUT_S
    while time.monotonic() < deadline_s:
        control.stop_if_asked()
        try:
            answer = answers.get(timeout=_POLL_S)
        except queue.Empty:
            continue
        return answer if isinstance(answer, Snapshot) else None
    return None


class Following:
    """Copies of a run that are requested in advance.

    Args:
        request: of the run.
        prefix: only tensors whose names begin so are copied.
    """

    def __init__(self, request: RequestState, prefix: str) -> None:
        self._request, self._prefix = request, prefix
        self._arrived: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._is_asked = False

    def take(self) -> Snapshot | None:
        """Return the copy that was asked for last, if it has come, and ask for the next one."""
        found = None if self._arrived.empty() else self._arrived.get()
        if found is not None or not self._is_asked:
            self._is_asked = True
            self._request(self._arrived.put, self._prefix)
        return found if isinstance(found, Snapshot) else None
