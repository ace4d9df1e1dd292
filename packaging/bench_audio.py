"""Benchmark representations of sounds: their size, what they lose, and what they cost.

    python packaging/bench_audio.py [--clips N] [--rate HZ] [--seconds S] [--repeats N]

Chords, sweeps and bursts of noise are synthesised, stored as 8-bit pictures, and made into waves
again. The log-spectral distance between both waves is in dB: per frame the root mean square over
the linear bands, of levels not below -60 dB, averaged over the frames (Gray and Markel 1976,
doi:10.1109/TASSP.1976.1162849, with the floor added). Noise has a distance of several dB even to
other noise of the same spectrum, printed as the last row. Times are CPU milliseconds for each clip
with one thread, medians over the repeats.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.nets.spectrogram import SpectrogramConfig, griffin_lim, invert, log_mel

KINDS = ("chords", "sweeps", "noise")
FLOOR_DB = 60.0


@dataclass(frozen=True, kw_only=True)
class Representation:
    """A way to store waves as pictures of bytes and to get them back."""

    name: str
    shape: tuple[int, ...]
    encode: Callable[[Tensor], Tensor]
    """[B, S] to [B, ...] in [-1, 1]."""
    decode: Callable[[Tensor], Tensor]


def synthesise(kind: str, clips: int, rate: int, samples: int, seed: int = 0) -> Tensor:
    """Make clips of one kind: [clips, samples] with a peak of 0.9."""
    generator = torch.Generator().manual_seed(seed)
    times = torch.arange(samples) / rate

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(clips, 1, generator=generator)

    # Attack and decay, as of a plucked string.
    envelope = (times / 0.02).clamp(max=1) * torch.exp(-times * uniform(1, 6))
    if kind == "noise":
        waves = envelope * torch.randn(clips, samples, generator=generator)
    elif kind == "sweeps":
        start, slope = uniform(150, 800), uniform(-150, 1_500)
        waves = envelope * torch.sin(2 * math.pi * (start * times + slope * times**2 / 2))
    else:
        pitches = [110 * 2 ** (uniform(0, 36).floor() / 12) for _note in range(2)]
        partials = [
            torch.sin(2 * math.pi * number * pitch * times) / number
            for pitch in pitches
            for number in range(1, 7)
        ]
        waves = envelope * torch.stack(partials).sum(0)
    return 0.9 * waves / waves.abs().amax(1, keepdim=True)


def mel(bands: int, frames: int, n_fft: int, steps: int, size: tuple[int, int]) -> Representation:
    """Log-mel magnitudes and Griffin-Lim: what the program uses."""
    rate, samples = size
    config = SpectrogramConfig(
        rate=rate,
        samples=samples,
        n_fft=n_fft,
        hop_length=math.ceil(samples / frames),
        n_mels=bands,
        n_frames=frames,
    )
    return Representation(
        name=f"mel {bands}x{frames}, n_fft {n_fft}, {steps} steps",
        shape=(bands, frames),
        encode=lambda waves: log_mel(waves, config),
        decode=lambda pictures: invert(pictures, config, steps=steps),
    )


def linear(bins: int, frames: int, steps: int, size: tuple[int, int]) -> Representation:
    """Log magnitudes of all linear bands but the highest, and Griffin-Lim."""
    rate, samples = size
    hop_length = math.ceil(samples / frames)
    config = SpectrogramConfig(
        rate=rate,
        samples=samples,
        n_fft=2 * bins,
        hop_length=hop_length,
        n_mels=1,
        n_frames=frames,
    )
    stft, _istft = transforms(bins, hop_length, samples)

    def decode(pictures: Tensor) -> Tensor:
        magnitudes = torch.nn.functional.pad(from_levels(pictures, bins), (0, 0, 0, 1))
        return griffin_lim(magnitudes, config, steps=steps)

    return Representation(
        name=f"linear {bins}x{frames}, n_fft {2 * bins}, {steps} steps",
        shape=(bins, frames),
        encode=lambda waves: to_levels(stft(waves)[:, :bins, :frames].abs(), bins),
        decode=decode,
    )


def with_phase(bins: int, frames: int, size: tuple[int, int]) -> Representation:
    """Log magnitudes and instantaneous frequencies (Engel et al. 2019, arXiv:1902.08710)."""
    _rate, samples = size
    hop_length = math.ceil(samples / frames)
    stft, istft = transforms(bins, hop_length, samples)
    # Advance of the phase from frame to frame at the middle of each band.
    advance = math.pi * hop_length / bins * torch.arange(bins)[:, None]

    def encode(waves: Tensor) -> Tensor:
        spectra = stft(waves)[:, :bins, :frames]
        angles = spectra.angle()
        turns = torch.diff(angles, dim=-1, prepend=torch.zeros_like(angles[..., :1])) - advance
        turns = torch.remainder(turns + math.pi, 2 * math.pi) - math.pi
        return torch.stack([to_levels(spectra.abs(), bins), turns / math.pi], 1)

    def decode(pictures: Tensor) -> Tensor:
        phases = torch.cumsum(pictures[:, 1] * math.pi + advance, -1)
        spectra = torch.polar(from_levels(pictures[:, 0], bins), phases)
        return istft(torch.nn.functional.pad(spectra, (0, 1, 0, 1)))

    return Representation(
        name=f"magnitude and phase {bins}x{frames}x2, n_fft {2 * bins}",
        shape=(2, bins, frames),
        encode=encode,
        decode=decode,
    )


def to_levels(magnitudes: Tensor, bins: int) -> Tensor:
    """Map magnitudes to [-1, 1] over 60 dB below a sine of full scale."""
    decibels = 20 * torch.log10((magnitudes / (bins / 2)).clamp(min=1e-9))
    return (1 + 2 * decibels / FLOOR_DB).clamp(-1, 1)


def from_levels(levels: Tensor, bins: int) -> Tensor:
    """Invert ``to_levels``."""
    return 10 ** ((levels - 1) / 2 * FLOOR_DB / 20) * (levels > -1) * bins / 2


def transforms(
    bins: int, hop_length: int, samples: int
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Return a short-time Fourier transform with ``bins + 1`` bands and its inverse."""
    window = torch.hann_window(2 * bins)

    def stft(waves: Tensor) -> Tensor:
        return torch.stft(
            waves, 2 * bins, hop_length, window=window, pad_mode="constant", return_complex=True
        )

    def istft(spectra: Tensor) -> Tensor:
        return torch.istft(spectra, 2 * bins, hop_length, window=window, length=samples)

    return stft, istft


def representations(size: tuple[int, int]) -> Iterator[Representation]:
    """Yield what is compared."""
    _rate, samples = size
    overlap_by_half = 2 * math.ceil(samples / 32)
    yield mel(32, 32, overlap_by_half, 12, size)
    power = 2 ** math.ceil(math.log2(overlap_by_half))
    yield mel(32, 32, power, 12, size)
    yield mel(64, 32, power, 12, size)
    for steps in (0, 8, 12, 32, 60):
        yield mel(64, 64, power // 2, steps, size)
    yield linear(power // 4, 64, 12, size)
    yield with_phase(power // 4, 64, size)


def spectral_distance(waves: Tensor, others: Tensor) -> float:
    """Return the log-spectral distance of [B, S] waves in dB."""
    stft, _istft = transforms(128, 64, waves.shape[1])
    levels = [
        20 * torch.log10((stft(one).abs() / 64).clamp(min=10 ** (-FLOOR_DB / 20)))
        for one in (waves, others)
    ]
    return float((levels[0] - levels[1]).square().mean(1).sqrt().mean())


def timed(work: Callable[[Tensor], Tensor], items: Tensor, repeats: int) -> tuple[Tensor, float]:
    """Return the result and the median CPU milliseconds an item."""
    figures = []
    result = work(items)
    for _turn in range(repeats):
        start = time.process_time()
        result = work(items)
        figures.append(1e3 * (time.process_time() - start) / len(items))
    return result, statistics.median(figures)


def main() -> None:
    """Measure all and print a table."""
    parser = argparse.ArgumentParser(description="Compares representations of sounds.")
    parser.add_argument("--clips", type=int, default=32, metavar="N", help="of each kind")
    parser.add_argument("--rate", type=int, default=8_000, metavar="HZ")
    parser.add_argument("--seconds", type=float, default=0.8, metavar="S")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="of each timing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    size = (arguments.rate, round(arguments.rate * arguments.seconds))
    by_kind = {kind: synthesise(kind, arguments.clips, *size) for kind in KINDS}
    waves = torch.cat(list(by_kind.values()))
    columns = "".join(f" {kind:>7}" for kind in KINDS)
    print(f"{'representation':<46} {'bytes':>6}{columns} {'encode ms':>10} {'decode ms':>10}")
    for one in representations(size):
        pictures, encode_ms = timed(one.encode, waves, arguments.repeats)
        stored = ((pictures + 1) * 127.5).round() / 127.5 - 1
        made, decode_ms = timed(one.decode, stored, arguments.repeats)
        parts = zip(by_kind.values(), made.split(arguments.clips), strict=True)
        figures = "".join(f" {spectral_distance(real, back):7.2f}" for real, back in parts)
        size_bytes = math.prod(one.shape)
        print(f"{one.name:<46} {size_bytes:>6}{figures} {encode_ms:10.3f} {decode_ms:10.2f}")
    noise = by_kind["noise"]
    # Random signs keep the envelope, and leave noise white.
    signs = torch.rand(noise.shape, generator=torch.Generator().manual_seed(1)).sub(0.5).sign()
    distance = spectral_distance(noise, noise * signs)
    print(f"{'other noise with the same envelopes':<46} {distance:30.2f}")


if __name__ == "__main__":
    main()
