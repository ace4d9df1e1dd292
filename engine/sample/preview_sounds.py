"""Sounds of previews: beside each sheet, one WAV file per column of sounds with all clips.

``preview-000000012800.speech.wav`` holds the clips of ``preview-000000012800.png`` one after
another, in the order of the tiles and all of the same length. Only the newest previews keep their
sounds. Does not import torch, so that the studio can read them.

Shapes: N tiles, S samples of a clip.
"""

import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.data.audio_files import MAX_RATE, MIN_RATE, write_wav
from engine.data.waveform import Sounds
from engine.errors import SheetCorruptError
from engine.fs.atomic import wrapping_os_errors
from engine.fs.untrusted import MalformedFileError, read_regular

KEPT_PREVIEWS = 20
"""Previews that keep their sounds; 64 clips of 2 s at 16 kHz take 4 MB."""
MAX_BYTES = 512_000_000
"""Limit of a file that is read."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """The sound of one tile."""

    samples: npt.NDArray[np.int16]
    """[S]."""
    rate: int
    """Samples per second."""


def write_sounds(sheet: Path, sounds: Mapping[str, Sounds]) -> dict[str, Path]:
    """Write the clips of a preview, and remove those of the oldest previews.

    Args:
        sheet: path of the preview sheet.
        sounds: by column, N clips.

    Returns:
        The path of the file of each column.

    Raises:
        FolderNotWritableError, DiskFullError: a file cannot be written or removed.
    """
    paths = {column: sheet.with_suffix(f".{column}.wav") for column in sounds}
    for column, path in paths.items():
        write_wav(path, sounds[column].samples.reshape(-1), sounds[column].rate)
    if paths:
        _remove_old(sheet.parent)
    return paths


def sounds_beside(sheet: Path) -> dict[str, Path]:
    """Return the files with the clips of a preview, by column; empty if it has none."""
    stem = f"{sheet.stem}."
    found = sorted(sheet.parent.glob(f"{stem}*.wav"))
    return {path.stem.removeprefix(stem): path for path in found}


def read_clip(path: Path, tile: int, count: int) -> Clip:
    """Read the clip of one tile.

    Args:
        path: an untrusted file with the clips of a preview.
        tile: index of the tile, from 0.
        count: N.

    Raises:
        SheetCorruptError: the file is missing, damaged, or does not hold N clips.
    """
    try:
        content = read_regular(path, MAX_BYTES)
        with wave.open(io.BytesIO(content), "rb") as file:
            kind = (file.getnchannels(), file.getsampwidth())
            rate, frames = file.getframerate(), file.readframes(file.getnframes())
    except (MalformedFileError, OSError, EOFError, ValueError, wave.Error) as error:
        raise SheetCorruptError(path, str(error) or "it ends early") from error
    samples = len(frames) // 2
    if kind != (1, 2) or not MIN_RATE <= rate <= MAX_RATE:
        raise SheetCorruptError(path, "it is not a mono sound of 16 bits")
    if not 0 <= tile < count or samples == 0 or samples % count:
        raise SheetCorruptError(path, f"it does not hold {count} clips")
    clips = np.frombuffer(frames[: 2 * samples], "<i2").reshape(count, -1)
    return Clip(samples=clips[tile].astype(np.int16), rate=rate)


def _remove_old(folder: Path) -> None:
    """Remove all sounds but those of the newest ``KEPT_PREVIEWS`` previews that have some."""
    paths = sorted(folder.glob("preview-*.wav"))
    stems = sorted({path.name.partition(".")[0] for path in paths})
    old = set(stems[:-KEPT_PREVIEWS])
    with wrapping_os_errors(folder):
        for path in paths:
            if path.name.partition(".")[0] in old:
                path.unlink(missing_ok=True)
