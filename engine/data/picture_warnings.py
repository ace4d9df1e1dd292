"""Keeps Pillow's warnings quiet while strangers' files are decoded in several threads."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# It also logs as errors what it raises or gets over: the reason in the accounts is what counts.
logging.getLogger("PIL").setLevel(logging.CRITICAL)


class _Silence:
    """Python's own way of catching warnings is for one thread: the last one out restores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught: warnings.catch_warnings | None = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\b")

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._caught is not None:
                self._caught.__exit__(None, None, None)


_SILENCE = _Silence()


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore what Pillow warns of: whatever matters, such as size, is checked apart."""
    _SILENCE.enter()
    try:
        yield
    finally:
        _SILENCE.leave()
