"""A run's data, on the device where it trains."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.augment.adaptive import ADA_IMAGES, Augmenter
from engine.augment.captions import reasons_against
from engine.augment.changes import NONE, resolve_augmentation
from engine.config.families import ADVERSARIAL_FAMILIES
from engine.config.run import RunConfig
from engine.data.images import resize
from engine.data.loader import DeviceLoader
from engine.data.store import HELD_OUT, TRAIN, StoredDataset
from engine.nets.modality import Modality
from engine.nets.model import Items

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
    stored: Mapping[str, Tensor]
    """By modality, rows as the dataset keeps them."""
    held_out: Items
    """Pairs that are not trained on, in the networks' form; perhaps none."""
    modalities: tuple[Modality, ...]
    augmenters: Mapping[str, Augmenter]
    """By modality."""
    seed: int

    def loader(self, batch_size: int) -> DeviceLoader:
        """Make an endless stream of batches."""
        return DeviceLoader(self.stored, batch_size, self.seed)


def load_source(
    config: RunConfig,
    dataset: StoredDataset,
    modalities: tuple[Modality, ...],
    device: torch.device,
) -> Source:
    """Put a dataset onto the device."""
    size = config.networks.image_size
    rows = dataset.rows(TRAIN)
    held_out = stored_rows(dataset, dataset.rows(HELD_OUT)[:HELD_OUT_SEEN], size, device)
    return Source(
        name=dataset.manifest.name,
        count=len(rows),
        stored=stored_rows(dataset, rows, size, device),
        held_out={m.name: m.read(held_out[m.name]) for m in modalities} if held_out else {},
        modalities=modalities,
        augmenters=_augmenters(config, [dataset.texts[row] for row in rows]),
        seed=config.seed,
    )


def stored_rows(
    dataset: StoredDataset, rows: npt.NDArray[np.int64], size: int, device: torch.device
) -> dict[str, Tensor]:
    """Put pairs on the device as the dataset keeps them.

    Returns:
        ``image``: [N, C, H, W] uint8; ``text``: [N, L] word numbers. Nothing for no rows.
    """
    if not len(rows):
        return {}
    images = np.ascontiguousarray(dataset.images[rows])
    if images.shape[1:3] != (size, size):
        images = resize(images, size)
    texts = [dataset.texts[row] for row in rows]
    words = dataset.vocabulary.encode_all(texts, dataset.manifest.text_length)
    return {
        "image": torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device),
        "text": torch.from_numpy(words).to(device),
    }


def _augmenters(config: RunConfig, texts: Sequence[str]) -> dict[str, Augmenter]:
    """What critic and generator see images through; captions say what must stay as it is."""
    mode = resolve_augmentation(config.data.augmentation, len(texts))
    if mode == NONE or config.family not in ADVERSARIAL_FAMILIES:
        return {}
    reasons = reasons_against(texts)
    for change, word in reasons.items():
        log.info("No %s: captions say '%s'.", change, word)
    log.info("Images are augmented by %s.", mode)
    return {
        "image": Augmenter(
            mode,
            forbidden=frozenset(reasons),
            ada_images=min(ADA_IMAGES, PASSES_TO_CERTAINTY * len(texts)),
        )
    }
