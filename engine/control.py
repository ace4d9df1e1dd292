"""How a run is steered from another thread."""

import threading


class RunControl:
    """Wishes to a job that is under way; safe to call from any thread.

    The job looks at its control between batches. A queued Qt slot would not do: it is not
    delivered while the worker's ``run()`` blocks its thread.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._checkpoint = threading.Event()

    def request_stop(self) -> None:
        """Ask the job to end soon, keeping what it has made."""
        self._stop.set()

    def request_checkpoint(self) -> None:
        """Ask a training run to write a checkpoint after the current step."""
        self._checkpoint.set()

    @property
    def is_stop_requested(self) -> bool:
        """Whether somebody asked the job to end."""
        return self._stop.is_set()

    def take_checkpoint_request(self) -> bool:
        """Whether a checkpoint was asked for since the last call; answers yes only once."""
        if not self._checkpoint.is_set():
            return False
        self._checkpoint.clear()
        return True
