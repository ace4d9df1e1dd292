"""Builds the model of a family."""

from collections.abc import Mapping, Sequence

from torch import nn

from engine.config.sections import NetworkConfig
from engine.nets.generator import PairGenerator
from engine.nets.joint_generator import SequentialBackboneGenerator, SharedBackboneGenerator
from engine.nets.protocols import Modality
from engine.nets.vae import MultimodalVae

GENERATORS: Mapping[str, type[SharedBackboneGenerator]] = {
    "simultaneous": SharedBackboneGenerator,
    "text-first": SequentialBackboneGenerator,
}
"""Of the adversarial family, by ``engine.config.sections.GENERATION_ORDERS``."""


def build_model(family: str, modalities: Sequence[Modality], networks: NetworkConfig) -> nn.Module:
    """Build the ``PairModel`` that a family trains and samples from.

    Args:
        family: a name of ``engine.config.sections.FAMILIES``.
        modalities: in the order in which a pair is generated.
        networks: sizes.
    """
    if family == "hybrid":
        return PairGenerator(modalities, networks.embedding_dim)
    sizes = {"embedding_dim": networks.embedding_dim, "latent_dim": networks.latent_dim}
    if family == "adversarial":
        return GENERATORS[networks.generation_order](modalities, **sizes)
    return MultimodalVae(modalities, **sizes)
