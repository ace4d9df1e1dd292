"""Training data, on the device or read while training."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.data.class_balance import (
    class_balanced_weights,
    group_keys,
    weight_paired_items,
)
from engine.data.columns import TextColumn
from engine.data.facts import TextFacts
from engine.data.loader import (
    READ_AHEAD,
    DeviceLoader,
    Loader,
    StoredRows,
    StreamedItems,
    StreamedLoader,
)
from engine.data.order import BlockOrder, FreeOrder
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.table_cells import CodedCells
from engine.data.tokenizers import Vocabulary
from engine.data.word_vectors import WordVectors, read_word_vectors
from engine.modalities.kind import ItemAugmenter, Rows
from engine.modalities.registry import KINDS, fit_columns
from engine.nets.protocols import Items, Modality
from engine.runs.metadata import ModelMetadata
from engine.train.storage import STREAMED, load_column, streamed_items

log = logging.getLogger(__name__)

MAX_VALIDATION_PAIRS = 1_000
"""Validation pairs that measure the discriminator's overfitting."""


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """A dataset, and how batches are sampled and augmented."""

    name: str
    """Of the dataset."""
    count: int
    """Items to train on."""
    stored: Mapping[str, StoredRows] | StreamedItems
    """By modality, in the dataset's format on the device; or what to read items from."""
    is_in_blocks: bool
    """Whether streamed items come in blocks of neighbours."""
    device: torch.device
    weights: npt.NDArray[np.float64] | None
    """Sampling weight of each item; None where all are equally likely."""
    validation: Items
    """Pairs that are not trained on, as network input; may be empty."""
    modalities: tuple[Modality, ...]
    augmenters: Mapping[str, ItemAugmenter]
    """By modality, applied to real and generated items before the discriminator."""
    strong_augment: Mapping[str, ItemAugmenter]
    """By modality, strong augmentation of items with pseudo-labels."""
    seed: int

    def loader(self, batch_size: int, *, ahead: int = READ_AHEAD) -> Loader:
        """Create an endless stream of batches, which is to be closed.

        Args:
            batch_size: of each.
            ahead: batches that are read in advance if the data are streamed.
        """
        if not isinstance(self.stored, StreamedItems):
            return DeviceLoader(self.stored, batch_size, self.seed, self.weights)
        build_order = BlockOrder if self.is_in_blocks else FreeOrder
        order = build_order(self.count, batch_size, self.seed, self.weights)
        return StreamedLoader(self.stored, order, self.seed, self.device, ahead=ahead)

    def augmented(
        self, config: RunConfig, dataset: StoredDataset, metadata: ModelMetadata
    ) -> "TrainingData":
        """Return the same data with the augmentation of a configuration, from its beginning."""
        found = {
            name: KINDS[facts.kind].augmenters(dataset, name, config)
            for name, facts in metadata.columns.items()
        }
        return replace(
            self,
            augmenters={n: a.discriminator for n, a in found.items() if a.discriminator},
            strong_augment={n: a.strong for n, a in found.items() if a.strong},
        )


def model_metadata(config: RunConfig, dataset: StoredDataset) -> tuple[ModelMetadata, RunConfig]:
    """Derive the model's metadata from a dataset.

    Returns:
        The metadata, and the configuration with the settings resolved that it leaves to the data.

    Raises:
        EngineError: a column cannot be used.
    """
    columns, config = fit_columns(dataset, config)
    metadata = ModelMetadata(
        dataset=dataset.manifest.name,
        dataset_version=dataset.manifest.version,
        columns=columns,
        notice=dataset.manifest.notice,
    )
    return metadata, config


def load_vectors(config: RunConfig, metadata: ModelMetadata) -> WordVectors | None:
    """Read the word vectors that the configuration names, if any.

    Raises:
        VectorsUnreadableError: they cannot be used.
    """
    words = {
        word
        for facts in metadata.columns.values()
        if isinstance(facts, TextFacts) and isinstance(facts.tokenizer, Vocabulary)
        for word in facts.tokenizer.units
    }
    if not config.data.word_vectors or not words:
        return None
    vectors = read_word_vectors(Path(config.data.word_vectors), frozenset(words))
    log.info("%d of %d words start from vectors.", len(vectors.words), len(words))
    return vectors


def load_training_data(
    config: RunConfig,
    dataset: StoredDataset,
    metadata: ModelMetadata,
    modalities: tuple[Modality, ...],
    device: torch.device,
    *,
    max_items: int | None = None,
    is_resident: bool = True,
) -> TrainingData:
    """Load a dataset onto the device, or prepare to read it while training.

    Args:
        config: of the run.
        dataset: is not changed.
        metadata: of the model.
        modalities: of the run.
        device: to train on.
        max_items: loads at most so many items, drawn at random, to measure speed; count
            and augmentation are still those of the entire dataset.
        is_resident: whether to load it.

    Raises:
        ConfigError: the dataset lacks the field that groups are balanced by.
    """
    rows = dataset.rows(TRAIN)
    loaded = rows
    if max_items is not None and max_items < len(rows):
        # At random: a regular pattern of missing texts must not decide which items are complete.
        loaded = np.sort(np.random.default_rng(0).choice(rows, max_items, replace=False))
    validation = dataset.complete_rows(VALIDATION, metadata.columns)
    validation = validation[: min(MAX_VALIDATION_PAIRS, len(loaded))]
    data = TrainingData(
        name=dataset.manifest.name,
        count=len(rows),
        # One column after another, so that two copies of all are never in memory.
        stored={
            name: load_column(dataset, metadata, name, loaded, config.networks).to(device)
            for name in metadata.columns
        }
        if is_resident
        else streamed_items(dataset, metadata, loaded, config.networks),
        is_in_blocks=config.data.storage == STREAMED,
        device=device,
        weights=_weights(config, dataset, loaded),
        validation={
            name: rows.to(device)
            for name, rows in network_input(
                dataset, metadata, validation, config.networks, modalities
            ).items()
        },
        modalities=modalities,
        augmenters={},
        strong_augment={},
        seed=config.seed,
    )
    data = data.augmented(config, dataset, metadata)
    for column in dataset.columns.values():
        if isinstance(column, TextColumn):
            column.forget()
    return data


def load_items(
    dataset: StoredDataset, metadata: ModelMetadata, items: Rows, networks: NetworkConfig
) -> dict[str, StoredRows]:
    """Read all columns of items [N] into the form that the loader keeps, on the CPU."""
    return {
        name: load_column(dataset, metadata, name, items, networks) for name in metadata.columns
    }


def network_input(
    dataset: StoredDataset,
    metadata: ModelMetadata,
    items: Rows,
    networks: NetworkConfig,
    modalities: Sequence[Modality],
) -> dict[str, Tensor]:
    """Read complete items [N] as network input; of several captions the first, of none nothing."""
    if not len(items):
        return {}
    stored = load_items(dataset, metadata, items, networks)
    found: dict[str, Tensor] = {}
    for modality in modalities:
        part = stored[modality.name]
        rows = part.rows if part.first_row is None else part.rows[part.first_row]
        found[modality.name] = modality.preprocess(rows)
    return found


def _weights(
    config: RunConfig, dataset: StoredDataset, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64] | None:
    """Return the sampling weight of each item; None where all are equally likely."""
    data = config.data
    present = np.stack([dataset.columns[name].present[rows] for name in dataset.columns])
    is_whole = present.sum(0) >= min(2, len(present))
    if not data.class_balance and is_whole.all():
        return None
    keys = CodedCells([""], np.zeros(len(rows), dtype=np.int64))
    if data.class_balance:
        keys = group_keys(dataset, rows, data.balance_by)
    return weight_paired_items(
        class_balanced_weights(keys, data.class_balance), is_whole, data.paired_fraction
    )
