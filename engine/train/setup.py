"""From a configuration to everything a run needs, before the first step."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.data.loader import Batch, DeviceLoader
from engine.data.store import open_dataset
from engine.errors import ConfigError, Problem
from engine.events import Emit, RunPrepared
from engine.nets.protocols import Modality
from engine.nets.registry import build_modalities
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.runs.folder import ModelMetadata, RunFolder, write_model
from engine.train.batch_size import choose_batch, memory_of
from engine.train.data import Source, load_source, load_vectors, model_facts
from engine.train.device import describe, find_device, resolve_precision
from engine.train.families import build_state, build_step
from engine.train.state import CRITIC, TrainingState, parameter_count
from engine.train.step import Step

LARGE_IMAGE = 64
"""From so many pixels on, layers are large enough for half precision to pay on a CPU."""


@dataclass(frozen=True, kw_only=True)
class PreparedRun:
    """What the loop works with."""

    config: RunConfig
    """As asked for, with everything that was left open decided."""
    folder: RunFolder
    state: TrainingState
    modalities: tuple[Modality, ...]
    model: ModelMetadata
    loader: DeviceLoader
    step: Step
    first: Mapping[str, Tensor]
    """All tensors of the state before the first step, on the CPU."""
    announcement: RunPrepared

    def batch(self, step: int) -> Batch:
        """Give the real pairs of a step, in the networks' form."""
        return read_batch(self.modalities, self.loader, step)


def prepare(config: RunConfig, folder: RunFolder, tell: Emit, control: RunControl) -> PreparedRun:
    """Load the data onto the device, build the networks and decide what was left open.

    Raises:
        StoppedError: the control asked for it.
        EngineError: the dataset or the device is not to be had; the class says why.
    """
    device = find_device(config.device)
    dataset = open_dataset(config.dataset)
    facts = model_facts(config, dataset)
    _refuse_other_data(folder, facts)
    write_model(folder, facts)
    control.stop_if_asked()
    modalities = build_modalities(
        config.networks,
        channels=facts.channels,
        tokenizer=facts.tokenizer,
        text_length=facts.text_length,
        vectors=load_vectors(config, facts),
    )
    source = load_source(config, dataset, facts, modalities, device)
    control.stop_if_asked()
    config = _decide(config, source, device, tell, control)
    folder.write_config(config)
    state = build_state(modalities, config, device, source.augmenters)
    return PreparedRun(
        config=config,
        folder=folder,
        state=state,
        modalities=modalities,
        model=facts,
        loader=source.loader(config.training.batch_size),
        step=build_step(
            state,
            config,
            modalities=modalities,
            strong_augment=source.disguises,
            validation=source.held_out,
        ),
        first={name: tensor.detach().cpu().clone() for name, tensor in state.tensors().items()},
        announcement=_announcement(folder, source, config, state),
    )


def start_over(run: PreparedRun) -> None:
    """Put a run's networks back to where they were before the first step."""
    nothing_yet = CheckpointMetadata(step=0, images_seen=0, elapsed_s=0.0, config_hash="")
    run.state.restore(run.first, nothing_yet)


def _refuse_other_data(folder: RunFolder, facts: ModelMetadata) -> None:
    """A run that goes on must go on with the same pairs."""
    if not folder.model_file.exists():
        return
    before = folder.read_model().dataset_version
    if before != facts.dataset_version:
        reason = f"has changed: the run began with version {before}, not {facts.dataset_version}"
        raise ConfigError([Problem("dataset", reason)])


def _decide(
    config: RunConfig, source: Source, device: torch.device, tell: Emit, control: RunControl
) -> RunConfig:
    """Settle what the configuration leaves to the machine."""
    is_large = config.networks.image_size >= LARGE_IMAGE
    precision = resolve_precision(config.training.precision, device, is_large=is_large)
    config = config.with_values(training__precision=precision)
    if config.training.batch_size:
        return config

    def take_steps(size: int) -> None:
        control.stop_if_asked()
        _take_steps(config.with_values(training__batch_size=size), source, device)

    chosen = choose_batch(take_steps, memory_of(device), largest=source.count)
    tell(chosen)
    return config.with_values(training__batch_size=chosen.batch_size)


def _take_steps(config: RunConfig, source: Source, device: torch.device) -> None:
    """Take the first steps with some batch size, and forget them."""
    state = build_state(source.modalities, config, device, source.augmenters)
    loader = source.loader(config.training.batch_size)
    rehearse_steps(state, config, lambda step: read_batch(source.modalities, loader, step))


def _announcement(
    folder: RunFolder, source: Source, config: RunConfig, state: TrainingState
) -> RunPrepared:
    critic = state.players.get(CRITIC)
    return RunPrepared(
        folder=folder.path,
        dataset=source.name,
        pairs=source.count,
        image_size=config.networks.image_size,
        device=describe(state.device),
        generator_parameters=parameter_count(state.generator),
        critic_parameters=parameter_count(critic.network) if critic else 0,
    )


def read_batch(modalities: Sequence[Modality], loader: DeviceLoader, step: int) -> Batch:
    """Read the stored rows of a step into the networks' form."""
    batch = loader.batch(step)
    return replace(batch, items={m.name: m.read(batch.items[m.name]) for m in modalities})


def rehearse_steps(
    state: TrainingState, config: RunConfig, batch: Callable[[int], Batch], *, parts: int = 1
) -> None:
    """Take the first two steps of a run on a copy of its state.

    Args:
        state: is not changed.
        config: of the run.
        batch: gives the pairs of a step.
        parts: shares in which a batch is learnt from.
    """
    step = build_step(copy.deepcopy(state), config)
    step.num_micro_batches = parts
    for number in range(2):
        step(batch(number), number)
    if state.device.type == "cuda":
        torch.cuda.synchronize(state.device)
