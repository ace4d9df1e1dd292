"""Train or resume a run: the entry points of the studio, the command line and the tests.

Neither raises: every outcome is reported by one ``RunEnded`` event at the end.
"""

import contextlib
import logging
import traceback
from collections.abc import Mapping

from engine import ranks
from engine.config.run import RunConfig, check_new_run
from engine.control import RunControl
from engine.errors import (
    DeviceLostError,
    EngineError,
    MemoryExhaustedError,
    RankLostError,
    StoppedError,
)
from engine.events import Emit, Outcome, Phase, PhaseChanged, RunEnded, RunPaused, RunResumed
from engine.runs.branching import find_initial_run
from engine.runs.folder import ValidCheckpoint, images_in_name
from engine.train.batch_size import peak_bytes, total_bytes
from engine.train.checkpointing import CheckpointWriter, RunDirectory, load_checkpoint
from engine.train.context import RunContext
from engine.train.device import (
    find_device,
    is_device_lost,
    is_out_of_memory,
    keep_freed_memory,
    release_memory,
)
from engine.train.followers import share_run
from engine.train.loop import POLL_EVERY_S, TrainingLoop
from engine.train.lr_schedule import LearningRateSchedule
from engine.train.orders import Order
from engine.train.progress import ProgressEstimator, TrainingClock
from engine.train.setup import TrainingSetup, check_batch_size, set_up

log = logging.getLogger(__name__)


def train(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Train a new run until its budget is used or a stop is requested.

    Args:
        config: complete configuration; ``config.run`` must be a new or empty folder.
        emit: receives every event, on this thread; ``RunEnded`` is the last.
        control: checked between steps.
    """
    _run_guarded(config, emit, control, is_resumed=False)


def resume(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Continue a run from its newest valid checkpoint, as if it had not been interrupted.

    A run without any checkpoint starts from its first step. A run whose checkpoints cannot be
    loaded fails.

    Args:
        config: the run's own; only its budget, device and reporting may differ, and it may have
            changes of settings from the checkpoint on that the run has not.
        emit: as for ``train``.
        control: as for ``train``.
    """
    _run_guarded(config, emit, control, is_resumed=True)


def _run_guarded(config: RunConfig, emit: Emit, control: RunControl, *, is_resumed: bool) -> None:
    """Run; report every outcome and error as ``RunEnded``."""
    directory, clock = RunDirectory(config.run, emit, control), TrainingClock()
    writer = CheckpointWriter(directory, control, clock)
    with contextlib.closing(directory):
        outcome, error = Outcome.FAILED, None
        try:
            if not is_resumed:
                # Before the folder is made, so that a mistake leaves nothing behind.
                check_new_run(config)
                check_batch_size(config)
                find_initial_run(config)
                directory.create(config)
                checkpoint = None
            else:
                reopened = directory.reopen(config)
                config, checkpoint = reopened.config, reopened.checkpoint
            context = RunContext(
                config=config,
                directory=directory,
                control=control,
                clock=clock,
                writer=writer,
                estimator=ProgressEstimator(config, lambda: clock.elapsed_s),
                schedule=LearningRateSchedule(config),
            )
            outcome = _run(context, checkpoint)
        except StoppedError:
            outcome = Outcome.STOPPED
        except Exception as caught:
            error = _explained(caught, config, writer.images_saved)
            level = logging.WARNING if isinstance(error, EngineError) else logging.ERROR
            log.log(level, "The run in %s failed.", directory.folder.path, exc_info=caught)
            # The frames reference the networks, whose memory is released below.
            traceback.clear_frames(caught.__traceback__)
        release_memory()
        directory.emit(
            RunEnded(
                outcome=outcome,
                folder=directory.folder.path,
                images_seen=clock.images_seen,
                elapsed_s=clock.elapsed_s,
                images_saved=writer.images_saved,
                error=error,
            )
        )


def _run(context: RunContext, checkpoint: ValidCheckpoint | None) -> Outcome:
    """Set up and train, again after each pause that released the memory."""
    while True:
        outcome = _train(context, checkpoint)
        if outcome is not None:
            return outcome
        release_memory()
        context.emit(RunPaused(images_seen=context.clock.images_seen, is_released=True))
        while context.control.is_pause_requested and not context.control.is_stop_requested:
            context.directory.heartbeat()
            context.control.wait(POLL_EVERY_S)
        if context.control.is_stop_requested:
            return Outcome.STOPPED
        is_saved = context.writer.images_saved > 0
        checkpoint = context.directory.folder.newest_valid() if is_saved else None


def _train(context: RunContext, checkpoint: ValidCheckpoint | None) -> Outcome | None:
    context.emit(PhaseChanged(phase=Phase.LOADING))
    keep_freed_memory()
    folder = context.directory.folder
    context.config = context.config.with_values(run=folder.path)
    run = set_up(
        context.config,
        folder,
        context.emit,
        context.control,
        is_restored=checkpoint is not None,
        images_seen=images_in_name(checkpoint.path) if checkpoint is not None else 0,
    )
    # What was measured once, such as the batch size, must not change after a pause.
    context.config = run.config
    loop_state = _restore(context, run, checkpoint) if checkpoint else {}
    share_run(run)
    context.emit(run.announcement)
    context.emit(PhaseChanged(phase=Phase.WARMING_UP))
    with contextlib.closing(TrainingLoop(run, context, loop_state)) as loop:
        loop.warm_up()
        outcome = loop.train()
    ranks.order(Order.RELEASE)
    ranks.disconnect()
    return outcome


def _restore(
    context: RunContext, run: TrainingSetup, checkpoint: ValidCheckpoint
) -> Mapping[str, object]:
    """Load a checkpoint into networks and context; return the state of the loop."""
    metadata = load_checkpoint(run, checkpoint.path)
    state = metadata.loop_state
    context.writer.images_saved = metadata.images_seen
    context.clock.set(metadata.images_seen, metadata.elapsed_s)
    context.guard.load_state_dict(state)
    context.monitor.load_state_dict(state)
    context.estimator.load_state_dict(state)
    context.schedule.load_state_dict(state, metadata.images_seen, metadata.elapsed_s)
    match state.get("num_micro_batches"):
        case int() as count if 1 <= count <= run.config.training.batch_size:
            run.step.num_micro_batches = count
    context.emit(
        RunResumed(
            images_seen=metadata.images_seen,
            elapsed_s=metadata.elapsed_s,
            checkpoint=checkpoint.path.name,
            skipped_checkpoints=checkpoint.skipped_checkpoints,
        )
    )
    return state


def _explained(error: Exception, config: RunConfig, images_saved: int) -> Exception:
    """Convert a device error of PyTorch into an error of the engine; say what is saved."""
    if isinstance(error, RankLostError):
        return RankLostError(error.size, error.reason, images_saved)
    if is_device_lost(error):
        return DeviceLostError(config.device, str(error).splitlines()[0], images_saved)
    if is_out_of_memory(error):
        device = find_device(config.device)
        size = config.training.batch_size
        return MemoryExhaustedError(size, peak_bytes(device), total_bytes(device))
    return error
