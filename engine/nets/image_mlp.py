"""MLP image networks, without convolutions, as in the first GAN.

Source: Goodfellow et al. 2014, arXiv:1406.2661, section 5 (multilayer perceptrons on MNIST).

Shapes: B batch, C channels, H height, W width, F features, Z noise.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.data.image_shape import ImageShape
from engine.nets.blocks import activation, initialise
from engine.nets.image import ImageModality, LatentImageDecoder

UNITS_PER_CHANNEL = 16
"""Hidden units for each channel of the finest layer of a convolutional network of that width: width
32 gives 512 units.
"""


@dataclass(frozen=True, kw_only=True)
class MlpImageModality(ImageModality):
    """Images whose networks are MLPs."""

    def build_encoder(self) -> nn.Module:
        """Build a backbone of half the discriminator's width."""
        return mlp_image_backbone(
            self.shape, self.channels, self.discriminator_channels // 2, self.embedding_dim
        )

    def build_decoder(self) -> nn.Module:
        """Build the decoder."""
        return self._decoder(self.latent_dim, self.embedding_dim)

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone."""
        return mlp_image_backbone(
            self.shape, self.channels, self.discriminator_channels, self.embedding_dim
        )

    def build_latent_decoder(self, latent_dim: int) -> LatentImageDecoder:
        """Build the decoder of the variational families."""
        return LatentImageDecoder(self._decoder(latent_dim, 0), self.likelihood)

    def _decoder(self, latent_dim: int, context_dim: int) -> "MlpImageDecoder":
        return MlpImageDecoder(
            shape=self.shape,
            channels=self.channels,
            latent_dim=latent_dim,
            context_dim=context_dim,
            width=self.generator_channels,
        )


class MlpImageDecoder(nn.Module):
    """Decodes noise and context into images.

    Args:
        shape: H and W.
        channels: C.
        latent_dim: Z.
        context_dim: F; 0 for no context.
        width: hidden layers have ``UNITS_PER_CHANNEL`` times as many units.
    """

    def __init__(
        self, *, shape: ImageShape, channels: int, latent_dim: int, context_dim: int, width: int
    ) -> None:
        super().__init__()
        self.latent_dim, self.has_context = latent_dim, context_dim > 0
        self.shape = (channels, *shape)
        units = UNITS_PER_CHANNEL * width
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + context_dim, units),
            activation(),
            nn.Linear(units, units),
            activation(),
            nn.Linear(units, math.prod(self.shape)),
        )
        initialise(self.layers)

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, Z] from the standard normal."""
        return torch.randn(count, self.latent_dim, generator=generator, device=generator.device)

    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map [B, Z] and [B, F] to [B, C, H, W] in [-1, 1]."""
        return torch.tanh(self.draw(torch.cat([noise, context], 1) if self.has_context else noise))

    def draw(self, noise: Tensor) -> Tensor:
        """Map [B, Z + F] to [B, C, H, W] before ``tanh``."""
        return self.layers(noise).view(-1, *self.shape)


def mlp_image_backbone(
    shape: ImageShape, channels: int, width: int, embedding_dim: int
) -> nn.Sequential:
    """Build linear layers from pixels to features: [B, C, H, W] to [B, F]."""
    units = UNITS_PER_CHANNEL * width
    backbone = nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * math.prod(shape), units),
        activation(),
        nn.Linear(units, embedding_dim),
        activation(),
    )
    initialise(backbone)
    return backbone
