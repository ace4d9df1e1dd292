"""Builds the generator of a run from its settings, facts and weights."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from engine.config.networks import NetworkConfig
from engine.data.facts import ColumnFacts
from engine.modalities.registry import build_modalities
from engine.nets.blocks import shapes_only
from engine.nets.protocols import Modality
from engine.nets.registry import build_model

MISMATCH = "its tensors do not fit the run's networks"


def build_generator(
    family: str, networks: NetworkConfig, columns: Mapping[str, ColumnFacts]
) -> tuple[tuple[Modality, ...], nn.Module]:
    """Build the modalities and the generator of a run, with initial weights."""
    modalities = build_modalities(columns, networks)
    return modalities, build_model(family, modalities, networks)


def load_generator(
    family: str,
    networks: NetworkConfig,
    columns: Mapping[str, ColumnFacts],
    tensors: Mapping[str, Tensor],
    device: torch.device,
) -> tuple[tuple[Modality, ...], nn.Module]:
    """Build the generator of a run with its weights, ready to sample.

    Raises:
        ValueError: the weights are those of other networks.
    """
    # Compare shapes before allocating memory: an untrusted run may describe a huge network.
    with shapes_only():
        _modalities, expected = build_generator(family, networks, columns)
    expected_shapes = {name: tensor.shape for name, tensor in expected.state_dict().items()}
    if {name: tensor.shape for name, tensor in tensors.items()} != expected_shapes:
        raise ValueError(MISMATCH)
    modalities, generator = build_generator(family, networks, columns)
    try:
        generator.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(MISMATCH) from error
    return modalities, generator.to(device).eval().requires_grad_(requires_grad=False)
