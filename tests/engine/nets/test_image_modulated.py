"""The modulated image decoder: shapes, widths, the modulation, and what its output depends on."""

import numpy as np
import pytest
import torch

from engine.config.sections import ARCHITECTURES
from engine.nets.image_modulated import (
    ModulatedBatchNorm2d,
    ModulatedImageDecoder,
    ModulatedImageModality,
    layer_widths,
)
from engine.nets.registry import IMAGE_MODALITIES


def modality(size: int = 16, channels: int = 3) -> ModulatedImageModality:
    torch.manual_seed(0)
    return ModulatedImageModality(
        size=size,
        channels=channels,
        latent_dim=6,
        generator_channels=2,
        discriminator_channels=4,
        embedding_dim=8,
    )


def decoder(size: int = 16) -> ModulatedImageDecoder:
    made = modality(size).build_decoder()
    assert isinstance(made, ModulatedImageDecoder)
    return made


@pytest.mark.parametrize("size", [16, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_networks_fit_any_size(size, channels):
    kind = modality(size, channels)
    made = kind.build_decoder()
    assert isinstance(made, ModulatedImageDecoder)
    noise = made.draw_noise(2, torch.Generator().manual_seed(1))
    images = made(noise, torch.randn(2, 8))
    assert images.shape == (2, channels, size, size)
    assert images.abs().max() <= 1
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert kind.build_backbone()(images).shape == (2, 8)
    assert kind.build_encoder()(images).shape == (2, 8)


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        (16, [96, 48, 16]),
        (32, [128, 96, 48, 16]),
        (64, [128, 128, 96, 48, 16]),
        (128, [128, 128, 128, 96, 48, 16]),
        (256, [128, 128, 128, 128, 96, 48, 16]),
    ],
)
def test_that_widths_follow_from_the_finest_layer(size, widths):
    assert layer_widths(size, 16) == widths
    assert layer_widths(size, 4) == [width // 4 for width in widths]


def test_that_every_architecture_has_a_modality():
    assert IMAGE_MODALITIES.keys() == set(ARCHITECTURES)


def test_that_gain_and_bias_are_linear_in_the_style():
    torch.manual_seed(0)
    norm = ModulatedBatchNorm2d(3, 5)
    torch.nn.init.normal_(norm.modulation.bias)
    hidden, style = torch.randn(4, 3, 6, 6), torch.randn(4, 5)
    found = norm(hidden, style).detach().numpy()

    x, s = hidden.double().numpy(), style.double().numpy()
    weight = norm.modulation.weight.detach().double().numpy()
    affine = s @ weight.T + norm.modulation.bias.detach().double().numpy()
    mean = x.mean((0, 2, 3), keepdims=True)
    standard = (x - mean) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5)
    gain, bias = affine[:, :3, None, None], affine[:, 3:, None, None]
    np.testing.assert_allclose(found, standard * (1 + gain) + bias, atol=1e-5)


def test_that_a_batch_norm_in_use_takes_the_running_statistics():
    norm = ModulatedBatchNorm2d(3, 5).eval()
    torch.nn.init.zeros_(norm.modulation.weight)
    norm.norm.running_mean = torch.tensor([0.0, 1.0, -2.0])
    norm.norm.running_var = torch.tensor([1.0, 4.0, 0.25])
    found = norm(torch.ones(1, 3, 2, 2), torch.randn(1, 5))[0, :, 0, 0]
    torch.testing.assert_close(found, torch.tensor([1.0, 0.0, 6.0]), atol=1e-4, rtol=1e-4)


def test_that_the_image_is_the_sum_of_every_resolution():
    made = decoder(16).eval()
    noise, context = torch.randn(3, 6), torch.randn(3, 8)
    full = made(noise, context).atanh()
    outputs: list[torch.Tensor] = []

    def keep(_layer: object, _inputs: object, output: torch.Tensor) -> None:
        outputs.append(output)

    for layer in made.to_rgb:
        layer.register_forward_hook(keep)
    made(noise, context)
    assert [image.shape[2] for image in outputs] == [8, 16]
    coarse = bilinear(outputs[0].detach().double().numpy())
    np.testing.assert_allclose(
        full.detach().numpy(), coarse + outputs[1].detach().numpy(), atol=1e-4
    )


def bilinear(images: np.ndarray) -> np.ndarray:
    """Double height and width: three quarters of the nearest pixel, one of the next."""
    for axis in (2, 3):
        first, last = images.take([0], axis), images.take([-1], axis)
        before = np.concatenate([first, images], axis)
        after = np.concatenate([images, last], axis)
        size = images.shape[axis]
        even = 0.75 * images + 0.25 * before.take(range(size), axis)
        odd = 0.75 * images + 0.25 * after.take(range(1, size + 1), axis)
        shape = [*images.shape]
        shape[axis] *= 2
        images = np.stack([even, odd], axis + 1).reshape(shape)
    return images


def test_that_noise_and_context_both_reach_the_image():
    torch.manual_seed(0)
    made = ModulatedImageDecoder(
        size=32, channels=3, latent_dim=64, context_dim=32, width=4, num_context_features=16
    )
    noise, context = torch.randn(16, 64), torch.randn(16, 32)
    made(noise, context)  # batch norm sees a batch once
    same_context = made(noise, context[:1].expand(16, -1)).std(0).mean()
    same_noise = made(noise[:1].expand(16, -1), context).std(0).mean()
    assert same_context > same_noise > 0.05, "the context must not drown the noise at first"


def test_that_the_size_of_the_context_does_not_matter():
    made = decoder().eval()
    assert made.project_context is not None
    torch.nn.init.zeros_(made.project_context.bias)
    noise, context = torch.randn(5, 6), torch.randn(5, 8)
    torch.testing.assert_close(made(noise, context), made(noise, 100 * context))


def test_that_every_parameter_has_a_gradient():
    made = decoder()
    made(torch.randn(4, 6), torch.randn(4, 8)).square().mean().backward()
    for name, weight in made.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name


def test_that_a_code_alone_can_decide_the_image():
    latent_decoder = modality().build_latent_decoder(5).eval()
    latent = torch.randn(3, 5)
    images = latent_decoder(latent, latent_decoder.draw_noise(3, torch.Generator()))
    assert images.shape == (3, 3, 16, 16)
    torch.testing.assert_close(images, latent_decoder.decoder.draw(latent).tanh())
    assert latent_decoder.nll(latent, images.detach()).shape == (3,)


def test_that_half_precision_draws_nearly_the_same():
    made = decoder().eval()
    noise, context = torch.randn(3, 6), torch.randn(3, 8)
    with torch.autocast("cpu", torch.bfloat16):
        half = made(noise, context)
    torch.testing.assert_close(half.float(), made(noise, context), atol=0.1, rtol=0.1)
