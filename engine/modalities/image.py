"""Pictures."""

import logging

import torch

from engine.augment.caption_filter import conflicts_with_captions
from engine.augment.pipeline import ADA_RAMP_IMAGES, Augmenter
from engine.augment.transforms import DIFFAUGMENT, NONE, Transform, resolve_augmentation
from engine.config.networks import JOINT_DENSE, NetworkConfig
from engine.config.run import RunConfig
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.data.facts import ImageFacts
from engine.data.image_files import resize
from engine.data.loader import StoredRows
from engine.data.store import TRAIN, StoredDataset, training_texts
from engine.data.word_vectors import WordVectors
from engine.modalities.kind import Augmenters, Rows, shared_rows
from engine.nets.image import ImageModality
from engine.nets.image_mlp import MlpImageModality
from engine.nets.image_modulated import ModulatedImageModality

log = logging.getLogger(__name__)

IMAGE_MODALITIES: dict[str, type[ImageModality]] = {
    "convolutional": ImageModality,
    "dense": MlpImageModality,
    "modulated": ModulatedImageModality,
    # The networks of these items ask an image for no network of its own.
    JOINT_DENSE: MlpImageModality,
}
"""By architecture, as ``engine.config.sections.ARCHITECTURES`` names them."""
READ_TOGETHER = 1_024
"""Images that are read and resized at a time."""
ADA_RAMP_EPOCHS = 100
"""Passes over a small dataset in which adaptive augmentation can cross its range."""


class ImageKind:
    """Pictures: uint8 [M, C, H, W] in the loader."""

    def fit(
        self, dataset: StoredDataset, name: str, config: RunConfig
    ) -> tuple[ImageFacts, RunConfig]:
        """Take shape and channels from the manifest."""
        info = dataset.columns[name].info
        _count, height, width, channels = info.shape
        facts = ImageFacts(
            channels=channels,
            height=height,
            width=width,
            value_range=info.value_range,
            band=info.band,
        )
        return facts, config

    def load(
        self,
        dataset: StoredDataset,
        name: str,
        items: Rows,
        facts: ImageFacts,
        networks: NetworkConfig,
    ) -> StoredRows:
        """Read and resize the images."""
        column = dataset.array(name)
        rows, first = shared_rows(column, items)
        shape = facts.aspect.scaled(networks.image_size)
        values = torch.empty((len(rows), facts.channels, *shape), dtype=torch.uint8)
        stored = values.permute(0, 2, 3, 1).numpy()
        if facts.channels == 1 and column.info.shape[1:3] == shape:
            column.file.read(rows, stored)
            return StoredRows(rows=values, first_row=first)
        # In parts, so that there is never a second copy of all images.
        for start in range(0, len(rows), READ_TOGETHER):
            part = slice(start, start + READ_TOGETHER)
            images = column.file.read(rows[part])
            stored[part] = images if images.shape[1:3] == shape else resize(images, shape)
        return StoredRows(rows=values, first_row=first)

    def build(
        self,
        name: str,
        facts: ImageFacts,
        networks: NetworkConfig,
        vectors: WordVectors | None,  # noqa: ARG002 (the protocol's)
    ) -> ImageModality:
        """Build the modality of the chosen architecture."""
        return IMAGE_MODALITIES[networks.architecture](
            name=name,
            size=networks.image_size,
            aspect=facts.aspect,
            channels=facts.channels,
            latent_dim=networks.latent_dim,
            generator_channels=networks.generator_channels,
            discriminator_channels=networks.discriminator_channels,
            embedding_dim=networks.embedding_dim,
            discriminator_norm=networks.discriminator_norm,
            output_filter=networks.output_filter,
        )

    def augmenters(self, dataset: StoredDataset, name: str, config: RunConfig) -> Augmenters:
        """Build the augmentation of images; captions block transforms that contradict them."""
        reasons = conflicts_with_captions(training_texts(dataset))
        # Cutout may remove what the text names.
        strong = Augmenter(DIFFAUGMENT, blocked=frozenset(reasons) | {Transform.CUTOUT})
        images = int(dataset.columns[name].present[dataset.rows(TRAIN)].sum())
        mode = resolve_augmentation(config.data.augmentation, images)
        if mode == NONE or config.family not in ADVERSARIAL_FAMILIES:
            return Augmenters(strong=strong)
        for change, word in reasons.items():
            log.info("No %s: captions say '%s'.", change, word)
        log.info("Images are augmented by %s.", mode)
        chosen = Augmenter(
            mode,
            blocked=frozenset(reasons),
            ada_ramp_images=min(ADA_RAMP_IMAGES, ADA_RAMP_EPOCHS * images),
        )
        return Augmenters(discriminator=chosen, strong=strong)
