import math

import numpy as np
import pytest

from engine.starters.reading import estimate_pitch, estimate_tempo

RATE = 8_000


@pytest.mark.parametrize("hertz", [220.0, 261.63, 440.0, 987.77])
@pytest.mark.parametrize("harmonics", [(1,), (1, 2, 3), (2, 3, 4, 5)])
def test_that_the_pitch_is_the_fundamental_even_if_it_is_missing(hertz, harmonics):
    # With the fundamental alone missing, the period is still that of the fundamental.
    time_s = np.arange(4_000) / RATE
    heard = [k for k in harmonics if k * hertz < RATE / 2]
    wave = np.sum([np.sin(2 * np.pi * k * hertz * time_s + k) for k in heard], axis=0)
    expected = hertz * math.gcd(*heard)
    if expected <= 1_200:
        assert estimate_pitch(wave, RATE) == pytest.approx(expected, rel=0.01)


def test_that_noise_added_to_a_note_does_not_change_its_pitch():
    rng = np.random.default_rng(0)
    wave = np.sin(2 * np.pi * 329.63 * np.arange(4_000) / RATE) + 0.2 * rng.normal(size=4_000)
    assert estimate_pitch(wave, RATE) == pytest.approx(329.63, rel=0.01)


@pytest.mark.parametrize("tempo", [92.0, 113.0, 131.5, 168.0])
def test_that_the_tempo_of_clicks_is_their_rate(tempo):
    wave = np.zeros(2 * RATE)
    clicks = np.arange(0, 2, 30 / tempo)
    wave[(clicks * RATE).astype(int)] = np.where(np.arange(len(clicks)) % 2, 0.4, 1.0)
    assert estimate_tempo(wave, RATE, 90.0, 170.0) == pytest.approx(tempo, rel=0.02)


def test_that_silence_has_neither_pitch_nor_tempo():
    assert math.isnan(estimate_pitch(np.zeros(4_000), RATE))
    assert math.isnan(estimate_tempo(np.zeros(4_000), RATE, 90.0, 170.0))
