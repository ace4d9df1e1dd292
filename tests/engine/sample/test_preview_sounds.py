"""The sounds of previews: one file per column, and only the newest."""

import wave
from pathlib import Path

import numpy as np
import pytest

from engine.data.waveform import Sounds
from engine.errors import SheetCorruptError
from engine.sample.preview_sounds import KEPT_PREVIEWS, read_clip, sounds_beside, write_sounds

RANDOM = np.random.default_rng(0)


def clips(count: int, samples: int = 12) -> Sounds:
    waves = RANDOM.integers(-(2**15), 2**15, (count, samples)).astype(np.int16)
    return Sounds(samples=waves, rate=8_000, spectrograms=np.zeros((count, 2, 2), np.uint8))


def sheet(folder: Path, images_seen: int) -> Path:
    return folder / f"preview-{images_seen:012d}.png"


def test_that_each_clip_reads_as_written(tmp_path):
    sounds = {"speech": clips(3), "noise": clips(3, samples=7)}
    paths = write_sounds(sheet(tmp_path, 64), sounds)
    assert {path.name for path in paths.values()} == {
        "preview-000000000064.speech.wav",
        "preview-000000000064.noise.wav",
    }
    assert sounds_beside(sheet(tmp_path, 64)) == paths
    for column, path in paths.items():
        for tile in range(3):
            clip = read_clip(path, tile, 3)
            assert clip.rate == 8_000
            assert np.array_equal(clip.samples, sounds[column].samples[tile])


def test_that_only_the_newest_previews_keep_their_sounds(tmp_path):
    for seen in range(KEPT_PREVIEWS + 3):
        write_sounds(sheet(tmp_path, seen), {"speech": clips(1), "noise": clips(1)})
    kept = [seen for seen in range(KEPT_PREVIEWS + 3) if sounds_beside(sheet(tmp_path, seen))]
    assert kept == list(range(3, KEPT_PREVIEWS + 3))
    assert len(list(tmp_path.iterdir())) == 2 * KEPT_PREVIEWS


def test_that_a_preview_without_sounds_writes_and_removes_nothing(tmp_path):
    for seen in range(KEPT_PREVIEWS):
        write_sounds(sheet(tmp_path, seen), {"speech": clips(1)})
    assert write_sounds(sheet(tmp_path, 99), {}) == {}
    assert len(list(tmp_path.iterdir())) == KEPT_PREVIEWS


def stereo(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(48))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30])


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_bytes(b"RIFF"), stereo, cut]
)
def test_that_a_damaged_file_is_refused(tmp_path, damage):
    path = write_sounds(sheet(tmp_path, 1), {"speech": clips(3)})["speech"]
    damage(path)
    with pytest.raises(SheetCorruptError):
        read_clip(path, 0, 3)


@pytest.mark.parametrize(("tile", "count"), [(3, 3), (-1, 3), (0, 5)])
def test_that_the_clips_must_be_as_many_as_the_tiles(tmp_path, tile, count):
    path = write_sounds(sheet(tmp_path, 1), {"speech": clips(3)})["speech"]
    with pytest.raises(SheetCorruptError, match="clips"):
        read_clip(path, tile, count)
