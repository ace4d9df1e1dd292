"""Sounds: their networks are those of pictures, and what they see is a log-mel spectrogram.

Shapes: N and B sounds, S samples, M mel bands, T frames, F features, K groups of bands.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.waveform import Sounds, to_int16
from engine.nets.blocks import activation, initialise
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
    has_rhythm: bool = False
    """Whether the encoder also sees the autocorrelation of onsets."""

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
        waves = invert(items.detach(), self.spectrogram).cpu().numpy()
        return replace(self.show_silently(items), samples=to_int16(waves))

    def show_silently(self, items: Tensor) -> Sounds:
        """Convert [B, 1, M, T] in [-1, 1] to pictures and waves without a sample.

        Estimating the waves takes most of the time of ``postprocess``.
        """
        levels = ((items.detach()[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return Sounds(
            samples=np.empty((len(items), 0), np.int16),
            rate=self.spectrogram.rate,
            spectrograms=np.ascontiguousarray(levels.flip(1).cpu().numpy()),
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
        """Build the encoder of a picture, with that of the rhythm beside it."""
        encoder = self.pictures.build_encoder()
        if not self.has_rhythm:
            return encoder
        shape = (self.spectrogram.n_mels, self.spectrogram.n_frames)
        return RhythmicEncoder(encoder, *shape, self.pictures.embedding_dim)

    def build_decoder(self) -> nn.Module:
        """Build the decoder of a picture."""
        return self.pictures.build_decoder()

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone for a picture."""
        return self.pictures.build_backbone()

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """Build the decoder of the variational families for a picture."""
        return self.pictures.build_latent_decoder(latent_dim)


ONSET_GROUPS, RHYTHM_HIDDEN = 8, 64
"""K, and hidden units of ``RhythmicEncoder``."""
LEAST_ENERGY = 1e-2
"""Added to the energy of onsets, for sounds without any."""


class RhythmicEncoder(nn.Module):
    """Adds what repeats in time to the encoding of a spectrogram as a picture.

    A picture's layers know a rhythm by where its onsets are, so a sound that starts later is
    another one. The autocorrelation of the onsets depends on their distances alone. Onsets are
    rises in level, summed by learned groups of bands. Source: the autocorrelation tempogram,
    Grosche et al. 2010, doi:10.1109/ICASSP.2010.5495219, section 2.

    Args:
        pictures: encodes a spectrogram as a picture: [B, 1, M, T] to [B, F].
        n_mels: M.
        n_frames: T.
        embedding_dim: F.
    """

    def __init__(self, pictures: nn.Module, n_mels: int, n_frames: int, embedding_dim: int) -> None:
        super().__init__()
        self.pictures = pictures
        self.groups = nn.Conv1d(n_mels, ONSET_GROUPS, 1)
        self.rhythm = nn.Sequential(
            nn.Linear(ONSET_GROUPS * n_frames, RHYTHM_HIDDEN),
            activation(),
            nn.Linear(RHYTHM_HIDDEN, embedding_dim),
            activation(),
        )
        initialise(self.rhythm)
        nn.init.kaiming_normal_(self.groups.weight)

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Map [B, 1, M, T] to [B, F]."""
        levels = spectrograms[:, 0]
        onsets = functional.relu(self.groups(functional.pad(levels.diff(dim=2), (1, 0))))
        repeats = autocorrelation(onsets - onsets.mean(2, keepdim=True))
        return self.pictures(spectrograms) + self.rhythm(repeats.flatten(1))


def autocorrelation(series: Tensor) -> Tensor:
    """Compute the autocorrelation at lags 0 to T - 1 over that at lag 0: [..., T] to [..., T]."""
    length = series.shape[-1]
    spectrum = torch.fft.rfft(series.float(), 2 * length)
    power = spectrum.real.square() + spectrum.imag.square()
    products = torch.fft.irfft(power, 2 * length)[..., :length]
    return products / (products[..., :1] + LEAST_ENERGY)
