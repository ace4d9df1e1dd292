"""Control of a running job from another thread."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.errors import StoppedError

Receive = Callable[[object], None]
"""Takes an ``engine.runs.checkpoint.Snapshot`` in the thread of the run; returns at once."""


class RequestState(Protocol):
    """Requests a copy of the state of a run that trains in this process."""

    def __call__(self, receive: Receive, prefix: str = "", /) -> None:
        """See ``RunControl.request_state``."""
        ...


@dataclass(frozen=True)
class StateRequest:
    """Who receives a copy, and the beginning of the names of the tensors that it holds."""

    receive: Receive
    prefix: str


class RunControl:
    """Thread-safe requests to a running job, which checks them between batches.

    Queued Qt slots would not work, because the worker's ``run()`` blocks its event loop.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_stopping = self._is_discarding = False
        self._is_pausing = self._is_releasing = False
        self._wants_checkpoint = self._wants_sample = self._wants_evaluation = False
        self._wants_retry = False
        self._changes: list[Mapping[str, object]] = []
        self._folder: Path | None = None
        self._state_requests: list[StateRequest] = []

    def request_stop(self, *, discard: bool = False) -> None:
        """Request the job to stop and save its results.

        Args:
            discard: do not save progress since the last checkpoint. A later request without it
                does not revoke it.
        """
        with self._changed:
            self._is_stopping = True
            self._is_discarding |= discard
            self._changed.notify_all()

    def request_pause(self, *, release: bool = False) -> None:
        """Request a training run to pause after the current step.

        Args:
            release: save a checkpoint and free its memory.
        """
        with self._changed:
            self._is_pausing, self._is_releasing = True, release
            self._changed.notify_all()

    def request_resume(self) -> None:
        """Request a paused run to resume, or one that could not save to retry."""
        with self._changed:
            self._is_pausing = self._is_releasing = False
            self._wants_retry = True
            self._changed.notify_all()

    def request_checkpoint(self) -> None:
        """Request a checkpoint after the current step."""
        with self._changed:
            self._wants_checkpoint = True
            self._changed.notify_all()

    def request_sample(self) -> None:
        """Request a preview after the current step."""
        with self._changed:
            self._wants_sample = True
            self._changed.notify_all()

    def request_evaluation(self) -> None:
        """Request an evaluation of the weights after the current step."""
        with self._changed:
            self._wants_evaluation = True
            self._changed.notify_all()

    def request_changes(self, values: Mapping[str, object]) -> None:
        """Request other values of live settings before the next step.

        Args:
            values: by dotted name; all of them take effect together, or none.
        """
        with self._changed:
            self._changes.append(dict(values))
            self._changed.notify_all()

    def request_state(self, receive: Receive, prefix: str = "") -> None:
        """Request a copy of the run's state after the current step.

        Args:
            receive: gets it.
            prefix: only tensors whose names begin so are copied.
        """
        with self._changed:
            self._state_requests.append(StateRequest(receive, prefix))
            self._changed.notify_all()

    def offer_folder(self, folder: Path) -> None:
        """Offer a new or empty folder to a run that can no longer save to its own."""
        with self._changed:
            self._folder, self._wants_retry = folder, True
            self._changed.notify_all()

    @property
    def is_stop_requested(self) -> bool:
        """Whether a stop was requested."""
        return self._is_stopping

    @property
    def is_discard_requested(self) -> bool:
        """Whether progress since the last checkpoint is not to be saved."""
        return self._is_discarding

    @property
    def is_pause_requested(self) -> bool:
        """Whether a pause was requested, and no resume since."""
        return self._is_pausing

    @property
    def is_release_requested(self) -> bool:
        """Whether a paused run is to free its memory."""
        return self._is_releasing

    def stop_if_asked(self) -> None:
        """Raise if a stop was requested.

        Raises:
            StoppedError: a stop was requested.
        """
        if self._is_stopping:
            raise StoppedError

    def take_checkpoint_request(self) -> bool:
        """Return whether a checkpoint was requested, and clear the request."""
        with self._changed:
            wanted, self._wants_checkpoint = self._wants_checkpoint, False
        return wanted

    def take_sample_request(self) -> bool:
        """Return whether a preview was requested, and clear the request."""
        with self._changed:
            wanted, self._wants_sample = self._wants_sample, False
        return wanted

    def take_evaluation_request(self) -> bool:
        """Return whether an evaluation was requested, and clear the request."""
        with self._changed:
            wanted, self._wants_evaluation = self._wants_evaluation, False
        return wanted

    def take_changes(self) -> list[Mapping[str, object]]:
        """Return the requested changes in order, and clear the requests."""
        with self._changed:
            changes, self._changes = self._changes, []
        return changes

    def take_state_requests(self) -> list[StateRequest]:
        """Return the requests for copies of the state, and clear them."""
        with self._changed:
            requests, self._state_requests = self._state_requests, []
        return requests

    def take_retry_request(self) -> bool:
        """Return whether a resume or retry was requested, and clear the request."""
        with self._changed:
            wanted, self._wants_retry = self._wants_retry, False
        return wanted

    def take_folder(self) -> Path | None:
        """Return the offered folder, and clear the offer."""
        with self._changed:
            folder, self._folder = self._folder, None
        return folder

    def wait(self, timeout_s: float) -> None:
        """Block until a request arrives or the timeout expires."""
        with self._changed:
            self._changed.wait(timeout_s)
