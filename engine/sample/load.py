"""Loads the generator of a run for sampling."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from engine.config.run import RunConfig
from engine.config.toml import config_hash
from engine.data.facts import TextFacts
from engine.data.tokenizers import encode_all
from engine.errors import CheckpointCorruptError, UnknownWordsError
from engine.nets.protocols import Modality, PairModel
from engine.runs.branching import find_checkpoint
from engine.runs.checkpoint import Snapshot, read_tensors, read_weights
from engine.runs.checkpoint_files import CheckpointMetadata, read_metadata
from engine.runs.exported import WEIGHTS, read_exported
from engine.runs.folder import NEWEST, RunFolder
from engine.runs.metadata import ModelMetadata
from engine.sample.generator import load_generator
from engine.sample.sampler import Sampler

EMA_PREFIX = "ema."
"""Prefix, in a checkpoint, of the tensors of the generator's EMA."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LoadedRun:
    """The EMA generator of a run, ready to sample."""

    sampler: Sampler
    generator: nn.Module
    """A ``PairModel``, which the sampler uses."""
    modalities: tuple[Modality, ...]
    config: RunConfig
    model: ModelMetadata
    checkpoint: CheckpointMetadata
    config_hash: str
    skipped_checkpoints: tuple[str, ...] = ()
    """Newer checkpoints that are damaged: name and reason of each."""

    def modality(self, name: str) -> Modality:
        """Return the modality of a column."""
        return next(modality for modality in self.modalities if modality.name == name)


def load_run(folder: Path, device: torch.device, checkpoint: str = NEWEST) -> LoadedRun:
    """Load the EMA of the generator from a checkpoint of a run, by default the newest.

    An exported model has one set of weights.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        ConfigError, CheckpointCorruptError: what is there is damaged.
    """
    run = RunFolder(folder)
    config, model = run.read_config(), run.read_model()
    skipped_checkpoints: tuple[str, ...] = ()
    if run.is_exported:
        path = folder / WEIGHTS
        metadata, tensors = _exported_metadata(folder), read_weights(path)
    else:
        if checkpoint == NEWEST:
            newest = run.newest_valid()
            path, skipped_checkpoints = newest.path, newest.skipped_checkpoints
            for reason in skipped_checkpoints:
                log.warning("%s: skipped a damaged checkpoint: %s", run.path, reason)
        else:
            path = find_checkpoint(run, checkpoint)
        metadata, tensors = read_metadata(path), read_tensors(path, EMA_PREFIX)
    loaded = _load(config, model, metadata, tensors, path, device)
    if run.is_exported:
        # The settings lack the user's folders, so their hash is another one.
        loaded = replace(loaded, config_hash=metadata.config_hash)
    return replace(loaded, skipped_checkpoints=skipped_checkpoints)


def load_live(folder: Path, snapshot: Snapshot) -> LoadedRun:
    """Build the EMA of the generator of a run that is being trained, on the CPU.

    Args:
        folder: of the run.
        snapshot: of its EMA at least.

    Raises:
        RunMissingError: there is no run.
        ConfigError, CheckpointCorruptError: its folder is damaged.
    """
    run = RunFolder(folder)
    config, model = run.read_config(), run.read_model()
    tensors, device = ema_tensors(snapshot), torch.device("cpu")
    return _load(config, model, snapshot.metadata, tensors, run.path, device)


def ema_tensors(snapshot: Snapshot) -> dict[str, Tensor]:
    """Return the tensors of the EMA as the generator names them."""
    named = snapshot.tensors.items()
    return {n.removeprefix(EMA_PREFIX): t for n, t in named if n.startswith(EMA_PREFIX)}


def _load(
    config: RunConfig,
    model: ModelMetadata,
    metadata: CheckpointMetadata,
    tensors: Mapping[str, Tensor],
    path: Path,
    device: torch.device,
) -> LoadedRun:
    """Build a generator and load its tensors; ``path`` is where they are from, for errors."""
    try:
        modalities, generator = load_generator(
            config.family, config.networks, model.columns, tensors, device
        )
    except ValueError as error:
        raise CheckpointCorruptError(path, str(error)) from error
    return LoadedRun(
        sampler=Sampler(cast("PairModel", generator), modalities, device),
        generator=generator,
        modalities=modalities,
        config=config,
        model=model,
        checkpoint=metadata,
        config_hash=config_hash(config),
    )


def _exported_metadata(folder: Path) -> CheckpointMetadata:
    found = read_exported(folder)
    return CheckpointMetadata(
        step=found.step,
        images_seen=found.images_seen,
        elapsed_s=found.elapsed_s,
        config_hash=found.config_hash,
        dataset_version=found.model.dataset_version,
        versions=found.versions,
    )


def encode_texts(texts: Sequence[str], facts: TextFacts) -> Tensor:
    """Encode texts as token ids: [N, L] integers.

    Raises:
        UnknownWordsError: names every word that is not in the run's vocabulary.
    """
    unknown = {word: None for text in texts for word in facts.tokenizer.out_of_vocabulary(text)}
    if unknown:
        raise UnknownWordsError(list(unknown))
    return torch.from_numpy(encode_all(facts.tokenizer, texts, facts.length))
