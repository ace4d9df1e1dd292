"""Spectrograms to look at."""

import numpy as np
import pytest

from engine.data.spectrogram_picture import colour_spectrograms, spectrogram_picture

RATE = 8_000


def brightness(picture: np.ndarray) -> np.ndarray:
    return picture @ np.array([0.299, 0.587, 0.114])


def tone(hz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.05, 1.0, 30.0])
@pytest.mark.parametrize("hz", [200.0, 3_000.0])
def test_that_a_tone_is_a_bright_line_at_its_pitch(hz, seconds):
    picture = spectrogram_picture(tone(hz, seconds), RATE)
    assert picture.shape == (64, 96, 3)
    mel = [1127 * np.log1p(f / 700) for f in (60, hz, 4_000)]
    expected = 64 * (1 - (mel[1] - mel[0]) / (mel[2] - mel[0]))
    rows = brightness(picture)[:, 8:-8].argmax(axis=0)
    assert np.abs(rows - expected).max() <= 4


def test_that_time_goes_from_left_to_right():
    wave = np.concatenate([tone(500, 0.5), np.zeros(RATE // 2, np.float32)])
    columns = brightness(spectrogram_picture(wave, RATE)).max(axis=0)
    assert columns[:44].min() > 200
    assert columns[52:].max() < 30


def test_that_silence_is_dark_and_int16_is_read_alike():
    silent = spectrogram_picture(np.zeros(800, np.int16), RATE, height=8, width=9)
    assert (silent == colour_spectrograms(np.zeros((8, 9), np.uint8))).all()
    wave = tone(700, 0.2)
    whole = (wave * 32_768).astype(np.int16)
    difference = spectrogram_picture(wave, RATE) - spectrogram_picture(whole, RATE).astype(int)
    assert np.abs(difference).mean() < 8


def test_that_colours_become_brighter_with_the_level():
    ramp = colour_spectrograms(np.arange(256, dtype=np.uint8)[None, None])[0, 0].astype(int)
    assert (np.diff(brightness(ramp)) >= -0.5).all()
