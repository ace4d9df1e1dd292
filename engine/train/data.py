"""Training data on the device."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.augment.caption_filter import conflicts_with_captions
from engine.augment.pipeline import ADA_RAMP_IMAGES, Augmenter
from engine.augment.transforms import DIFFAUGMENT, NONE, Transform, resolve_augmentation
from engine.config.run import RunConfig, resolved_text_encoding
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.data.image_files import resize
from engine.data.image_shape import ImageShape
from engine.data.loader import (
    DeviceLoader,
    StoredRows,
    class_balanced_weights,
    group_keys,
    weight_paired_items,
)
from engine.data.store import TRAIN, VALIDATION, StoredDataset, training_texts
from engine.data.text_choice import TextChoice, choose_texts, settings_of_choice
from engine.data.tokenizers import Vocabulary, encode_all
from engine.data.word_vectors import WordVectors, read_word_vectors
from engine.errors import DatasetCorruptError
from engine.nets.protocols import Items, Modality
from engine.runs.metadata import ModelMetadata

log = logging.getLogger(__name__)

ADA_RAMP_EPOCHS = 100
"""Passes over a small dataset in which adaptive augmentation can cross its range."""
MAX_VALIDATION_PAIRS = 1_000
"""Validation pairs that measure the discriminator's overfitting."""


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """A dataset on the device, and how batches are sampled and augmented."""

    name: str
    """Of the dataset."""
    count: int
    """Items to train on."""
    stored: Mapping[str, StoredRows]
    """By modality, in the dataset's format."""
    weights: npt.NDArray[np.float64] | None
    """Sampling weight of each item; None where all are equally likely."""
    validation: Items
    """Pairs that are not trained on, as network input; may be empty."""
    modalities: tuple[Modality, ...]
    augmenters: Mapping[str, Augmenter]
    """By modality, applied to real and generated items before the discriminator."""
    strong_augment: Mapping[str, Augmenter]
    """By modality, strong augmentation of items with pseudo-labels."""
    seed: int

    def loader(self, batch_size: int) -> DeviceLoader:
        """Create an endless stream of batches."""
        return DeviceLoader(self.stored, batch_size, self.seed, self.weights)


def model_metadata(config: RunConfig, dataset: StoredDataset) -> tuple[ModelMetadata, TextChoice]:
    """Derive the model's metadata from the training texts, and how these were read.

    Raises:
        DatasetCorruptError: no training item has a text.
    """
    texts = training_texts(dataset)
    if not texts:
        raise DatasetCorruptError(dataset.folder, "no item to train on has a text")
    tokenizer, choice = choose_texts(config.data, texts)
    log.info("%s", choice.sentence())
    metadata = ModelMetadata(
        dataset=dataset.manifest.name,
        dataset_version=dataset.manifest.version,
        channels=dataset.manifest.channels,
        text_length=choice.length,
        tokenizer=tokenizer,
        image_height=dataset.manifest.image_height,
        image_width=dataset.manifest.image_width,
        value_range=dataset.manifest.value_range,
        band=dataset.manifest.band,
    )
    return metadata, choice


def decide_texts(config: RunConfig, choice: TextChoice) -> RunConfig:
    """Resolve the tokenizer, text length and encoding that the configuration leaves to the data."""
    config = config.with_values(**settings_of_choice(choice, config.data))
    encoding = resolved_text_encoding(
        config.networks.text_encoding,
        config.family,
        choice.vocabulary_size,
        config.networks.text_encoder,
    )
    return config.with_values(networks__text_encoding=encoding)


def load_vectors(config: RunConfig, metadata: ModelMetadata) -> WordVectors | None:
    """Read the word vectors that the configuration names, if any.

    Raises:
        VectorsUnreadableError: they cannot be used.
    """
    if not config.data.word_vectors or not isinstance(metadata.tokenizer, Vocabulary):
        return None
    words = metadata.tokenizer.units
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
) -> TrainingData:
    """Load a dataset onto the device.

    Args:
        config: of the run.
        dataset: is not changed.
        metadata: of the model.
        modalities: of the run.
        device: to train on.
        max_items: loads at most so many items, drawn at random, to measure speed; count
            and augmentation are still those of the entire dataset.

    Raises:
        ConfigError: the dataset lacks the field that groups are balanced by.
    """
    rows = dataset.rows(TRAIN)
    loaded = rows
    if max_items is not None and max_items < len(rows):
        # At random: a regular pattern of missing texts must not decide which items are complete.
        loaded = np.sort(np.random.default_rng(0).choice(rows, max_items, replace=False))
    reader = _Reader(dataset, metadata, metadata.aspect.scaled(config.networks.image_size), device)
    validation = dataset.complete_rows(VALIDATION)[: min(MAX_VALIDATION_PAIRS, len(loaded))]
    reasons = conflicts_with_captions(training_texts(dataset))
    # Cutout may remove what the text names.
    strong = Augmenter(DIFFAUGMENT, blocked=frozenset(reasons) | {Transform.CUTOUT})
    return TrainingData(
        name=dataset.manifest.name,
        count=len(rows),
        stored=reader.read(loaded),
        weights=_weights(config, dataset, loaded),
        validation=_preprocess(reader.read(validation), modalities) if len(validation) else {},
        modalities=modalities,
        augmenters=_augmenters(config, int((dataset.image_rows[rows] >= 0).sum()), reasons),
        strong_augment={"image": strong},
        seed=config.seed,
    )


@dataclass(frozen=True)
class _Reader:
    """Reads items of a dataset onto the device."""

    dataset: StoredDataset
    metadata: ModelMetadata
    shape: ImageShape
    device: torch.device

    def read(self, rows: npt.NDArray[np.int64]) -> dict[str, StoredRows]:
        """Read ``image`` as [M, C, H, W] uint8 and ``text`` as [M, L] token ids.

        Missing images and texts have no row; an item with several captions has a row for each.
        """
        has_image = self.dataset.image_rows[rows] >= 0
        num_captions = [len(self.dataset.captions[row]) for row in rows]
        return {
            "image": self._stored(self._images(rows[has_image]), has_image.astype(np.int64)),
            "text": self._stored(self._texts(rows), np.array(num_captions, dtype=np.int64)),
        }

    def _stored(self, values: Tensor, counts: npt.NDArray[np.int64]) -> StoredRows:
        """Move values to the device; item i has ``counts[i]`` of them, one after another."""
        values = values.to(self.device)
        if (counts == 1).all():
            return StoredRows(rows=values)
        first = torch.from_numpy(np.where(counts > 0, counts.cumsum() - counts, -1))
        several = torch.from_numpy(counts).to(self.device) if counts.max() > 1 else None
        return StoredRows(rows=values, first_row=first.to(self.device), num_captions=several)

    def _images(self, rows: npt.NDArray[np.int64]) -> Tensor:
        images = self.dataset.images_of(rows)
        if images.shape[1:3] != self.shape:
            images = resize(images, self.shape)
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()

    def _texts(self, rows: npt.NDArray[np.int64]) -> Tensor:
        texts = [text for row in rows for text in self.dataset.captions[row]]
        return torch.from_numpy(
            encode_all(self.metadata.tokenizer, texts, self.metadata.text_length)
        )


def _preprocess(
    stored: Mapping[str, StoredRows], modalities: Sequence[Modality]
) -> dict[str, Tensor]:
    """Convert complete pairs to network input; of several captions the first."""
    items: dict[str, Tensor] = {}
    for modality in modalities:
        part = stored[modality.name]
        rows = part.rows if part.first_row is None else part.rows[part.first_row]
        items[modality.name] = modality.preprocess(rows)
    return items


def _weights(
    config: RunConfig, dataset: StoredDataset, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64] | None:
    """Return the sampling weight of each item; None where all are equally likely."""
    data = config.data
    is_whole = np.isin(rows, dataset.complete_rows(TRAIN))
    if not data.class_balance and is_whole.all():
        return None
    records = [dataset.records[row] for row in rows]
    keys = group_keys(records, data.balance_by) if data.class_balance else [""] * len(rows)
    return weight_paired_items(
        class_balanced_weights(keys, data.class_balance), is_whole, data.paired_fraction
    )


def _augmenters(
    config: RunConfig, images: int, reasons: Mapping[Transform, str]
) -> dict[str, Augmenter]:
    """Build the augmentation of images; captions block transforms that would contradict them."""
    mode = resolve_augmentation(config.data.augmentation, images)
    if mode == NONE or config.family not in ADVERSARIAL_FAMILIES:
        return {}
    for change, word in reasons.items():
        log.info("No %s: captions say '%s'.", change, word)
    log.info("Images are augmented by %s.", mode)
    return {
        "image": Augmenter(
            mode,
            blocked=frozenset(reasons),
            ada_ramp_images=min(ADA_RAMP_IMAGES, ADA_RAMP_EPOCHS * images),
        )
    }
