"""Image generator whose batch norms are modulated by noise and context, for colour images.

A mapping network turns noise and context into a style, which sets the gain and bias of every batch
norm. Upsampling is bilinear and the RGB outputs of all resolutions are summed, because the final
pixel shuffle of ``ImageDecoder`` leaves a checkerboard in colour images.

Shapes: B batch, C channels, H height, W width, F features, Z noise, S style.
"""

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.image_shape import ImageShape
from engine.nets.blocks import SLOPE, activation, initialise
from engine.nets.image import (
    CHANNELS_LAST,
    ContextImageDecoder,
    ImageModality,
    LatentImageDecoder,
    crop_margins,
)

CHANNEL_MULTIPLIERS = (1, 3, 6, 8)
"""Channels relative to those of the finest layer: at full resolution, at a half, at a quarter and
at every coarser one down to 4 px.
"""
MODULATION_STD = 0.3
"""Initial standard deviation of gains and biases for a style of mean square 1."""


@dataclass(frozen=True, kw_only=True)
class ModulatedImageModality(ImageModality):
    """Images whose decoder is modulated; encoder and discriminator are convolutional."""

    def build_decoder(self) -> nn.Module:
        """Build the decoder."""
        return self._decoder(self.latent_dim, self.embedding_dim // 2)

    def build_latent_decoder(self, latent_dim: int) -> LatentImageDecoder:
        """Build the decoder of the variational families."""
        return LatentImageDecoder(self._decoder(latent_dim, 0), self.likelihood)

    def _decoder(self, latent_dim: int, num_context_features: int) -> "ModulatedImageDecoder":
        return ModulatedImageDecoder(
            shape=self.shape,
            channels=self.channels,
            latent_dim=latent_dim,
            context_dim=self.embedding_dim,
            width=self.generator_channels,
            num_context_features=num_context_features,
            output_filter=self.output_filter,
        )


class ModulatedBatchNorm2d(nn.Module):
    """Batch norm whose gain and bias are linear in a style: ``(1 + gain) * norm(x) + bias``.

    Conditional batch norm (de Vries et al. 2017, arXiv:1707.00683), which is FiLM (Perez et al.
    2018, arXiv:1709.07871, eq. 1 and 2) in place of the affine map of a batch norm.

    Args:
        channels: C.
        style_dim: S.
    """

    def __init__(self, channels: int, style_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.modulation = nn.Linear(style_dim, 2 * channels)
        nn.init.normal_(self.modulation.weight, std=MODULATION_STD * style_dim**-0.5)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, hidden: Tensor, style: Tensor) -> Tensor:
        """Map [B, C, H, W] and [B, S] to [B, C, H, W]."""
        gain, bias = self.modulation(style)[:, :, None, None].chunk(2, 1)
        return self.norm(hidden) * (1 + gain) + bias


class ModulatedImageDecoder(ContextImageDecoder):
    """Decodes noise and context into images.

    The mapping network follows StyleGAN (Karras et al. 2019, arXiv:1812.04948, section 2), the sum
    of RGB outputs StyleGAN2 (Karras et al. 2020, arXiv:1912.04958, section 4.1).

    Args:
        shape: H and W; the longer side is a power of two from 8 up.
        channels: C.
        latent_dim: Z.
        context_dim: F, also the size S of the style.
        width: channels of the finest layer; ``CHANNEL_MULTIPLIERS`` gives the others. 16 makes
            128, 96, 48, 16 channels at 4, 8, 16 and 32 px.
        num_context_features: size of the projected context beside the noise; 0 for no context.
        output_filter: ``low-pass`` or ``none``, for the output of the finest layer.
    """

    context_rms = 0.7

    def __init__(
        self,
        *,
        shape: ImageShape,
        channels: int,
        latent_dim: int,
        context_dim: int,
        width: int,
        num_context_features: int,
        output_filter: str = "none",
    ) -> None:
        super().__init__()
        self.shape, self.latent_dim, self.output_filter = shape, latent_dim, output_filter
        widths = layer_widths(shape.longer, width)
        self.first_width = widths[0]
        num_inputs, style_dim = latent_dim + num_context_features, context_dim
        self.mapping = nn.Sequential(
            nn.Linear(num_inputs, 2 * style_dim),
            activation(),
            nn.Linear(2 * style_dim, style_dim),
            activation(),
        )
        self.first = nn.Linear(num_inputs, widths[0] * math.prod(shape.cells))
        self.first_norm = ModulatedBatchNorm2d(widths[0], style_dim)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in itertools.pairwise(widths)
        )
        self.norms = nn.ModuleList(ModulatedBatchNorm2d(after, style_dim) for after in widths[1:])
        outputs = [nn.Conv2d(after, channels, 1) for after in widths[1:]]
        self.to_rgb = nn.ModuleList(outputs)
        for part in (self.mapping, self.first, self.convolutions):
            initialise(part)
        for layer in outputs:
            # The sum over the resolutions starts with a standard deviation of about a half.
            nn.init.normal_(layer.weight, std=0.5 / math.sqrt(layer.in_channels * len(outputs)))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        self.project_context = (
            nn.Linear(context_dim, num_context_features) if num_context_features else None
        )

    def draw(self, noise: Tensor) -> Tensor:
        """Map noise and projected context, [B, num_inputs], to [B, C, H, W] before ``tanh``."""
        style = self.mapping(noise)
        hidden = self.first(noise).view(-1, self.first_width, *self.shape.cells)
        hidden = self._activate(
            self.first_norm(hidden.contiguous(memory_format=CHANNELS_LAST), style)
        )
        images: list[Tensor] = []
        for convolution, norm, to_rgb in zip(
            self.convolutions, self.norms, self.to_rgb, strict=True
        ):
            hidden = self._activate(norm(convolution(_upsample(hidden)), style))
            image = to_rgb(hidden)
            if self.output_filter == "low-pass" and to_rgb is self.to_rgb[-1]:
                image = low_pass(image)
            images.append(_upsample(images[-1]) + image if images else image)
        return crop_margins(images[-1], self.shape)

    @staticmethod
    def _activate(hidden: Tensor) -> Tensor:
        return functional.leaky_relu(hidden, SLOPE)


def layer_widths(size: int, width: int) -> list[int]:
    """Return the channels at 4 px, 8 px and so on up to ``size``, where they are ``width``."""
    coarsest = len(CHANNEL_MULTIPLIERS) - 1
    halvings = reversed(range(int(math.log2(size)) - 1))  # of the full resolution, down to 4 px
    return [width * CHANNEL_MULTIPLIERS[min(number, coarsest)] for number in halvings]


def low_pass(images: Tensor) -> Tensor:
    """Filter rows and columns with (1, 6, 1) / 8; the border is replicated.

    The non-linearity before the finest RGB output creates frequencies at the Nyquist limit, where
    the filter halves the amplitude in each direction (StyleGAN3 filters every non-linearity for
    this reason: Karras et al. 2021, arXiv:2106.12423, section 2). At 64 px it lowers the power
    there from 4.0 to 2.0 times that of real images (docs/measurements.md).
    """
    weights = images.new_tensor([1.0, 6.0, 1.0]) / 8
    kernel = torch.outer(weights, weights).expand(images.shape[1], 1, 3, 3)
    padded = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(padded, kernel, groups=images.shape[1])


def _upsample(images: Tensor) -> Tensor:
    """Double height and width, bilinearly."""
    return functional.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)
