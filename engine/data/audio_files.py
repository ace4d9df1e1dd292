"""Decode untrusted audio files to mono, or report why they cannot be decoded; write WAV files.

WAV, FLAC, MP3 and Ogg Vorbis are told apart by content, not by name. miniaudio decodes them where
it is installed; without it, the standard library reads PCM WAV files.

- ``probe_audio`` reads rate, channels and length without decoding.
- ``read_audio`` decodes as much as is wanted, and no more: a small file may hold hours of silence.
- ``write_wav`` writes 16-bit PCM.
"""

import importlib
import io
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from engine.data.audio_headers import (
    AudioErrorKind,
    AudioFormat,
    check_vorbis_comments,
    identify_format,
    missing_wav_bytes,
)
from engine.data.waveform import Samples
from engine.errors import EntryError
from engine.fs.atomic import atomic_write
from engine.fs.untrusted import MalformedFileError, read_regular

MAX_BYTES = 512_000_000
"""Largest file that is read into memory: 50 minutes of stereo at 44.1 kHz and 16 bits."""
MAX_SECONDS = 600.0
"""Longest sound that is decoded unless another limit is given."""
MAX_SAMPLES = 60_000_000
"""Samples that are decoded at most, whatever the limit in seconds: 240 MB."""
MIN_RATE, MAX_RATE = 1_000, 384_000
"""Samples per second of a plausible file."""
MAX_CHANNELS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioInfo:
    """What an audio file declares."""

    format: AudioFormat
    rate: int
    """Samples per second and channel."""
    channels: int
    seconds: float
    """0 if the file does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodedAudio:
    """A decoded sound."""

    samples: Samples
    """[S] float32 in [-1, 1], the mean of all channels."""
    rate: int
    is_cut: bool
    """Whether the file is longer than the limit, so that the end is missing."""

    @property
    def seconds(self) -> float:
        """Length of the samples."""
        return len(self.samples) / self.rate


def probe_audio(source: Path | bytes) -> AudioInfo:
    """Read rate, channels and length of an audio file without decoding it.

    Args:
        source: path or content of the file.

    Raises:
        EntryError: with an ``AudioErrorKind`` as its reason, and the path if one was given.
    """
    return _with_path(source, _probe)


def read_audio(source: Path | bytes, *, max_seconds: float = MAX_SECONDS) -> DecodedAudio:
    """Decode an audio file to mono at its own rate.

    Args:
        source: path or content of the file.
        max_seconds: the rest of a longer file is not decoded.

    Raises:
        EntryError: with an ``AudioErrorKind`` as its reason, and the path if one was given.
    """
    return _with_path(source, lambda content: _decode(content, max_seconds))


def write_wav(path: Path, samples: npt.NDArray[np.int16], rate: int) -> None:
    """Write a mono WAV file of 16-bit PCM atomically.

    Args:
        path: an existing file is replaced.
        samples: [S] int16.
        rate: samples per second.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; an old file is unchanged.
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2", copy=False).tobytes())
    atomic_write(path, buffer.getvalue())


_Found = TypeVar("_Found")


def _with_path(source: Path | bytes, work: Callable[[bytes], _Found]) -> _Found:
    """Read a file, and name it in the error of what is done with its content."""
    if isinstance(source, bytes):
        return work(source)
    try:
        return work(read_regular(source, MAX_BYTES))
    except MalformedFileError as error:
        raise EntryError(str(source), AudioErrorKind.UNREADABLE, str(error)) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise EntryError(str(source), AudioErrorKind.UNREADABLE, detail) from error
    except EntryError as error:
        raise EntryError(str(source), error.reason, error.detail) from error


def _probe(content: bytes) -> AudioInfo:
    if len(content) > MAX_BYTES:
        detail = f"it has {len(content):,} bytes, more than {MAX_BYTES:,}"
        raise EntryError("", AudioErrorKind.TOO_LARGE, detail)
    audio_format = identify_format(content)
    if audio_format is AudioFormat.VORBIS:
        check_vorbis_comments(content)
    try:
        info = _read_info(content, audio_format)
    except EntryError:
        raise
    # A decoder may raise anything on damaged bytes: errors of its own, of struct, of arithmetic.
    except Exception as error:
        raise EntryError("", AudioErrorKind.DAMAGED, _clause(error)) from error
    if not MIN_RATE <= info.rate <= MAX_RATE:
        detail = f"it declares {info.rate:,} samples per second"
        raise EntryError("", AudioErrorKind.DAMAGED, detail)
    if not 1 <= info.channels <= MAX_CHANNELS:
        raise EntryError("", AudioErrorKind.DAMAGED, f"it declares {info.channels:,} channels")
    return info


def _clause(error: Exception) -> str:
    # miniaudio's errors carry a number of its own, too.
    detail = str(error.args[0]) if error.args else type(error).__name__
    return f"it cannot be decoded ({detail})"


def _read_info(content: bytes, audio_format: AudioFormat) -> AudioInfo:
    miniaudio = load_miniaudio()
    if miniaudio is None:
        _ensure_wav(audio_format)
        with wave.open(io.BytesIO(content), "rb") as file:
            frames, rate, channels = file.getnframes(), file.getframerate(), file.getnchannels()
    else:
        readers = {
            AudioFormat.WAV: miniaudio.wav_get_info,
            AudioFormat.FLAC: miniaudio.flac_get_info,
            AudioFormat.MP3: miniaudio.mp3_get_info,
            AudioFormat.VORBIS: miniaudio.vorbis_get_info,
        }
        found = readers[audio_format](content)
        frames, rate, channels = found.num_frames, found.sample_rate, found.nchannels
    seconds = frames / rate if rate else 0.0
    return AudioInfo(format=audio_format, rate=rate, channels=channels, seconds=seconds)


@lru_cache(maxsize=1)
def load_miniaudio() -> Any | None:
    """Import miniaudio; None where it is not installed or its library does not load."""
    try:
        return importlib.import_module("miniaudio")
    except (ImportError, OSError):
        return None


def _ensure_wav(audio_format: AudioFormat) -> None:
    if audio_format is not AudioFormat.WAV:
        detail = f"reading {audio_format} files needs the Python package miniaudio"
        raise EntryError("", AudioErrorKind.UNSUPPORTED, detail)


def _decode(content: bytes, max_seconds: float) -> DecodedAudio:
    info = _probe(content)
    wanted = min(max(round(max_seconds * info.rate), 1), MAX_SAMPLES)
    stream = _stream_wav if load_miniaudio() is None else _stream
    pieces: list[Samples] = []
    count = 0
    try:
        for piece in stream(content, info):
            pieces.append(piece)
            count += len(piece)
            if count > wanted:
                break
    except EntryError:
        raise
    # As in ``_probe``.
    except Exception as error:
        raise EntryError("", AudioErrorKind.DAMAGED, _clause(error)) from error
    _ensure_whole(content, info, count, wanted)
    samples = np.concatenate(pieces)[:wanted]
    # A WAV file of floats may hold anything.
    samples = np.clip(np.nan_to_num(samples, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    return DecodedAudio(samples=samples, rate=info.rate, is_cut=count > wanted)


_MISSING_FRACTION = 0.05
"""Part of the declared length that may be missing: encoders pad, and MP3 counts whole frames."""


def _ensure_whole(content: bytes, info: AudioInfo, count: int, wanted: int) -> None:
    if count >= wanted:
        return
    declared = info.seconds * info.rate
    if info.format is AudioFormat.WAV:
        # miniaudio already limits the declared length to the bytes that are there.
        missing = missing_wav_bytes(content)
        is_cut = missing > _MISSING_FRACTION * (len(content) + missing)
    else:
        is_cut = count < (1 - _MISSING_FRACTION) * declared
    if is_cut:
        detail = f"it ends early, after {count / info.rate:.1f} s"
        raise EntryError("", AudioErrorKind.TRUNCATED, detail)
    if not count:
        raise EntryError("", AudioErrorKind.DAMAGED, "it holds no sound")


_PIECE_FRAMES = 16_384


def _stream(content: bytes, info: AudioInfo) -> Iterator[Samples]:
    """Decode piece by piece with miniaudio, which also mixes the channels."""
    miniaudio: Any = load_miniaudio()
    stream = miniaudio.stream_memory(
        content,
        output_format=miniaudio.SampleFormat.FLOAT32,
        nchannels=1,
        sample_rate=info.rate,
        frames_to_read=_PIECE_FRAMES,
    )
    try:
        for piece in stream:
            yield np.frombuffer(piece, np.float32)
    finally:
        stream.close()


def _stream_wav(content: bytes, _info: AudioInfo) -> Iterator[Samples]:
    """Decode PCM WAV piece by piece with the standard library."""
    with wave.open(io.BytesIO(content), "rb") as file:
        channels, width = file.getnchannels(), file.getsampwidth()
        if width not in {1, 2, 3, 4}:
            raise EntryError("", AudioErrorKind.UNSUPPORTED, f"it has {8 * width} bits a sample")
        while piece := file.readframes(_PIECE_FRAMES):
            whole = len(piece) - len(piece) % (channels * width)
            if not whole:
                return
            samples = _pcm_to_float(np.frombuffer(piece[:whole], np.uint8), width)
            yield samples.reshape(-1, channels).mean(1)


def _pcm_to_float(octets: npt.NDArray[np.uint8], width: int) -> Samples:
    """Convert little-endian PCM of 1 to 4 bytes a sample to [-1, 1]; single bytes are unsigned."""
    if width == 1:
        return (octets.astype(np.float32) - 128) / np.float32(128)
    # The bytes become the upper ones of 32 bits, so that the sign is in its place.
    padded = np.zeros((len(octets) // width, 4), np.uint8)
    padded[:, 4 - width :] = octets.reshape(-1, width)
    values: npt.NDArray[np.int32] = padded.view("<i4")[:, 0]
    return values.astype(np.float32) / np.float32(2**31)
