"""How a run is steered from another thread."""

import threading
from pathlib import Path

from engine.errors import StoppedError


class RunControl:
    """Wishes to a job that is under way; safe to call from any thread.

    The job looks at its control between batches. A queued Qt slot would not do: it is not
    delivered while the worker's ``run()`` blocks its thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_stopping = self._is_discarding = False
        self._is_pausing = self._is_releasing = False
        self._wants_checkpoint = self._wants_sample = self._wants_retry = False
        self._folder: Path | None = None

    def request_stop(self, *, discard: bool = False) -> None:
        """Ask the job to end soon, keeping what it has made.

        Args:
            discard: end without saving what came after the last checkpoint. Once asked for, a
                later wish to stop does not take it back.
        """
        with self._changed:
            self._is_stopping = True
            self._is_discarding |= discard
            self._changed.notify_all()

    def request_pause(self, *, release: bool = False) -> None:
        """Ask a training run to stand still after the current step.

        Args:
            release: also give its memory back; a checkpoint is saved first.
        """
        with self._changed:
            self._is_pausing, self._is_releasing = True, release
            self._changed.notify_all()

    def request_resume(self) -> None:
        """Ask a run that stands still to go on; one that could not save tries again."""
        with self._changed:
            self._is_pausing = self._is_releasing = False
            self._wants_retry = True
            self._changed.notify_all()

    def request_checkpoint(self) -> None:
        """Ask a training run to write a checkpoint after the current step."""
        with self._changed:
            self._wants_checkpoint = True
            self._changed.notify_all()

    def request_sample(self) -> None:
        """Ask a training run to draw a preview after the current step."""
        with self._changed:
            self._wants_sample = True
            self._changed.notify_all()

    def offer_folder(self, folder: Path) -> None:
        """Offer a new or empty folder to a run that cannot save in its own any more."""
        with self._changed:
            self._folder, self._wants_retry = folder, True
            self._changed.notify_all()

    @property
    def is_stop_requested(self) -> bool:
        """Whether somebody asked the job to end."""
        return self._is_stopping

    @property
    def is_discard_requested(self) -> bool:
        """Whether what came after the last checkpoint shall not be saved."""
        return self._is_discarding

    @property
    def is_pause_requested(self) -> bool:
        """Whether somebody wants the run to stand still, and has not asked it to go on since."""
        return self._is_pausing

    @property
    def is_release_requested(self) -> bool:
        """Whether a run that stands still shall give its memory back."""
        return self._is_releasing

    def stop_if_asked(self) -> None:
        """Leave a job in its middle.

        Raises:
            StoppedError: somebody asked the job to end.
        """
        if self._is_stopping:
            raise StoppedError

    def take_checkpoint_request(self) -> bool:
        """Whether a checkpoint was asked for since the last call; answers yes only once."""
        with self._changed:
            wanted, self._wants_checkpoint = self._wants_checkpoint, False
        return wanted

    def take_sample_request(self) -> bool:
        """Whether a preview was asked for since the last call; answers yes only once."""
        with self._changed:
            wanted, self._wants_sample = self._wants_sample, False
        return wanted

    def take_retry_request(self) -> bool:
        """Whether the run was asked to go on since the last call; answers yes only once."""
        with self._changed:
            wanted, self._wants_retry = self._wants_retry, False
        return wanted

    def take_folder(self) -> Path | None:
        """Give the folder that was offered since the last call, once."""
        with self._changed:
            folder, self._folder = self._folder, None
        return folder

    def wait(self, timeout_s: float) -> None:
        """Block until somebody wishes something, but for a while at most."""
        with self._changed:
            self._changed.wait(timeout_s)
