"""Sounds as a modality: any architecture of pictures, and waves at the end."""

import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine.config.networks import NetworkConfig
from engine.data.facts import AudioFacts
from engine.data.waveform import Sounds
from engine.modalities.image import IMAGE_MODALITIES
from engine.modalities.registry import KINDS
from engine.nets.audio import AudioModality, RhythmicEncoder, autocorrelation
from engine.nets.discriminator import Discriminator
from engine.nets.generator import PairGenerator
from engine.nets.spectrogram import SpectrogramConfig, log_mel
from tests.helpers.tiny import tiny_modalities

RATE = 8_000
CONFIG = SpectrogramConfig.for_square(16, rate=RATE, samples=3_200)


def modality(architecture: str = "convolutional", **changes: Any) -> AudioModality:
    about: dict[str, Any] = {
        "size": 16,
        "channels": 1,
        "latent_dim": 4,
        "generator_channels": 4,
        "discriminator_channels": 4,
        "embedding_dim": 8,
    }
    pictures = IMAGE_MODALITIES[architecture](**(about | changes))
    return AudioModality(name="speech", spectrogram=CONFIG, pictures=pictures)


def waves(count: int = 3) -> torch.Tensor:
    times = torch.arange(3_200) / RATE
    tones = [torch.sin(2 * math.pi * 300 * (1 + number) * times) for number in range(count)]
    return (16_000 * torch.stack(tones)).to(torch.int16)


@pytest.mark.parametrize("architecture", IMAGE_MODALITIES)
def test_that_the_networks_are_those_of_pictures(architecture):
    torch.manual_seed(0)
    kind = modality(architecture)
    decoder = cast("Any", kind.build_decoder())
    made = decoder(decoder.draw_noise(2, torch.Generator().manual_seed(1)), torch.randn(2, 8))
    assert made.shape == (2, 1, 16, 16)
    assert kind.build_backbone()(made).shape == (2, 8)
    assert kind.build_encoder()(made).shape == (2, 8)
    latent_decoder = cast("Any", kind.build_latent_decoder(5))
    assert latent_decoder.nll(torch.randn(2, 5), made.detach()).shape == (2,)


def test_that_waves_are_stored_as_spectrograms_of_a_byte_a_cell():
    kind = modality()
    rows = kind.encode_waves(waves())
    assert rows.dtype == torch.uint8
    assert rows.shape == (3, 1, 16, 16)
    assert (kind.preprocess(rows) - log_mel(waves(), CONFIG)).abs().max() <= 1.01 / 255
    assert kind.encode_waves(torch.zeros(0, 3_200)).shape == (0, 1, 16, 16)


def test_that_shown_sounds_are_waves_and_pictures_with_low_frequencies_at_the_bottom():
    kind = modality()
    rows = kind.encode_waves(waves())
    shown = kind.postprocess(kind.preprocess(rows))
    assert isinstance(shown, Sounds)
    assert shown.samples.dtype == np.int16
    assert shown.samples.shape == (3, 3_200)
    assert shown.rate == RATE
    assert np.array_equal(shown.spectrograms, rows[:, 0].flip(1).numpy())
    silent = kind.show_silently(kind.preprocess(rows))
    assert np.array_equal(silent.spectrograms, shown.spectrograms)
    assert (silent.samples.shape, silent.rate) == ((3, 0), RATE)
    loudest = shown.spectrograms.mean(2).argmax(1)
    assert list(loudest) == sorted(loudest, reverse=True)
    for number, wave in enumerate(shown.samples):
        spectrum = np.abs(np.fft.rfft(wave.astype(float)))
        peak = np.fft.rfftfreq(3_200, 1 / RATE)[spectrum.argmax()]
        assert peak == pytest.approx(300 * (1 + number), rel=0.2)


def test_that_metrics_carry_the_name_of_the_column():
    torch.manual_seed(0)
    kind, real = modality(), torch.rand(8, 1, 16, 16)
    assert kind.diversity_metrics(real, real) == {"speech_diversity": torch.tensor(1.0)}
    alike = kind.diversity_metrics(real[:1].expand(8, -1, -1, -1), real)
    assert float(alike["speech_diversity"]) == 0
    pictures = kind.pictures
    assert list(pictures.diversity_metrics(real, real)) == ["image_diversity"]


def test_that_generator_and_discriminator_take_sound_beside_text():
    torch.manual_seed(0)
    (text, _image), speech = tiny_modalities(), modality()
    generator = PairGenerator((text, speech), 8)
    made = generator(generator.draw_noise(2, torch.Generator().manual_seed(1)), {})
    assert made["speech"].shape == (2, 1, 16, 16)
    logits = Discriminator((text, speech), 8)(made)
    assert {"text", "speech", "pair"} <= set(logits)


@pytest.mark.parametrize("changes", [{"channels": 3}, {"size": 32}])
def test_that_pictures_of_another_shape_are_refused(changes):
    with pytest.raises(ValueError, match="spectrograms"):
        modality(**changes)


def test_that_the_autocorrelation_is_that_of_its_definition():
    series = torch.randn(2, 3, 12, generator=torch.Generator().manual_seed(0))
    found = autocorrelation(series).numpy()
    for row, values in zip(found.reshape(6, 12), series.numpy().reshape(6, 12), strict=True):
        products = np.correlate(values, values, mode="full")[11:]
        np.testing.assert_allclose(row, products / products[0], atol=5e-3)
    assert not autocorrelation(torch.zeros(1, 12)).any()


def test_that_a_rhythm_is_much_the_same_wherever_it_starts():
    torch.manual_seed(0)
    encoder = replace(modality(), has_rhythm=True).build_encoder()
    assert isinstance(encoder, RhythmicEncoder)
    seen: list[torch.Tensor] = []
    encoder.rhythm.register_forward_hook(lambda _net, given, _made: seen.append(given[0]))
    for frames in ([2, 6, 10], [3, 7, 11], [2, 5, 8]):
        spectrogram = torch.full((1, 1, 16, 16), -1.0)
        spectrogram[..., frames] = 0.5
        assert encoder(spectrogram).shape == (1, 8)
    first, later, faster = seen
    assert (first - later).norm() < 0.2 * (first - faster).norm()


@pytest.mark.parametrize(
    ("setting", "seconds", "has_rhythm"),
    [
        ("auto", 1.0, False),
        ("auto", 2.0, True),
        ("convolutional", 2.0, False),
        ("rhythm", 0.5, True),
    ],
)
def test_that_long_sounds_are_also_encoded_by_their_rhythm(setting, seconds, has_rhythm):
    facts = AudioFacts(rate=RATE, samples=int(seconds * RATE))
    networks = NetworkConfig(image_size=32, sound_encoder=setting)
    built = KINDS["audio"].build("beat", facts, networks, None)
    encoder = built.build_encoder()
    assert isinstance(encoder, RhythmicEncoder) == has_rhythm
    assert encoder(torch.randn(2, 1, 32, 32)).shape == (2, networks.embedding_dim)
    assert not isinstance(built.build_backbone(), RhythmicEncoder)
