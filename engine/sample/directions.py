"""Directions of a model's noise along which its pictures change most.

Source: SeFa, Shen & Zhou 2021, Closed-Form Factorization of Latent Semantics in GANs,
arXiv:2007.06600, eq. 4 and 5: the directions are the eigenvectors of ``A^T A`` with the largest
eigenvalues, where A is the weight of the first layer that the noise enters.

Shapes: Z latent numbers, K directions, O outputs of the first layers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.nets.generator import PairGenerator
from engine.nets.image import ImageDecoder, LatentImageDecoder
from engine.nets.image_mlp import MlpImageDecoder
from engine.nets.image_modulated import ModulatedImageDecoder
from engine.nets.joint_dense import JointDenseGenerator
from engine.nets.joint_generator import SequentialBackboneGenerator, SharedBackboneGenerator
from engine.nets.protocols import PairModel
from engine.nets.vae import MultimodalVae

MAX_DIRECTIONS = 8


@dataclass(frozen=True)
class Axes:
    """Directions of the noise, those with the largest effect first."""

    vectors: Tensor
    """[K, Z], of length 1. The largest component of each is positive."""
    scales: tuple[float, ...]
    """How much the first layers change along each, relative to the first one."""


def principal_axes(model: PairModel, directed: str) -> Axes:
    """Find the directions of a model.

    Args:
        model: of any family.
        directed: the part of the noise, as ``Stages.directed``.
    """
    # On the CPU, because MPS has no double precision.
    layers = _layers(model, directed)
    weights = [layer.weight.detach()[:, :size].cpu().double() for layer, size in layers]
    if not weights:
        return Axes(torch.zeros(0, 0), ())
    stacked = torch.cat(weights)
    values, vectors = torch.linalg.eigh(stacked.T @ stacked)
    count = min(MAX_DIRECTIONS, len(values))
    values, vectors = values.flip(0)[:count].clamp(min=0), vectors.flip(1)[:, :count].T
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    lengths = values.sqrt()
    scales = (lengths / lengths[0].clamp(min=1e-12)).tolist()
    return Axes((vectors * largest.sign()).float(), tuple(scales))


def _layers(model: PairModel, directed: str) -> Iterator[tuple[nn.Linear, int]]:
    """Yield the layers that the noise enters, and how many of their inputs it is."""
    match model:
        case PairGenerator() if directed:
            yield from _first_layers(model.decoders[directed])
        case SharedBackboneGenerator():
            yield _linear(model.backbone[0]), model.latent_dim
            branches = model.branches.values()
            for branch in branches if isinstance(model, SequentialBackboneGenerator) else ():
                yield from _first_layers(branch)
        case MultimodalVae():
            for decoder in model.decoders.values():
                yield from _first_layers(decoder)
        case JointDenseGenerator():
            yield _linear(model.layers[0]), model.latent_dim
        case _:
            return


def _first_layers(decoder: object) -> Iterator[tuple[nn.Linear, int]]:
    """Yield the layers of a decoder of pictures that its noise enters."""
    match decoder:
        case LatentImageDecoder():
            yield from _first_layers(decoder.decoder)
        case ModulatedImageDecoder():
            yield _linear(decoder.mapping[0]), decoder.latent_dim
            yield decoder.first, decoder.latent_dim
        case ImageDecoder():
            yield _linear(decoder.mix[0]), decoder.latent_dim
        case MlpImageDecoder():
            yield _linear(decoder.layers[0]), decoder.latent_dim
        case _:
            return


def _linear(layer: nn.Module) -> nn.Linear:
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"the first layer is {type(layer).__name__}")
    return layer
