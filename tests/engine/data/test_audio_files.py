"""Sounds of every format that is read, whole, cut and damaged; with miniaudio and without."""

import errno
import io
import os
import random
import struct
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from engine.data import audio_files
from engine.data.audio_files import load_miniaudio, probe_audio, read_audio, write_wav
from engine.data.audio_headers import (
    AudioErrorKind,
    AudioFormat,
    check_vorbis_comments,
    identify_format,
    missing_wav_bytes,
)
from engine.errors import DiskFullError, EntryError

SOUNDS = Path(__file__).parents[2] / "golden" / "sounds"
RATE = 8_000
TONE = 0.5 * np.sin(2 * np.pi * 500 * np.arange(2_000) / RATE)
"""What the files of ``SOUNDS`` hold."""

needs_miniaudio = pytest.mark.skipif(load_miniaudio() is None, reason="needs miniaudio")


@pytest.fixture
def no_miniaudio(monkeypatch):
    monkeypatch.setattr(audio_files, "load_miniaudio", lambda: None)


@pytest.fixture(params=[pytest.param("miniaudio", marks=needs_miniaudio), "wave"])
def any_reader(request, monkeypatch):
    if request.param == "wave":
        monkeypatch.setattr(audio_files, "load_miniaudio", lambda: None)


def wav(samples: np.ndarray = TONE, *, width: int = 2, channels: int = 1) -> bytes:
    """Encode samples in [-1, 1], the same on every channel."""
    scaled = np.clip(np.round(samples * 2.0 ** (8 * width - 1)), None, 2.0 ** (8 * width - 1) - 1)
    octets = (scaled.astype("<i8") + (128 if width == 1 else 0)).view(np.uint8).reshape(-1, 8)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(np.repeat(octets[:, None, :width], channels, axis=1).tobytes())
    return buffer.getvalue()


def float_wav(samples: np.ndarray) -> bytes:
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, RATE, 4 * RATE, 4, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def contents() -> dict[str, bytes]:
    files = {path.suffix: path.read_bytes() for path in SOUNDS.iterdir()}
    return {".wav": wav()} | files


def reason_of(content: bytes) -> str:
    with pytest.raises(EntryError) as caught:
        read_audio(content)
    return caught.value.reason


@needs_miniaudio
@pytest.mark.parametrize(
    ("suffix", "audio_format", "tolerance"),
    [
        (".wav", AudioFormat.WAV, 1e-4),
        (".flac", AudioFormat.FLAC, 1e-4),
        (".ogg", AudioFormat.VORBIS, 0.1),
        (".mp3", AudioFormat.MP3, 0.1),
    ],
)
def test_that_every_format_gives_the_sound_back(suffix, audio_format, tolerance):
    content = contents()[suffix]
    info, decoded = probe_audio(content), read_audio(content)
    assert (info.format, info.rate, info.channels) == (audio_format, RATE, 1)
    assert (decoded.rate, decoded.is_cut) == (RATE, False)
    assert decoded.samples.dtype == np.float32
    # MP3 comes with a delay of the encoder and in whole frames.
    longest = 5_000 if suffix == ".mp3" else 2_000
    assert 2_000 <= len(decoded.samples) <= longest
    assert info.seconds == pytest.approx(decoded.seconds, abs=0.2)
    errors = [
        np.abs(decoded.samples[at : at + 2_000] - TONE).mean()
        for at in range(len(decoded.samples) - 1_999)
    ]
    assert min(errors) < tolerance


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_that_pcm_of_any_width_is_the_mean_of_its_channels(any_reader, width, channels):
    decoded = read_audio(wav(width=width, channels=channels))
    assert decoded.samples.shape == (2_000,)
    assert np.abs(decoded.samples - TONE).max() <= 2.0 ** (1 - 8 * width) + 1e-6
    assert probe_audio(wav(width=width, channels=channels)).channels == channels


@needs_miniaudio
def test_that_floats_that_are_no_numbers_become_silence_and_full_scale():
    samples = np.array([0.5, np.nan, np.inf, -np.inf, 3.0, -0.25] * 10)
    assert read_audio(float_wav(samples)).samples[:6].tolist() == [0.5, 0, 1, -1, 1, -0.25]


def test_that_no_more_is_decoded_than_wanted(any_reader, monkeypatch):
    monkeypatch.setattr(audio_files, "_PIECE_FRAMES", 100)
    frames = 0
    for name in ("_stream", "_stream_wav"):
        stream = getattr(audio_files, name)

        def count(content, info, stream=stream):
            nonlocal frames
            for piece in stream(content, info):
                frames += len(piece)
                yield piece

        monkeypatch.setattr(audio_files, name, count)
    decoded = read_audio(wav(), max_seconds=0.05)
    assert len(decoded.samples) == 400
    assert decoded.is_cut
    assert frames <= 500
    assert not read_audio(wav(), max_seconds=0.25).is_cut


def test_that_the_number_of_samples_has_a_limit_of_its_own(any_reader, monkeypatch):
    monkeypatch.setattr(audio_files, "MAX_SAMPLES", 300)
    assert len(read_audio(wav()).samples) == 300


def test_that_a_file_that_ends_early_is_truncated(any_reader):
    assert reason_of(wav()[:2_000]) == AudioErrorKind.TRUNCATED
    # A limit that is reached before the gap hides it.
    assert len(read_audio(wav()[:2_000], max_seconds=0.05).samples) == 400


@pytest.mark.parametrize("size", [4, 5])
def test_that_chunks_before_the_sound_are_skipped(any_reader, size):
    # Chunks start at even places, whatever their length.
    extra = b"note" + struct.pack("<I", size) + b"\1" * (size + size % 2)
    total = struct.pack("<I", len(wav()) + len(extra) - 8)
    content = b"RIFF" + total + b"WAVE" + extra + wav()[12:]
    assert np.abs(read_audio(content).samples - TONE).max() < 1e-4
    assert missing_wav_bytes(content) == 0
    assert missing_wav_bytes(content[:-100]) == 100
    assert reason_of(content[:-2_000]) == AudioErrorKind.TRUNCATED


@needs_miniaudio
def test_that_a_flac_that_ends_early_is_truncated():
    content = contents()[".flac"]
    assert reason_of(content[: len(content) // 2]) in {
        AudioErrorKind.TRUNCATED,
        AudioErrorKind.DAMAGED,
    }


@needs_miniaudio
def test_that_a_wav_file_that_was_written_to_a_pipe_is_whole():
    content = bytearray(wav())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    assert np.abs(read_audio(bytes(content)).samples - TONE).max() < 1e-4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", AudioErrorKind.EMPTY),
        (b"{}", AudioErrorKind.NOT_AUDIO),
        (b"\xff\xfea\0b\0", AudioErrorKind.NOT_AUDIO),
        (b"\xff\xd8\xff\xe0 a photograph", AudioErrorKind.NOT_AUDIO),
        (b"\0\0\0\x20ftypM4A ", AudioErrorKind.UNSUPPORTED),
        (b"FORM\0\0\0\0AIFF", AudioErrorKind.UNSUPPORTED),
        (b"RIFF\0\0\0\0WAVE", AudioErrorKind.DAMAGED),
        (wav()[:44], AudioErrorKind.TRUNCATED),
        (wav(np.zeros(0)), AudioErrorKind.DAMAGED),
    ],
)
def test_that_what_is_no_sound_is_refused_with_a_reason(any_reader, content, reason):
    assert reason_of(content) == reason


@pytest.mark.parametrize("rate", [0, 1, 1_000_000])
def test_that_impossible_rates_are_refused(any_reader, rate):
    content = bytearray(wav())
    content[24:28] = struct.pack("<I", rate)
    assert reason_of(bytes(content)) == AudioErrorKind.DAMAGED


def test_that_opus_is_named_and_not_mistaken_for_vorbis():
    with pytest.raises(EntryError, match="Opus file; convert it"):
        identify_format((SOUNDS / "tone.opus").read_bytes())


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3"])
def test_that_without_miniaudio_the_error_names_it(no_miniaudio, suffix):
    with pytest.raises(EntryError, match="needs the Python package miniaudio") as caught:
        probe_audio(contents()[suffix])
    assert caught.value.reason == AudioErrorKind.UNSUPPORTED


@pytest.mark.parametrize("module", [None, "wave"])
def test_that_miniaudio_is_optional(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "miniaudio", module and sys.modules[module])
    load_miniaudio.cache_clear()
    assert load_miniaudio() is sys.modules["miniaudio"]
    load_miniaudio.cache_clear()


def test_that_errors_of_a_path_name_it(tmp_path):
    path = tmp_path / "a.wav"
    for content, reason in ((b"", AudioErrorKind.EMPTY), (None, AudioErrorKind.UNREADABLE)):
        path.write_bytes(content) if content is not None else path.unlink()
        with pytest.raises(EntryError) as caught:
            read_audio(path)
        assert (caught.value.path, caught.value.reason) == (str(path), reason)
    with pytest.raises(EntryError, match="is a folder"):
        read_audio(tmp_path)


def test_that_files_have_a_limit(any_reader, monkeypatch):
    monkeypatch.setattr(audio_files, "MAX_BYTES", 1_000)
    assert reason_of(wav()) == AudioErrorKind.TOO_LARGE


def test_that_a_written_file_is_read_as_it_was(any_reader, tmp_path):
    samples = np.array([0, 1, -1, 32_767, -32_768], np.int16)
    write_wav(tmp_path / "a.wav", samples, 16_000)
    decoded = read_audio(tmp_path / "a.wav")
    assert (decoded.samples * 32_768).tolist() == samples.tolist()
    assert decoded.rate == 16_000
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_that_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    write_wav(tmp_path / "a.wav", np.zeros(5, np.int16), RATE)
    old = (tmp_path / "a.wav").read_bytes()

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError):
        write_wav(tmp_path / "a.wav", np.ones(5, np.int16), RATE)
    assert (tmp_path / "a.wav").read_bytes() == old


# Bytes that chance or malice changed.


def patched_vorbis(place: int, value: int) -> bytes:
    """Put a length into the comment header, counted from its first byte."""
    content = bytearray(contents()[".ogg"])
    start = content.index(b"\x03vorbis") + place
    content[start : start + 4] = struct.pack("<I", value)
    return bytes(content)


@pytest.mark.parametrize("value", [0xFFFF_FFFF, 0x7FFF_FFFF, 1_000_000])
def test_that_lengths_in_a_vorbis_header_are_checked_before_they_are_allocated(value):
    content = contents()[".ogg"]
    start = content.index(b"\x03vorbis") + 7
    vendor = struct.unpack_from("<I", content, start)[0]
    check_vorbis_comments(content)
    for place in (7, 7 + 4 + vendor):
        with pytest.raises(EntryError) as caught:
            check_vorbis_comments(patched_vorbis(place, value))
        assert caught.value.reason == AudioErrorKind.DAMAGED


def mutated(source: random.Random, content: bytes) -> bytes:
    """Change, remove or insert a few bytes, or cut the end off."""
    changed = bytearray(content)
    for _ in range(source.randint(1, 4)):
        place, size = source.randrange(max(len(changed), 1)), source.randint(1, 16)
        match source.randrange(4):
            case 0:
                changed[place : place + size] = source.randbytes(size)
            case 1:
                del changed[place : place + size]
            case 2:
                changed[place:place] = source.choice((b"\0" * size, b"\xff" * size))
            case _:
                del changed[max(place, 1) :]
    return bytes(changed)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_that_damaged_files_are_sounds_or_refused(any_reader, suffix):
    source = random.Random(suffix)  # noqa: S311 - seeded on purpose
    content = contents()[suffix]
    cut = [content[:size] for size in range(0, len(content), len(content) // 25)]
    reasons: list[str] = []
    for hostile in (*cut, *(mutated(source, content) for _ in range(60))):
        try:
            decoded = read_audio(hostile, max_seconds=1.0)
        except EntryError as error:
            reasons.append(error.reason)
        else:
            assert np.isfinite(decoded.samples).all()
            assert np.abs(decoded.samples).max() <= 1
            assert len(decoded.samples) <= decoded.rate
    assert len(reasons) > 10
    assert set(reasons) <= set(AudioErrorKind)
