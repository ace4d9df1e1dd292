"""Preparation of recorded and synthesised sounds for the starters, as an import prepares sounds.

Shapes: S samples.
"""

import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[np.floating]

HIGH_PASS_HZ, HIGH_PASS_ORDER = 70.0, 4
"""Cut-off and order of a Butterworth filter without a change of phase: 24 dB an octave."""
SILENCE_DB = -34.0
"""Relative to the peak: what is quieter at both ends is cut off."""
EDGE_S = 0.1
"""Silence added at both ends, into which the filter may ring."""
MARGIN_S = 0.01
"""Kept before and after what is loud enough."""


def resample(wave: Wave, rate: int, target_rate: int) -> Wave:
    """Change the rate by cutting the spectrum off; removes rumble in the same step.

    Args:
        wave: [S].
        rate: its rate in Hz.
        target_rate: not above ``rate``.

    Returns:
        The wave between two stretches of near silence.
    """
    divisor = int(np.gcd(rate, target_rate))
    down, up = rate // divisor, target_rate // divisor
    silence = int(EDGE_S * rate)
    padded = np.pad(wave, (silence, silence + -(len(wave) + 2 * silence) % down))
    spectrum = np.fft.rfft(padded)
    length = len(padded) * up // down
    kept = spectrum[: length // 2 + 1]
    hertz = np.arange(len(kept)) * rate / len(padded)
    nyquist = target_rate / 2
    rumble = 1 / np.sqrt(1 + (HIGH_PASS_HZ / np.maximum(hertz, 1e-3)) ** (2 * HIGH_PASS_ORDER))
    alias = np.clip((nyquist - hertz) / (0.08 * nyquist), 0, 1)
    return np.fft.irfft(kept * rumble * alias, length) * (length / len(padded))


def trim(wave: Wave, rate: int) -> Wave:
    """Cut off silence at both ends."""
    size = np.abs(wave)
    loud = np.flatnonzero(size > size.max() * 10 ** (SILENCE_DB / 20))
    margin = int(MARGIN_S * rate)
    return wave[max(0, loud[0] - margin) : loud[-1] + 1 + margin]


def fade_out(wave: Wave, rate: int, seconds: float) -> Wave:
    """Let the end fade linearly."""
    length = min(len(wave), int(seconds * rate))
    faded = wave.copy()
    faded[len(wave) - length :] *= np.linspace(1, 0, length)
    return faded
