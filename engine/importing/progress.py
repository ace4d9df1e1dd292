"""Tells how far an import has come, and no more than ten times a second."""

import time

from engine.job_events import ImportEmit, ImportProgressed, ImportStage

EVERY_S = 0.1


class ProgressTeller:
    """Turns counts into events. A new stage is told at once, and so is the end of one.

    Args:
        emit: receives the events, on the calling thread.
    """

    def __init__(self, emit: ImportEmit) -> None:
        self._emit = emit
        self._stage: ImportStage | None = None
        self._first_done = 0
        self._started_s = self._told_s = 0.0

    def __call__(self, stage: ImportStage, done: int, total: int) -> None:
        """Tell of a stage, how much of it is done, and of how much; 0 while that is not known."""
        now_s = time.monotonic()
        if stage is not self._stage:
            # What was done before, by an import that was cut off, says nothing about the speed.
            self._stage, self._first_done, self._started_s = stage, done, now_s
        elif now_s - self._told_s < EVERY_S and done != total:
            return
        self._told_s = now_s
        spent_s = now_s - self._started_s
        rate = (done - self._first_done) / spent_s if spent_s > 0 else 0.0
        self._emit(ImportProgressed(stage=stage, done=done, total=total, items_per_s=rate))
