"""Values that a run leaves to the family and the machine, and the steps that decide them.

Steps are tried on networks that are then discarded: whether a batch fits, and how fast it is.
"""

import contextlib
import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from engine import ranks
from engine.config.run import RunConfig
from engine.config.sections import ADVERSARIAL_FAMILIES, TrainingConfig
from engine.control import RunControl
from engine.data.loader import Batch, Loader
from engine.errors import ConfigError, Problem
from engine.events import Emit
from engine.nets.blocks import MINIBATCH_GROUP
from engine.nets.protocols import Modality
from engine.train.batch_size import DeviceMemory, choose_batch
from engine.train.data import TrainingData
from engine.train.device import has_bf16, is_out_of_memory, synchronize
from engine.train.families import build_state, build_step
from engine.train.state import DISCRIMINATOR, TrainingState, update_ema
from engine.train.step import Step

MIN_BF16_SPEEDUP = 1.1
"""Required speed-up from bf16, which costs accuracy."""
PROBE_S = 1.0
"""Time for which a speed is measured."""


def resolve_automatic(
    config: RunConfig, data: TrainingData, device: torch.device, emit: Emit, control: RunControl
) -> RunConfig:
    """Resolve the values that the configuration leaves to the family and the machine."""
    if config.training.penalty_scale == "auto":
        scale = "spread" if config.family == "adversarial" else "none"
        config = config.with_values(training__penalty_scale=scale)
    if config.training.precision == "auto":
        precision = _faster_precision(config, data, device, control)
        config = config.with_values(training__precision=precision)
    if config.training.batch_size:
        return config

    def take_steps(size: int) -> None:
        """Take two steps with a batch size on networks that are then discarded."""
        control.stop_if_asked()
        sized = config.with_values(training__batch_size=size)
        state = build_state(data.modalities, sized, device, data.augmenters)
        with contextlib.closing(data.loader(size)) as loader:
            dry_run_steps(state, sized, lambda step: read_batch(data.modalities, loader, step))

    chosen = choose_batch(
        take_steps, DeviceMemory(device), largest=data.count, multiple=_rows_together(config)
    )
    emit(chosen)
    return config.with_values(training__batch_size=chosen.batch_size)


def _faster_precision(
    config: RunConfig, data: TrainingData, device: torch.device, control: RunControl
) -> str:
    """Return ``bf16`` if training with it is clearly faster here, or ``fp32``.

    Trains for half a second with each, with networks that are then discarded. Small layers gain
    less from bf16 than the conversions cost, and how much depends on the processor.
    """
    if not has_bf16(device):
        return "fp32"
    size = config.training.batch_size or min(TrainingConfig().batch_size, data.count)
    try:
        rates = {
            precision: training_speed(
                config.with_values(training__precision=precision, training__batch_size=size),
                data,
                device,
                control,
                seconds=PROBE_S / 2,
            )
            for precision in ("fp32", "bf16")
        }
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        # The run splits its batches, and its speed is not that of whole ones.
        return "fp32"
    return "bf16" if rates["bf16"] >= MIN_BF16_SPEEDUP * rates["fp32"] else "fp32"


def check_batch_size(config: RunConfig) -> None:
    """Check that every rank gets equally many rows of a batch, and whole groups of them.

    Raises:
        ConfigError: the batch size is not divisible.
    """
    size, multiple = config.training.batch_size, _rows_together(config)
    if size % multiple:
        reason = (
            f"must be a multiple of {multiple} with {ranks.size()} processes, or 0 to select it "
            f"automatically, not {size}"
        )
        raise ConfigError([Problem("training.batch_size", reason)])


def _rows_together(config: RunConfig) -> int:
    """Return of what number the batch size must be a multiple."""
    if ranks.size() == 1:
        return 1
    # Discriminators compare the rows of a group.
    return ranks.size() * (MINIBATCH_GROUP if config.family in ADVERSARIAL_FAMILIES else 1)


def build_run_step(state: TrainingState, config: RunConfig, data: TrainingData) -> Step:
    """Build the training step of a run."""
    return build_step(
        state,
        config,
        modalities=data.modalities,
        strong_augment=data.strong_augment,
        validation=data.validation,
    )


def read_batch(modalities: Sequence[Modality], loader: Loader, step: int) -> Batch:
    """Read the stored rows of a step into the networks' form."""
    batch = loader.batch(step)
    return replace(batch, items={m.name: m.preprocess(batch.items[m.name]) for m in modalities})


def dry_run_steps(
    state: TrainingState,
    config: RunConfig,
    batch: Callable[[int], Batch],
    num_micro_batches: int = 1,
) -> None:
    """Take the first two steps of a run on a copy of its state.

    Args:
        state: is not changed.
        config: of the run.
        batch: returns the pairs of a step.
        num_micro_batches: per batch.
    """
    step = build_step(copy.deepcopy(state), config)
    step.num_micro_batches = num_micro_batches
    # A rank that runs out of memory must not leave others waiting.
    with ranks.local_only():
        for number in range(2):
            step(batch(number), number)
    synchronize(state.device)


def training_speed(
    config: RunConfig,
    data: TrainingData,
    device: torch.device,
    control: RunControl,
    *,
    seconds: float = PROBE_S,
) -> float:
    """Measure images per second for a given precision and batch, on networks made for it."""
    training = config.training
    state = build_state(data.modalities, config, device, data.augmenters)
    step, stack = build_run_step(state, config, data), contextlib.ExitStack()
    loader = stack.enter_context(contextlib.closing(data.loader(training.batch_size)))

    def take_step(number: int) -> None:
        control.stop_if_asked()
        step(read_batch(data.modalities, loader, number), number)
        update_ema(
            state.ema,
            state.generator,
            images_seen=(number + 1) * training.batch_size,
            batch=training.batch_size,
            half_life=training.ema_half_life,
        )

    has_penalty = DISCRIMINATOR in state.networks and training.penalty_weight > 0
    interval = training.reg_interval if has_penalty else 1
    with stack:
        rate = steps_per_second(
            take_step, lambda: synchronize(device), interval=interval, seconds=seconds
        )
    return training.batch_size * rate


def steps_per_second(
    take_step: Callable[[int], None],
    wait: Callable[[], None] = lambda: None,
    *,
    interval: int,
    seconds: float = PROBE_S,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Measure the mean rate of steps of which every ``interval``-th takes longer.

    The first two steps compile kernels and do not count, unless they alone take that long. Then
    both kinds of steps are timed in turn until the time is over: in whole intervals if that is
    short enough, otherwise one step of each.

    Args:
        take_step: takes the step of a number from 0; multiples of ``interval`` are the long ones.
        wait: waits for the device.
        interval: 1 if all steps are equal.
        seconds: time to measure for.
        clock: in seconds.
    """

    def elapsed(*numbers: int) -> float:
        start = clock()
        for number in numbers:
            take_step(number)
        wait()
        return clock() - start

    long_s, short_s, rounds, num_short = elapsed(0), elapsed(1), 1, 1
    if long_s + short_s < seconds:
        num_short = interval - 1 if interval * short_s < seconds else 1
        long_s = short_s = rounds = 0
        while long_s + short_s < seconds:
            rounds += 1
            long_s += elapsed(rounds * interval)
            short_s += elapsed(*range(1, num_short + 1))
    # Without short steps, nothing but the clock itself was timed.
    per_short_s = short_s / (rounds * num_short) if num_short else 0.0
    return interval / (long_s / rounds + (interval - 1) * per_short_s)
