"""Sounds: their networks are those of pictures, and what they see is a log-mel spectrogram.

Shapes: N and B sounds, S samples, M mel bands, T frames, F features.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.waveform import Sounds, to_int16
from engine.nets.image import ImageModality, spread_ratio
from engine.nets.protocols import rows_equal
from engine.nets.spectrogram import SpectrogramConfig, invert, log_mel

_ENCODED_TOGETHER = 256
"""Waves that are encoded at once, to bound the memory."""


@dataclass(frozen=True, kw_only=True)
class AudioModality:
    """Sounds: uint8 spectrograms in memory, [-1, 1] in the networks, waves to play.

    The dataset holds waves; ``encode_waves`` makes the rows that ``preprocess`` takes.

    Raises:
        ValueError: the pictures do not have the shape of the spectrograms.
    """

    name: str
    spectrogram: SpectrogramConfig
    pictures: ImageModality
    """Builds the networks: one channel, square, of any architecture of
    ``engine.modalities.image.IMAGE_MODALITIES``. Its name does not matter."""

    def __post_init__(self) -> None:
        """Check that pictures and spectrograms have the same shape."""
        shape = (self.spectrogram.n_mels, self.spectrogram.n_frames)
        if self.pictures.channels != 1 or tuple(self.pictures.shape) != shape:
            raise ValueError(f"networks for {shape} spectrograms, not for {self.pictures.shape}")

    def encode_waves(self, waves: Tensor) -> Tensor:
        """Convert waves to stored rows: [N, S] int16 to [N, 1, M, T] uint8, low bands first."""
        shape = (len(waves), 1, self.spectrogram.n_mels, self.spectrogram.n_frames)
        rows = torch.empty(shape, dtype=torch.uint8, device=waves.device)
        for start in range(0, len(waves), _ENCODED_TOGETHER):
            part = slice(start, start + _ENCODED_TOGETHER)
            rows[part] = ((log_mel(waves[part], self.spectrogram) + 1) * 127.5).round()
        return rows

    @property
    def likelihood_weight(self) -> float:
        """1; the GAN families learn no sounds by likelihood."""
        return 1.0

    @property
    def is_discrete(self) -> bool:
        """Two sounds are never equal by meaning."""
        return False

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        """Compare network input row by row: [B, ...] each to [B] booleans."""
        return rows_equal(one, other)

    def preprocess(self, stored: Tensor) -> Tensor:
        """Convert [B, 1, M, T] uint8 to [B, 1, M, T] float in [-1, 1], channels last in memory."""
        return self.pictures.preprocess(stored)

    def postprocess(self, items: Tensor) -> Sounds:
        """Convert [B, 1, M, T] in [-1, 1] to waves and to pictures of what they were made from."""
        items = items.detach()
        spectrograms = ((items[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        waves = invert(items, self.spectrogram).cpu().numpy()
        return Sounds(
            samples=to_int16(waves),
            rate=self.spectrogram.rate,
            spectrograms=np.ascontiguousarray(spectrograms.flip(1).cpu().numpy()),
        )

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Return ``<name>_diversity``, the ratio of standard deviations over the batch."""
        return {f"{self.name}_diversity": spread_ratio(made, real)}

    @property
    def item_shape(self) -> tuple[int, ...]:
        """1, M and T."""
        return self.pictures.item_shape

    def activate(self, outputs: Tensor) -> Tensor:
        """Map [B, 1, M, T] to [-1, 1]."""
        return self.pictures.activate(outputs)

    def build_encoder(self) -> nn.Module:
        """Build the encoder of a picture."""
        return self.pictures.build_encoder()

    def build_decoder(self) -> nn.Module:
        """Build the decoder of a picture."""
        return self.pictures.build_decoder()

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone for a picture."""
        return self.pictures.build_backbone()

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """Build the decoder of the variational families for a picture."""
        return self.pictures.build_latent_decoder(latent_dim)
