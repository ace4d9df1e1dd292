"""Spectrograms against formulas of their own, and waves that come back from them."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from engine.nets.spectrogram import (
    GATE,
    SpectrogramConfig,
    griffin_lim,
    invert,
    linear_magnitudes,
    log_mel,
    mel_filters,
)

RATE = 8_000
SMALL = SpectrogramConfig.for_square(32, rate=RATE, samples=6_400)
LARGE = SpectrogramConfig.for_square(64, rate=RATE, samples=6_400)


def sine(hertz: float, amplitude: float = 0.5, samples: int = 6_400) -> torch.Tensor:
    return amplitude * torch.sin(2 * math.pi * hertz * torch.arange(samples) / RATE)[None]


def glide() -> torch.Tensor:
    """A sweep from 200 to 2,000 Hz that fades in and out."""
    times = torch.arange(6_400) / RATE
    phase = 2 * math.pi * (200 * times + 1_800 * times**2 / 1.6)
    return 0.5 * (torch.sin(phase) * torch.sin(math.pi * times / 0.8))[None]


def hann(size: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


def test_that_squares_are_the_measured_resolutions():
    assert (SMALL.n_fft, SMALL.hop_length, SMALL.n_mels, SMALL.n_frames) == (400, 200, 32, 32)
    assert (LARGE.n_fft, LARGE.hop_length, LARGE.n_mels, LARGE.n_frames) == (256, 100, 64, 64)
    assert SMALL.seconds == 0.8


@pytest.mark.parametrize(
    "change", [{"n_frames": 31}, {"hop_length": 0}, {"n_fft": 399}, {"floor_db": 0.0}]
)
def test_that_numbers_that_do_not_fit_are_refused(change):
    about = {"rate": 8_000, "samples": 6_400, "n_fft": 400, "hop_length": 200}
    with pytest.raises(ValueError, match=r"spectrogram|frames"):
        SpectrogramConfig(**(about | {"n_mels": 32, "n_frames": 32} | change))


def test_that_mel_filters_are_triangles_between_equal_steps_of_mel():
    config = SpectrogramConfig(
        rate=16_000, samples=16_000, n_fft=2_048, hop_length=1_000, n_mels=10, n_frames=16
    )
    filters = mel_filters(config).double().numpy()
    assert np.allclose(filters.sum(1), 1)

    def mel(hertz):
        return 2595 * np.log10(1 + hertz / 700)

    hertz = np.linspace(0, 8_000, 1_025)
    peaks = mel(hertz[filters.argmax(1)])
    steps = (mel(7_800) - mel(60)) / 11
    assert np.allclose(peaks, mel(60) + steps * np.arange(1, 11), atol=15)
    corner = 700 * (10 ** ((mel(60) + steps * 3) / 2595) - 1)
    assert not filters[3, hertz < corner].any()
    assert filters[3, hertz > corner].any()


@pytest.mark.parametrize("config", [SMALL, LARGE])
def test_that_no_mel_band_is_empty(config):
    assert (mel_filters(config).sum(1) > 0.99).all()


def test_that_levels_are_decibels_below_a_sine_of_full_scale():
    wave = glide()
    made = log_mel(wave, SMALL)
    assert made.shape == (1, 1, 32, 32)
    padded = np.pad(wave[0].double().numpy(), 200)
    frame = 17
    magnitudes = np.abs(np.fft.rfft(padded[200 * frame :][:400] * hann(400))) / (400 / 4)
    decibels = 20 * np.log10(mel_filters(SMALL).double().numpy() @ magnitudes + 1e-12)
    expected = np.clip(1 + decibels / 30, -1, 1)
    assert np.allclose(made[0, 0, :, frame].numpy(), expected, atol=1e-3)


def test_that_louder_by_6_decibels_is_higher_by_a_tenth_of_the_range():
    quiet, loud = log_mel(sine(1_000, 0.1), SMALL), log_mel(sine(1_000, 0.1 * 10**0.3), SMALL)
    there = quiet > -0.9
    assert there.any()
    assert torch.allclose((loud - quiet)[there], torch.tensor(0.2), atol=1e-3)


def test_that_bands_rise_with_the_pitch_and_silence_is_the_floor():
    bands = [int(log_mel(sine(hertz), LARGE)[0, 0].mean(1).argmax()) for hertz in (200, 800, 3_000)]
    assert bands == sorted(set(bands))
    assert (log_mel(torch.zeros(2, 6_400), SMALL) == -1).all()


def test_that_int16_waves_are_floats_of_the_same_sound():
    wave = (glide() * 32_768).round()
    assert torch.equal(log_mel(wave.to(torch.int16), SMALL), log_mel(wave / 32_768, SMALL))


@pytest.mark.parametrize(("config", "limit"), [(SMALL, 0.12), (LARGE, 0.12)])
def test_that_an_inverted_spectrogram_has_nearly_the_same_spectrogram(config, limit):
    spectrogram = log_mel(torch.cat([glide(), sine(440)]), config)
    waves = invert(spectrogram, config)
    assert waves.shape == (2, 6_400)
    again = log_mel(waves, config)
    there = spectrogram > -0.5
    assert (again - spectrogram)[there].abs().mean() < limit


def test_that_an_inverted_tone_keeps_its_pitch_and_level():
    wave = invert(log_mel(sine(1_000), LARGE), LARGE)[0, 1_000:5_000].numpy()
    spectrum = np.abs(np.fft.rfft(wave))
    assert np.fft.rfftfreq(4_000, 1 / RATE)[spectrum.argmax()] == pytest.approx(1_000, abs=40)
    assert np.sqrt(np.square(wave).mean()) == pytest.approx(0.5 / math.sqrt(2), rel=0.3)


def test_that_a_wave_depends_on_its_own_spectrogram_and_the_seed_alone():
    spectrograms = log_mel(torch.cat([glide(), sine(300), sine(900)]), SMALL)
    together = invert(spectrograms, SMALL, steps=3)
    assert torch.allclose(together[1:2], invert(spectrograms[1:2], SMALL, steps=3), atol=1e-5)
    assert torch.equal(together, invert(spectrograms, SMALL, steps=3))
    assert not torch.allclose(together, invert(spectrograms, SMALL, steps=3, seed=1), atol=1e-2)
    assert invert(spectrograms[:0], SMALL).shape == (0, 6_400)


def test_that_what_a_network_cannot_reach_is_silence():
    almost = torch.full((1, 1, 32, 32), GATE - 0.001)
    assert invert(almost, SMALL, steps=2).abs().max() < 1e-4
    assert invert(torch.full((1, 1, 32, 32), -0.9), SMALL, steps=2).abs().max() > 1e-4


def test_that_estimated_magnitudes_have_the_given_mel_bands():
    spectrogram = log_mel(glide(), LARGE)
    magnitudes = linear_magnitudes(spectrogram, LARGE)
    assert magnitudes.shape == (1, 129, 64)
    assert (magnitudes >= 0).all()
    mels = mel_filters(LARGE) @ magnitudes / 64
    made = (1 + 20 * torch.log10(mels.clamp(min=1e-9)) / 30).clamp(-1, 1)
    there = spectrogram[:, 0] > -0.5
    # Where a band is quieter than its neighbours allow, no magnitudes fit exactly.
    errors = (made - spectrogram[:, 0])[there].abs()
    assert errors.mean() < 0.005
    assert errors.max() < 0.1


def test_that_momentum_and_steps_make_the_magnitudes_fit_better():
    magnitudes = torch.stft(
        glide(), 256, 100, window=torch.hann_window(256), pad_mode="constant", return_complex=True
    ).abs()[..., :64]

    def error(steps: int) -> float:
        wave = griffin_lim(magnitudes, LARGE, steps=steps)
        made = torch.stft(
            wave, 256, 100, window=torch.hann_window(256), pad_mode="constant", return_complex=True
        ).abs()[..., :64]
        return float((made - magnitudes).norm() / magnitudes.norm())

    assert error(0) > 2 * error(12)
    assert error(40) < error(12) < 0.3


def test_that_lengths_that_are_no_multiple_of_the_hop_come_back():
    config = SpectrogramConfig.for_square(32, rate=RATE, samples=5_003)
    assert invert(log_mel(sine(500, samples=5_003), config), config, steps=2).shape == (1, 5_003)


@pytest.mark.parametrize(("size", "samples"), [(32, 400), (32, 20), (64, 2_000), (128, 6_401)])
def test_that_short_sounds_fill_the_square_and_come_back(size, samples):
    config = SpectrogramConfig.for_square(size, rate=RATE, samples=samples)
    wave = sine(500, samples=samples)
    made = log_mel(wave, config)
    assert made.shape == (1, 1, size, size)
    # The frames beyond the end see zeros, as those that only reach beyond it do.
    padded = functional.pad(wave, (0, size * config.hop_length))
    longer = torch.stft(
        padded,
        config.n_fft,
        config.hop_length,
        window=torch.hann_window(config.n_fft),
        pad_mode="constant",
        return_complex=True,
    ).abs()[..., :size]
    decibels = 20 * torch.log10((mel_filters(config) @ longer / (config.n_fft / 4)).clamp(min=1e-9))
    assert torch.allclose(made[:, 0], (1 + decibels / 30).clamp(-1, 1), atol=1e-5)
    assert invert(made, config, steps=2).shape == (1, samples)
