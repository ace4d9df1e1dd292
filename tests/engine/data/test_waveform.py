"""Waves against closed formulas: what a sine, a constant and noise must become."""

import math

import numpy as np
import pytest

from engine.data.waveform import (
    PEAK,
    TRIM_MARGIN_S,
    Samples,
    fingerprint,
    fit_length,
    high_pass,
    is_clipped,
    is_silent,
    prepare_waveform,
    resample,
    set_peak,
    to_float,
    to_int16,
    trim,
)

RATE = 8_000


def sine(hertz: float, rate: int = RATE, seconds: float = 0.5, phase: float = 0.3) -> Samples:
    times = np.arange(round(seconds * rate)) / rate
    return np.sin(2 * np.pi * hertz * times + phase).astype(np.float32)


def noise(seed: int, count: int = 4_000) -> Samples:
    return np.random.default_rng(seed).standard_normal(count, np.float32) / np.float32(5)


def decibels(ratio: float) -> float:
    return 20 * math.log10(ratio)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.square(samples, dtype=np.float64).mean()))


def inner(samples: np.ndarray, fraction: float = 0.2) -> np.ndarray:
    edge = int(fraction * len(samples))
    return samples[edge:-edge]


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050, 16_000, 11_025, 8_000, 6_000, 7_919])
@pytest.mark.parametrize("target", [8_000, 16_000])
def test_that_a_resampled_sine_is_the_sine_at_the_other_rate(rate, target):
    hertz = 0.35 * min(rate, target)
    made = resample(sine(hertz, rate), rate, target)
    expected = sine(hertz, target)
    assert abs(len(made) - len(expected)) <= 2
    count = min(len(made), len(expected))
    assert np.abs(inner(made[:count]) - inner(expected[:count])).max() < 1e-3


@pytest.mark.parametrize("hertz", [4_100, 5_000, 10_000, 20_000])
def test_that_what_the_lower_rate_cannot_hold_is_removed(hertz):
    made = resample(sine(hertz, 44_100), 44_100, 8_000)
    assert decibels(rms(inner(made)) / rms(sine(hertz, 44_100))) < -70


def test_that_resampling_keeps_constants_lengths_and_the_place_of_a_click():
    assert np.allclose(inner(resample(np.full(999, 0.7, np.float32), 44_100, 8_000)), 0.7)
    click = np.zeros(4_410, np.float32)
    click[2_205] = 1
    assert np.abs(resample(click, 44_100, 8_000)).argmax() == 400
    assert len(resample(click, 44_100, 8_000)) == 800
    assert resample(click, 8_000, 8_000) is click
    assert len(resample(click[:0], 44_100, 8_000)) == 0
    assert len(resample(click[:1], 44_100, 8_000)) == 1


@pytest.mark.parametrize("hertz", [35.0, 70.0, 140.0, 1_000.0])
def test_that_the_high_pass_has_the_gain_of_a_butterworth_filter(hertz):
    wave = sine(hertz, seconds=4)
    made = high_pass(wave, RATE)
    expected = 1 / math.sqrt(1 + (70 / hertz) ** 8)
    assert rms(inner(made)) / rms(inner(wave)) == pytest.approx(expected, rel=0.02)
    # Its phase stays.
    assert np.abs(inner(made) - expected * inner(wave)).max() < 0.03


def test_that_the_high_pass_removes_a_constant_entirely():
    assert np.abs(high_pass(np.full(5_000, 0.8, np.float32), RATE)).max() < 1e-5
    assert len(high_pass(np.zeros(0, np.float32), RATE)) == 0


def test_that_trimming_leaves_the_sound_and_a_margin():
    wave = np.zeros(1_000, np.float32)
    wave[300], wave[600] = 0.5, -0.5 * 10 ** (-33 / 20)
    wave[100], wave[900] = 0.5 * 10 ** (-35 / 20), 0.001
    margin = round(TRIM_MARGIN_S * RATE)
    assert np.array_equal(trim(wave, RATE), wave[300 - margin : 601 + margin])
    assert np.array_equal(trim(wave[290:610], RATE), wave[290:610])
    silence = np.zeros(10, np.float32)
    assert trim(silence, RATE) is silence


def test_that_levels_and_lengths_are_as_asked():
    assert np.abs(set_peak(0.01 * noise(1))).max() == pytest.approx(PEAK)
    assert set_peak(np.zeros(3, np.float32)).tolist() == [0, 0, 0]
    assert fit_length(np.ones(3, np.float32), 5).tolist() == [1, 1, 1, 0, 0]
    assert fit_length(np.ones(3, np.float32), 2).tolist() == [1, 1]


def test_that_int16_and_floats_convert_back_and_forth():
    wave = np.arange(-32_768, 32_768, dtype=np.int16)
    assert np.array_equal(to_int16(to_float(wave)), wave)
    assert to_int16(np.array([2.0, -2.0], np.float32)).tolist() == [32_767, -32_768]


def test_that_a_prepared_wave_has_length_peak_and_starts_with_its_sound():
    recording = np.concatenate(
        [np.zeros(20_000), 0.1 * sine(440, 44_100), np.zeros(30_000)]
    ).astype(np.float32)
    recording += np.float32(0.2) + sine(20, 44_100, len(recording) / 44_100) / 100
    made = prepare_waveform(recording, 44_100, target_rate=8_000, seconds=0.8)
    assert made.dtype == np.int16
    assert made.shape == (6_400,)
    assert np.abs(made).max() == pytest.approx(PEAK * 32_768, rel=0.02)
    spectrum = np.abs(np.fft.rfft(made))
    assert np.fft.rfftfreq(6_400, 1 / 8_000)[spectrum.argmax()] == pytest.approx(440, abs=2)
    loud = np.flatnonzero(np.abs(made) > 3_000)
    assert loud[0] < 0.05 * 8_000
    assert loud[-1] == pytest.approx(0.5 * 8_000, abs=0.05 * 8_000)


@pytest.mark.parametrize("count", [0, 1, 10, 50_000])
def test_that_silence_and_nothing_become_silence(count):
    made = prepare_waveform(np.zeros(count, np.float32), 44_100, target_rate=8_000, seconds=0.5)
    assert made.shape == (4_000,)
    assert not made.any()


def test_that_silence_is_found():
    assert is_silent(np.zeros(0, np.float32))
    assert is_silent(5e-4 * sine(100))
    assert not is_silent(5e-3 * sine(100))
    assert is_silent(np.array([30, -30], np.int16))


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_that_flat_tops_are_clipping_and_peaks_are_not(gain):
    assert not is_clipped(gain * noise(1) / np.abs(noise(1)).max())
    for wave in (sine(100), sine(70, 16_000), sine(440, 44_100)):
        quiet = wave * (gain / np.abs(wave).max())
        assert not is_clipped(quiet)
        assert not is_clipped(to_int16(quiet))
        assert is_clipped(gain * np.clip(1.5 * quiet / gain, -1, 1).astype(np.float32))
    assert not is_clipped(np.round(0.001 * sine(100) * 32_768).astype(np.int16))


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_that_fingerprints_of_copies_are_near_and_of_others_far():
    waves: list[Samples] = [
        noise(seed) * np.repeat(5 * noise(seed + 100, 40), 100) for seed in range(12)
    ]
    prints = [fingerprint(wave, RATE) for wave in waves]
    for wave, own in zip(waves, prints, strict=True):
        assert distance(own, fingerprint((0.1 * wave).astype(np.float32), RATE)) == 0
        assert distance(own, fingerprint((wave + 0.01 * noise(999)).astype(np.float32), RATE)) <= 8
    others = [distance(a, b) for i, a in enumerate(prints) for b in prints[:i]]
    assert min(others) > 12
    assert fingerprint(np.zeros(100, np.float32), RATE) == 0
    assert 0 < fingerprint(noise(3, 50), RATE) < 2**64
