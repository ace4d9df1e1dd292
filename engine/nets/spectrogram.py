"""Log-mel spectrograms of waves, and waves from spectrograms.

A spectrogram is a picture with one channel: mel bands down, frames across, levels in [-1, 1]. The
way back estimates the magnitudes of the linear bands, then their phases (Griffin-Lim). At 32 x 32 a
word stays as intelligible as the recording, but sounds hoarse; for music use 64 x 64
(docs/measurements.md).

Shapes: B waves, S samples, F linear bands, M mel bands, T frames.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from engine.data.waveform import FULL_SCALE

MIN_HZ = 60.0
"""Lower end of the mel bands: waves are high-passed at ``waveform.RUMBLE_HZ``."""
MAX_NYQUIST_FRACTION = 0.975
"""Upper end of the mel bands; resampling leaves nothing above."""
GATE = -0.98
"""Levels up to here are silence on the way back: a network never reaches -1 exactly."""
FAST_MOMENTUM = 0.99
GRIFFIN_LIM_STEPS = 12
"""A word is recognised as well after 8 as after 60 (docs/measurements.md)."""
NNLS_STEPS = 30
_INVERTED_TOGETHER = 64
"""Waves that are inverted at once, to bound the memory."""
_EPS = 1e-9


@dataclass(frozen=True, kw_only=True)
class SpectrogramConfig:
    """Resolution of a log-mel spectrogram.

    Raises:
        ValueError: a number is not above 0, or the frames do not cover the samples.
    """

    rate: int
    """Samples per second."""
    samples: int
    """S, length of the waves."""
    n_fft: int
    """Samples of a window."""
    hop_length: int
    """Samples from one frame to the next."""
    n_mels: int
    n_frames: int
    floor_db: float = 60.0
    """Level -1 is this far below level 1, which is a sine of full scale."""

    def __post_init__(self) -> None:
        """Check that the numbers fit together."""
        numbers = (self.rate, self.samples, self.n_fft, self.hop_length, self.n_mels, self.n_frames)
        if min(numbers) < 1 or self.floor_db <= 0:
            raise ValueError(f"a spectrogram needs numbers above 0, not {self}")
        # One hop more than a window would leave samples out, which no inversion can restore.
        if self.n_frames * self.hop_length < self.samples or self.n_fft < 2 * self.hop_length:
            raise ValueError(f"the frames do not cover the samples: {self}")

    @classmethod
    def for_square(cls, size: int, *, rate: int, samples: int) -> "SpectrogramConfig":
        """Return the resolution whose spectrogram is a square of ``size`` px.

        Frames overlap by half at 32 px and below. Above, the window is the next power of two, which
        resolves the harmonics of a voice.
        """
        hop_length = math.ceil(samples / size)
        n_fft = 2 * hop_length
        if size > 32:
            n_fft = 2 ** math.ceil(math.log2(n_fft))
        return cls(
            rate=rate,
            samples=samples,
            n_fft=n_fft,
            hop_length=hop_length,
            n_mels=size,
            n_frames=size,
        )

    @property
    def seconds(self) -> float:
        """Length of the waves."""
        return self.samples / self.rate


def log_mel(waves: Tensor, config: SpectrogramConfig) -> Tensor:
    """Compute log-mel spectrograms.

    The magnitude of a mel band is the mean of the linear bands under its triangle, relative to a
    sine of full scale, in dB, mapped from [-floor_db, 0] to [-1, 1].

    Args:
        waves: [B, S], int16 or float in [-1, 1].
        config: resolution.

    Returns:
        [B, 1, M, T] in [-1, 1]; the lowest band comes first.
    """
    if waves.dtype == torch.int16:
        waves = waves.float() / FULL_SCALE
    magnitudes = _stft(waves, config).abs()
    levels = mel_filters(config).to(magnitudes) @ magnitudes / _full_scale(config)
    decibels = 20 * torch.log10(levels.clamp(min=_EPS))
    return (1 + 2 * decibels / config.floor_db).clamp(-1, 1)[:, None]


@torch.no_grad()
def invert(
    spectrograms: Tensor,
    config: SpectrogramConfig,
    *,
    steps: int = GRIFFIN_LIM_STEPS,
    seed: int = 0,
) -> Tensor:
    """Estimate the waves of log-mel spectrograms.

    A wave depends on its spectrogram and the seed alone, not on the others of the batch.

    Args:
        spectrograms: [B, 1, M, T] in [-1, 1].
        config: resolution.
        steps: of Griffin-Lim.
        seed: of the initial phases.

    Returns:
        [B, S] floats, about [-1, 1].
    """
    if not len(spectrograms):
        return spectrograms.new_zeros(0, config.samples)
    waves = [
        griffin_lim(linear_magnitudes(rows, config), config, steps=steps, seed=seed)
        for rows in spectrograms.float().split(_INVERTED_TOGETHER)
    ]
    return torch.cat(waves)


def linear_magnitudes(spectrograms: Tensor, config: SpectrogramConfig) -> Tensor:
    """Estimate magnitudes of the linear bands whose mel bands are given.

    The pseudo-inverse of the mel filters, without its negative values, is the start of the
    multiplicative updates for non-negative least squares (Lee and Seung 2001, Algorithms for
    Non-negative Matrix Factorization, eq. 4, with the mel filters as one fixed factor).

    Args:
        spectrograms: [B, 1, M, T] in [-1, 1].
        config: resolution.

    Returns:
        [B, F, T], not below 0.
    """
    levels = spectrograms[:, 0]
    mels = 10 ** ((levels - 1) / 2 * config.floor_db / 20) * (levels > GATE)
    mels = mels * _full_scale(config)
    filters = mel_filters(config).to(mels)
    # A band that starts at 0 would stay there.
    magnitudes = (_pseudo_inverse(config).to(mels) @ mels).clamp(min=0) + 1e-6
    wanted = filters.T @ mels
    for _step in range(NNLS_STEPS):
        # Not (filters.T @ filters) @ magnitudes: F x F is much larger than both filters.
        magnitudes = magnitudes * wanted / (filters.T @ (filters @ magnitudes) + _EPS)
    return magnitudes


def griffin_lim(
    magnitudes: Tensor,
    config: SpectrogramConfig,
    *,
    steps: int = GRIFFIN_LIM_STEPS,
    seed: int = 0,
) -> Tensor:
    """Estimate the waves whose spectrograms have these magnitudes.

    Each step projects onto the spectrograms of real waves (P_C1), moves on in the same direction
    with momentum, and restores the magnitudes (P_C2). Source: Perraudin et al. 2013, A fast
    Griffin-Lim algorithm, doi:10.1109/WASPAA.2013.6701851, algorithm 2; with momentum 0 it is
    Griffin and Lim 1984, doi:10.1109/TASSP.1984.1164317.

    Args:
        magnitudes: [B, F, T].
        config: resolution.
        steps: number of steps.
        seed: of the initial phases.

    Returns:
        [B, S].
    """
    generator = torch.Generator().manual_seed(seed)
    angles = 2 * math.pi * torch.rand(magnitudes.shape[1:], generator=generator)
    phases = torch.polar(torch.ones_like(angles), angles).to(magnitudes.device)
    previous = torch.zeros_like(phases)
    for _step in range(steps):
        projected = _stft(_istft(magnitudes * phases, config), config)
        # t = c + momentum * (c - previous c), up to a positive factor: only its phase counts.
        phases = projected.sub(previous, alpha=FAST_MOMENTUM / (1 + FAST_MOMENTUM)).sgn()
        previous = projected
    return _istft(magnitudes * phases, config)


@lru_cache(maxsize=16)
def mel_filters(config: SpectrogramConfig) -> Tensor:
    """Return triangular filters on the HTK mel scale, ``2595 log10(1 + f / 700)``: [M, F].

    The weights of each filter add up to 1. A triangle that falls between two linear bands gets the
    nearest one. Source: O'Shaughnessy 1987, Speech Communication; Young et al., The HTK Book.
    """

    def to_mel(hertz: float) -> float:
        return 2595 * math.log10(1 + hertz / 700)

    nyquist = config.rate / 2
    mels = torch.linspace(
        to_mel(MIN_HZ),
        to_mel(MAX_NYQUIST_FRACTION * nyquist),
        config.n_mels + 2,
        dtype=torch.float64,
    )
    corners = 700 * (10 ** (mels / 2595) - 1)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    linear = torch.linspace(0, nyquist, config.n_fft // 2 + 1, dtype=torch.float64)
    filters = torch.minimum(
        (linear - low) / (centre - low), (high - linear) / (high - centre)
    ).clamp(min=0)
    nearest = functional.one_hot((linear - centre).abs().argmin(1), len(linear)).to(filters)
    filters = torch.where(filters.sum(1, keepdim=True) < 0.5, nearest, filters)
    return (filters / filters.sum(1, keepdim=True)).float()


@lru_cache(maxsize=16)
def _pseudo_inverse(config: SpectrogramConfig) -> Tensor:
    return torch.linalg.pinv(mel_filters(config).double()).float()


def _full_scale(config: SpectrogramConfig) -> float:
    """Return the largest magnitude of a sine of amplitude 1 under the Hann window."""
    return config.n_fft / 4


def _stft(waves: Tensor, config: SpectrogramConfig) -> Tensor:
    """Map [B, S] to [B, F, T] complex, with zeros beyond both ends."""
    # ``stft`` centres no frame beyond the end, and the last frames of a short wave may be there.
    missing = (config.n_frames - 1) * config.hop_length - config.samples
    spectra = torch.stft(
        functional.pad(waves, (0, max(missing, 0))),
        config.n_fft,
        config.hop_length,
        window=torch.hann_window(config.n_fft, device=waves.device),
        pad_mode="constant",
        return_complex=True,
    )
    return spectra[..., : config.n_frames]


def _istft(spectra: Tensor, config: SpectrogramConfig) -> Tensor:
    """Map [B, F, T] complex to [B, S]."""
    # The frames after the last one, which ``log_mel`` drops, cover the end of the wave.
    missing = 1 + math.ceil(config.samples / config.hop_length) - spectra.shape[-1]
    return torch.istft(
        functional.pad(spectra, (0, max(missing, 0))),
        config.n_fft,
        config.hop_length,
        window=torch.hann_window(config.n_fft, device=spectra.device),
        length=config.samples,
    )
