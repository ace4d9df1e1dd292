"""Training setup: data on the device, networks, optimizers, and the resolved configuration.

Also measures how fast a run would train, by setting it up on a part of its data.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine import ranks
from engine.config.changes import settings_at
from engine.config.networks import JOINT_DENSE
from engine.config.run import RunConfig, parse_column_weights
from engine.config.sections import TrainingConfig
from engine.config.toml import config_to_toml
from engine.control import RunControl
from engine.data.loader import Batch, Loader
from engine.data.reduction import open_training_dataset
from engine.data.store import TRAIN, StoredDataset
from engine.errors import (
    ConfigError,
    DatasetChangedError,
    MemoryExhaustedError,
    Problem,
)
from engine.events import Emit, RunReady, WeightsTransferred
from engine.modalities.registry import build_modalities
from engine.nets.audio import AudioModality
from engine.nets.protocols import Modality
from engine.runs.branching import InitialRun, find_initial_run
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.runs.folder import RunFolder, write_model
from engine.runs.metadata import ModelMetadata, Origin, change_notes
from engine.sample.sampler import Samples
from engine.train.automatic import (
    build_run_step,
    check_batch_size,
    dry_run_steps,
    read_batch,
    resolve_automatic,
    training_speed,
)
from engine.train.batch_size import DeviceMemory, peak_bytes, total_bytes
from engine.train.data import (
    TrainingData,
    load_training_data,
    load_vectors,
    model_metadata,
    network_input,
)
from engine.train.device import (
    describe,
    find_device,
    is_out_of_memory,
    keep_freed_memory,
    limitations,
    release_memory,
)
from engine.train.families import AUGMENTER, augmenter_buffers, build_state
from engine.train.orders import Order
from engine.train.state import DISCRIMINATOR, TrainingState, parameter_count
from engine.train.step import Step
from engine.train.storage import (
    RESIDENT,
    STREAMED,
    fits_in_memory,
    free_bytes,
    stored_bytes,
)
from engine.train.transfer import follow_initial_run, transfer
from engine.train.verification import check_dataset_content

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class TrainingSetup:
    """Everything that the training loop needs."""

    config: RunConfig
    """As requested, with every automatic value resolved, and with all changes so far."""
    settings: RunConfig
    """The values in effect; see ``use``."""
    folder: RunFolder
    state: TrainingState
    modalities: tuple[Modality, ...]
    model: ModelMetadata
    data: TrainingData
    loader: Loader
    step: Step
    initial_tensors: Mapping[str, Tensor]
    """All tensors of the state before the first step, on the CPU."""
    announcement: RunReady
    real_samples: Samples | None
    """As many training items as a preview has, in the form of samples; None if no item is
    complete."""
    is_restored: bool
    """Whether ``initial_tensors`` lack what the run took over from an earlier one."""
    is_verified: bool
    """Whether the content of the dataset was compared with its version when the run was set up."""

    def batch(self, step: int) -> Batch:
        """Return the real pairs of a step as network input."""
        return read_batch(self.modalities, self.loader, step)

    def use(self, settings: RunConfig) -> None:
        """Use other values of live settings from the next step on.

        Networks and optimizers keep their state. Another augmentation begins without one.

        Raises:
            EngineError: the dataset, which another augmentation depends on, cannot be read.
        """
        ranks.order(Order.USE_SETTINGS, settings=config_to_toml(settings))
        if settings.data.augmentation != self.settings.data.augmentation:
            self.augment(settings)
        self.settings = settings
        self.state.set_text_ratio(settings.training)
        # A step has no state of its own: its random numbers follow from seed and step number.
        step = build_run_step(self.state, settings, self.data)
        step.num_micro_batches = self.step.num_micro_batches
        self.step = step

    def augment(self, settings: RunConfig) -> None:
        """Begin with an augmentation; ``use`` must be called next."""
        self.data = self.data.augmented(settings, open_training_dataset(self.config), self.model)
        others = {n: m for n, m in self.state.buffers.items() if not n.startswith(AUGMENTER)}
        self.state.buffers = others | augmenter_buffers(self.data.augmenters, self.state.device)


def set_up(
    config: RunConfig,
    folder: RunFolder,
    emit: Emit,
    control: RunControl,
    *,
    is_restored: bool = False,
    images_seen: int = 0,
) -> TrainingSetup:
    """Load the data onto the device, resolve automatic values and build the networks.

    Args:
        config: of the run.
        folder: of the run.
        emit: receives what was selected and taken over.
        control: of the run.
        is_restored: whether a checkpoint of the run is loaded next. Its weights count then, and
            the earlier run that the run started from may be gone.
        images_seen: at that checkpoint; the settings are those of the step after it.

    Raises:
        StoppedError: a stop was requested.
        EngineError: the dataset or the device is not available; the class says why.
    """
    device = find_device(config.device)
    for sentence in limitations(device):
        log.info("%s", sentence)
    check_batch_size(config)
    dataset = open_training_dataset(config)
    initial = None if is_restored else find_initial_run(config)
    requested, config = config, follow_initial_run(config, initial)
    metadata, config = model_metadata(config, dataset)
    # Reading data that do not fit into memory takes minutes: they are verified while training.
    is_verified = is_restored and config.data.storage != STREAMED
    check_dataset_content(folder, dataset, control, compares_content=is_verified)
    write_model(folder, metadata)
    control.stop_if_asked()
    for change in config.changes:
        if change.field == "training.column_weights":
            check_column_weights(change.text, metadata)
    first = settings_at(config, images_seen)
    is_resident = _is_resident(first, dataset, metadata, device, control)
    if config.data.storage == "auto":
        # Runs that began before there was a choice had all data in memory, in any order.
        storage = RESIDENT if is_resident or is_restored else STREAMED
        config = config.with_values(data__storage=storage)
        first = first.with_values(data__storage=storage)
    data = _load(first, dataset, metadata, device, control, is_resident=is_resident)
    config = resolve_automatic(config, data, device, emit, control)
    if initial is not None:
        # A run that is interrupted before its first checkpoint must start from the same weights.
        config = config.with_values(init_checkpoint=initial.checkpoint.name)
    if config != requested:
        folder.write_config(config)
    settings = settings_at(config, images_seen)
    state = build_state(data.modalities, settings, device, data.augmenters)
    if initial is not None:
        report = _take_over(initial, state, config, metadata)
        origin = Origin(
            run=report.run,
            checkpoint=report.checkpoint,
            images_seen=report.images_seen,
            is_branch=False,
        )
        change_notes(folder.path, origin=origin)
        emit(report)
    return TrainingSetup(
        config=config,
        settings=settings,
        folder=folder,
        state=state,
        modalities=data.modalities,
        model=metadata,
        data=data,
        loader=data.loader(config.training.batch_size),
        step=build_run_step(state, settings, data),
        initial_tensors={
            name: tensor.detach().cpu().clone() for name, tensor in state.tensors().items()
        },
        announcement=_announcement(folder, data, metadata, config, state),
        real_samples=_real_samples(dataset, metadata, config, data.modalities),
        is_restored=is_restored,
        is_verified=is_verified,
    )


def set_up_follower(config: RunConfig, images_seen: int, dataset_version: str) -> TrainingSetup:
    """Set up a run as rank 0 has done, on another rank; writes nothing.

    The initial weights are those of the seed, which those of rank 0 replace.

    Args:
        config: of rank 0, with every automatic value resolved.
        images_seen: the settings are those of the step after them.
        dataset_version: that rank 0 trains on.

    Raises:
        EngineError: the dataset or the device is not available, or the dataset is another one.
    """
    device = find_device(config.device)
    dataset = open_training_dataset(config)
    version = dataset.manifest.version
    if version != dataset_version:
        raise DatasetChangedError(dataset.folder, dataset_version, version)
    metadata, config = model_metadata(config, dataset)
    settings = settings_at(config, images_seen)
    is_resident = _is_resident(settings, dataset, metadata, device, RunControl())
    data = _load(settings, dataset, metadata, device, RunControl(), is_resident=is_resident)
    state = build_state(data.modalities, settings, device, data.augmenters)
    folder = RunFolder(config.run)
    return TrainingSetup(
        config=config,
        settings=settings,
        folder=folder,
        state=state,
        modalities=data.modalities,
        model=metadata,
        data=data,
        loader=data.loader(config.training.batch_size),
        step=build_run_step(state, settings, data),
        initial_tensors={},
        announcement=_announcement(folder, data, metadata, config, state),
        real_samples=None,
        is_restored=True,
        is_verified=True,
    )


def _is_resident(
    config: RunConfig,
    dataset: StoredDataset,
    metadata: ModelMetadata,
    device: torch.device,
    control: RunControl,
) -> bool:
    """Whether the data are to be held in the memory of the device."""
    if config.data.storage == STREAMED:
        return False

    def measure_peak() -> int:
        """Measure what two steps on a part of the data take."""
        data = _load(config, dataset, metadata, device, control, max_items=PROBE_ITEMS)
        size = config.training.batch_size or min(TrainingConfig().batch_size, data.count)
        sized, memory = config.with_values(training__batch_size=size), DeviceMemory(device)
        state = build_state(data.modalities, sized, device, data.augmenters)
        loader = data.loader(size)
        try:
            dry_run_steps(state, sized, lambda step: read_batch(data.modalities, loader, step))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        return memory.peak()

    size, free = stored_bytes(dataset, metadata, config.networks), free_bytes(device)
    fits = fits_in_memory(size, free, device, measure_peak)
    if not fits:
        log.info("The data take %.1f GB of %.1f GB and are streamed.", size / 1e9, free / 1e9)
    return fits


def reset_to_initial_weights(run: TrainingSetup) -> None:
    """Restore the networks and optimizers from before the first step.

    Raises:
        EngineError: the run started from an earlier run, was resumed, and the earlier run can no
            longer be read.
    """
    metadata = CheckpointMetadata(step=0, images_seen=0, elapsed_s=0.0, config_hash="")
    first = settings_at(run.config, 0)
    run.augment(first)
    run.use(first)
    # The augmentation may have been another one when the run was set up.
    fresh = {n: t for n, t in run.state.tensors().items() if n.startswith(AUGMENTER)}
    kept = {n: t for n, t in run.initial_tensors.items() if not n.startswith(AUGMENTER)}
    run.state.restore(kept | fresh, metadata)
    if run.is_restored and (initial := find_initial_run(run.config)):
        _take_over(initial, run.state, run.config, run.model)


def _take_over(
    initial: InitialRun, state: TrainingState, config: RunConfig, model: ModelMetadata
) -> WeightsTransferred:
    """Start the networks, and the EMA with the generator, from an earlier run."""
    networks = {name: trained.network for name, trained in state.networks.items()}
    report = transfer(networks, config, model, initial)
    state.ema.load_state_dict(state.generator.state_dict())
    return report


def _load(
    config: RunConfig,
    dataset: StoredDataset,
    metadata: ModelMetadata,
    device: torch.device,
    control: RunControl,
    *,
    max_items: int | None = None,
    is_resident: bool = True,
) -> TrainingData:
    """Build the modalities, and load the data onto the device or prepare to read them.

    Raises:
        ConfigError: the discriminator judges complete items alone, and there are none; or a column
            that has a weight does not exist.
    """
    is_joint = config.networks.architecture == JOINT_DENSE
    if is_joint and not len(dataset.complete_rows(TRAIN, metadata.columns)):
        reason = (
            "cannot be joint-dense here: these networks learn from complete items alone, and every "
            "training item of the dataset lacks something"
        )
        raise ConfigError([Problem("networks.architecture", reason)])
    check_column_weights(config.training.column_weights, metadata)
    vectors = load_vectors(config, metadata)
    modalities = build_modalities(metadata.columns, config.networks, vectors)
    control.stop_if_asked()
    data = load_training_data(
        config,
        dataset,
        metadata,
        modalities,
        device,
        max_items=max_items,
        is_resident=is_resident,
    )
    control.stop_if_asked()
    return data


def check_column_weights(text: str, metadata: ModelMetadata) -> None:
    """Check that weights name columns of the dataset alone.

    Raises:
        ConfigError: a column that has a weight does not exist.
    """
    unknown = [name for name in parse_column_weights(text) if name not in metadata.columns]
    if unknown:
        columns = ", ".join(metadata.columns)
        reason = f"name no column of the dataset: '{unknown[0]}' (it has {columns})"
        raise ConfigError([Problem("training.column_weights", reason)])


def _announcement(
    folder: RunFolder,
    data: TrainingData,
    model: ModelMetadata,
    config: RunConfig,
    state: TrainingState,
) -> RunReady:
    discriminator = state.networks.get(DISCRIMINATOR)
    shape = model.image_shape(config.networks.image_size)
    return RunReady(
        folder=folder.path,
        dataset=data.name,
        pairs=data.count,
        image_size=config.networks.image_size,
        device=describe(state.device) + _in_processes(),
        generator_parameters=parameter_count(state.generator),
        discriminator_parameters=parameter_count(discriminator.network) if discriminator else 0,
        image_height=shape.height,
        image_width=shape.width,
        columns={name: facts.kind for name, facts in model.columns.items()},
        notice=model.notice,
    )


def _in_processes() -> str:
    return f", {ranks.size()} processes" if ranks.size() > 1 else ""


def _real_samples(
    dataset: StoredDataset,
    model: ModelMetadata,
    config: RunConfig,
    modalities: Sequence[Modality],
) -> Samples | None:
    rows = dataset.complete_rows(TRAIN, model.columns)
    # Not the first ones: datasets are often sorted.
    places = np.linspace(0, len(rows) - 1, min(len(rows), config.reporting.preview_count))
    items = network_input(
        dataset, model, rows[places.astype(np.int64)], config.networks, modalities
    )
    if not items:
        return None
    # They are looked at, and never played.
    return Samples(
        columns={
            m.name: m.show_silently(items[m.name])
            if isinstance(m, AudioModality)
            else m.postprocess(items[m.name])
            for m in modalities
        }
    )


def fits_into_memory(run: TrainingSetup) -> bool:
    """Take two steps on copies, with and without the penalty, and return whether they fit.

    Of several ranks, all must call it, and all must have room.
    """
    has_room = True
    try:
        dry_run_steps(run.state, run.settings, run.batch, run.step.num_micro_batches)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        has_room = False
    return not ranks.any_rank(not has_room)


# --------------------------------------------------------------------------
# Speed before a run.


PROBE_ITEMS = 512
"""Items of the dataset that the measurement loads."""


def measure_throughput(config: RunConfig, control: RunControl) -> float:
    """Measure the images per second at which a run would train on this machine.

    Takes real training steps for about a second, with networks that are then discarded and on items
    drawn from the dataset. Nothing is written. A batch size of 0 is selected first, as the run
    would.

    Raises:
        StoppedError: a stop was requested.
        EngineError: the dataset or the device is not available, or a batch does not fit into
            memory.
    """
    control.stop_if_asked()
    device = find_device(config.device)
    keep_freed_memory()
    try:
        return _measure(config, device, control)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    finally:
        release_memory()
    # Outside the ``except``: the exception references the tensors that did not fit.
    size = config.training.batch_size
    raise MemoryExhaustedError(size, peak_bytes(device), total_bytes(device))


def _measure(config: RunConfig, device: torch.device, control: RunControl) -> float:
    dataset = open_training_dataset(config)
    config = follow_initial_run(config, find_initial_run(config))
    metadata, config = model_metadata(config, dataset)
    data = _load(config, dataset, metadata, device, control, max_items=PROBE_ITEMS)
    config = resolve_automatic(config, data, device, lambda _event: None, control)
    return training_speed(config, data, device, control)
