"""Shorter work in a thread, told of as it goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.control import RunControl
from studio.jobs.latest import LatestJob, Tell

TaskWork = Callable[[Callable[[int, int], None], RunControl], object]
"""Does the task; is handed where to report how far it came, and what may ask it to stop."""
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True)
class TaskProgressed:
    """How far a task came."""

    done: int
    total: int


class Task(LatestJob):
    """One kind of shorter work that says how far it came; at most one at a time."""

    def start(self, work: TaskWork) -> None:
        """Begin; what is under way is stopped, and nobody hears of it again."""
        self.request(lambda tell, control: work(_throttled(tell), control))


def _throttled(emit: Tell) -> Callable[[int, int], None]:
    latest = 0.0

    def report(done: int, total: int) -> None:
        nonlocal latest
        now = time.monotonic()
        if now - latest >= _REPORT_EVERY_S or done == total:
            latest = now
            emit(TaskProgressed(done=done, total=total))

    return report
