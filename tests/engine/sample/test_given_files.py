"""Files become given values in the form of a run's columns."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.audio_files import write_wav
from engine.data.facts import AudioFacts, ImageFacts, TextFacts
from engine.data.tokenizers import Vocabulary
from engine.errors import ConfigError, ImagesUnreadableError, SoundsUnreadableError
from engine.sample.given_files import read_given
from engine.sample.scene import GivenPicture, GivenSound


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_that_a_picture_gets_the_size_and_the_channels_of_the_column(
    tmp_path: Path, channels: int, mode: str
):
    path = tmp_path / "wide.png"
    Image.new("RGB", (64, 36), (250, 10, 10)).save(path)
    value = read_given(path, ImageFacts(channels=channels, height=9, width=16), 32)
    assert isinstance(value, GivenPicture)
    with Image.open(io.BytesIO(value.png)) as picture:
        assert (picture.size, picture.mode) == ((32, 18), mode)
        expected = (250, 10, 10) if channels == 3 else round(0.299 * 250 + 0.701 * 10)
        assert picture.getpixel((5, 5)) == expected


def test_that_a_sound_gets_the_rate_and_the_length_of_the_column(tmp_path: Path):
    path = tmp_path / "tone.wav"
    tone = 8_000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    write_wav(path, tone.astype(np.int16), 16_000)
    value = read_given(path, AudioFacts(rate=8_000, samples=4_000), 32)
    assert isinstance(value, GivenSound)
    wave = np.frombuffer(value.samples, "<i2")
    assert wave.shape == (4_000,)
    # The tone is as high as it was.
    strongest = np.abs(np.fft.rfft(wave)).argmax() * 8_000 / 4_000
    assert strongest == pytest.approx(440, abs=4)


def test_that_unreadable_files_are_named(tmp_path: Path):
    path = tmp_path / "broken"
    path.write_bytes(b"nothing")
    with pytest.raises(ImagesUnreadableError):
        read_given(path, ImageFacts(channels=1), 32)
    with pytest.raises(SoundsUnreadableError):
        read_given(path, AudioFacts(rate=8_000, samples=80), 32)
    with pytest.raises(ConfigError):
        read_given(path, TextFacts(tokenizer=Vocabulary(("dark",)), length=3), 32)
