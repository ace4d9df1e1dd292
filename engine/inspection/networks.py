"""The networks of a run, loaded to be looked into: generator, its EMA and the discriminator.

Only the run folder is read. Nothing of it changes, and the weights are a copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from engine.config.run import RunConfig
from engine.control import RequestState, RunControl
from engine.errors import CheckpointCorruptError
from engine.modalities.registry import build_modalities
from engine.nets.blocks import shapes_only
from engine.nets.discriminator import PairDiscriminator
from engine.nets.protocols import Modality, PairModel
from engine.runs.checkpoint import Snapshot, read_tensors
from engine.runs.checkpoint_files import CheckpointMetadata, read_metadata
from engine.runs.folder import NEWEST, RunFolder
from engine.runs.metadata import ModelMetadata
from engine.sample.live import live_snapshot
from engine.sample.load import EMA_PREFIX
from engine.sample.one_thread import keep_to_one_thread
from engine.train.families import build_networks
from engine.train.state import DISCRIMINATOR, GENERATOR

_MISMATCH = "its tensors do not fit the run's networks"


def read_snapshot(folder: Path, checkpoint: str = NEWEST) -> Snapshot:
    """Read a checkpoint of a run, by default the newest.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        CheckpointCorruptError: what is there is damaged.
    """
    path = RunFolder(folder).chosen_checkpoint(checkpoint)
    return Snapshot(tensors=read_tensors(path, ""), metadata=read_metadata(path))


def newest_snapshot(folder: Path, live: RequestState | None, control: RunControl) -> Snapshot:
    """Copy the state of a run that trains here, or else read its newest checkpoint.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        CheckpointCorruptError: what is there is damaged.
        StoppedError: a stop was requested.
    """
    found = None if live is None else live_snapshot(live, control)
    return read_snapshot(folder) if found is None else found


@dataclass(frozen=True, kw_only=True)
class InspectedRun:
    """The networks of a run at one point of its training."""

    folder: Path
    config: RunConfig
    model: ModelMetadata
    modalities: tuple[Modality, ...]
    ema: PairModel
    """The average that samples are drawn from."""
    generator: PairModel
    """The generator that training updates."""
    discriminator: PairDiscriminator | None
    """None for the families without one."""
    metadata: CheckpointMetadata

    def modality(self, name: str) -> Modality:
        """Return the modality of a column."""
        return next(modality for modality in self.modalities if modality.name == name)


def load_networks(folder: Path, snapshot: Snapshot) -> InspectedRun:
    """Build the networks of a run on the CPU, in evaluation mode, and load a snapshot into them.

    Raises:
        RunMissingError, ConfigError: the run cannot be read.
        CheckpointCorruptError: the tensors are not those of the run's networks.
    """
    run = RunFolder(folder)
    config, model = uncompiled(run.read_config()), run.read_model()
    # Compare shapes before allocating memory: an untrusted run may describe a huge network.
    with shapes_only():
        _modalities, expected = _build(config, model)
    for name, network in expected.items():
        _check_shapes(network, _part(snapshot.tensors, f"{name}."), folder)
    with torch.random.fork_rng(devices=[]):
        modalities, networks = _build(config, model)
    for name, network in networks.items():
        network.load_state_dict(_part(snapshot.tensors, f"{name}."))
        network.eval().requires_grad_(requires_grad=False)
    return InspectedRun(
        folder=folder,
        config=config,
        model=model,
        modalities=modalities,
        ema=cast("PairModel", networks[EMA_PREFIX.rstrip(".")]),
        generator=cast("PairModel", networks[GENERATOR]),
        discriminator=cast("PairDiscriminator | None", networks.get(DISCRIMINATOR)),
        metadata=snapshot.metadata,
    )


def inspect_run(folder: Path, live: RequestState | None, control: RunControl) -> InspectedRun:
    """Load the newest state of a run, with one thread for all that is computed of it.

    A run that trains meanwhile keeps the other processors.

    Raises:
        EngineError: as ``newest_snapshot`` and ``load_networks``.
        StoppedError: a stop was requested.
    """
    keep_to_one_thread()
    snapshot = newest_snapshot(folder, live, control)
    control.stop_if_asked()
    return load_networks(folder, snapshot)


def uncompiled(config: RunConfig) -> RunConfig:
    """Return a configuration whose networks are not compiled: a minute of work for a few calls."""
    return config.with_values(training__compile_discriminator=False)


def _build(
    config: RunConfig, model: ModelMetadata
) -> tuple[tuple[Modality, ...], dict[str, nn.Module]]:
    modalities = build_modalities(model.columns, config.networks)
    networks = build_networks(modalities, config)
    average = build_networks(modalities, config)[GENERATOR]
    return modalities, {**networks, EMA_PREFIX.rstrip("."): average}


def _check_shapes(network: nn.Module, tensors: Mapping[str, Tensor], folder: Path) -> None:
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if {name: tensor.shape for name, tensor in tensors.items()} != expected:
        raise CheckpointCorruptError(folder, _MISMATCH)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
