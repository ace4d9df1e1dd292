"""From a configuration to a run folder: what the studio, the command line and a test all call.

It never raises: whatever happens is told by the one ``RunEnded`` at the end. All callers leave the
same folder.
"""

import contextlib
import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.errors import DeviceLostError, EngineError, MemoryExhaustedError, StoppedError
from engine.events import Emit, Outcome, Phase, PhaseChanged, RunEnded, RunPaused, RunResumed
from engine.train.batch_size import most_taken_bytes, total_bytes
from engine.train.checkpointing import Place, Saver, take_up
from engine.train.context import RunContext
from engine.train.device import find_device, give_memory_back, is_device_lost, is_out_of_memory
from engine.train.loop import LOOK_EVERY_S, Session
from engine.train.lr_schedule import LearningRateSchedule
from engine.train.progress import Budget, Clock
from engine.train.setup import PreparedRun, prepare

log = logging.getLogger(__name__)


class _Start(NamedTuple):
    """Where a run begins."""

    checkpoint: Path | None
    passed_over: tuple[str, ...] = ()
    """Newer checkpoints that are damaged."""


def train(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Train a family's networks until the budget is spent or a stop comes.

    Args:
        config: decides everything; ``config.run`` must be a new or empty folder.
        emit: receives every event, on this thread; ``RunEnded`` is the last.
        control: asked between steps.
    """
    _conduct(config, emit, control, is_resumed=False)


def resume(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Go on with a run from its newest checkpoint, as if it had never been left.

    A run that never saved one begins at its beginning; a checkpoint that cannot be loaded never
    does that.

    Args:
        config: the run's own; only how long it goes on and what it reports may differ.
        emit: receives every event, on this thread; ``RunEnded`` is the last.
        control: asked between steps.
    """
    _conduct(config, emit, control, is_resumed=True)


def _conduct(config: RunConfig, emit: Emit, control: RunControl, *, is_resumed: bool) -> None:
    place, clock = Place(config.run, emit), Clock()
    saver = Saver(place, control, clock)
    with contextlib.closing(place):
        outcome, error = Outcome.FAILED, None
        try:
            start = _open(place, config, is_resumed=is_resumed)
            context = RunContext(
                config=config,
                place=place,
                control=control,
                clock=clock,
                saver=saver,
                budget=Budget(config, lambda: clock.elapsed_s),
                schedule=LearningRateSchedule(config),
            )
            outcome = _run(context, start)
        except StoppedError:
            outcome = Outcome.STOPPED
        except Exception as caught:
            error = _explained(caught, config, saver.images_saved)
            level = logging.WARNING if isinstance(error, EngineError) else logging.ERROR
            log.log(level, "The run in %s failed.", place.folder.path, exc_info=caught)
            # What its frames hold is networks, and their memory is wanted back.
            traceback.clear_frames(caught.__traceback__)
        give_memory_back()
        place.tell(
            RunEnded(
                outcome=outcome,
                folder=place.folder.path,
                images_seen=clock.images_seen,
                elapsed_s=clock.elapsed_s,
                images_saved=saver.images_saved,
                error=error,
            )
        )


def _open(place: Place, config: RunConfig, *, is_resumed: bool) -> _Start:
    if is_resumed:
        found = place.reopen(config)
        return _Start(found.checkpoint, found.passed_over)
    place.create(config)
    return _Start(None)


def _run(context: RunContext, start: _Start) -> Outcome:
    """Prepare and train, and again after each pause that gave the memory back."""
    while True:
        outcome = _train(context, start)
        if outcome is not None:
            return outcome
        _rest(context)
        if context.control.is_stop_requested:
            return Outcome.STOPPED
        if context.saver.images_saved:
            newest = context.place.folder.newest_valid()
            start = _Start(newest.path, newest.passed_over)
        else:
            start = _Start(None)


def _train(context: RunContext, start: _Start) -> Outcome | None:
    context.tell(PhaseChanged(phase=Phase.LOADING))
    folder = context.place.folder
    config = context.config.with_values(run=folder.path)
    run = prepare(config, folder, context.tell, context.control)
    position = _take_up(context, run, start)
    context.tell(run.announcement)
    context.tell(PhaseChanged(phase=Phase.WARMING_UP))
    session = Session(run, context, position)
    session.warm_up()
    return session.train()


def _take_up(context: RunContext, run: PreparedRun, start: _Start) -> Mapping[str, object]:
    if start.checkpoint is None:
        return {}
    facts = take_up(run, start.checkpoint)
    context.saver.images_saved = facts.images_seen
    context.clock.set(facts.images_seen, facts.elapsed_s)
    context.guard.load_state_dict(facts.positions)
    context.monitor.load_state_dict(facts.positions)
    context.budget.restore(facts.positions)
    context.schedule.load_state_dict(facts.positions, facts.images_seen, facts.elapsed_s)
    run.step.parts = int(facts.positions.get("parts", 1))
    context.tell(
        RunResumed(
            images_seen=facts.images_seen,
            elapsed_s=facts.elapsed_s,
            checkpoint=start.checkpoint.name,
            passed_over=start.passed_over,
        )
    )
    return facts.positions


def _rest(context: RunContext) -> None:
    """Wait, without the networks, until the run shall go on or end."""
    give_memory_back()
    context.tell(RunPaused(images_seen=context.clock.images_seen, is_released=True))
    while context.control.is_pause_requested and not context.control.is_stop_requested:
        context.place.hold()
        context.control.wait(LOOK_EVERY_S)


def _explained(error: Exception, config: RunConfig, images_saved: int) -> Exception:
    """Give an error of the device the name that says what can be done."""
    if is_device_lost(error):
        return DeviceLostError(config.device, str(error).splitlines()[0], images_saved)
    if is_out_of_memory(error):
        device = find_device(config.device)
        size = config.training.batch_size
        return MemoryExhaustedError(size, most_taken_bytes(device), total_bytes(device))
    return error
