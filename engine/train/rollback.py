"""Recovery from faults: splitting a batch into micro-batches, rolling back to a checkpoint."""

import logging

from engine import ranks
from engine.config.changes import settings_at
from engine.errors import CheckpointCorruptError, MemoryExhaustedError
from engine.events import MicroBatchingEnabled, RolledBack
from engine.runs.folder import images_in_name
from engine.runs.retention import remove_checkpoint
from engine.train.batch_size import peak_bytes, total_bytes
from engine.train.checkpointing import load_checkpoint
from engine.train.context import RunContext
from engine.train.device import release_memory
from engine.train.followers import share_state
from engine.train.metrics import Skipped
from engine.train.setup import TrainingSetup, reset_to_initial_weights

log = logging.getLogger(__name__)

MIN_MICRO_BATCH = 2
"""Rows; the discriminator compares them."""
WEIGHTS = "weights"
"""Reported term when the gradients were finite but a buffer, such as a batch statistic, is not."""


class FaultHandler:
    """Handles steps that do not fit into memory and losses that are not finite.

    Args:
        run: networks and data.
        context: of the run.
    """

    def __init__(self, run: TrainingSetup, context: RunContext) -> None:
        self._run, self._context = run, context

    def split_batch(self) -> None:
        """Double the number of micro-batches for the rest of the run.

        Raises:
            MemoryExhaustedError: they would be smaller than ``MIN_MICRO_BATCH``.
        """
        run, device = self._run, self._run.state.device
        size, parts = run.config.training.batch_size, 2 * run.step.num_micro_batches
        taken, total = peak_bytes(device), total_bytes(device)
        if size // (parts * ranks.size()) < MIN_MICRO_BATCH:
            raise MemoryExhaustedError(size, taken, total)
        run.step.num_micro_batches = parts
        release_memory()
        self._context.emit(
            MicroBatchingEnabled(
                images_seen=run.state.images_seen,
                batch_size=size,
                num_micro_batches=parts,
                memory_bytes=taken,
                budget_bytes=total,
            )
        )

    def roll_back(self, skipped: Skipped | None) -> None:
        """Continue from the last good state with a lower learning rate.

        Args:
            skipped: the steps that caused it; None where a buffer of a network is not finite.

        Raises:
            NonFiniteLossError: earlier rollbacks did not help.
        """
        state, context = self._run.state, self._context
        began = from_images = state.images_seen
        if skipped is not None:
            began = context.guard.trouble_step * self._run.config.training.batch_size
        context.guard.begin_rollback(from_images, tuple(skipped.terms) if skipped else (WEIGHTS,))
        self._load_before(began)
        share_state(self._run)
        context.clock.images_seen = state.images_seen
        context.meter.clear()
        context.monitor.rewind(state.images_seen)
        context.guard.end_rollback(state.step)
        seen, scale = state.images_seen, context.guard.rate_scale
        context.emit(RolledBack(images_seen=seen, from_images_seen=from_images, rate_scale=scale))

    def _load_before(self, images_seen: int) -> None:
        """Load the newest valid checkpoint of at most so many images, or the initial weights."""
        writer = self._context.writer
        for checkpoint in reversed(self._context.directory.folder.checkpoint_paths()):
            if images_in_name(checkpoint) > images_seen:
                # A resumed run would load it as the newest.
                try:
                    remove_checkpoint(checkpoint)
                except OSError as error:
                    log.warning("%s cannot be removed: %s", checkpoint, error)
                continue
            try:
                # Its settings first: another augmentation has another state.
                self._run.use(settings_at(self._run.config, images_in_name(checkpoint)))
                load_checkpoint(self._run, checkpoint)
            except CheckpointCorruptError as error:
                log.warning("Skipped a damaged checkpoint: %s", error)
                continue
            writer.images_saved = self._run.state.images_seen
            return
        reset_to_initial_weights(self._run)
        writer.images_saved = 0
