import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch.nn import functional

from engine.config.networks import ARCHITECTURES, OUTPUT_FILTERS
from engine.data.image_shape import ImageShape, square
from engine.modalities.image import IMAGE_MODALITIES
from engine.nets.image import (
    ImageDecoder,
    ImageModality,
    PixelLikelihood,
    conv_image_backbone,
    crop_margins,
)
from engine.nets.image_mlp import UNITS_PER_CHANNEL, MlpImageModality, mlp_image_backbone
from engine.nets.image_modulated import (
    ModulatedBatchNorm2d,
    ModulatedImageDecoder,
    ModulatedImageModality,
    layer_widths,
    low_pass,
)
from tests.helpers.tiny import tiny_modalities


def modality(size: int = 32, channels: int = 1) -> ImageModality:
    return ImageModality(
        size=size,
        channels=channels,
        latent_dim=4,
        generator_channels=4,
        discriminator_channels=4,
        embedding_dim=8,
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
    assert kind.build_backbone()(images).shape == (2, 8)
    assert kind.build_encoder()(images).shape == (2, 8)


def test_that_pixels_survive_reading_and_showing():
    stored = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    shown = modality().postprocess(modality().preprocess(stored))
    assert shown.shape == (1, 16, 16, 3)
    assert np.array_equal(shown[..., 0], stored[:, 0].numpy())
    assert shown.dtype == np.uint8


def test_that_colours_stay_in_their_channels():
    stored = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    stored[:, 2] = 255
    kind = modality(8, 3)
    assert kind.postprocess(kind.preprocess(stored))[0, 0, 0].tolist() == [0, 0, 255]


def test_that_noise_and_context_both_reach_the_image():
    torch.manual_seed(0)
    decoder = ImageDecoder(shape=square(32), channels=1, latent_dim=64, context_dim=8, width=4)
    noise, context = torch.randn(16, 64), torch.randn(16, 8)
    decoder(noise, context)  # batch norm sees a batch once
    same_context = decoder(noise, context[:1].expand(16, -1)).std(0).mean()
    same_noise = decoder(noise[:1].expand(16, -1), context).std(0).mean()
    assert same_context > same_noise > 0.005, "the context must not drown the noise at first"


def test_that_no_convolution_runs_at_full_size():
    decoder = ImageDecoder(shape=square(32), channels=1, latent_dim=4, context_dim=8, width=4)
    assert len(decoder.convolutions) == math.log2(32) - 3
    widths = [decoder.first_width, *(layer.out_channels for layer in decoder.convolutions)]
    assert widths == [16, 8, 4]


def test_that_the_discriminators_backbone_keeps_items_apart():
    torch.manual_seed(0)
    backbone = conv_image_backbone(square(8), 1, 4, 8)
    images = torch.randn(4, 1, 8, 8)
    alone = torch.cat([backbone(image[None]) for image in images])
    torch.testing.assert_close(backbone(images), alone)


def test_that_images_lie_channels_last():
    _text, image = tiny_modalities()
    read = image.preprocess(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))
    assert read.is_contiguous(memory_format=torch.channels_last)


def test_that_a_decoder_that_hears_nothing_draws_from_the_noise_alone():
    torch.manual_seed(0)
    decoder = ImageDecoder(
        shape=square(8), channels=1, latent_dim=4, context_dim=8, width=4, num_context_features=0
    ).eval()
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
    nearby = decoder.nll(latent, (drawn + 0.1).clamp(-1, 1))
    assert torch.all(decoder.nll(latent, drawn) < nearby)
    torch.testing.assert_close(decoder.nll(latent, drawn), torch.full((5,), 64 * math.log(2.0)))


def mlp_modality() -> MlpImageModality:
    torch.manual_seed(0)
    return MlpImageModality(
        size=8,
        channels=3,
        latent_dim=4,
        generator_channels=2,
        discriminator_channels=4,
        embedding_dim=6,
    )


def test_that_every_pixel_has_a_weight_to_every_unit():
    backbone = mlp_image_backbone(square(8), 3, 4, 6)
    assert backbone[1].weight.shape == (4 * UNITS_PER_CHANNEL, 3 * 8 * 8)
    assert backbone(torch.randn(5, 3, 8, 8)).shape == (5, 6)


def test_that_noise_and_context_both_decide_the_image():
    decoder = mlp_modality().build_decoder().eval()
    noise, context = torch.randn(5, 4), torch.randn(5, 6)
    images = decoder(noise, context)
    assert images.shape == (5, 3, 8, 8)
    assert images.abs().max() <= 1
    assert not torch.equal(images, decoder(noise, context.roll(1, 0)))
    assert not torch.equal(images, decoder(noise.roll(1, 0), context))


def test_that_a_code_alone_can_decide_it():
    decoder = mlp_modality().build_latent_decoder(5).eval()
    latent = torch.randn(3, 5)
    images = decoder(latent, decoder.draw_noise(3, torch.Generator()))
    assert images.shape == (3, 3, 8, 8)
    assert decoder.nll(latent, images.detach()).shape == (3,)


def test_that_encoder_and_backbone_fit_the_others():
    images = torch.randn(5, 3, 8, 8)
    assert mlp_modality().build_encoder()(images).shape == (5, 6)
    assert mlp_modality().build_backbone()(images).shape == (5, 6)


def test_that_batch_norm_ties_a_batch_together_only_when_asked_for():
    torch.manual_seed(0)
    images = torch.randn(4, 1, 16, 16)
    other = torch.cat([images[:1], torch.randn(3, 1, 16, 16)])
    for norm, is_tied in (("none", False), ("batch", True)):
        backbone = conv_image_backbone(square(16), 1, 4, 8, norm=norm)
        assert torch.allclose(backbone(images)[0], backbone(other)[0]) != is_tied


def images(count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (count, 2, 4, 4)
    raw = torch.randn(shape, generator=generator, dtype=torch.float64)
    return raw, torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1


def test_that_laplace_and_normal_are_their_formulas():
    raw, real = images()
    distance = (real - raw.tanh()).numpy()
    laplace = np.abs(distance) / 0.3 + np.log(2 * 0.3)
    normal = distance**2 / (2 * 0.3**2) + np.log(0.3 * np.sqrt(2 * np.pi))
    for family, expected in (("laplace", laplace), ("normal", normal)):
        nll = PixelLikelihood(family=family, scale=0.3).nll(raw, real)
        np.testing.assert_allclose(nll, expected.sum((1, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize("family", ["laplace", "normal"])
def test_that_a_density_integrates_to_one(family):
    pixels = torch.linspace(-30, 30, 600_001, dtype=torch.float64)
    raw = torch.full((len(pixels), 1, 1, 1), 0.4, dtype=torch.float64)
    nll = PixelLikelihood(family=family, scale=0.8).nll(raw, pixels.view(-1, 1, 1, 1))
    assert math.isclose((-nll).exp().sum().item() * 1e-4, 1, rel_tol=1e-6)


def test_that_bernoulli_takes_the_drawn_grey_for_its_chance():
    raw, real = images()
    chance, target = ((raw.tanh() + 1) / 2).numpy(), ((real + 1) / 2).numpy()
    expected = -(target * np.log(chance) + (1 - target) * np.log(1 - chance))
    nll = PixelLikelihood(family="bernoulli").nll(raw, real)
    np.testing.assert_allclose(nll, expected.sum((1, 2, 3)), rtol=1e-10)


def test_that_the_drawn_image_is_the_likeliest():
    raw, _real = images()
    for family in ("laplace", "normal"):
        density = PixelLikelihood(family=family)
        assert torch.all(density.nll(raw, raw.tanh()) < density.nll(raw, -raw.tanh()))


@pytest.mark.parametrize(("family", "scale"), [("cauchy", 1.0), ("normal", 0.0)])
def test_that_an_impossible_density_is_refused(family, scale):
    with pytest.raises(ValueError, match="no pixel likelihood"):
        PixelLikelihood(family=family, scale=scale)


# --------------------------------------------------------------------------
# The modulated decoder.


def modulated_modality(size: int = 16, channels: int = 3) -> ModulatedImageModality:
    torch.manual_seed(0)
    return ModulatedImageModality(
        size=size,
        channels=channels,
        latent_dim=6,
        generator_channels=2,
        discriminator_channels=4,
        embedding_dim=8,
    )


def modulated_decoder(size: int = 16) -> ModulatedImageDecoder:
    made = modulated_modality(size).build_decoder()
    assert isinstance(made, ModulatedImageDecoder)
    return made


@pytest.mark.parametrize("size", [16, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_modulated_networks_fit_any_size(size, channels):
    kind = modulated_modality(size, channels)
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


@pytest.mark.parametrize("output_filter", OUTPUT_FILTERS)
def test_that_the_image_is_the_sum_of_every_resolution(output_filter):
    made = replace(modulated_modality(16), output_filter=output_filter).build_decoder().eval()
    assert isinstance(made, ModulatedImageDecoder)
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
    fine = outputs[1].detach().double().numpy()
    if output_filter == "low-pass":
        for axis in (2, 3):
            padding = [(1, 1) if number == axis else (0, 0) for number in range(4)]
            padded = np.pad(fine, padding, mode="edge")
            before, after = padded.take(range(16), axis), padded.take(range(2, 18), axis)
            fine = 0.75 * fine + 0.125 * (before + after)
    np.testing.assert_allclose(full.detach().numpy(), coarse + fine, atol=1e-4)


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


def test_that_the_low_pass_filter_weakens_what_repeats_every_two_pixels():
    x, y = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    stripes, checks = (-1) ** x, (-1) ** (x + y)
    found = low_pass(torch.stack([torch.ones(8, 8), stripes, checks])[None])[0, :, 1:-1, 1:-1]
    expected = torch.stack([torch.ones(8, 8), stripes / 2, checks / 4])[:, 1:-1, 1:-1]
    torch.testing.assert_close(found, expected)


def test_that_noise_and_context_both_reach_the_modulated_image():
    torch.manual_seed(0)
    made = ModulatedImageDecoder(
        shape=square(32),
        channels=3,
        latent_dim=64,
        context_dim=32,
        width=4,
        num_context_features=16,
    )
    noise, context = torch.randn(16, 64), torch.randn(16, 32)
    made(noise, context)  # batch norm sees a batch once
    same_context = made(noise, context[:1].expand(16, -1)).std(0).mean()
    same_noise = made(noise[:1].expand(16, -1), context).std(0).mean()
    assert same_context > same_noise > 0.05, "the context must not drown the noise at first"


def test_that_the_size_of_the_context_does_not_matter():
    made = modulated_decoder().eval()
    assert made.project_context is not None
    torch.nn.init.zeros_(made.project_context.bias)
    noise, context = torch.randn(5, 6), torch.randn(5, 8)
    torch.testing.assert_close(made(noise, context), made(noise, 100 * context))


def test_that_every_parameter_has_a_gradient():
    made = modulated_decoder()
    made(torch.randn(4, 6), torch.randn(4, 8)).square().mean().backward()
    for name, weight in made.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name


def test_that_a_code_alone_can_decide_the_modulated_image():
    latent_decoder = modulated_modality().build_latent_decoder(5).eval()
    latent = torch.randn(3, 5)
    images = latent_decoder(latent, latent_decoder.draw_noise(3, torch.Generator()))
    assert images.shape == (3, 3, 16, 16)
    torch.testing.assert_close(images, latent_decoder.decoder.draw(latent).tanh())
    assert latent_decoder.nll(latent, images.detach()).shape == (3,)


def test_that_half_precision_draws_nearly_the_same():
    made = modulated_decoder().eval()
    noise, context = torch.randn(3, 6), torch.randn(3, 8)
    with torch.autocast("cpu", torch.bfloat16):
        half = made(noise, context)
    torch.testing.assert_close(half.float(), made(noise, context), atol=0.1, rtol=0.1)


# --------------------------------------------------------------------------
# Other shapes than squares.


SHAPES = [ImageShape(24, 32), ImageShape(32, 24), ImageShape(18, 32), ImageShape(32, 9)]


def shaped(architecture: str, shape: ImageShape) -> ImageModality:
    torch.manual_seed(0)
    return IMAGE_MODALITIES[architecture](
        size=shape.longer,
        aspect=shape,
        channels=3,
        latent_dim=4,
        generator_channels=4,
        discriminator_channels=4,
        embedding_dim=8,
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_that_networks_fit_any_shape(architecture, shape):
    kind = shaped(architecture, shape)
    decoder: Any = kind.build_decoder()
    noise = decoder.draw_noise(2, torch.Generator().manual_seed(1))
    images = decoder(noise, torch.randn(2, 8))
    assert images.shape == (2, 3, *shape)
    assert kind.build_backbone()(images).shape == kind.build_encoder()(images).shape == (2, 8)
    assert kind.postprocess(images).shape == (2, *shape, 3)
    latent: Any = kind.build_latent_decoder(5)
    code = torch.randn(2, 5)
    assert latent(code, torch.empty(2, 0)).shape == (2, 3, *shape)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_that_a_backbone_sees_a_margin_of_zeros(shape):
    torch.manual_seed(0)
    own, padded = (conv_image_backbone(one, 3, 4, 8) for one in (shape, shape.padded))
    padded.load_state_dict(own.state_dict())
    images = torch.randn(2, 3, *shape)
    around = torch.zeros(2, 3, *shape.padded)
    left, _right, above, _below = shape.margins
    around[:, :, above : above + shape.height, left : left + shape.width] = images
    assert torch.equal(own(images), padded(around))


@pytest.mark.parametrize("architecture", ["convolutional", "modulated"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_that_a_decoder_draws_the_middle_of_its_grid(architecture, shape):
    own: Any = shaped(architecture, shape).build_decoder().eval()
    whole: Any = shaped(architecture, shape).build_decoder().eval()
    whole.shape = shape.padded
    inputs = own.draw_noise(2, torch.Generator().manual_seed(1)), torch.randn(2, 8)
    left, _right, above, _below = shape.margins
    middle = whole(*inputs)[:, :, above : above + shape.height, left : left + shape.width]
    assert whole(*inputs).shape == (2, 3, *shape.padded)
    torch.testing.assert_close(own(*inputs), middle)


def test_that_a_square_is_neither_padded_nor_cropped():
    images = torch.randn(2, 3, 16, 16).contiguous(memory_format=torch.channels_last)
    first: Any = conv_image_backbone(square(16), 3, 4, 8)[0]
    assert torch.equal(first(images), functional.pixel_unshuffle(images, 2))
    assert crop_margins(images, square(16)) is images


def test_that_the_likelihood_is_that_of_the_own_pixels_alone():
    decoder: Any = shaped("convolutional", ImageShape(18, 32)).build_latent_decoder(5).eval()
    code = torch.randn(2, 5)
    drawn = decoder(code, torch.empty(2, 0))
    # Laplace of scale 1: log 2 for each of 3 x 18 x 32 numbers.
    expected = torch.full((2,), 3 * 18 * 32 * math.log(2.0))
    torch.testing.assert_close(decoder.nll(code, drawn), expected)


def test_that_a_gradient_penalty_can_be_learned_from_in_any_shape():
    backbone = conv_image_backbone(ImageShape(18, 32), 3, 4, 8)
    images = torch.randn(2, 3, 18, 32, requires_grad=True)
    (slope,) = torch.autograd.grad(backbone(images).sum(), images, create_graph=True)
    assert slope.shape == images.shape
    slope.square().sum().backward()
    assert all(one.grad is None or one.grad.isfinite().all() for one in backbone.parameters())
    assert cast("torch.Tensor", backbone[1].weight.grad).abs().sum() > 0
