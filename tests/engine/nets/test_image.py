import math
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine.nets.image import ImageDecoder, ImageModality, image_trunk
from tests.helpers.tiny import tiny_modalities


def modality(size: int = 32, channels: int = 1) -> ImageModality:
    return ImageModality(
        size=size,
        channels=channels,
        latent_dim=4,
        generator_width=4,
        critic_width=4,
        feature_dim=8,
    )


@pytest.mark.parametrize("size", [8, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_networks_fit_any_size(size, channels):
    torch.manual_seed(0)
    kind = modality(size, channels)
    decoder = kind.build_decoder()
    noise = cast("Any", decoder).draw_noise(2, torch.Generator().manual_seed(1))
    images: torch.Tensor = cast("Any", decoder)(noise, torch.randn(2, 8))
    assert images.shape == (2, channels, size, size)
    assert images.abs().max() <= 1
    assert kind.build_trunk()(images).shape == (2, 8)
    assert kind.build_encoder()(images).shape == (2, 8)


def test_that_pixels_survive_reading_and_showing():
    stored = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    shown = modality().show(modality().read(stored))
    assert shown.shape == (1, 16, 16, 3)
    assert np.array_equal(shown[..., 0], stored[:, 0].numpy())
    assert shown.dtype == np.uint8


def test_that_colours_stay_in_their_channels():
    stored = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    stored[:, 2] = 255
    kind = modality(8, 3)
    assert kind.show(kind.read(stored))[0, 0, 0].tolist() == [0, 0, 255]


def test_that_noise_and_context_both_reach_the_image():
    torch.manual_seed(0)
    decoder = ImageDecoder(size=32, channels=1, latent_dim=64, context_dim=8, width=4)
    noise, context = torch.randn(16, 64), torch.randn(16, 8)
    decoder(noise, context)  # batch norm sees a batch once
    same_context = decoder(noise, context[:1].expand(16, -1)).std(0).mean()
    same_noise = decoder(noise[:1].expand(16, -1), context).std(0).mean()
    assert same_context > same_noise > 0.005, "the context must not drown the noise at first"


def test_that_no_convolution_runs_at_full_size():
    decoder = ImageDecoder(size=32, channels=1, latent_dim=4, context_dim=8, width=4)
    assert len(decoder.convolutions) == math.log2(32) - 3
    widths = [decoder.first_width, *(layer.out_channels for layer in decoder.convolutions)]
    assert widths == [16, 8, 4]


def test_that_the_critics_trunk_keeps_items_apart():
    torch.manual_seed(0)
    trunk = image_trunk(8, 1, 4, 8)
    images = torch.randn(4, 1, 8, 8)
    alone = torch.cat([trunk(image[None]) for image in images])
    torch.testing.assert_close(trunk(images), alone)


def test_that_images_lie_channels_last():
    _text, image = tiny_modalities()
    read = image.read(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))
    assert read.is_contiguous(memory_format=torch.channels_last)


def test_that_a_decoder_that_hears_nothing_draws_from_the_noise_alone():
    torch.manual_seed(0)
    decoder = ImageDecoder(size=8, channels=1, latent_dim=4, context_dim=8, width=4, heard=0).eval()
    noise, context = torch.randn(5, 4), torch.randn(5, 8)
    drawn = decoder(noise, context)
    assert torch.equal(drawn, decoder(noise, -context))
    torch.testing.assert_close(drawn, decoder.draw(noise).tanh())


def test_that_a_latent_decoder_draws_the_middle_of_its_density():
    torch.manual_seed(0)
    decoder = modality(8).build_latent_decoder(3).eval()
    latent = torch.randn(5, 3)
    noise = decoder.draw_noise(5, torch.Generator())
    assert noise.shape == (5, 0)
    drawn = decoder(latent, noise)
    assert drawn.shape == (5, 1, 8, 8)
    nearby = decoder.surprise(latent, (drawn + 0.1).clamp(-1, 1))
    assert torch.all(decoder.surprise(latent, drawn) < nearby)
    torch.testing.assert_close(
        decoder.surprise(latent, drawn), torch.full((5,), 64 * math.log(2.0))
    )
