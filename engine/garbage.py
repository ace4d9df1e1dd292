"""Collection of cyclic garbage on request.

An application whose objects may be destroyed in one thread only, as those of a window, has requests
of other threads carried out there.
"""

import gc
from collections.abc import Callable

_collectors: list[Callable[[], object]] = [gc.collect]
"""What ``collect`` calls: one function."""


def collect() -> None:
    """Free what is not referred to from elsewhere, in the thread that may do so."""
    _collectors[-1]()


def collect_with(function: Callable[[], object]) -> None:
    """Set what ``collect`` calls, in any thread; by default ``gc.collect``."""
    _collectors[:] = [function]
