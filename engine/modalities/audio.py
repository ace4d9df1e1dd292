"""Sounds."""

import numpy as np
import torch

from engine.augment.audio import AudioAugmenter
from engine.augment.pipeline import ADA_RAMP_IMAGES
from engine.augment.transforms import DIFFAUGMENT, NONE, resolve_augmentation
from engine.config.networks import CONVOLUTIONAL, RHYTHM, NetworkConfig
from engine.config.run import RunConfig
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.data.facts import AudioFacts
from engine.data.loader import StoredRows
from engine.data.store import TRAIN, StoredDataset
from engine.data.word_vectors import WordVectors
from engine.modalities.image import ADA_RAMP_EPOCHS, IMAGE_MODALITIES
from engine.modalities.kind import Augmenters, Rows, shared_rows
from engine.nets.audio import AudioModality
from engine.nets.spectrogram import SpectrogramConfig

RHYTHM_S = 1.5
"""Shortest sounds in which a rhythm can repeat: two beats at 80 a minute."""


def resolved_sound_encoder(encoder: str, seconds: float) -> str:
    """Resolve ``auto`` by the length of a column's sounds."""
    if encoder != "auto":
        return encoder
    return RHYTHM if seconds >= RHYTHM_S else CONVOLUTIONAL


class AudioKind:
    """Sounds: square log-mel spectrograms uint8 [M, 1, H, W] in the loader."""

    def fit(
        self, dataset: StoredDataset, name: str, config: RunConfig
    ) -> tuple[AudioFacts, RunConfig]:
        """Take rate and length from the manifest."""
        info = dataset.columns[name].info
        return AudioFacts(rate=info.rate, samples=info.shape[1]), config

    def load(
        self,
        dataset: StoredDataset,
        name: str,
        items: Rows,
        facts: AudioFacts,
        networks: NetworkConfig,
    ) -> StoredRows:
        """Read the waves and compute their spectrograms."""
        column = dataset.array(name)
        rows, first = shared_rows(column, items)
        waves = torch.from_numpy(column.file.read(rows))
        spectrograms = self.build(name, facts, networks, None).encode_waves(waves)
        return StoredRows(rows=spectrograms, first_row=first)

    def build(
        self,
        name: str,
        facts: AudioFacts,
        networks: NetworkConfig,
        vectors: WordVectors | None,  # noqa: ARG002 (the protocol's)
    ) -> AudioModality:
        """Build the modality: networks of pictures of one channel."""
        pictures = IMAGE_MODALITIES[networks.architecture](
            size=networks.image_size,
            channels=1,
            latent_dim=networks.latent_dim,
            generator_channels=networks.generator_channels,
            discriminator_channels=networks.discriminator_channels,
            embedding_dim=networks.embedding_dim,
            discriminator_norm=networks.discriminator_norm,
            output_filter=networks.output_filter,
        )
        spectrogram = SpectrogramConfig.for_square(
            networks.image_size, rate=facts.rate, samples=facts.samples
        )
        encoder = resolved_sound_encoder(networks.sound_encoder, spectrogram.seconds)
        return AudioModality(
            name=name,
            spectrogram=spectrogram,
            pictures=pictures,
            has_rhythm=encoder == RHYTHM,
        )

    def augmenters(self, dataset: StoredDataset, name: str, config: RunConfig) -> Augmenters:
        """Build the augmentation, never by flips, and stronger for fewer sounds."""
        rows = dataset.array(name).rows[dataset.rows(TRAIN)]
        sounds = len(np.unique(rows[rows >= 0]))
        strong = AudioAugmenter(DIFFAUGMENT)
        mode = resolve_augmentation(config.data.augmentation, sounds)
        if mode == NONE or config.family not in ADVERSARIAL_FAMILIES:
            return Augmenters(strong=strong)
        ramp = min(ADA_RAMP_IMAGES, ADA_RAMP_EPOCHS * sounds)
        return Augmenters(discriminator=AudioAugmenter(mode, ada_ramp_images=ramp), strong=strong)
