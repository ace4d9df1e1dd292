"""Two ways out of trouble: learning from a batch in shares, and going back to a good state."""

import logging
from pathlib import Path

from engine.errors import CheckpointCorruptError, MemoryExhaustedError
from engine.events import BatchSplit, RolledBack
from engine.runs.folder import images_in_name
from engine.runs.retention import remove_checkpoint
from engine.train.batch_size import most_taken_bytes, total_bytes
from engine.train.checkpointing import take_up
from engine.train.context import RunContext
from engine.train.device import give_memory_back
from engine.train.metrics import Skipped
from engine.train.setup import PreparedRun, start_over

log = logging.getLogger(__name__)

LEAST_SHARE = 2
"""Rows of a batch that are learnt from at once, at least; a critic compares them."""
WEIGHTS = "weights"
"""What is not finite where every gradient was: a network's own statistics."""


class Rescue:
    """Gets a run out of trouble.

    Args:
        run: networks and data.
        context: of the run.
    """

    def __init__(self, run: PreparedRun, context: RunContext) -> None:
        self._run, self._context = run, context

    def split_batch(self) -> None:
        """Learn from each batch in twice as many shares from here on.

        Raises:
            MemoryExhaustedError: they would be too small.
        """
        run, device = self._run, self._run.state.device
        size, parts = run.config.training.batch_size, 2 * run.step.parts
        taken, total = most_taken_bytes(device), total_bytes(device)
        if size // parts < LEAST_SHARE:
            raise MemoryExhaustedError(size, taken, total)
        run.step.parts = parts
        give_memory_back()
        self._context.tell(
            BatchSplit(
                images_seen=run.state.images_seen,
                batch_size=size,
                parts=parts,
                memory_bytes=taken,
                budget_bytes=total,
            )
        )

    def roll_back(self, skipped: Skipped | None) -> None:
        """Go on from the last good state, with a lower rate.

        Args:
            skipped: the steps that were one too many; None where the networks' own statistics are
                spoilt.

        Raises:
            NonFiniteLossError: going back has not helped before.
        """
        state, context = self._run.state, self._context
        from_images = state.images_seen
        began = from_images
        if skipped is not None:
            began = context.guard.trouble_step * self._run.config.training.batch_size
        context.guard.begin_rollback(from_images, tuple(skipped.terms) if skipped else (WEIGHTS,))
        self._take_up_before(began)
        context.clock.images_seen = state.images_seen
        context.meter.forget()
        context.monitor.rewind(state.images_seen)
        context.guard.end_rollback(state.step)
        context.tell(
            RolledBack(
                images_seen=state.images_seen,
                from_images_seen=from_images,
                rate_scale=context.guard.rate_scale,
            )
        )

    def _take_up_before(self, images_seen: int) -> None:
        """Take up the newest checkpoint from before the trouble, or the first weights."""
        saver = self._context.saver
        for checkpoint in reversed(self._context.place.folder.checkpoint_paths()):
            if images_in_name(checkpoint) > images_seen:
                # Of what is given up now; it must not pass for the newest when the run goes on.
                self._remove(checkpoint)
                continue
            if self._can_take_up(checkpoint):
                saver.images_saved = self._run.state.images_seen
                return
        start_over(self._run)
        saver.images_saved = 0

    def _remove(self, checkpoint: Path) -> None:
        try:
            remove_checkpoint(checkpoint)
        except OSError as error:
            log.warning("%s cannot be removed: %s", checkpoint, error)

    def _can_take_up(self, checkpoint: Path) -> bool:
        try:
            take_up(self._run, checkpoint)
        except CheckpointCorruptError as error:
            log.warning("It is passed over: %s", error)
            return False
        return True
