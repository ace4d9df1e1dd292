"""Waveforms: resampling, filtering, trimming, levelling, and what a check of the data asks of them.

``prepare_waveform`` makes the rows of a dataset from decoded files. Everything works on mono sound
and costs a few times the memory of its input, so files of ten minutes need no special treatment.

Shapes: S samples, N waves, M mel bands, T frames.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""[S] in [-1, 1]."""
Wave = npt.NDArray[np.int16]
"""[S], 16-bit PCM."""

FULL_SCALE = 32_768
"""The int16 value of 1.0, which itself is out of range."""


@dataclass(frozen=True, kw_only=True)
class Sounds:
    """Sounds to show and to play."""

    samples: npt.NDArray[np.int16]
    """[N, S]."""
    rate: int
    """Samples per second."""
    spectrograms: npt.NDArray[np.uint8]
    """[N, M, T] pictures, with low frequencies at the bottom."""

    def __len__(self) -> int:
        """Return N."""
        return len(self.samples)


RUMBLE_HZ = 70.0
"""Cut-off of the high-pass. Below speech and most music; recordings and speech synthesisers leave a
rumble there by which a network tells sources apart that sound the same (docs/measurements.md).
"""
TRIM_DB = -34.0
"""Level relative to the peak below which the beginning and the end are cut."""
TRIM_MARGIN_S = 0.01
"""What is kept before and after the sound."""
PEAK = 0.9
"""Largest absolute value after levelling."""


def prepare_waveform(samples: Samples, rate: int, *, target_rate: int, seconds: float) -> Wave:
    """Make the wave that a dataset stores: resample, high-pass, trim, level, pad or cut.

    Args:
        samples: [S] in [-1, 1], mono.
        rate: of the samples.
        target_rate: of the result.
        seconds: length of the result.

    Returns:
        [round(seconds * target_rate)] int16 with a peak of ``PEAK``; zeros for a silent input.
    """
    wave = trim(high_pass(resample(samples, rate, target_rate), target_rate), target_rate)
    return to_int16(fit_length(set_peak(wave), round(seconds * target_rate)))


def to_int16(samples: Samples) -> Wave:
    """Convert floats in [-1, 1] to int16; values beyond are clipped."""
    return np.clip(np.round(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def to_float(samples: Samples | Wave) -> Samples:
    """Convert int16 to float32 in [-1, 1]; floats are returned as they are."""
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(FULL_SCALE)
    return samples.astype(np.float32, copy=False)


ZERO_CROSSINGS = 32
"""Of the sinc on each side, at the lower of the two rates."""
ROLL_OFF = 0.92
"""Cut-off of the low-pass relative to the lower Nyquist frequency."""
KAISER_BETA = 8.0
"""About 80 dB of attenuation. With ``ZERO_CROSSINGS`` the transition is 8 % of the lower rate wide
(Kaiser 1974; Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.6), so the stop band
begins at the Nyquist frequency.
"""
_PHASES_TOGETHER = 256
"""Phases whose filters are computed at once, to bound the memory."""


def resample(samples: Samples, rate: int, target_rate: int) -> Samples:
    """Resample with a windowed sinc, evaluated for each phase of the output (polyphase).

    With the ratio of the rates L / M in lowest terms, output n lies at input n M / L. Outputs with
    the same n mod L share a filter and are M input samples apart. Source: Crochiere and Rabiner
    1983, Multirate Digital Signal Processing, section 2.3.4; Smith, Digital Audio Resampling.

    Args:
        samples: [S].
        rate: of the samples.
        target_rate: of the result.

    Returns:
        [ceil(S * target_rate / rate)] float32.
    """
    ratio = Fraction(target_rate, rate)
    if ratio == 1 or not len(samples):
        return to_float(samples)
    up, down = ratio.numerator, ratio.denominator
    count = -(-len(samples) * up // down)
    filters = _polyphase_filters(up, down)
    taps = filters.shape[1]
    before = taps // 2
    # The last output reads around input (count - 1) * down / up, which is less than len(samples).
    # A constant goes on beyond the ends: a step to 0 there would ring.
    padded = np.pad(to_float(samples), (before, taps), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps)
    result = np.empty(count, np.float32)
    for phase in range(min(up, count)):
        first = phase * down // up
        result[phase::up] = windows[first::down][: len(result[phase::up])] @ filters[phase]
    return result


@lru_cache(maxsize=4)
def _polyphase_filters(up: int, down: int) -> npt.NDArray[np.float32]:
    """Return the filter of each phase: [L, taps], for windows around the input floor(n M / L)."""
    bandwidth = min(1.0, up / down)
    half = int(np.ceil(ZERO_CROSSINGS / bandwidth))
    filters = np.empty((up, 2 * half + 1), np.float32)
    for start in range(0, up, _PHASES_TOGETHER):
        phases = np.arange(start, min(start + _PHASES_TOGETHER, up))
        fractions = (phases * down % up)[:, None] / up
        distances = np.arange(-half, half + 1)[None] - fractions
        inside = np.clip(1 - (distances / (half + 1)) ** 2, 0, None)
        window = np.i0(KAISER_BETA * np.sqrt(inside))
        weights = np.sinc(ROLL_OFF * bandwidth * distances) * window
        # A constant stays exactly the same at every phase.
        filters[phases] = weights / weights.sum(1, keepdims=True)
    return filters


_HIGH_PASS_ORDER = 4
_TAIL_S = 0.1
"""Zeros after the sound, so that the filter does not wrap around to the beginning."""


def high_pass(samples: Samples, rate: int, cutoff_hz: float = RUMBLE_HZ) -> Samples:
    """Remove the mean and what lies below a frequency, without a change of phase.

    The gain at frequency f is that of a Butterworth filter of order 4, ``1 / sqrt(1 + (cutoff /
    f)^8)``: -3 dB at the cut-off, -24 dB an octave below. Source: Butterworth 1930.

    Args:
        samples: [S].
        rate: of the samples.
        cutoff_hz: cut-off.
    """
    if not len(samples):
        return to_float(samples)
    size = _fast_fft_size(len(samples) + round(_TAIL_S * rate))
    mean = np.float32(samples.mean(dtype=np.float64))
    spectrum = np.fft.rfft(to_float(samples) - mean, size)
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    ratio = cutoff_hz / np.maximum(frequencies, 1e-9)
    spectrum *= 1 / np.sqrt(1 + np.minimum(ratio, 1e9) ** (2 * _HIGH_PASS_ORDER))
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def _fast_fft_size(count: int) -> int:
    """Return the smallest 2^a or 3 * 2^a that is at least ``count``."""
    power = 1 << (count - 1).bit_length()
    return 3 * power // 4 if 3 * power // 4 >= count else power


def trim(samples: Samples, rate: int, *, threshold_db: float = TRIM_DB) -> Samples:
    """Cut the quiet beginning and end, relative to the peak; silence is returned as it is.

    Args:
        samples: [S].
        rate: of the samples.
        threshold_db: level relative to the peak below which sound counts as silence.
    """
    level = np.abs(samples)
    peak = level.max(initial=0.0)
    if peak == 0:
        return samples
    (loud,) = np.nonzero(level >= peak * 10 ** (threshold_db / 20))
    margin = round(TRIM_MARGIN_S * rate)
    return samples[max(int(loud[0]) - margin, 0) : int(loud[-1]) + 1 + margin]


def set_peak(samples: Samples, peak: float = PEAK) -> Samples:
    """Scale to a peak; silence stays silent."""
    now = float(np.abs(samples).max(initial=0.0))
    return samples if now == 0 else samples * np.float32(peak / now)


def fit_length(samples: Samples, count: int) -> Samples:
    """Cut the end off, or append zeros: [S] to [count]."""
    return np.pad(samples[:count], (0, max(count - len(samples), 0)))


# What the checks of a dataset ask.


SILENCE_PEAK = 1e-3
"""-60 dB of full scale."""
CLIPPED_RUN = 3
"""Successive samples at the same extreme."""
CLIPPED_FRACTION = 1e-3
"""Of all samples, in such runs."""
_CLIPPED_MIN_PEAK = 0.25
"""Steps of quiet sounds in 16 bits look like clipping."""


def is_silent(samples: Samples | Wave) -> bool:
    """Whether no sample exceeds ``SILENCE_PEAK``."""
    return bool(np.abs(to_float(samples)).max(initial=0.0) < SILENCE_PEAK)


def is_clipped(samples: Samples | Wave) -> bool:
    """Whether the waveform has flat tops at its own peak, as an overdriven recording has.

    Ask before ``prepare_waveform``: resampling rounds the flat tops. Square waves have them too.
    """
    wave = to_float(samples)
    peak = np.abs(wave).max(initial=0.0)
    if peak < _CLIPPED_MIN_PEAK:
        return False
    count = 0
    for side in (wave, -wave):
        is_at_peak = side >= peak - 1 / FULL_SCALE
        # Starts and ends of runs are the changes of the padded mask.
        edges = np.flatnonzero(np.diff(np.pad(is_at_peak, 1)))
        runs = edges[1::2] - edges[::2]
        count += int(runs[runs >= CLIPPED_RUN].sum())
    return count >= CLIPPED_FRACTION * len(wave)


_HASH_SIDE = 9
_HASH_MIN_HZ = 100.0
_HASH_FRAME_S = 0.032
_HASH_FLOOR = 1e-5
"""Of the loudest cell: -50 dB."""


def fingerprint(samples: Samples | Wave, rate: int) -> int:
    """Hash a coarse spectrogram to 64 bits; copies differ in few bits, whatever their gain.

    Energies in 9 logarithmic bands and 9 equal stretches of time; each bit tells whether the
    difference between neighbouring bands grew since the stretch before. Source: Haitsma and Kalker
    2002, A Highly Robust Audio Fingerprinting System (ISMIR), eq. 1.

    Args:
        samples: [S], as ``prepare_waveform`` makes them; offsets in time change the hash.
        rate: of the samples.

    Returns:
        Below 2^64; 0 for silence.
    """
    energies = _band_energies(to_float(samples), rate)
    loudest = energies.max()
    if loudest == 0:
        return 0
    levels = np.log(np.maximum(energies / loudest, _HASH_FLOOR))
    contrasts = np.diff(levels, axis=1)
    # Equal values, as in the silence after a sound, must not depend on rounding.
    bits = np.diff(contrasts, axis=0) > 1e-3
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def _band_energies(wave: Samples, rate: int) -> npt.NDArray[np.float64]:
    """Return the energy of [_HASH_SIDE] stretches of time in [_HASH_SIDE] bands."""
    size = max(int(_HASH_FRAME_S * rate), 16)
    hop = size // 2
    padded = np.pad(wave, (0, max(size + (_HASH_SIDE - 1) * hop - len(wave), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2
    limits = np.geomspace(_HASH_MIN_HZ, 0.45 * rate, _HASH_SIDE + 1) * size / rate
    bands = np.add.reduceat(power, limits.astype(int), axis=1)[:, :_HASH_SIDE]
    return np.stack([part.sum(0) for part in np.array_split(bands, _HASH_SIDE)])
