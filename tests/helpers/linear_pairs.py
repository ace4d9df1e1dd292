"""Modalities whose networks are linear and whose noise is normal: everything has a closed form."""

import math
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from engine.nets.protocols import rows_equal
from engine.nets.vae import MultimodalVae


@dataclass(frozen=True, kw_only=True)
class LinearModality:
    """Vectors, ``item = W z + b + scale * noise``."""

    name: str
    size: int
    scale: float = 0.7
    embedding_dim: int = 3
    is_discrete: bool = False
    likelihood_weight: float = 1.0

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        return rows_equal(one, other)

    def preprocess(self, stored: Tensor) -> Tensor:
        return stored

    def postprocess(self, items: Tensor) -> Any:
        return items

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        raise NotImplementedError

    def build_encoder(self) -> nn.Module:
        return nn.Linear(self.size, self.embedding_dim)

    def build_decoder(self) -> nn.Module:
        raise NotImplementedError

    def build_backbone(self) -> nn.Module:
        return nn.Linear(self.size, self.embedding_dim)

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        return LinearDecoder(latent_dim, self.size, self.scale)


class LinearDecoder(nn.Module):
    def __init__(self, latent_dim: int, size: int, scale: float) -> None:
        super().__init__()
        self.map, self.scale = nn.Linear(latent_dim, size), scale

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.empty(count, 0, device=generator.device)

    def forward(self, latent: Tensor, _noise: Tensor) -> Tensor:
        return self.map(latent)

    def nll(self, latent: Tensor, real: Tensor) -> Tensor:
        distance = (real - self.map(latent)) / self.scale
        each = 0.5 * distance.square() + math.log(self.scale * math.sqrt(2 * math.pi))
        return each.sum(1)


def linear_vae(*sizes: int, latent_dim: int = 2, seed: int = 0) -> MultimodalVae:
    """Build a model in float64 whose modalities ``m0``, ``m1`` ... have the given sizes."""
    torch.manual_seed(seed)
    modalities = [LinearModality(name=f"m{n}", size=size) for n, size in enumerate(sizes)]
    model = MultimodalVae(modalities, embedding_dim=3, latent_dim=latent_dim).double()
    for name in model.modality_order:
        # Opinions that differ: the first ones are all next to the prior.
        nn.init.normal_(cast("Any", model.encoder_heads[name]).to_parameters.weight, std=0.7)
    return model


def linear_items(model: MultimodalVae, count: int, seed: int = 0) -> dict[str, Tensor]:
    """Draw items of the right sizes, in float64."""
    generator = torch.Generator().manual_seed(seed)
    sizes = {name: linear_map(model, name)[1].shape[0] for name in model.modality_order}
    return {
        name: torch.randn(count, size, generator=generator, dtype=torch.float64)
        for name, size in sizes.items()
    }


def linear_map(model: MultimodalVae, name: str) -> tuple[Tensor, Tensor, float]:
    """Give W, b and the scale of one decoder."""
    decoder = cast("LinearDecoder", model.decoders[name])
    return decoder.map.weight.detach(), decoder.map.bias.detach(), decoder.scale
