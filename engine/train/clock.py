"""Counts a run's images and its training time."""

import contextlib
import time
from collections.abc import Iterator


class Clock:
    """Counts training time and images. Loading, warming up and standing still do not count."""

    def __init__(self) -> None:
        self.images_seen = 0
        self._before_s = 0.0
        self._started_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, those of earlier parts of the run included."""
        if self._started_s is None:
            return self._before_s
        return self._before_s + time.monotonic() - self._started_s

    def start(self) -> None:
        """Start to count, or go on."""
        if self._started_s is None:
            self._started_s = time.monotonic()

    def stop(self) -> None:
        """Stand still."""
        self._before_s, self._started_s = self.elapsed_s, None

    def set(self, images_seen: int, elapsed_s: float) -> None:
        """Take up where a checkpoint was left."""
        is_going = self._started_s is not None
        self.images_seen, self._before_s = images_seen, elapsed_s
        self._started_s = time.monotonic() if is_going else None

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Do not count what happens meanwhile."""
        was_going = self._started_s is not None
        self.stop()
        try:
            yield
        finally:
            if was_going:
                self.start()
