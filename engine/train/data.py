"""A run's data, on the device where it trains."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.augment.caption_filter import reasons_against
from engine.augment.pipeline import ADA_IMAGES, Augmenter
from engine.augment.transforms import DIFFAUGMENT, NONE, Change, resolve_augmentation
from engine.config.run import RunConfig
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.data.image_files import resize
from engine.data.loader import DeviceLoader, StoredRows, favour_whole, group_keys, item_weights
from engine.data.store import HELD_OUT, TRAIN, StoredDataset
from engine.data.tokenizers import Vocabulary, build_tokenizer, covering_length, encode_all
from engine.data.word_vectors import WordVectors, read_word_vectors
from engine.errors import DatasetCorruptError
from engine.nets.protocols import Items, Modality
from engine.runs.folder import ModelMetadata

log = logging.getLogger(__name__)

PASSES_TO_CERTAINTY = 100
"""On small sets the adaptive augmentation moves faster: through its range in so many passes."""
HELD_OUT_SEEN = 1_000
"""Held-out pairs that tell whether the critic knows the others by heart."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a run learns from."""

    name: str
    """Of the dataset."""
    count: int
    """Items to train on."""
    stored: Mapping[str, StoredRows]
    """By modality, as the dataset keeps them."""
    weights: npt.NDArray[np.float64] | None
    """How likely each item is to be drawn, where groups are balanced."""
    held_out: Items
    """Pairs that are not trained on, in the networks' form; perhaps none."""
    modalities: tuple[Modality, ...]
    augmenters: Mapping[str, Augmenter]
    """By modality, what critic and generator see items through."""
    disguises: Mapping[str, Augmenter]
    """By modality, how an item is changed where its label is the generator's own."""
    seed: int

    def loader(self, batch_size: int) -> DeviceLoader:
        """Make an endless stream of batches."""
        return DeviceLoader(self.stored, batch_size, self.seed, self.weights)


def model_facts(config: RunConfig, dataset: StoredDataset) -> ModelMetadata:
    """Decide what the networks must be built for, from the training texts alone.

    Raises:
        DatasetCorruptError: not one item to train on has a text.
    """
    texts = _texts(dataset)
    if not texts:
        raise DatasetCorruptError(dataset.folder, "no item to train on has a text")
    data = config.data
    tokenizer = build_tokenizer(data.tokenizer, texts, size=data.vocabulary_size)
    return ModelMetadata(
        dataset=dataset.manifest.name,
        dataset_version=dataset.manifest.version,
        channels=dataset.manifest.channels,
        text_length=covering_length(tokenizer, texts),
        tokenizer=tokenizer,
    )


def load_vectors(config: RunConfig, facts: ModelMetadata) -> WordVectors | None:
    """Read the word vectors that the configuration names, if it does.

    Raises:
        VectorsUnreadableError: they cannot be used.
    """
    if not config.data.word_vectors or not isinstance(facts.tokenizer, Vocabulary):
        return None
    words = facts.tokenizer.units
    vectors = read_word_vectors(Path(config.data.word_vectors), frozenset(words))
    log.info("%d of %d words start from vectors.", len(vectors.words), len(words))
    return vectors


def load_source(
    config: RunConfig,
    dataset: StoredDataset,
    facts: ModelMetadata,
    modalities: tuple[Modality, ...],
    device: torch.device,
) -> Source:
    """Put a dataset onto the device.

    Raises:
        ConfigError: the dataset lacks the field that groups shall be made by.
    """
    rows = dataset.rows(TRAIN)
    reader = _Reader(dataset, facts, config.networks.image_size, device)
    held_out = dataset.whole_rows(HELD_OUT)[:HELD_OUT_SEEN]
    texts = _texts(dataset)
    reasons = reasons_against(texts)
    # What is cut out may be just what the text names.
    disguise = Augmenter(DIFFAUGMENT, forbidden=frozenset(reasons) | {Change.CUTOUT})
    return Source(
        name=dataset.manifest.name,
        count=len(rows),
        stored=reader.read(rows),
        weights=_weights(config, dataset, rows),
        held_out=_in_networks_form(reader.read(held_out), modalities) if len(held_out) else {},
        modalities=modalities,
        augmenters=_augmenters(config, int((dataset.image_rows[rows] >= 0).sum()), reasons),
        disguises={"image": disguise},
        seed=config.seed,
    )


@dataclass(frozen=True)
class _Reader:
    """Reads items onto a device as a run stores them."""

    dataset: StoredDataset
    facts: ModelMetadata
    size: int
    device: torch.device

    def read(self, rows: npt.NDArray[np.int64]) -> dict[str, StoredRows]:
        """``image``: [M, C, H, W] uint8; ``text``: [M, L] numbers; only what is there.

        An item of several captions has a row for each.
        """
        has_image = self.dataset.image_rows[rows] >= 0
        has_text = self.dataset.has_text[rows]
        return {
            "image": self._stored(self._images(rows[has_image]), has_image),
            "text": self._stored_texts(rows, has_text),
        }

    def _stored_texts(
        self, rows: npt.NDArray[np.int64], has_text: npt.NDArray[np.bool_]
    ) -> StoredRows:
        counts = np.array([len(self.dataset.captions[row]) for row in rows], dtype=np.int64)
        numbers = self._texts(rows[has_text])
        if counts.max(initial=0) <= 1:
            return self._stored(numbers, has_text)
        places = np.where(has_text, counts.cumsum() - counts, -1)
        return StoredRows(
            rows=numbers.to(self.device),
            places=torch.from_numpy(places).to(self.device),
            choices=torch.from_numpy(counts).to(self.device),
        )

    def _stored(self, rows: Tensor, is_there: npt.NDArray[np.bool_]) -> StoredRows:
        if is_there.all():
            return StoredRows(rows=rows.to(self.device))
        places = np.where(is_there, is_there.cumsum() - 1, -1)
        return StoredRows(
            rows=rows.to(self.device), places=torch.from_numpy(places).to(self.device)
        )

    def _images(self, rows: npt.NDArray[np.int64]) -> Tensor:
        images = self.dataset.images_of(rows)
        if images.shape[1:3] != (self.size, self.size):
            images = resize(images, self.size)
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()

    def _texts(self, rows: npt.NDArray[np.int64]) -> Tensor:
        texts = [text for row in rows for text in self.dataset.captions[row]]
        return torch.from_numpy(encode_all(self.facts.tokenizer, texts, self.facts.text_length))


def _texts(dataset: StoredDataset) -> list[str]:
    """The training texts, as often as they stand there."""
    return [text for row in dataset.rows(TRAIN) for text in dataset.captions[row]]


def _in_networks_form(
    stored: Mapping[str, StoredRows], modalities: Sequence[Modality]
) -> dict[str, Tensor]:
    """Read whole pairs; of several captions the first."""
    items: dict[str, Tensor] = {}
    for modality in modalities:
        part = stored[modality.name]
        rows = part.rows if part.places is None else part.rows[part.places]
        items[modality.name] = modality.read(rows)
    return items


def _weights(
    config: RunConfig, dataset: StoredDataset, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64] | None:
    """How likely each item is to be drawn; None where all are equally likely."""
    data = config.data
    is_whole = np.isin(rows, dataset.whole_rows(TRAIN))
    if not data.balance and is_whole.all():
        return None
    records = [dataset.records[row] for row in rows]
    keys = group_keys(records, data.balance_by) if data.balance else [""] * len(rows)
    return favour_whole(item_weights(keys, data.balance), is_whole, data.paired_share)


def _augmenters(
    config: RunConfig, images: int, reasons: Mapping[Change, str]
) -> dict[str, Augmenter]:
    """What critic and generator see images through; captions say what must stay as it is."""
    mode = resolve_augmentation(config.data.augmentation, images)
    if mode == NONE or config.family not in ADVERSARIAL_FAMILIES:
        return {}
    for change, word in reasons.items():
        log.info("No %s: captions say '%s'.", change, word)
    log.info("Images are augmented by %s.", mode)
    return {
        "image": Augmenter(
            mode,
            forbidden=frozenset(reasons),
            ada_images=min(ADA_IMAGES, PASSES_TO_CERTAINTY * images),
        )
    }
