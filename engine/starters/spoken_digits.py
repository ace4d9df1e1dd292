"""Handwritten digits with their word and its sound.

The digits are MNIST's, the sounds were synthesised with espeak-ng by ``packaging/build_speech.py``
and ship with the program. Many digits share a sound; held-out digits are spoken by voices that no
training digit has.

Shapes: N digits, M clips, S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.data.manifest import TRAIN, VALIDATION
from engine.errors import DatasetCorruptError
from engine.starters.bundled import read_arrays
from engine.starters.columns import StarterColumns, Waves, one_to_one
from engine.starters.mnist import WORDS, read_digits
from engine.starters.speech_codec import decode

RATE, SECONDS = 8_000, 0.8
PEAK = 0.9
CLIPS_FILE = "clips.npz"


@dataclass(frozen=True, kw_only=True)
class Clips:
    """The spoken words that ship with the program."""

    waves: Waves
    """[M, S] at ``RATE``: high-passed, trimmed, with a peak of ``PEAK``, padded with silence."""
    digits: npt.NDArray[np.uint8]
    """[M]: which word is spoken."""
    voices: Sequence[str]
    """M names of espeak-ng's voice variants."""
    accents: Sequence[str]
    """M names of espeak-ng's English accents."""
    is_held_out: npt.NDArray[np.bool_]
    """[M]."""


def build(digits: Path, speech: Path, seed: int = 0) -> StarterColumns:
    """Pair every digit with a clip of its word, drawn at random from those of its split.

    Args:
        digits: folder with MNIST's four files.
        speech: folder with ``CLIPS_FILE``.
        seed: seed of the pairing.

    Returns:
        Columns ``image``, ``text`` (the word) and ``speech``.

    Raises:
        DatasetMissingError, DatasetCorruptError: a file is missing or damaged.
    """
    images, labels, split = read_digits(digits)
    clips = read_clips(speech / CLIPS_FILE)
    rng = np.random.default_rng(seed)
    is_held_out = np.array(split) == VALIDATION
    rows = np.empty(len(labels), dtype=np.int32)
    for digit in range(len(WORDS)):
        for held_out in (False, True):
            items = np.flatnonzero((labels == digit) & (is_held_out == held_out))
            spoken = np.flatnonzero((clips.digits == digit) & (clips.is_held_out == held_out))
            if items.size and not spoken.size:
                name = VALIDATION if held_out else TRAIN
                raise DatasetCorruptError(speech, f"no clip says {WORDS[digit]} for {name}")
            rows[items] = rng.choice(spoken, size=len(items))
    facts = [
        {"digit": WORDS[digit], "voice": voice, "accent": accent}
        for digit, voice, accent in zip(
            clips.digits.tolist(), clips.voices, clips.accents, strict=True
        )
    ]
    return StarterColumns(
        images={"image": images},
        audio={"speech": (clips.waves, RATE)},
        rows={"image": one_to_one(len(labels)), "speech": rows},
        texts={"text": [WORDS[digit] for digit in labels.tolist()]},
        split=split,
        attributes=[facts[row] for row in rows.tolist()],
    )


def read_clips(path: Path) -> Clips:
    """Read and decode the clips.

    Raises:
        DatasetMissingError, DatasetCorruptError: the file is missing or damaged.
    """
    arrays = read_arrays(path)
    try:
        digits, frames = arrays["digits"].astype(np.uint8), arrays["frames"].astype(np.int16)
        is_held_out = arrays["held_out"].astype(bool)
        voices = arrays["voice_names"][arrays["voices"].astype(int)].tolist()
        accents = arrays["accent_names"][arrays["accents"].astype(int)].tolist()
        if len({len(digits), len(frames), len(is_held_out), len(voices), len(accents)}) != 1:
            raise DatasetCorruptError(path.parent, f"{path.name}: its arrays differ in length")
        waves = decode(
            arrays["levels"].astype(np.int8),
            frames,
            float(arrays["step"].astype(float)),
            int(RATE * SECONDS),
        )
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise DatasetCorruptError(path.parent, f"{path.name}: {error}") from error
    return Clips(
        waves=_level(waves),
        digits=digits,
        voices=voices,
        accents=accents,
        is_held_out=is_held_out,
    )


def _level(waves: npt.NDArray[np.floating]) -> Waves:
    """Set the peak, which the codec changes a little; silence stays silence."""
    peaks = np.abs(waves).max(axis=1, keepdims=True)
    scale = PEAK * np.iinfo(np.int16).max / np.maximum(peaks, 1e-6)
    return (waves * scale).round().astype(np.int16)
