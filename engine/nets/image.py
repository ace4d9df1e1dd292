"""Images: small convolutional networks that do most of their work at 16 px and below.

Shapes: B batch, C channels, H height, W width, F features, Z noise.
"""

import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.image_shape import COARSEST, SQUARE, ImageShape
from engine.events import ImageArray
from engine.nets.blocks import SLOPE, activation, initialise
from engine.nets.protocols import rows_equal

PIXEL_LIKELIHOODS = ("laplace", "normal", "bernoulli")


@dataclass(frozen=True, kw_only=True)
class PixelLikelihood:
    """The likelihood of an image in [-1, 1] given a decoded one, with independent pixels.

    Laplace and normal are densities, so a bound with them is in nats. Bernoulli takes a pixel
    mapped to [0, 1] as the probability of white, as the classic VAE for digits does, and has no
    scale.
    """

    family: str = "laplace"
    """One of ``PIXEL_LIKELIHOODS``."""
    scale: float = 1.0
    """Laplace's b or the normal's sigma; black and white are 2 apart."""

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ValueError: the family is unknown or the scale is not above 0.
        """
        if self.family not in PIXEL_LIKELIHOODS or self.scale <= 0:
            raise ValueError(f"no pixel likelihood {self.family!r} with scale {self.scale}")

    def nll(self, raw: Tensor, real: Tensor) -> Tensor:
        """Return ``-log p(real | decoded)`` in nats, summed over pixels: [B].

        Args:
            raw: [B, C, H, W], the decoded image before ``tanh``.
            real: [B, C, H, W] in [-1, 1].
        """
        if self.family == "bernoulli":
            # tanh(r) = 2 sigmoid(2 r) - 1, so 2 r is the logit of a pixel in [0, 1].
            each = functional.binary_cross_entropy_with_logits(
                2 * raw, (real + 1) / 2, reduction="none"
            )
            return each.flatten(1).sum(1)
        distance = (real - torch.tanh(raw)) / self.scale
        # With the logarithm of the normalisation constant of one pixel.
        if self.family == "laplace":
            each, constant = distance.abs(), math.log(2 * self.scale)
        else:
            each = 0.5 * distance.square()
            constant = math.log(self.scale) + 0.5 * math.log(2 * math.pi)
        return each.flatten(1).sum(1) + real[0].numel() * constant


CHANNELS_LAST = torch.channels_last
CONTEXT_DIM, CONTEXT_RMS = 16, 0.5
"""Size of the context beside the noise, and its root mean square. A large context drowns the noise,
which leaves one picture per caption (docs/measurements.md).
"""


@dataclass(frozen=True, kw_only=True)
class ImageModality:
    """Images: uint8 in the dataset, [-1, 1] in the networks."""

    size: int
    """The longer of H and W, a power of two from 16 up."""
    aspect: ImageShape = SQUARE
    """Shape of the dataset's images at any size: their aspect ratio counts."""
    channels: int
    """1 (grey) or 3 (RGB)."""
    latent_dim: int
    generator_channels: int
    discriminator_channels: int
    embedding_dim: int
    discriminator_norm: str = "none"
    """``batch`` for batch norm in the discriminator's backbone, or ``none``."""
    output_filter: str = "none"
    """``low-pass`` to filter the output of the modulated decoder, or ``none``."""
    name: str = "image"
    likelihood: PixelLikelihood = field(default_factory=PixelLikelihood)
    """Likelihood of the pixels, where images are learned by likelihood."""

    @property
    def shape(self) -> ImageShape:
        """H and W."""
        return self.aspect.scaled(self.size)

    @property
    def likelihood_weight(self) -> float:
        """1; the GAN families learn no images by likelihood."""
        return 1.0

    @property
    def is_discrete(self) -> bool:
        """Two pictures are never equal by meaning."""
        return False

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        """Compare network input row by row: [B, ...] each to [B] booleans."""
        return rows_equal(one, other)

    def preprocess(self, stored: Tensor) -> Tensor:
        """Convert [B, C, H, W] uint8 to [B, C, H, W] float in [-1, 1], channels last in memory."""
        return (stored.float() / 127.5 - 1).contiguous(memory_format=CHANNELS_LAST)

    def postprocess(self, items: Tensor) -> ImageArray:
        """Convert [B, C, H, W] in [-1, 1] to [B, H, W, 3] uint8."""
        pixels = ((items.detach() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        rgb = pixels.expand(-1, 3, -1, -1) if self.channels == 1 else pixels
        return np.ascontiguousarray(rgb.permute(0, 2, 3, 1).cpu().numpy())

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Return ``<name>_diversity``, the ratio of standard deviations over the batch."""
        return {f"{self.name}_diversity": spread_ratio(made, real)}

    @property
    def item_shape(self) -> tuple[int, ...]:
        """C, H and W."""
        return (self.channels, *self.shape)

    def activate(self, outputs: Tensor) -> Tensor:
        """Map [B, C, H, W] to [-1, 1]."""
        return torch.tanh(outputs)

    def build_encoder(self) -> nn.Module:
        """Build a backbone of half the discriminator's width."""
        return conv_image_backbone(
            self.shape, self.channels, self.discriminator_channels // 2, self.embedding_dim
        )

    def build_decoder(self) -> nn.Module:
        """Build the decoder."""
        return ImageDecoder(
            shape=self.shape,
            channels=self.channels,
            latent_dim=self.latent_dim,
            context_dim=self.embedding_dim,
            width=self.generator_channels,
        )

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone."""
        return conv_image_backbone(
            self.shape,
            self.channels,
            self.discriminator_channels,
            self.embedding_dim,
            norm=self.discriminator_norm,
        )

    def build_latent_decoder(self, latent_dim: int) -> "LatentImageDecoder":
        """Build the decoder of the variational families."""
        decoder = ImageDecoder(
            shape=self.shape,
            channels=self.channels,
            latent_dim=latent_dim,
            context_dim=self.embedding_dim,
            width=self.generator_channels,
            num_context_features=0,
        )
        return LatentImageDecoder(decoder, self.likelihood)


def spread_ratio(made: Tensor, real: Tensor) -> Tensor:
    """Return the ratio of mean standard deviations over two batches: [B, ...] each to []."""
    return made.std(0).mean() / real.std(0).mean().clamp(min=1e-6)


class ContextImageDecoder(nn.Module, ABC):
    """Base of the decoders that concatenate the noise with a projection of the context.

    A subclass sets ``latent_dim`` and ``project_context`` and implements ``draw``.
    """

    context_rms = CONTEXT_RMS
    """Root mean square of the projected context beside noise of 1."""
    latent_dim: int
    project_context: nn.Linear | None

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, Z] from the standard normal."""
        return torch.randn(count, self.latent_dim, generator=generator, device=generator.device)

    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map [B, Z] and [B, F] to [B, C, H, W] in [-1, 1]."""
        if self.project_context is not None:
            projected = self.project_context(context)
            noise = torch.cat(
                [noise, self.context_rms * functional.rms_norm(projected, projected.shape[1:])], 1
            )
        return torch.tanh(self.draw(noise)).contiguous(memory_format=CHANNELS_LAST)

    @abstractmethod
    def draw(self, noise: Tensor) -> Tensor:
        """Map noise and projected context, [B, Z + P], to [B, C, H, W] before ``tanh``."""


class ImageDecoder(ContextImageDecoder):
    """Decodes noise and context into images.

    DCGAN's architecture (Radford et al. 2016, arXiv:1511.06434) with nearest-neighbour upsampling,
    and a final pixel shuffle so that no convolution runs at full resolution: 350 to 800 images/s on
    one core where full-resolution residual blocks reach 10 (docs/measurements.md).

    Args:
        shape: H and W; the longer side is a power of two from 8 up.
        channels: C.
        latent_dim: Z.
        context_dim: F.
        width: channels of the finest layer.
        num_context_features: P, size of the projected context beside the noise; 0 for no context.
    """

    def __init__(
        self,
        *,
        shape: ImageShape,
        channels: int,
        latent_dim: int,
        context_dim: int,
        width: int,
        num_context_features: int = CONTEXT_DIM,
    ) -> None:
        super().__init__()
        self.shape, self.latent_dim = shape, latent_dim
        # 4 px doubles this often, the shuffle doubles once more.
        steps = int(math.log2(shape.longer)) - 3
        widths = [width * 2 ** min(step, 3) for step in reversed(range(steps + 1))]
        self.first_width = widths[0]
        hidden = 2 * context_dim
        self.mix = nn.Sequential(
            nn.Linear(latent_dim + num_context_features, hidden),
            activation(),
            nn.Linear(hidden, self.first_width * math.prod(shape.cells)),
        )
        self.first_norm = nn.BatchNorm2d(self.first_width)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in itertools.pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(after) for after in widths[1:])
        self.to_pixels = nn.Conv2d(widths[-1], channels * 4, 3, padding=1)
        initialise(self)
        nn.init.normal_(self.to_pixels.weight, std=0.05)
        self.project_context = (
            nn.Linear(context_dim, num_context_features) if num_context_features else None
        )

    def draw(self, noise: Tensor) -> Tensor:
        """Map noise and projected context, [B, Z + P], to [B, C, H, W] before ``tanh``."""
        mixed = self.mix(noise).view(-1, self.first_width, *self.shape.cells)
        hidden = self._activate(self.first_norm(mixed.contiguous(memory_format=CHANNELS_LAST)))
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = self._activate(
                norm(convolution(functional.interpolate(hidden, scale_factor=2)))
            )
        return crop_margins(functional.pixel_shuffle(self.to_pixels(hidden), 2), self.shape)

    @staticmethod
    def _activate(hidden: Tensor) -> Tensor:
        return functional.leaky_relu(hidden, SLOPE)


class LikelihoodImageDecoder(Protocol):
    """A decoder of latent codes; also an ``nn.Module``."""

    def draw(self, noise: Tensor) -> Tensor:
        """Map [B, Z] to [B, C, H, W] before ``tanh``."""
        ...


class LatentImageDecoder(nn.Module):
    """Decodes latent codes into images and computes the likelihood of real ones.

    Args:
        decoder: without a context; the code takes the noise's place.
        likelihood: of the pixels.
    """

    def __init__(self, decoder: LikelihoodImageDecoder, likelihood: PixelLikelihood) -> None:
        super().__init__()
        self.decoder = decoder
        self.likelihood = likelihood

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Return [count, 0]: the code determines the image."""
        return torch.empty(count, 0, device=generator.device)

    def forward(self, latent: Tensor, _noise: Tensor) -> Tensor:
        """Map [B, Z] to [B, C, H, W] in [-1, 1], the median of the likelihood."""
        return torch.tanh(self.decoder.draw(latent)).contiguous(memory_format=CHANNELS_LAST)

    def nll(self, latent: Tensor, real: Tensor) -> Tensor:
        """Return the negative log-likelihood in nats: [B, Z] and [B, C, H, W] to [B]."""
        return self.likelihood.nll(self.decoder.draw(latent), real)


def crop_margins(images: Tensor, shape: ImageShape) -> Tensor:
    """Cut the margins of ``shape.padded`` off: [B, C, padded H, padded W] to [B, C, H, W]."""
    margins = [-pixels for pixels in shape.margins]
    return functional.pad(images, margins) if any(margins) else images


class PaddedPixelUnshuffle(nn.PixelUnshuffle):
    """Halves the resolution of images with a margin of zeros, which makes them ``shape.padded``.

    The margin is the same around real and generated images. Repeated edge pixels would weigh more
    than others in a gradient penalty.
    """

    def __init__(self, shape: ImageShape) -> None:
        super().__init__(2)
        self.margins = shape.margins

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in PyTorch
        """Map [B, C, H, W] to [B, 4 C, padded H / 2, padded W / 2]."""
        return super().forward(functional.pad(input, self.margins) if any(self.margins) else input)


def conv_image_backbone(
    shape: ImageShape, channels: int, width: int, embedding_dim: int, *, norm: str = "none"
) -> nn.Sequential:
    """Build strided convolutions from pixels to features: [B, C, H, W] to [B, F].

    Args:
        shape: H and W; the longer side is a power of two from 8 up.
        channels: C.
        width: channels of the finest layer.
        embedding_dim: F.
        norm: ``batch`` for DCGAN's batch norm (Radford et al. 2016, arXiv:1511.06434), which
            couples the items of a batch and so cannot be combined with a gradient penalty; or
            ``none``.
    """
    layers: list[nn.Module] = [
        PaddedPixelUnshuffle(shape),
        nn.Conv2d(channels * 4, width, 3, padding=1),
        activation(),
    ]
    side, now = shape.longer // 2, width
    while side > COARSEST:
        after = min(2 * now, 8 * width)
        layers.append(nn.Conv2d(now, after, 4, stride=2, padding=1))
        if norm == "batch":
            layers.append(nn.BatchNorm2d(after))
        layers.append(activation())
        side, now = side // 2, after
    backbone = nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Linear(now * math.prod(shape.cells), embedding_dim),
        activation(),
    )
    initialise(backbone)
    return backbone
