"""Pictures of sounds to look at: spectrograms with colours. Does not import torch.

What the networks see is ``engine.nets.spectrogram``.

Shapes: S samples, H height, W width.
"""

import numpy as np
import numpy.typing as npt

from engine.data.waveform import Samples, Wave, to_float

Levels = npt.NDArray[np.uint8]

HEIGHT, WIDTH = 64, 96
"""Usual size in pixels: H bands, W frames."""
FLOOR_DB = -60.0
"""Level relative to the loudest cell that is shown as silence."""
LOWEST_HZ = 60.0
_FRAME_S = 0.032
_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
_COLOURS = ((8, 8, 24), (76, 18, 110), (187, 55, 84), (249, 142, 9), (252, 255, 210))
"""From silence to full level, dark to light also in grey."""


def spectrogram_picture(
    samples: Samples | Wave, rate: int, *, height: int = HEIGHT, width: int = WIDTH
) -> npt.NDArray[np.uint8]:
    """Draw the spectrogram of a sound: [S] to [H, W, 3], low frequencies at the bottom.

    Args:
        samples: the sound, not empty.
        rate: samples per second.
        height: H.
        width: W; the whole sound is spread over it.
    """
    wave = to_float(samples)
    hop = len(wave) / width
    # Windows overlap by half or more, so that nothing between them is missed.
    size = 1 << (max(int(_FRAME_S * rate), int(2 * hop), 32) - 1).bit_length()
    padded = np.pad(wave, (size // 2, size))
    starts = ((np.arange(width) + 0.5) * hop).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[starts]
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32))) ** 2
    edges = _mel_edges(height, rate) * size / rate
    bands = np.maximum.reduceat(power, edges.astype(int), axis=1)[:, :height]
    loudest = float(bands.max())
    if loudest <= 0:
        return colour_spectrograms(np.zeros((height, width), np.uint8))
    decibels = 10 * np.log10(np.maximum(bands / loudest, 10 ** (FLOOR_DB / 10)))
    levels = np.rint(255 * (1 - decibels / FLOOR_DB)).astype(np.uint8)
    return colour_spectrograms(levels.T[::-1])


def _mel_edges(bands: int, rate: int) -> npt.NDArray[np.float64]:
    """Return the limits of bands of equal width on the mel scale (HTK), in hertz: [bands + 1]."""
    lowest, highest = (1127 * np.log1p(hz / 700) for hz in (LOWEST_HZ, 0.5 * rate))
    return 700 * np.expm1(np.linspace(lowest, highest, bands + 1) / 1127)


def colour_spectrograms(levels: Levels) -> npt.NDArray[np.uint8]:
    """Colour levels from silence, 0, to full scale, 255: [..., H, W] to [..., H, W, 3]."""
    table = np.stack(
        [
            np.interp(np.arange(256) / 255, _LEVELS, [colour[channel] for colour in _COLOURS])
            for channel in range(3)
        ],
        axis=1,
    )
    return table.round().astype(np.uint8)[levels]
