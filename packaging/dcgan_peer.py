"""DCGAN's networks, for PyTorch's example loop and as a modality of this program.

Source: Radford et al. 2016, arXiv:1511.06434, in the shapes of PyTorch's example.

Shapes: B batch, Z noise; images are [B, 3, 64, 64].
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.nets.protocols import rows_equal

NOISE, WIDTH = 100, 64
FEATURES = 8 * WIDTH * 4 * 4
"""Numbers that the discriminator's body leaves for its last layer."""


@dataclass(frozen=True)
class DcganImages:
    """DCGAN's own networks as a modality, so that this program's step can train them.

    Source: Radford et al. 2016, arXiv:1511.06434, as in PyTorch's example.
    """

    name: str = "image"
    is_discrete: bool = False
    likelihood_weight: float = 1.0

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        """Compare images exactly: [B, ...] each to [B] booleans."""
        return rows_equal(one, other)

    def preprocess(self, stored: Tensor) -> Tensor:
        """[B, C, H, W] uint8 to floats in [-1, 1]."""
        return (stored.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)

    def postprocess(self, items: Tensor) -> Tensor:
        """Nobody looks."""
        return items

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Nobody asks."""
        del made, real
        return {}

    def build_encoder(self) -> nn.Module:
        """An image alone is no condition for anything."""
        return nn.Identity()

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """For variational families, which this bench leaves out."""
        raise ValueError(latent_dim)

    def build_decoder(self) -> nn.Module:
        """DCGAN's generator."""
        return DcganDecoder()

    def build_backbone(self) -> nn.Module:
        """DCGAN's discriminator without its last convolution, which our head replaces."""
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for before, after in ((WIDTH, 2 * WIDTH), (2 * WIDTH, 4 * WIDTH), (4 * WIDTH, 8 * WIDTH)):
            convolution = nn.Conv2d(before, after, 4, 2, 1, bias=False)
            layers += [convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers, nn.Flatten())


class DcganDecoder(nn.Module):
    """DCGAN's generator for 64 px."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (NOISE, 8 * WIDTH, 4 * WIDTH, 2 * WIDTH, WIDTH)
        for place, (before, after) in enumerate(itertools.pairwise(widths)):
            stride, padding = (1, 0) if place == 0 else (2, 1)
            layers += [
                nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(
            *layers, nn.ConvTranspose2d(WIDTH, 3, 4, 2, 1, bias=False), nn.Tanh()
        )

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """[count, Z]."""
        return torch.randn(count, NOISE, generator=generator, device=generator.device)

    def forward(self, noise: Tensor, context: Tensor | None = None) -> Tensor:
        """[B, Z] to [B, 3, 64, 64]."""
        del context
        return self.layers(noise[:, :, None, None])
