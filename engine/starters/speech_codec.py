"""Lossy codec of the spoken words that ship with the program.

A modified discrete cosine transform with a sine window (Princen & Bradley 1986,
doi:10.1109/TASSP.1986.1164954, time-domain aliasing cancellation), whose coefficients are
quantised after a power of 3/4, as MP3 and AAC do (Bosi & Goldberg 2003, chapter 11): loud
coefficients get coarser steps, where the signal masks the error. The container's compression is the
entropy coder.

Shapes: M clips, S samples, F frames of all clips together, K 128 coefficients of a frame.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

COEFFICIENTS = 128
POWER = 0.75
LARGEST = np.iinfo(np.int8).max

Levels = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int16]


def encode(clips: Sequence[npt.NDArray[np.floating]], step: float) -> tuple[Levels, Counts]:
    """Encode clips of any lengths.

    Args:
        clips: M waves in [-1, 1].
        step: quantisation step; coefficients below 0.4 of it vanish.

    Returns:
        [K, F] levels, frequencies first because neighbours in time compress best, and [M] frames of
        each clip.

    Raises:
        ValueError: the step is too small for the loudest coefficient.
    """
    basis = _basis()
    levels: list[npt.NDArray[np.floating]] = []
    for clip in clips:
        blocks = -(-len(clip) // COEFFICIENTS)
        padded = np.zeros((blocks + 2) * COEFFICIENTS)
        padded[COEFFICIENTS : COEFFICIENTS + len(clip)] = clip
        halves = padded.reshape(-1, COEFFICIENTS)
        spectrum = np.concatenate([halves[:-1], halves[1:]], axis=1) @ basis
        levels.append(np.sign(spectrum) * np.rint(np.abs(spectrum / step) ** POWER))
    together = np.concatenate(levels)
    if np.abs(together).max() > LARGEST:
        raise ValueError(f"step {step} gives levels above {LARGEST}")
    return together.T.astype(np.int8), np.array([len(level) for level in levels], dtype=np.int16)


def decode(levels: Levels, counts: Counts, step: float, samples: int) -> npt.NDArray[np.floating]:
    """Decode clips and pad them with silence, or cut them, to one length.

    Args:
        levels: [K, F] of ``encode``.
        counts: [M] of ``encode``.
        step: the step that was encoded with.
        samples: S.

    Returns:
        [M, S].

    Raises:
        ValueError: the arrays do not belong together.
    """
    if levels.shape != (COEFFICIENTS, int(counts.sum())) or (counts.size and counts.min() < 1):
        raise ValueError(f"{levels.shape} levels do not fit {counts.sum()} frames")
    byte = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    values = np.sign(byte) * np.abs(byte) ** (1 / POWER) * np.float32(step)
    frames = values[levels.T.view(np.uint8)] @ _basis().T.astype(np.float32)
    clip = np.arange(len(counts)).repeat(counts)
    place = np.arange(len(frames)) - (np.cumsum(counts) - counts).repeat(counts)
    # Frame j of a clip covers blocks j and j + 1; the first and the last block are silence.
    blocks = np.zeros((len(counts), int(counts.max(initial=0)) + 1, COEFFICIENTS), dtype=np.float32)
    blocks[clip, place] += frames[:, :COEFFICIENTS]
    inner = place + 1 < counts.repeat(counts)
    blocks[clip[inner], place[inner] + 1] += frames[inner, COEFFICIENTS:]
    waves = blocks[:, 1:].reshape(len(counts), -1)
    fitted = np.zeros((len(counts), samples), dtype=np.float32)
    shared = min(samples, waves.shape[1])
    fitted[:, :shared] = waves[:, :shared]
    return fitted


def _basis() -> npt.NDArray[np.floating]:
    """Windowed cosines, orthonormal with overlap: [2 K, K]."""
    sample, frequency = np.arange(2 * COEFFICIENTS), np.arange(COEFFICIENTS)
    window = np.sin(np.pi * (sample + 0.5) / (2 * COEFFICIENTS))
    phase = (sample[:, None] + 0.5 + COEFFICIENTS / 2) * (frequency + 0.5) * np.pi / COEFFICIENTS
    return window[:, None] * np.cos(phase) * np.sqrt(2 / COEFFICIENTS)
